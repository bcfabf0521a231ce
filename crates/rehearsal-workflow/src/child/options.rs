//! What may be said of a child workflow when it is started.

use std::time::Duration;

use rehearsal_activation::{ChildCancellationType, StartChild};
use rehearsal_history::{
    Memo, ParentClosePolicy, Payload, Priority, RetryPolicy, SearchAttributes, SmolStr,
    WorkflowIdReusePolicy,
};

/// How children are started: their id, queue and limits, and what becomes of them when their parent closes.
///
/// They belong to a [`Context`](crate::Context) and are inherited by those derived from it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal::{ChildOptions, ParentClosePolicy};
///
/// let options = ChildOptions::new()
///     .with_id("shipping-of-7")
///     .with_run_timeout(Duration::from_secs(3600))
///     .with_parent_close_policy(ParentClosePolicy::RequestCancel);
/// assert_eq!(options.workflow_id.as_deref(), Some("shipping-of-7"));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChildOptions {
    /// Its id; `None` for one that the worker gives: the run id of the parent, an underscore and a number.
    pub workflow_id: Option<SmolStr>,
    /// The queue its tasks wait in; `None` for that of its parent.
    pub task_queue: Option<SmolStr>,
    /// For all runs together; `None` for no limit.
    pub execution_timeout: Option<Duration>,
    /// For one run; `None` for no limit.
    pub run_timeout: Option<Duration>,
    /// For one workflow task; `None` for the server's 10 s.
    pub task_timeout: Option<Duration>,
    /// What becomes of it when its parent closes. Unspecified, it is terminated.
    pub parent_close_policy: ParentClosePolicy,
    /// Whether its id may be used again. Unspecified, it may.
    pub id_reuse_policy: WorkflowIdReusePolicy,
    /// How it is retried as a whole; `None` for not at all.
    pub retry_policy: Option<RetryPolicy>,
    /// When it runs again; empty for once.
    pub cron_schedule: SmolStr,
    /// Its place among the tasks of its queue; what is not said is said by its parent.
    pub priority: Option<Priority>,
    /// Notes.
    pub memo: Option<Memo>,
    /// What it can be searched by.
    pub search_attributes: Option<SearchAttributes>,
    /// One line for people, recorded beside its start.
    pub summary: Option<SmolStr>,
    /// More for people, recorded beside it.
    pub details: Option<SmolStr>,
    /// Whether a canceled child is waited for. Go's SDK has this option and does the same with it and without: the
    /// result always comes when the child has ended (C-44).
    pub wait_for_cancellation: bool,
}

impl ChildOptions {
    /// No options: an id that the worker gives, the queue of the parent, no limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets its id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<SmolStr>) -> Self {
        self.workflow_id = Some(id.into());
        self
    }

    /// Sets the queue its tasks wait in.
    #[must_use]
    pub fn with_task_queue(mut self, queue: impl Into<SmolStr>) -> Self {
        self.task_queue = Some(queue.into());
        self
    }

    /// Sets the limit for all runs together.
    #[must_use]
    pub fn with_execution_timeout(mut self, timeout: Duration) -> Self {
        self.execution_timeout = Some(timeout);
        self
    }

    /// Sets the limit for one run.
    #[must_use]
    pub fn with_run_timeout(mut self, timeout: Duration) -> Self {
        self.run_timeout = Some(timeout);
        self
    }

    /// Sets the limit for one workflow task.
    #[must_use]
    pub fn with_task_timeout(mut self, timeout: Duration) -> Self {
        self.task_timeout = Some(timeout);
        self
    }

    /// Sets what becomes of it when its parent closes.
    #[must_use]
    pub fn with_parent_close_policy(mut self, policy: ParentClosePolicy) -> Self {
        self.parent_close_policy = policy;
        self
    }

    /// Sets whether its id may be used again.
    #[must_use]
    pub fn with_id_reuse_policy(mut self, policy: WorkflowIdReusePolicy) -> Self {
        self.id_reuse_policy = policy;
        self
    }

    /// Sets how it is retried as a whole.
    #[must_use]
    pub fn with_retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }

    /// Has it run again and again.
    #[must_use]
    pub fn with_cron_schedule(mut self, schedule: impl Into<SmolStr>) -> Self {
        self.cron_schedule = schedule.into();
        self
    }

    /// Sets its notes.
    #[must_use]
    pub fn with_memo(mut self, memo: Memo) -> Self {
        self.memo = Some(memo);
        self
    }

    /// Sets what it can be searched by.
    #[must_use]
    pub fn with_search_attributes(mut self, attributes: SearchAttributes) -> Self {
        self.search_attributes = Some(attributes);
        self
    }

    /// Sets its place among the tasks of its queue.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets the line for people.
    #[must_use]
    pub fn with_summary(mut self, summary: impl Into<SmolStr>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Sets what people read besides.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<SmolStr>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Says that a canceled child is waited for, as it is anyway.
    #[must_use]
    pub const fn with_wait_for_cancellation(mut self) -> Self {
        self.wait_for_cancellation = true;
        self
    }

    /// What is asked for with these options, of a type that is still to be named.
    pub(super) fn command(&self) -> StartChild {
        StartChild {
            workflow_id: self.workflow_id.clone().filter(|id| !id.is_empty()),
            task_queue: self.task_queue.clone(),
            execution_timeout: self.execution_timeout,
            run_timeout: self.run_timeout,
            task_timeout: self.task_timeout,
            parent_close_policy: self.parent_close_policy.clone(),
            id_reuse_policy: self.id_reuse_policy.clone(),
            retry_policy: self.retry_policy.clone(),
            cron_schedule: self.cron_schedule.clone(),
            priority: self.priority.clone(),
            memo: self.memo.clone(),
            search_attributes: self.search_attributes.clone(),
            cancellation_type: ChildCancellationType::WaitCancellationCompleted,
            summary: self.summary.as_deref().map(Payload::text),
            details: self.details.as_deref().map(Payload::text),
            ..StartChild::default()
        }
    }
}
