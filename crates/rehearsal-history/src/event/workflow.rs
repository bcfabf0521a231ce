//! Events of the execution itself: start, cancel request, signal, close.

use std::time::Duration;

use smol_str::SmolStr;

use crate::failure::Failure;
use crate::id::EventId;
use crate::json::schema::{Opaque, message};
use crate::payload::Payloads;
use crate::policy::{
    ContinueAsNewInitiator, Execution, Header, Memo, Priority, RetryPolicy, RetryState,
    SearchAttributes, TaskQueue, TypeName,
};
use crate::skipping::{TimeSkippingConfig, TimeSkippingStatePropagation};
use crate::time::Timestamp;

message! {
    /// The run was started.
    pub struct WorkflowExecutionStarted {
        /// What was started.
        workflow_type: TypeName => "workflowType",
        /// Namespace of the parent.
        parent_workflow_namespace: SmolStr => "parentWorkflowNamespace",
        /// Id of that namespace.
        parent_workflow_namespace_id: SmolStr => "parentWorkflowNamespaceId",
        /// The parent, if it has one.
        parent_workflow_execution: Option<Execution> => "parentWorkflowExecution",
        /// The event of the parent that asked for it.
        parent_initiated_event_id: EventId => "parentInitiatedEventId",
        /// Where its tasks wait.
        task_queue: TaskQueue => "taskQueue",
        /// Its arguments.
        input: Option<Payloads> => "input",
        /// For all runs together; zero for none.
        workflow_execution_timeout: Option<Duration> => "workflowExecutionTimeout",
        /// For this run; zero for none.
        workflow_run_timeout: Option<Duration> => "workflowRunTimeout",
        /// For one workflow task.
        workflow_task_timeout: Option<Duration> => "workflowTaskTimeout",
        /// The run that this one continues.
        continued_execution_run_id: SmolStr => "continuedExecutionRunId",
        /// Why it continues it.
        initiator: ContinueAsNewInitiator => "initiator",
        /// How that run failed.
        continued_failure: Option<Box<Failure>> => "continuedFailure",
        /// The last result of a cron schedule.
        last_completion_result: Option<Payloads> => "lastCompletionResult",
        /// The run id that seeds random numbers.
        original_execution_run_id: SmolStr => "originalExecutionRunId",
        /// Who started it.
        identity: SmolStr => "identity",
        /// The first run of the chain.
        first_execution_run_id: SmolStr => "firstExecutionRunId",
        /// How the workflow as a whole is retried.
        retry_policy: Option<RetryPolicy> => "retryPolicy",
        /// Which attempt of the workflow this is, from 1.
        attempt: i32 => "attempt",
        /// When all runs must have ended.
        workflow_execution_expiration_time: Option<Timestamp> => "workflowExecutionExpirationTime",
        /// When it runs again.
        cron_schedule: SmolStr => "cronSchedule",
        /// How long the first task waits (H-17).
        first_workflow_task_backoff: Option<Duration> => "firstWorkflowTaskBackoff",
        /// Notes.
        memo: Option<Memo> => "memo",
        /// What it can be searched by.
        search_attributes: Option<SearchAttributes> => "searchAttributes",
        /// Reset points of earlier runs.
        prev_auto_reset_points: Option<Opaque> => "prevAutoResetPoints",
        /// Context of the caller.
        header: Option<Header> => "header",
        /// Version of the event of the parent.
        parent_initiated_event_version: i64 => "parentInitiatedEventVersion",
        /// Its id.
        workflow_id: SmolStr => "workflowId",
        /// The topmost parent.
        root_workflow_execution: Option<Execution> => "rootWorkflowExecution",
        /// Its place among the tasks of a queue, and that of what it asks for.
        priority: Option<Priority> => "priority",
        /// Whether its first workflow task came with the answer to its start.
        eager_execution_accepted: bool => "eagerExecutionAccepted",
        /// Whether its time is skipped.
        time_skipping_config: Option<Box<TimeSkippingConfig>> => "timeSkippingConfig",
        /// What it has of the time of its parent, or of the run before it.
        time_skipping_state_propagation: Option<Box<TimeSkippingStatePropagation>> => "timeSkippingStatePropagation",
    }

    /// The workflow returned a value.
    pub struct WorkflowExecutionCompleted {
        /// The value.
        result: Option<Payloads> => "result",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// The run that follows.
        new_execution_run_id: SmolStr => "newExecutionRunId",
    }

    /// The workflow returned an error.
    pub struct WorkflowExecutionFailed {
        /// The error.
        failure: Option<Failure> => "failure",
        /// Why it is not retried, or that it is.
        retry_state: RetryState => "retryState",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// The run that follows.
        new_execution_run_id: SmolStr => "newExecutionRunId",
    }

    /// The run or execution timeout passed (T-10).
    pub struct WorkflowExecutionTimedOut {
        /// Why it is not retried, or that it is.
        retry_state: RetryState => "retryState",
        /// The run that follows.
        new_execution_run_id: SmolStr => "newExecutionRunId",
    }

    /// Somebody asked the workflow to cancel (C-1).
    pub struct WorkflowExecutionCancelRequested {
        /// The reason that was given.
        cause: SmolStr => "cause",
        /// The event of the asking workflow.
        external_initiated_event_id: EventId => "externalInitiatedEventId",
        /// The asking workflow.
        external_workflow_execution: Option<Execution> => "externalWorkflowExecution",
        /// Who asked.
        identity: SmolStr => "identity",
    }

    /// The workflow returned a canceled error.
    pub struct WorkflowExecutionCanceled {
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// The details of that error.
        details: Option<Payloads> => "details",
    }

    /// A signal came.
    pub struct WorkflowExecutionSignaled {
        /// Its name.
        signal_name: SmolStr => "signalName",
        /// Its arguments.
        input: Option<Payloads> => "input",
        /// Who sent it.
        identity: SmolStr => "identity",
        /// Context of the sender.
        header: Option<Header> => "header",
        /// Whether it wakes nobody.
        skip_generate_workflow_task: bool => "skipGenerateWorkflowTask",
        /// The workflow that sent it.
        external_workflow_execution: Option<Execution> => "externalWorkflowExecution",
        /// Tells a repeated request.
        request_id: SmolStr => "requestId",
    }

    /// Somebody ended the run by force (W-17).
    pub struct WorkflowExecutionTerminated {
        /// The reason that was given.
        reason: SmolStr => "reason",
        /// More of it.
        details: Option<Payloads> => "details",
        /// Who did it.
        identity: SmolStr => "identity",
    }

    /// The workflow goes on in a new run (T-12).
    pub struct WorkflowExecutionContinuedAsNew {
        /// That run.
        new_execution_run_id: SmolStr => "newExecutionRunId",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// Its queue.
        task_queue: TaskQueue => "taskQueue",
        /// Its arguments.
        input: Option<Payloads> => "input",
        /// For that run.
        workflow_run_timeout: Option<Duration> => "workflowRunTimeout",
        /// For one workflow task.
        workflow_task_timeout: Option<Duration> => "workflowTaskTimeout",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// How long its first task waits.
        backoff_start_interval: Option<Duration> => "backoffStartInterval",
        /// Why it goes on.
        initiator: ContinueAsNewInitiator => "initiator",
        /// How this run failed.
        failure: Option<Failure> => "failure",
        /// The last result of a cron schedule.
        last_completion_result: Option<Payloads> => "lastCompletionResult",
        /// Context.
        header: Option<Header> => "header",
        /// Notes.
        memo: Option<Memo> => "memo",
        /// What it can be searched by.
        search_attributes: Option<SearchAttributes> => "searchAttributes",
        /// Whether it wants the same build as this run.
        inherit_build_id: bool => "inheritBuildId",
    }

    /// Options of the run were changed.
    pub struct WorkflowExecutionOptionsUpdated {
        /// A versioning override.
        versioning_override: Option<Opaque> => "versioningOverride",
        /// Whether it was taken away.
        unset_versioning_override: bool => "unsetVersioningOverride",
        /// A request that was attached.
        attached_request_id: SmolStr => "attachedRequestId",
        /// Who did it.
        identity: SmolStr => "identity",
        /// Whether its time is skipped.
        time_skipping_config: Option<Box<TimeSkippingConfig>> => "timeSkippingConfig",
        /// Whether that is new. Else it is what it was.
        time_skipping_config_updated: bool => "timeSkippingConfigUpdated",
    }

    /// The time of the workflow was skipped, or will not be any more.
    pub struct WorkflowExecutionTimeSkippingTransitioned {
        /// What its time is from now on; none if it goes on as it was.
        target_time: Option<Timestamp> => "targetTime",
        /// Whether a fast-forward has reached its end: then no more is skipped.
        disabled_after_fast_forward: bool => "disabledAfterFastForward",
        /// What its time was, whatever the name says: a server gives the time of the event.
        wall_clock_time: Option<Timestamp> => "wallClockTime",
    }

    /// The workflow changed its search attributes.
    pub struct UpsertWorkflowSearchAttributes {
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// The changed ones.
        search_attributes: Option<SearchAttributes> => "searchAttributes",
    }

    /// The workflow changed its memo.
    pub struct WorkflowPropertiesModified {
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// The changed notes.
        upserted_memo: Option<Memo> => "upsertedMemo",
    }
}
