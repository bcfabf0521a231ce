//! Events of activities.

use std::time::Duration;

use smol_str::SmolStr;

use crate::failure::Failure;
use crate::id::EventId;
use crate::json::schema::{Opaque, message};
use crate::payload::Payloads;
use crate::policy::{Header, Priority, RetryPolicy, RetryState, TaskQueue, TimeoutType, TypeName};

message! {
    /// An activity waits for a worker.
    pub struct ActivityTaskScheduled {
        /// Its id.
        activity_id: SmolStr => "activityId",
        /// Its type.
        activity_type: TypeName => "activityType",
        /// Where it waits.
        task_queue: TaskQueue => "taskQueue",
        /// Context of the caller.
        header: Option<Header> => "header",
        /// Its arguments.
        input: Option<Payloads> => "input",
        /// For all attempts together; zero for none.
        schedule_to_close_timeout: Option<Duration> => "scheduleToCloseTimeout",
        /// Until a worker takes it; zero for none.
        schedule_to_start_timeout: Option<Duration> => "scheduleToStartTimeout",
        /// For one attempt; zero for none.
        start_to_close_timeout: Option<Duration> => "startToCloseTimeout",
        /// Between heartbeats; zero for none.
        heartbeat_timeout: Option<Duration> => "heartbeatTimeout",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// How it is retried, defaults filled in (T-4).
        retry_policy: Option<RetryPolicy> => "retryPolicy",
        /// Whether it wants the same build as the workflow.
        use_workflow_build_id: bool => "useWorkflowBuildId",
        /// Its place among the tasks of its queue, as it was asked for.
        priority: Option<Priority> => "priority",
    }

    /// A worker took the activity; written when it closes (H-12).
    pub struct ActivityTaskStarted {
        /// Its `ActivityTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// The worker.
        identity: SmolStr => "identity",
        /// Tells a repeated poll.
        request_id: SmolStr => "requestId",
        /// The last attempt, from 1.
        attempt: i32 => "attempt",
        /// How the attempt before it failed.
        last_failure: Option<Failure> => "lastFailure",
        /// The version stamp of the worker.
        worker_version: Option<Opaque> => "workerVersion",
    }

    /// The activity returned a value.
    pub struct ActivityTaskCompleted {
        /// The value.
        result: Option<Payloads> => "result",
        /// Its `ActivityTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `ActivityTaskStarted`.
        started_event_id: EventId => "startedEventId",
        /// The worker.
        identity: SmolStr => "identity",
    }

    /// The activity failed and is not retried.
    pub struct ActivityTaskFailed {
        /// The failure of the last attempt.
        failure: Option<Failure> => "failure",
        /// Its `ActivityTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `ActivityTaskStarted`.
        started_event_id: EventId => "startedEventId",
        /// The worker.
        identity: SmolStr => "identity",
        /// Why it is not retried.
        retry_state: RetryState => "retryState",
    }

    /// A deadline of the activity passed (T-3).
    pub struct ActivityTaskTimedOut {
        /// Which one; its cause is the failure of the last attempt.
        failure: Option<Failure> => "failure",
        /// Its `ActivityTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `ActivityTaskStarted`; none if none was running.
        started_event_id: EventId => "startedEventId",
        /// Why it is not retried.
        retry_state: RetryState => "retryState",
    }

    /// The workflow asked the activity to cancel (C-24 to C-26).
    pub struct ActivityTaskCancelRequested {
        /// Its `ActivityTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
    }

    /// The activity confirmed the cancel, or never started (C-24, C-27).
    pub struct ActivityTaskCanceled {
        /// What it says of it.
        details: Option<Payloads> => "details",
        /// Its `ActivityTaskCancelRequested`.
        latest_cancel_requested_event_id: EventId => "latestCancelRequestedEventId",
        /// Its `ActivityTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `ActivityTaskStarted`; none if none was running.
        started_event_id: EventId => "startedEventId",
        /// The worker.
        identity: SmolStr => "identity",
    }
}

impl ActivityTaskScheduled {
    /// How long one of its timeouts is; `None` if it has none of this kind.
    #[must_use]
    pub fn timeout(&self, kind: &TimeoutType) -> Option<Duration> {
        let timeout = match kind {
            TimeoutType::StartToClose => self.start_to_close_timeout,
            TimeoutType::ScheduleToStart => self.schedule_to_start_timeout,
            TimeoutType::ScheduleToClose => self.schedule_to_close_timeout,
            TimeoutType::Heartbeat => self.heartbeat_timeout,
            _ => None,
        };
        timeout.filter(|timeout| !timeout.is_zero())
    }
}
