//! Events of cancels and signals to other workflows.

use smol_str::SmolStr;

use crate::id::EventId;
use crate::json::schema::message;
use crate::payload::Payloads;
use crate::policy::{CancelExternalFailedCause, Execution, Header, SignalExternalFailedCause};

message! {
    /// The cancel of another workflow is under way (C-41).
    pub struct RequestCancelExternalWorkflowExecutionInitiated {
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// The other workflow.
        workflow_execution: Execution => "workflowExecution",
        /// Deprecated; written by old SDKs.
        control: SmolStr => "control",
        /// Whether it must be a child (C-9).
        child_workflow_only: bool => "childWorkflowOnly",
        /// The reason that is given.
        reason: SmolStr => "reason",
    }

    /// The other workflow could not be canceled.
    pub struct RequestCancelExternalWorkflowExecutionFailed {
        /// Why.
        cause: CancelExternalFailedCause => "cause",
        /// The task that asked for it.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// The other workflow.
        workflow_execution: Execution => "workflowExecution",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Deprecated; written by old SDKs.
        control: SmolStr => "control",
    }

    /// The other workflow has the cancel request.
    pub struct ExternalWorkflowExecutionCancelRequested {
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// The other workflow.
        workflow_execution: Execution => "workflowExecution",
    }

    /// A signal to another workflow is under way.
    pub struct SignalExternalWorkflowExecutionInitiated {
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// The other workflow.
        workflow_execution: Execution => "workflowExecution",
        /// The name of the signal.
        signal_name: SmolStr => "signalName",
        /// Its arguments.
        input: Option<Payloads> => "input",
        /// Deprecated; written by old SDKs.
        control: SmolStr => "control",
        /// Whether it must be a child.
        child_workflow_only: bool => "childWorkflowOnly",
        /// Context.
        header: Option<Header> => "header",
    }

    /// The other workflow could not be signaled.
    pub struct SignalExternalWorkflowExecutionFailed {
        /// Why.
        cause: SignalExternalFailedCause => "cause",
        /// The task that asked for it.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// The other workflow.
        workflow_execution: Execution => "workflowExecution",
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Deprecated; written by old SDKs.
        control: SmolStr => "control",
    }

    /// The other workflow has the signal.
    pub struct ExternalWorkflowExecutionSignaled {
        /// The event that asked for it.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Id of that namespace.
        namespace_id: SmolStr => "namespaceId",
        /// The other workflow.
        workflow_execution: Execution => "workflowExecution",
        /// Deprecated; written by old SDKs.
        control: SmolStr => "control",
    }
}
