//! What workflow code asks for: activities that its own worker runs.

use core::time::Duration;

use rehearsal_history::{Header, Payload, Payloads, RetryPolicy, SmolStr, Timestamp};

use super::{CancellationType, Seq};

/// A local activity to run. `None` for a timeout means that workflow code did not give it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScheduleLocalActivity {
    /// The number it is known by.
    pub seq: Seq,
    /// Its id, if workflow code chose one.
    pub activity_id: Option<SmolStr>,
    /// Its type.
    pub activity_type: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// Which attempt it begins with, from 1: a later one after a backoff that was a timer.
    pub attempt: u32,
    /// When its first attempt was asked for, if this is a later one.
    pub first_scheduled_at: Option<Timestamp>,
    /// For all attempts together.
    pub schedule_to_close: Option<Duration>,
    /// Until the worker begins with it.
    pub schedule_to_start: Option<Duration>,
    /// For one attempt.
    pub start_to_close: Option<Duration>,
    /// How it is retried; `None` for the SDK's default.
    pub retry_policy: Option<RetryPolicy>,
    /// A longer backoff than this is a timer; `None` for the SDK's default.
    pub local_retry_threshold: Option<Duration>,
    /// When a cancel resolves it.
    pub cancellation_type: CancellationType,
    /// Whether its marker holds its arguments too, with core.
    pub input_in_marker: bool,
    /// One line for people, recorded as the event's user metadata.
    pub summary: Option<Payload>,
}
