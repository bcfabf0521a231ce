//! What a worker asks of the service: child workflows.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{
    Header, Memo, ParentClosePolicy, Payloads, Priority, RetryPolicy, SearchAttributes, SmolStr,
    UserMetadata, WorkflowIdReusePolicy,
};

/// A child workflow to start. `None` for a timeout means that it was not given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartChildWorkflow {
    /// Its id.
    pub workflow_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// The queue its tasks wait in.
    pub task_queue: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// For all runs together.
    pub execution_timeout: Option<Duration>,
    /// For one run.
    pub run_timeout: Option<Duration>,
    /// For one workflow task.
    pub task_timeout: Option<Duration>,
    /// What becomes of it when its parent closes.
    pub parent_close_policy: ParentClosePolicy,
    /// Whether its id may be used again.
    pub id_reuse_policy: WorkflowIdReusePolicy,
    /// How it is retried as a whole.
    pub retry_policy: Option<RetryPolicy>,
    /// When it runs again; empty for once.
    pub cron_schedule: SmolStr,
    /// Notes.
    pub memo: Option<Memo>,
    /// What it can be searched by.
    pub search_attributes: Option<SearchAttributes>,
    /// Whether it wants the same build as its parent.
    pub inherit_build_id: bool,
    /// Its place among the tasks of a queue; `None` for that of its parent.
    pub priority: Option<Priority>,
    /// What a person reads beside the event.
    pub user_metadata: Option<Box<UserMetadata>>,
}
