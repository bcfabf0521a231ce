//! What the messages about updates come to.

use alloc::boxed::Box;

use rehearsal_activation::UpdateMessage;
use rehearsal_history::SmolStr;
use rehearsal_history::event::{
    UpdateMeta, UpdateOutcome, WorkflowExecutionUpdateAccepted, WorkflowExecutionUpdateCompleted,
};
use smol_str::format_smolstr;

use super::Update;
use crate::refusal::BadCommand;
use crate::words::{Decision, Origin, Table, UpdateNote};

/// A message about an update, with the command that says where it stands.
#[derive(Debug)]
pub(crate) struct UpdateCommand(pub(crate) Box<UpdateMessage>);

impl UpdateCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const NAME: &'static str = "ProtocolMessage";

    /// Whether there is no command, only the message.
    pub(crate) fn is_message(&self) -> bool {
        matches!(*self.0, UpdateMessage::Reject { .. })
    }
}

/// What `command` causes among `updates`; changes nothing.
///
/// # Errors
///
/// [`BadCommand`] if it does not hold.
pub(crate) fn plan(
    command: UpdateCommand,
    origin: &Origin<'_>,
    updates: &impl Table<SmolStr, Update>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    let id = command.0.update_id().clone();
    let update = updates.find(&id);
    let wrong = |message: &'static str| BadCommand::UpdateState {
        update_id: id.clone(),
        message,
        state: update.map_or("Created", Update::name),
    };
    match *command.0 {
        UpdateMessage::Accept { sequencing, .. } => {
            let Some((_, request)) = update.and_then(Update::outgoing) else {
                return Err(wrong("Acceptance"));
            };
            out.record(
                origin.now,
                Box::new(WorkflowExecutionUpdateAccepted {
                    accepted_request_message_id: format_smolstr!("{id}/request"),
                    protocol_instance_id: id,
                    accepted_request_sequencing_event_id: sequencing,
                    accepted_request: Some(request.clone()),
                    ..WorkflowExecutionUpdateAccepted::default()
                }),
            );
        }
        UpdateMessage::Complete { outcome, .. } => {
            let Some(Update::Accepted { event }) = update else { return Err(wrong("Response")) };
            let outcome = match outcome {
                Ok(success) => UpdateOutcome { success, ..UpdateOutcome::default() },
                Err(failure) => {
                    UpdateOutcome { failure: Some(*failure), ..UpdateOutcome::default() }
                }
            };
            out.record(
                origin.now,
                Box::new(WorkflowExecutionUpdateCompleted {
                    meta: Some(UpdateMeta { update_id: id, ..UpdateMeta::default() }),
                    accepted_event_id: *event,
                    outcome: Some(outcome),
                    ..WorkflowExecutionUpdateCompleted::default()
                }),
            );
        }
        UpdateMessage::Reject { failure, .. } => {
            if update.and_then(Update::outgoing).is_none() {
                return Err(wrong("Rejection"));
            }
            out.note_update(id, UpdateNote::Rejected(failure));
        }
    }
    Ok(())
}
