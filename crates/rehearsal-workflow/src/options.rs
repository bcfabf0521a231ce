//! What may be said of an activity when it is scheduled.

use std::time::Duration;

use rehearsal_history::{Priority, RetryPolicy, SmolStr};

/// How activities are run: their deadlines, retries, queue, and what a cancel does.
///
/// They belong to a [`Context`](crate::Context) and are inherited by those derived from it. The service refuses an
/// activity that has neither `start_to_close` nor `schedule_to_close`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal::ActivityOptions;
///
/// let options = ActivityOptions::start_to_close(Duration::from_secs(600))
///     .with_heartbeat(Duration::from_secs(5))
///     .with_wait_for_cancellation();
/// assert!(options.wait_for_cancellation);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ActivityOptions {
    /// For one attempt.
    pub start_to_close: Option<Duration>,
    /// For all attempts together.
    pub schedule_to_close: Option<Duration>,
    /// Until a worker takes it.
    pub schedule_to_start: Option<Duration>,
    /// Between heartbeats.
    pub heartbeat: Option<Duration>,
    /// How it is retried; `None` for the server's defaults (T-4).
    pub retry_policy: Option<RetryPolicy>,
    /// Whether a canceled activity is waited for: it then ends as it ends, be it with a result. Otherwise it ends for
    /// the workflow at the cancel, whatever becomes of it.
    pub wait_for_cancellation: bool,
    /// Its id; `None` for one that the worker gives.
    pub activity_id: Option<SmolStr>,
    /// The queue it waits in; `None` for that of the context, at the root that of the workflow.
    pub task_queue: Option<SmolStr>,
    /// Its place among the tasks of that queue; what is not said is said by the workflow.
    pub priority: Option<Priority>,
}

impl ActivityOptions {
    /// Options with a deadline for one attempt.
    #[must_use]
    pub fn start_to_close(timeout: Duration) -> Self {
        Self { start_to_close: Some(timeout), ..Self::default() }
    }

    /// Options with a deadline for all attempts together.
    #[must_use]
    pub fn schedule_to_close(timeout: Duration) -> Self {
        Self { schedule_to_close: Some(timeout), ..Self::default() }
    }

    /// Sets the deadline for one attempt.
    #[must_use]
    pub fn with_start_to_close(mut self, timeout: Duration) -> Self {
        self.start_to_close = Some(timeout);
        self
    }

    /// Sets its place among the tasks of its queue.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets the deadline for all attempts together.
    #[must_use]
    pub fn with_schedule_to_close(mut self, timeout: Duration) -> Self {
        self.schedule_to_close = Some(timeout);
        self
    }

    /// Sets the deadline until a worker takes it.
    #[must_use]
    pub fn with_schedule_to_start(mut self, timeout: Duration) -> Self {
        self.schedule_to_start = Some(timeout);
        self
    }

    /// Sets the longest time between heartbeats.
    #[must_use]
    pub fn with_heartbeat(mut self, timeout: Duration) -> Self {
        self.heartbeat = Some(timeout);
        self
    }

    /// Sets how it is retried.
    #[must_use]
    pub fn with_retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }

    /// Has a canceled activity waited for until it ends.
    #[must_use]
    pub fn with_wait_for_cancellation(mut self) -> Self {
        self.wait_for_cancellation = true;
        self
    }

    /// Sets its id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<SmolStr>) -> Self {
        self.activity_id = Some(id.into());
        self
    }

    /// Sets the queue it waits in.
    #[must_use]
    pub fn with_task_queue(mut self, queue: impl Into<SmolStr>) -> Self {
        self.task_queue = Some(queue.into());
        self
    }
}
