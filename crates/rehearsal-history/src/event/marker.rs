//! Markers: what an SDK notes for itself.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::failure::Failure;
use crate::id::EventId;
use crate::json::schema::message;
use crate::payload::Payloads;
use crate::policy::Header;

message! {
    /// A marker: a local activity, a side effect, a version (C-45).
    pub struct MarkerRecorded {
        /// Which kind.
        marker_name: SmolStr => "markerName",
        /// What it says.
        details: BTreeMap<SmolStr, Payloads> => "details",
        /// The task whose command this is.
        workflow_task_completed_event_id: EventId => "workflowTaskCompletedEventId",
        /// Context.
        header: Option<Header> => "header",
        /// How what it stands for failed.
        failure: Option<Failure> => "failure",
    }
}
