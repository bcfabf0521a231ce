//! Events of timers.

use rehearsal_history::event::{TimerCanceled, TimerFired, TimerStarted};
use temporalio_protos::temporal::api::history::v1 as proto;

use crate::mirror::mirror;

mirror! {
    TimerStarted => proto::TimerStartedEventAttributes {
        mirror {
            timer_id, start_to_fire_timeout, workflow_task_completed_event_id,
        }
    }
    TimerFired => proto::TimerFiredEventAttributes { mirror { timer_id, started_event_id } }
    TimerCanceled => proto::TimerCanceledEventAttributes {
        mirror {
            timer_id, started_event_id, workflow_task_completed_event_id, identity,
        }
    }
}
