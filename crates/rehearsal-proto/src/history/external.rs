//! Events of other workflows.

use rehearsal_history::event::{
    ExternalWorkflowExecutionCancelRequested, ExternalWorkflowExecutionSignaled,
    RequestCancelExternalWorkflowExecutionFailed, RequestCancelExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionFailed, SignalExternalWorkflowExecutionInitiated,
};
use temporalio_protos::temporal::api::history::v1 as proto;

use crate::mirror::mirror;

mirror! {
    RequestCancelExternalWorkflowExecutionInitiated => proto::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
        mirror {
            workflow_task_completed_event_id, namespace, namespace_id, workflow_execution,
            control, child_workflow_only, reason,
        }
    }
    RequestCancelExternalWorkflowExecutionFailed => proto::RequestCancelExternalWorkflowExecutionFailedEventAttributes {
        mirror {
            cause, workflow_task_completed_event_id, namespace, namespace_id,
            workflow_execution, initiated_event_id, control,
        }
    }
    ExternalWorkflowExecutionCancelRequested => proto::ExternalWorkflowExecutionCancelRequestedEventAttributes {
        mirror {
            initiated_event_id, namespace, namespace_id, workflow_execution,
        }
    }
    SignalExternalWorkflowExecutionInitiated => proto::SignalExternalWorkflowExecutionInitiatedEventAttributes {
        mirror {
            workflow_task_completed_event_id, namespace, namespace_id, workflow_execution,
            signal_name, input, control, child_workflow_only, header,
        }
    }
    SignalExternalWorkflowExecutionFailed => proto::SignalExternalWorkflowExecutionFailedEventAttributes {
        mirror {
            cause, workflow_task_completed_event_id, namespace, namespace_id,
            workflow_execution, initiated_event_id, control,
        }
    }
    ExternalWorkflowExecutionSignaled => proto::ExternalWorkflowExecutionSignaledEventAttributes {
        mirror {
            initiated_event_id, namespace, namespace_id, workflow_execution, control,
        }
    }
}
