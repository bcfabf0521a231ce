//! What a worker asks of the service: activities.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{Header, Payloads, Priority, RetryPolicy, SmolStr, UserMetadata};

/// An activity to run. `None` for a timeout means that it was not given (T-1).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScheduleActivityTask {
    /// Its id.
    pub activity_id: SmolStr,
    /// Its type.
    pub activity_type: SmolStr,
    /// The queue it waits in.
    pub task_queue: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// For all attempts together.
    pub schedule_to_close: Option<Duration>,
    /// Until a worker takes it.
    pub schedule_to_start: Option<Duration>,
    /// For one attempt.
    pub start_to_close: Option<Duration>,
    /// Between heartbeats.
    pub heartbeat: Option<Duration>,
    /// How it is retried; `None` for the server's defaults.
    pub retry_policy: Option<RetryPolicy>,
    /// Whether it wants the same build as the workflow; the Go SDK always says so.
    pub use_workflow_build_id: bool,
    /// Its place among the tasks of its queue; `None` for that of the workflow.
    pub priority: Option<Priority>,
    /// What a person reads beside the event.
    pub user_metadata: Option<Box<UserMetadata>>,
}
