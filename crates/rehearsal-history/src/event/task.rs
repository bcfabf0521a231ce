//! Events of workflow tasks.

use std::time::Duration;

use smol_str::SmolStr;

use crate::failure::Failure;
use crate::id::EventId;
use crate::json::schema::{Opaque, message};
use crate::policy::{TaskQueue, TimeoutType, WorkflowTaskFailedCause};

message! {
    /// A workflow task waits for a worker (W-1).
    pub struct WorkflowTaskScheduled {
        /// Where it waits.
        task_queue: TaskQueue => "taskQueue",
        /// How long it may take.
        start_to_close_timeout: Option<Duration> => "startToCloseTimeout",
        /// Which attempt it is, from 1.
        attempt: i32 => "attempt",
    }

    /// A worker took the task (W-2).
    pub struct WorkflowTaskStarted {
        /// Its `WorkflowTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// The worker.
        identity: SmolStr => "identity",
        /// Tells a repeated poll.
        request_id: SmolStr => "requestId",
        /// Whether the history has grown long.
        suggest_continue_as_new: bool => "suggestContinueAsNew",
        /// The size of the history so far.
        history_size_bytes: i64 => "historySizeBytes",
        /// The version stamp of the worker.
        worker_version: Option<Opaque> => "workerVersion",
    }

    /// The worker answered with commands (W-3).
    pub struct WorkflowTaskCompleted {
        /// Its `WorkflowTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `WorkflowTaskStarted`.
        started_event_id: EventId => "startedEventId",
        /// The worker.
        identity: SmolStr => "identity",
        /// The version stamp of the worker.
        worker_version: Option<Opaque> => "workerVersion",
        /// What the SDK says of itself.
        sdk_metadata: Option<SdkMetadata> => "sdkMetadata",
        /// What is billed.
        metering_metadata: Option<Opaque> => "meteringMetadata",
    }

    /// The task was not taken or not answered in time (W-4, W-9).
    pub struct WorkflowTaskTimedOut {
        /// Its `WorkflowTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `WorkflowTaskStarted`; none if nobody took it.
        started_event_id: EventId => "startedEventId",
        /// Which deadline passed.
        timeout_type: TimeoutType => "timeoutType",
    }

    /// The task failed and is tried again (W-8).
    pub struct WorkflowTaskFailed {
        /// Its `WorkflowTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `WorkflowTaskStarted`.
        started_event_id: EventId => "startedEventId",
        /// Why.
        cause: WorkflowTaskFailedCause => "cause",
        /// What the worker or the server says.
        failure: Option<Failure> => "failure",
        /// The worker.
        identity: SmolStr => "identity",
        /// Of a reset: the run it was.
        base_run_id: SmolStr => "baseRunId",
        /// Of a reset: the run it is.
        new_run_id: SmolStr => "newRunId",
        /// Of a reset: the version.
        fork_event_version: i64 => "forkEventVersion",
        /// The version stamp of the worker.
        worker_version: Option<Opaque> => "workerVersion",
    }
}

message! {
    /// What the SDK of a worker says of itself.
    pub struct SdkMetadata {
        /// Behaviors of Core that the history relies on.
        core_used_flags: Vec<u32> => "coreUsedFlags",
        /// Behaviors of the SDK that the history relies on.
        lang_used_flags: Vec<u32> => "langUsedFlags",
        /// The name of the SDK.
        sdk_name: SmolStr => "sdkName",
        /// Its version.
        sdk_version: SmolStr => "sdkVersion",
    }
}
