//! What workflow code asks for: activities.

use core::time::Duration;

use rehearsal_history::{Header, Payload, Payloads, Priority, RetryPolicy, SmolStr};

use super::Seq;

/// An activity to run. `None` for a timeout means that workflow code did not give it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScheduleActivity {
    /// The number it is known by.
    pub seq: Seq,
    /// Its id, if workflow code chose one.
    pub activity_id: Option<SmolStr>,
    /// Its type.
    pub activity_type: SmolStr,
    /// The queue it waits in; `None` for that of the workflow.
    pub task_queue: Option<SmolStr>,
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
    /// How it is retried; `None` for the server's defaults (T-4).
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of its queue; `None` for that of the workflow.
    pub priority: Option<Priority>,
    /// When a cancel resolves it. Go has no such option: its instances resolve what they do not wait for themselves.
    pub cancellation_type: CancellationType,
    /// One line for people, recorded as the event's user metadata.
    pub summary: Option<Payload>,
}

/// When a canceled activity is resolved, and whether it is told (section 3.4.4 of the semantics).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CancellationType {
    /// It is asked to cancel, and resolved as canceled at once.
    #[default]
    TryCancel,
    /// It is asked to cancel, and resolved with whatever it ends with.
    WaitCancellationCompleted,
    /// It is not told, and resolved as canceled at once.
    Abandon,
}
