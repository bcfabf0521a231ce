//! Activities, behind the name of an event or a command.

use alloc::format;
use alloc::string::String;

use rehearsal_history::EventId;

/// By type and id.
pub(super) fn named(activity_type: &str, activity_id: &str) -> String {
    format!("{activity_type} id={activity_id}")
}

/// By its `ActivityTaskScheduled`.
pub(super) fn by_event(scheduled: EventId) -> String {
    format!("scheduled={scheduled}")
}
