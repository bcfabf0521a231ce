//! Probes: hand-made histories, each made to ask the official replayer one question, and the workflows they belong to.
//!
//! They stand in `tests/official/probes`: one history a file, and the workflows in `workflows.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rehearsal::History;
use rehearsal_temporal::{SdkWorkflow, workflow};
use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;

#[allow(
    missing_docs,
    missing_debug_implementations,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    unreachable_pub,
    unnameable_types,
    reason = "what the macros of the SDK expand to; and a workflow says what it is for by itself"
)]
#[path = "../probes/workflows.rs"]
mod workflows;

/// What the workflows of the probes are called towards the official replayer.
pub const SUITE: &str = "probes";

/// Lists the workflows, for both replayers.
macro_rules! workflows {
    ($($workflow:ident),+ $(,)?) => {
        /// Registers the workflows with the official replayer.
        ///
        /// # Errors
        ///
        /// What the SDK says: two workflows of one name.
        pub fn register(options: &mut WorkflowReplayerOptions) -> Result<(), Box<dyn Error + Send + Sync>> {
            options$(.register_workflow::<workflows::$workflow>()?)+;
            Ok(())
        }

        /// The workflow of this type, for our replayer.
        #[must_use]
        pub fn definition(workflow_type: &str) -> Option<Arc<SdkWorkflow>> {
            match workflow_type {
                $( stringify!($workflow) => Some(workflow::<workflows::$workflow>()), )+
                _ => None,
            }
        }
    };
}

workflows! {
    TimerWf, ActTry, ActWait, ActAbandon, Skipped, SelfCancelTimer, ActPropagate, SigCancel, SelfCanceled, SelectRace,
    RustSample, ManyOps, DropTimer, PropTry, PropAbandon, PrivateScope, PrivateWait, SameTaskCancel, SleepThenDone,
    NoTimer, ReturnsEarly, Parallel, Slow,
}

/// All probes by their names.
///
/// # Errors
///
/// In a line for people: what cannot be read.
pub fn all() -> Result<BTreeMap<String, History>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("probes");
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut probes = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
            let probe = History::from_json(&text).map_err(|error| format!("{name}: {error}"))?;
            probes.insert(name, probe);
        }
    }
    Ok(probes)
}
