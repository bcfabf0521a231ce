//! What markers come to: an event, and nothing else (`handleCommandRecordMarker` of
//! `respondworkflowtaskcompleted/workflow_task_completed_handler.go`, server 1.32).

use alloc::boxed::Box;

use rehearsal_activation::RecordMarker;
use rehearsal_history::event::MarkerRecorded;

use crate::refusal::BadCommand;
use crate::words::{Decision, Origin};

/// The type of the command as Go prints the enum.
pub(crate) const NAME: &str = "RecordMarker";

/// What `marker` causes; changes nothing.
///
/// # Errors
///
/// [`BadCommand`] if it has no name.
pub(crate) fn plan(
    marker: RecordMarker,
    origin: &Origin<'_>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    let RecordMarker { name, details, header, failure, user_metadata } = marker;
    if name.is_empty() {
        return Err(BadCommand::NoMarkerName);
    }
    out.record(
        origin.now,
        Box::new(MarkerRecorded {
            marker_name: name,
            details,
            workflow_task_completed_event_id: origin.task,
            header,
            failure: failure.map(|failure| *failure),
            ..MarkerRecorded::default()
        }),
    );
    out.annotate(user_metadata);
    Ok(())
}
