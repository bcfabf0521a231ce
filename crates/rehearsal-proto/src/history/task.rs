//! Events of workflow tasks.

use rehearsal_history::event::{
    SdkMetadata, WorkflowTaskCompleted, WorkflowTaskFailed, WorkflowTaskScheduled,
    WorkflowTaskStarted, WorkflowTaskTimedOut,
};
use temporalio_protos::temporal::api::history::v1 as proto;
use temporalio_protos::temporal::api::sdk::v1 as proto_sdk;

use crate::mirror::mirror;

mirror! {
    WorkflowTaskScheduled => proto::WorkflowTaskScheduledEventAttributes {
        mirror {
            task_queue, start_to_close_timeout, attempt,
        }
    }
    WorkflowTaskStarted => proto::WorkflowTaskStartedEventAttributes {
        mirror {
            scheduled_event_id, identity, request_id, suggest_continue_as_new,
            history_size_bytes, worker_version,
        }
        json {
            target_worker_deployment_version_changed = "targetWorkerDeploymentVersionChanged",
        }
        refuse {
            suggest_continue_as_new_reasons, build_id_redirect_counter,
        }
    }
    WorkflowTaskCompleted => proto::WorkflowTaskCompletedEventAttributes {
        mirror {
            scheduled_event_id, started_event_id, identity, worker_version, sdk_metadata,
            metering_metadata,
        }
        json {
            binary_checksum = "binaryChecksum",
            worker_deployment_version = "workerDeploymentVersion",
            worker_deployment_name = "workerDeploymentName",
        }
        refuse {
            deployment, versioning_behavior, deployment_version,
        }
    }
    WorkflowTaskTimedOut => proto::WorkflowTaskTimedOutEventAttributes {
        mirror {
            scheduled_event_id, started_event_id, timeout_type,
        }
    }
    WorkflowTaskFailed => proto::WorkflowTaskFailedEventAttributes {
        mirror {
            scheduled_event_id, started_event_id, cause, failure, identity, base_run_id,
            new_run_id, fork_event_version, worker_version,
        }
        json {
            binary_checksum = "binaryChecksum",
        }
    }
}

mirror! {
    SdkMetadata => proto_sdk::WorkflowTaskCompletedMetadata {
        mirror { core_used_flags, lang_used_flags, sdk_name, sdk_version }
    }
}
