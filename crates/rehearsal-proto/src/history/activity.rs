//! Events of activities.

use rehearsal_history::event::{
    ActivityTaskCancelRequested, ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskFailed,
    ActivityTaskScheduled, ActivityTaskStarted, ActivityTaskTimedOut,
};
use temporalio_protos::temporal::api::history::v1 as proto;

use crate::mirror::mirror;

mirror! {
    ActivityTaskScheduled => proto::ActivityTaskScheduledEventAttributes {
        mirror {
            activity_id, activity_type, task_queue, header, input, schedule_to_close_timeout,
            schedule_to_start_timeout, start_to_close_timeout, heartbeat_timeout,
            workflow_task_completed_event_id, retry_policy, use_workflow_build_id,
            priority,
        }
    }
    ActivityTaskStarted => proto::ActivityTaskStartedEventAttributes {
        mirror {
            scheduled_event_id, identity, request_id, attempt, last_failure, worker_version,
        }
        refuse {
            build_id_redirect_counter,
        }
    }
    ActivityTaskCompleted => proto::ActivityTaskCompletedEventAttributes {
        mirror {
            result, scheduled_event_id, started_event_id, identity,
        }
        json {
            worker_version = "workerVersion",
        }
    }
    ActivityTaskFailed => proto::ActivityTaskFailedEventAttributes {
        mirror {
            failure, scheduled_event_id, started_event_id, identity, retry_state,
        }
        json {
            worker_version = "workerVersion",
        }
        refuse {
            cause,
        }
    }
    ActivityTaskTimedOut => proto::ActivityTaskTimedOutEventAttributes {
        mirror {
            failure, scheduled_event_id, started_event_id, retry_state,
        }
    }
    ActivityTaskCancelRequested => proto::ActivityTaskCancelRequestedEventAttributes {
        mirror {
            scheduled_event_id, workflow_task_completed_event_id,
        }
    }
    ActivityTaskCanceled => proto::ActivityTaskCanceledEventAttributes {
        mirror {
            details, latest_cancel_requested_event_id, scheduled_event_id, started_event_id,
            identity,
        }
        json {
            worker_version = "workerVersion",
        }
    }
}
