//! Events of timers.

use std::time::Duration;

use smol_str::SmolStr;

use crate::id::EventId;
use crate::json::schema::message;

message! {
    /// A timer runs.
    pub struct TimerStarted {
        /// Its id.
        timer_id: SmolStr => "timerId",
        /// How long it runs.
        start_to_fire_timeout: Option<Duration> => "startToFireTimeout",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
    }

    /// The time is up.
    pub struct TimerFired {
        /// Its id.
        timer_id: SmolStr => "timerId",
        /// Its `TimerStarted`.
        started_event_id: EventId => "startedEventId",
    }

    /// The workflow canceled the timer (C-39).
    pub struct TimerCanceled {
        /// Its id.
        timer_id: SmolStr => "timerId",
        /// Its `TimerStarted`.
        started_event_id: EventId => "startedEventId",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// The worker.
        identity: SmolStr => "identity",
    }
}
