//! What workflow code asks for: child workflows.

use core::time::Duration;

use rehearsal_history::{
    Header, Memo, ParentClosePolicy, Payload, Payloads, Priority, RetryPolicy, SearchAttributes,
    SmolStr, WorkflowIdReusePolicy,
};

use super::Seq;

/// A child workflow to start. `None` for a timeout means that workflow code did not give it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartChild {
    /// The number it is known by.
    pub seq: Seq,
    /// Its type.
    pub workflow_type: SmolStr,
    /// Its id, if workflow code chose one.
    pub workflow_id: Option<SmolStr>,
    /// The queue its tasks wait in; `None` for that of its parent.
    pub task_queue: Option<SmolStr>,
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
    /// Its place among the tasks of its queue; `None` for that of the workflow.
    pub priority: Option<Priority>,
    /// Notes.
    pub memo: Option<Memo>,
    /// What it can be searched by.
    pub search_attributes: Option<SearchAttributes>,
    /// When a cancel resolves it. Go has no such option: its instances resolve what they do not wait for themselves.
    pub cancellation_type: ChildCancellationType,
    /// One line for people, recorded as the event's user metadata.
    pub summary: Option<Payload>,
    /// More for people.
    pub details: Option<Payload>,
}

/// When a canceled child is resolved, and whether it is told (section 3.6 of the semantics).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChildCancellationType {
    /// It is not told, and resolved as canceled at once.
    #[default]
    Abandon,
    /// It is asked to cancel, and resolved as canceled at once.
    TryCancel,
    /// It is asked to cancel, and resolved with whatever it ends with.
    WaitCancellationCompleted,
    /// It is asked to cancel, and resolved once it has the request.
    WaitCancellationRequested,
}

/// A cancel of a child workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CancelChild {
    /// The child.
    pub seq: Seq,
    /// The reason to give.
    pub reason: SmolStr,
}
