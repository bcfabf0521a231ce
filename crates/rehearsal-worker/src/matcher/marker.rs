//! Compares markers.

use rehearsal_activation::RecordMarker;
use rehearsal_history::event::MarkerRecorded;

use super::attributes::Attributes;
use super::values::Values;
use crate::core::patch;
use crate::describe;
use crate::mismatch::Grade;

/// Something is noted. Go compares the kind of the marker; core the id of a patch, and lets one be deprecated later.
pub(super) fn recorded(
    at: &mut Attributes<'_>,
    recorded: &MarkerRecorded,
    attempted: &RecordMarker,
) {
    if recorded.marker_name != attempted.name {
        return at.unlike();
    }
    match (patch::of_marker(recorded), patch::of_command(at.command)) {
        (Some(recorded), Some(attempted)) => {
            if recorded.id != attempted.id {
                at.unlike();
            }
        }
        (Some(_), None) | (None, Some(_)) => at.unlike(),
        (None, None) => {
            let keys = recorded.details.keys().chain(attempted.details.keys());
            for key in keys {
                let (ours, theirs) = (attempted.details.get(key), recorded.details.get(key));
                if let Some(grade) = Values::of(theirs, ours).grade() {
                    let grade = grade.min(Grade::ChangesBehavior);
                    at.value(key, &describe::whole(theirs), &describe::whole(ours), grade);
                    return;
                }
            }
        }
    }
}
