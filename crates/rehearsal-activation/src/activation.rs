//! What an instance is told in one go.

use alloc::vec::Vec;

use rehearsal_history::{EventId, SmolStr, Timestamp};

use crate::flag::MissingFlags;
use crate::job::Job;

/// All that happened up to one `WorkflowTaskStarted`, in the order in which it is to be applied.
///
/// The instance applies every job, then runs its routines until none of them gets any further, and answers with one
/// [`Completion`](crate::Completion). A worker never has more than one activation under way for a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Activation {
    /// The run.
    pub run_id: SmolStr,
    /// Workflow time: the time of the `WorkflowTaskStarted`.
    pub time: Timestamp,
    /// Whether history is being replayed, so that logs and the like are to be left out.
    pub replaying: bool,
    /// The `WorkflowTaskStarted` that ends this batch of events.
    pub started: EventId,
    /// The size of the history before that event in bytes, as the server has told it.
    pub history_size: u64,
    /// Whether the server suggests to continue as new (T-12).
    pub continue_as_new_suggested: bool,
    /// Of the rules that the SDK has changed, those that a recorded task does not follow yet.
    pub missing_flags: MissingFlags,
    /// What happened.
    pub jobs: Vec<Job>,
}
