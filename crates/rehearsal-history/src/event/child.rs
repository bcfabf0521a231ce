//! Events of child workflows.

use std::time::Duration;

use smol_str::SmolStr;

use crate::failure::Failure;
use crate::id::EventId;
use crate::json::schema::message;
use crate::payload::Payloads;
use crate::policy::{
    Execution, Header, Memo, ParentClosePolicy, Priority, RetryPolicy, RetryState,
    SearchAttributes, StartChildFailedCause, TaskQueue, TypeName, WorkflowIdReusePolicy,
};
use crate::skipping::{TimeSkippingConfig, TimeSkippingStatePropagation};

message! {
    /// The start of a child is under way.
    pub struct StartChildWorkflowExecutionInitiated {
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its id.
        workflow_id: SmolStr => "workflowId",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// Its queue.
        task_queue: TaskQueue => "taskQueue",
        /// Its arguments.
        input: Option<Payloads> => "input",
        /// For all runs together.
        workflow_execution_timeout: Option<Duration> => "workflowExecutionTimeout",
        /// For one run.
        workflow_run_timeout: Option<Duration> => "workflowRunTimeout",
        /// For one workflow task.
        workflow_task_timeout: Option<Duration> => "workflowTaskTimeout",
        /// What becomes of it when its parent closes.
        parent_close_policy: ParentClosePolicy => "parentClosePolicy",
        /// Deprecated; written by old SDKs.
        control: SmolStr => "control",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// Whether its id may be used again.
        workflow_id_reuse_policy: WorkflowIdReusePolicy => "workflowIdReusePolicy",
        /// How it is retried.
        retry_policy: Option<RetryPolicy> => "retryPolicy",
        /// When it runs again.
        cron_schedule: SmolStr => "cronSchedule",
        /// Context.
        header: Option<Header> => "header",
        /// Notes.
        memo: Option<Memo> => "memo",
        /// What it can be searched by.
        search_attributes: Option<SearchAttributes> => "searchAttributes",
        /// Whether it wants the same build as its parent.
        inherit_build_id: bool => "inheritBuildId",
        /// Its place among the tasks of a queue, as it was asked for.
        priority: Option<Priority> => "priority",
        /// Whether its time is skipped.
        time_skipping_config: Option<Box<TimeSkippingConfig>> => "timeSkippingConfig",
        /// What it has of the time of its parent.
        time_skipping_state_propagation: Option<Box<TimeSkippingStatePropagation>> => "timeSkippingStatePropagation",
    }

    /// The child could not be started.
    pub struct StartChildWorkflowExecutionFailed {
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its id.
        workflow_id: SmolStr => "workflowId",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// Why.
        cause: StartChildFailedCause => "cause",
        /// Deprecated; written by old SDKs.
        control: SmolStr => "control",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Always none (H-10).
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
    }

    /// The child runs.
    pub struct ChildWorkflowExecutionStarted {
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its run.
        workflow_execution: Execution => "workflowExecution",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Context.
        header: Option<Header> => "header",
    }

    /// The child returned a value.
    pub struct ChildWorkflowExecutionCompleted {
        /// The value.
        result: Option<Payloads> => "result",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its run.
        workflow_execution: Execution => "workflowExecution",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its `ChildWorkflowExecutionStarted`.
        started_event_id: EventId => "startedEventId",
    }

    /// The child failed.
    pub struct ChildWorkflowExecutionFailed {
        /// How.
        failure: Option<Failure> => "failure",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its run.
        workflow_execution: Execution => "workflowExecution",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its `ChildWorkflowExecutionStarted`.
        started_event_id: EventId => "startedEventId",
        /// Why it is not retried.
        retry_state: RetryState => "retryState",
    }

    /// The child was canceled.
    pub struct ChildWorkflowExecutionCanceled {
        /// What it says of it.
        details: Option<Payloads> => "details",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its run.
        workflow_execution: Execution => "workflowExecution",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its `ChildWorkflowExecutionStarted`.
        started_event_id: EventId => "startedEventId",
    }

    /// The child timed out.
    pub struct ChildWorkflowExecutionTimedOut {
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its run.
        workflow_execution: Execution => "workflowExecution",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its `ChildWorkflowExecutionStarted`.
        started_event_id: EventId => "startedEventId",
        /// Why it is not retried.
        retry_state: RetryState => "retryState",
    }

    /// The child was terminated.
    pub struct ChildWorkflowExecutionTerminated {
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// Its run.
        workflow_execution: Execution => "workflowExecution",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its `ChildWorkflowExecutionStarted`.
        started_event_id: EventId => "startedEventId",
    }
}
