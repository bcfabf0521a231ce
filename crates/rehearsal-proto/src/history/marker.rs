//! Events of markers.

use rehearsal_history::event::MarkerRecorded;
use temporalio_protos::temporal::api::history::v1 as proto;

use crate::mirror::mirror;

mirror! {
    MarkerRecorded => proto::MarkerRecordedEventAttributes {
        mirror {
            marker_name, details, workflow_task_completed_event_id, header, failure,
        }
    }
}
