//! Events of the execution itself: start, cancel request, signal, close.

use rehearsal_history::event::{
    UpsertWorkflowSearchAttributes, WorkflowExecutionCancelRequested, WorkflowExecutionCanceled,
    WorkflowExecutionCompleted, WorkflowExecutionContinuedAsNew, WorkflowExecutionFailed,
    WorkflowExecutionOptionsUpdated, WorkflowExecutionSignaled, WorkflowExecutionStarted,
    WorkflowExecutionTerminated, WorkflowExecutionTimeSkippingTransitioned,
    WorkflowExecutionTimedOut, WorkflowPropertiesModified,
};
use temporalio_protos::temporal::api::history::v1 as proto;

use crate::mirror::mirror;

mirror! {
    WorkflowExecutionStarted => proto::WorkflowExecutionStartedEventAttributes {
        mirror {
            workflow_type, parent_workflow_namespace, parent_workflow_namespace_id,
            parent_workflow_execution, parent_initiated_event_id, task_queue, input,
            workflow_execution_timeout, workflow_run_timeout, workflow_task_timeout,
            continued_execution_run_id, initiator, continued_failure, last_completion_result,
            original_execution_run_id, identity, first_execution_run_id, retry_policy, attempt,
            workflow_execution_expiration_time, cron_schedule, first_workflow_task_backoff,
            memo, search_attributes, prev_auto_reset_points, header,
            parent_initiated_event_version, workflow_id, root_workflow_execution,
            eager_execution_accepted, priority, time_skipping_config,
            time_skipping_state_propagation,
        }
        json {
            source_version_stamp = "sourceVersionStamp",
            completion_callbacks = "completionCallbacks",
            inherited_build_id = "inheritedBuildId",
            parent_pinned_worker_deployment_version = "parentPinnedWorkerDeploymentVersion",
        }
        refuse {
            versioning_override, inherited_pinned_version, inherited_auto_upgrade_info,
            declined_target_version_upgrade,
        }
    }
    WorkflowExecutionCompleted => proto::WorkflowExecutionCompletedEventAttributes {
        mirror {
            result, workflow_task_completed_event_id, new_execution_run_id,
        }
    }
    WorkflowExecutionFailed => proto::WorkflowExecutionFailedEventAttributes {
        mirror {
            failure, retry_state, workflow_task_completed_event_id, new_execution_run_id,
        }
    }
    WorkflowExecutionTimedOut => proto::WorkflowExecutionTimedOutEventAttributes {
        mirror {
            retry_state, new_execution_run_id,
        }
    }
    WorkflowExecutionCancelRequested => proto::WorkflowExecutionCancelRequestedEventAttributes {
        mirror {
            cause, external_initiated_event_id, external_workflow_execution, identity,
        }
    }
    WorkflowExecutionCanceled => proto::WorkflowExecutionCanceledEventAttributes {
        mirror {
            workflow_task_completed_event_id, details,
        }
    }
    WorkflowExecutionSignaled => proto::WorkflowExecutionSignaledEventAttributes {
        mirror {
            signal_name, input, identity, header, skip_generate_workflow_task,
            external_workflow_execution, request_id,
        }
    }
    WorkflowExecutionTerminated => proto::WorkflowExecutionTerminatedEventAttributes {
        mirror {
            reason, details, identity,
        }
    }
    WorkflowExecutionContinuedAsNew => proto::WorkflowExecutionContinuedAsNewEventAttributes {
        mirror {
            new_execution_run_id, workflow_type, task_queue, input, workflow_run_timeout,
            workflow_task_timeout, workflow_task_completed_event_id, backoff_start_interval,
            initiator, failure, last_completion_result, header, memo, search_attributes,
            inherit_build_id,
        }
        refuse {
            initial_versioning_behavior,
        }
    }
    WorkflowExecutionOptionsUpdated => proto::WorkflowExecutionOptionsUpdatedEventAttributes {
        mirror {
            versioning_override, unset_versioning_override, attached_request_id, identity,
            time_skipping_config, time_skipping_config_updated,
        }
        json {
            attached_completion_callbacks = "attachedCompletionCallbacks",
            priority = "priority",
        }
        refuse {
            workflow_update_options,
        }
    }
    WorkflowExecutionTimeSkippingTransitioned => proto::WorkflowExecutionTimeSkippingTransitionedEventAttributes {
        mirror {
            target_time, disabled_after_fast_forward, wall_clock_time,
        }
    }
    UpsertWorkflowSearchAttributes => proto::UpsertWorkflowSearchAttributesEventAttributes {
        mirror {
            workflow_task_completed_event_id, search_attributes,
        }
    }
    WorkflowPropertiesModified => proto::WorkflowPropertiesModifiedEventAttributes {
        mirror {
            workflow_task_completed_event_id, upserted_memo,
        }
    }
}
