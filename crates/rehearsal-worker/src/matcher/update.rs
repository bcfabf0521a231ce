//! Compares what becomes of updates.

use rehearsal_activation::UpdateMessage;
use rehearsal_history::event::{WorkflowExecutionUpdateAccepted, WorkflowExecutionUpdateCompleted};

use super::attributes::Attributes;
use crate::mismatch::Grade;

/// An update is accepted: Go compares the ids of the update and of its request, and the event that it stands behind
/// (`checkAcceptedEvent`). Core goes by the order alone; its machine has no arc for the other event.
pub(super) fn accepted(
    at: &mut Attributes<'_>,
    recorded: &WorkflowExecutionUpdateAccepted,
    attempted: &UpdateMessage,
) {
    match attempted {
        UpdateMessage::Accept { update_id, sequencing, .. } => at.target(
            recorded.protocol_instance_id == *update_id
                && recorded.accepted_request_sequencing_event_id == *sequencing,
        ),
        UpdateMessage::Reject { .. } | UpdateMessage::Complete { .. } => at.unlike(),
    }
}

/// An update is completed: Go compares its id (`checkCompletedEvent`).
pub(super) fn completed(
    at: &mut Attributes<'_>,
    recorded: &WorkflowExecutionUpdateCompleted,
    attempted: &UpdateMessage,
) {
    let UpdateMessage::Complete { update_id, outcome } = attempted else {
        return at.unlike();
    };
    let of = recorded.meta.as_ref().map(|meta| &meta.update_id);
    at.target(of == Some(update_id));
    let outcome_recorded = recorded.outcome.clone().unwrap_or_default();
    let same = match outcome {
        Ok(result) => outcome_recorded.failure.is_none() && outcome_recorded.success == *result,
        Err(failure) => {
            outcome_recorded.failure.is_some_and(|recorded| recorded.message == failure.message)
        }
    };
    if !same {
        at.whole(Grade::ChangesBehavior);
    }
}
