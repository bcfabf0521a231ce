//! What workflow code asks for: to go on in a new run.

use core::time::Duration;

use rehearsal_history::{Header, Memo, Payloads, RetryPolicy, SearchAttributes, SmolStr};

/// The run to go on in. What is `None` stays as it is in this run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContinueAsNew {
    /// Its type.
    pub workflow_type: Option<SmolStr>,
    /// The queue its tasks wait in.
    pub task_queue: Option<SmolStr>,
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
    /// Notes.
    pub memo: Option<Memo>,
    /// What it can be searched by.
    pub search_attributes: Option<SearchAttributes>,
}
