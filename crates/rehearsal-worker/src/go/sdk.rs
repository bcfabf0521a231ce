//! What the SDK says of itself in a completion.
//!
//! Name and version are sent when they differ from those that the worker knows of the run: nothing for a new run, and
//! for a run that is replayed those of the *last* recorded completion, which most completions leave empty. Flags are
//! sent with the first completion of a run only.

use alloc::vec;

use rehearsal_history::SmolStr;
use rehearsal_history::event::{SdkMetadata, WorkflowTaskCompleted};

const NAME: SmolStr = SmolStr::new_static("temporal-go");
const VERSION: SmolStr = SmolStr::new_static("1.47.0");
/// Updates are sent as commands; set when a run begins.
const FLAG_PROTOCOL_MESSAGE_COMMAND: u32 = 3;

/// What is known of the SDK that a run was last driven by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sdk {
    name: SmolStr,
    version: SmolStr,
    begun: bool,
}

impl Sdk {
    /// A recorded task was replayed.
    pub(crate) fn replayed(&mut self, completed: &WorkflowTaskCompleted) {
        self.begun = true;
        let metadata = completed.sdk_metadata.as_ref();
        self.name = metadata.map(|metadata| metadata.sdk_name.clone()).unwrap_or_default();
        self.version = metadata.map(|metadata| metadata.sdk_version.clone()).unwrap_or_default();
    }

    /// A live task is completed: what is to be said.
    pub(crate) fn completes(&mut self) -> SdkMetadata {
        let mut metadata = SdkMetadata::default();
        if !self.begun {
            metadata.lang_used_flags = vec![FLAG_PROTOCOL_MESSAGE_COMMAND];
        }
        if self.name != NAME {
            metadata.sdk_name = NAME;
        }
        if self.version != VERSION {
            metadata.sdk_version = VERSION;
        }
        *self = Self { name: NAME, version: VERSION, begun: true };
        metadata
    }
}
