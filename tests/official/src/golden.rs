//! The recorded scenarios of the Rust SDK, with their code as it was recorded.
//!
//! fixtures/README.md says what is in a scenario; the suite itself is that of the Go scenarios.

#![allow(
    missing_docs,
    unused_imports,
    unused_variables,
    missing_debug_implementations,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::all,
    clippy::pedantic,
    clippy::print_stdout,
    unreachable_pub,
    unnameable_types,
    reason = "code of scenarios stands as it was recorded"
)]

use std::error::Error;
use std::sync::Arc;

use rehearsal_temporal::SdkWorkflow;
use rehearsal_tests::golden::Folder;
use temporalio_sdk::WorkerOptions;
use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;

/// Two of a name.
pub type Failed = Box<dyn Error + Send + Sync>;

/// The workflows of a scenario, for replayers.
#[derive(Clone, Copy)]
pub struct Hosted {
    /// The name of the scenario.
    pub scenario: &'static str,
    /// Registers them with the official replayer.
    pub replay: fn(&mut WorkflowReplayerOptions) -> Result<(), Failed>,
    /// The same for ours.
    pub define: fn() -> Vec<Arc<SdkWorkflow>>,
    /// Registers them and the activities with a worker of the SDK that has this code, as scripts name it.
    pub hire: fn(&mut WorkerOptions, &str) -> Result<(), Failed>,
}

/// The workflows of the scenario of this name.
pub fn hosted(scenario: &str) -> Option<&'static Hosted> {
    HOSTED.iter().find(|hosted| hosted.scenario == scenario)
}

include!(concat!(env!("OUT_DIR"), "/golden.rs"));
