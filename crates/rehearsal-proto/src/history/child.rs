//! Events of child workflows.

use rehearsal_history::event::{
    ChildWorkflowExecutionCanceled, ChildWorkflowExecutionCompleted, ChildWorkflowExecutionFailed,
    ChildWorkflowExecutionStarted, ChildWorkflowExecutionTerminated,
    ChildWorkflowExecutionTimedOut, StartChildWorkflowExecutionFailed,
    StartChildWorkflowExecutionInitiated,
};
use temporalio_protos::temporal::api::history::v1 as proto;

use crate::mirror::mirror;

mirror! {
    StartChildWorkflowExecutionInitiated => proto::StartChildWorkflowExecutionInitiatedEventAttributes {
        mirror {
            namespace, namespace_id, workflow_id, workflow_type, task_queue, input,
            workflow_execution_timeout, workflow_run_timeout, workflow_task_timeout,
            parent_close_policy, control, workflow_task_completed_event_id,
            workflow_id_reuse_policy, retry_policy, cron_schedule, header, memo,
            search_attributes, inherit_build_id, priority, time_skipping_config,
            time_skipping_state_propagation,
        }
        refuse {
            versioning_override,
        }
    }
    StartChildWorkflowExecutionFailed => proto::StartChildWorkflowExecutionFailedEventAttributes {
        mirror {
            namespace, namespace_id, workflow_id, workflow_type, cause, control,
            initiated_event_id, workflow_task_completed_event_id,
        }
    }
    ChildWorkflowExecutionStarted => proto::ChildWorkflowExecutionStartedEventAttributes {
        mirror {
            namespace, namespace_id, workflow_execution, workflow_type, initiated_event_id,
            header,
        }
    }
    ChildWorkflowExecutionCompleted => proto::ChildWorkflowExecutionCompletedEventAttributes {
        mirror {
            result, namespace, namespace_id, workflow_execution, workflow_type,
            initiated_event_id, started_event_id,
        }
    }
    ChildWorkflowExecutionFailed => proto::ChildWorkflowExecutionFailedEventAttributes {
        mirror {
            failure, namespace, namespace_id, workflow_execution, workflow_type,
            initiated_event_id, started_event_id, retry_state,
        }
    }
    ChildWorkflowExecutionCanceled => proto::ChildWorkflowExecutionCanceledEventAttributes {
        mirror {
            details, namespace, namespace_id, workflow_execution, workflow_type,
            initiated_event_id, started_event_id,
        }
    }
    ChildWorkflowExecutionTimedOut => proto::ChildWorkflowExecutionTimedOutEventAttributes {
        mirror {
            namespace, namespace_id, workflow_execution, workflow_type, initiated_event_id,
            started_event_id, retry_state,
        }
    }
    ChildWorkflowExecutionTerminated => proto::ChildWorkflowExecutionTerminatedEventAttributes {
        mirror {
            namespace, namespace_id, workflow_execution, workflow_type, initiated_event_id,
            started_event_id,
        }
    }
}
