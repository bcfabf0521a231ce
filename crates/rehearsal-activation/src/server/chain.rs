//! What a worker asks of the service: to go on in a new run.

use core::time::Duration;

use rehearsal_history::{
    ContinueAsNewInitiator, Failure, Header, Memo, Payloads, RetryPolicy, SearchAttributes, SmolStr,
};

/// The run to go on in. `None` for a timeout means that it was not given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContinueAsNewWorkflow {
    /// Its type.
    pub workflow_type: SmolStr,
    /// The queue its tasks wait in.
    pub task_queue: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// For that run.
    pub run_timeout: Option<Duration>,
    /// For one workflow task.
    pub task_timeout: Option<Duration>,
    /// How long its first task waits.
    pub backoff: Option<Duration>,
    /// How it is retried as a whole.
    pub retry_policy: Option<RetryPolicy>,
    /// Why it goes on.
    pub initiator: ContinueAsNewInitiator,
    /// How this run failed.
    pub failure: Option<Failure>,
    /// The last result of a cron schedule.
    pub last_completion_result: Option<Payloads>,
    /// Notes.
    pub memo: Option<Memo>,
    /// What it can be searched by.
    pub search_attributes: Option<SearchAttributes>,
    /// Whether it wants the same build as this run; both SDKs say so if it has the same queue.
    pub inherit_build_id: bool,
}
