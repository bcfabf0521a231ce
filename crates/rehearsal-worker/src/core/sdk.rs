//! What the SDK says of itself in a completion.
//!
//! Whatever a completion said before is not said again: name and version when they differ from the last ones that were
//! recorded, and those flags that the run does not have yet. So the first completion of a run says everything.

use alloc::collections::BTreeSet;

use rehearsal_history::SmolStr;
use rehearsal_history::event::{SdkMetadata, WorkflowTaskCompleted};

const NAME: SmolStr = SmolStr::new_static("temporal-rust");
const VERSION: SmolStr = SmolStr::new_static("1.1.1");
/// Ids and types of activities are compared in replay.
const ID_AND_TYPE_CHECKS: u32 = 1;
/// Patches write a search attribute.
const UPSERT_ON_PATCH: u32 = 2;
/// A close command is moved behind the others (C-48).
const MOVE_TERMINAL_COMMANDS: u32 = 3;
const FLAGS: [u32; 3] = [ID_AND_TYPE_CHECKS, UPSERT_ON_PATCH, MOVE_TERMINAL_COMMANDS];

/// What is known of the SDK that a run was driven by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sdk {
    name: SmolStr,
    version: SmolStr,
    flags: BTreeSet<u32>,
}

impl Sdk {
    /// A recorded task is replayed.
    pub(super) fn replays(&mut self, completed: &WorkflowTaskCompleted) {
        let Some(metadata) = completed.sdk_metadata.as_ref() else { return };
        self.flags.extend(&metadata.core_used_flags);
        if !metadata.sdk_name.is_empty() {
            self.name = metadata.sdk_name.clone();
        }
        if !metadata.sdk_version.is_empty() {
            self.version = metadata.sdk_version.clone();
        }
    }

    /// A live task is completed: what is to be said.
    pub(super) fn completes(&mut self) -> SdkMetadata {
        let mut metadata = SdkMetadata::default();
        metadata.core_used_flags.extend(FLAGS.iter().filter(|&&flag| self.flags.insert(flag)));
        if self.name != NAME {
            metadata.sdk_name = NAME;
        }
        if self.version != VERSION {
            metadata.sdk_version = VERSION;
        }
        (self.name, self.version) = (NAME, VERSION);
        metadata
    }

    /// Whether a replay compares the ids and types of activities.
    pub(super) fn compares_activities(&self) -> bool {
        self.flags.contains(&ID_AND_TYPE_CHECKS)
    }

    /// Whether a patch writes a search attribute: in a replay only if that is recorded.
    pub(super) fn upserts_patches(&self, live: bool) -> bool {
        live || self.flags.contains(&UPSERT_ON_PATCH)
    }

    /// Whether commands behind a close command count in a replay.
    pub(super) fn moves_terminal_commands(&self) -> bool {
        self.flags.contains(&MOVE_TERMINAL_COMMANDS)
    }
}
