//! Updates, as Go knows them: an answer is a command, and only an answer that accepts needs what was asked.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use rehearsal_activation::{
    Job, Message, RespondUpdate, ServerCommand, UpdateMessage, UpdateResponse,
};
use rehearsal_history::SmolStr;

use crate::update::job;

/// The updates of one run that workflow code has been told of and has not accepted or rejected.
#[derive(Debug, Clone, Default)]
pub(super) struct Updates(BTreeMap<SmolStr, Message>);

impl Updates {
    /// What the workflow is told.
    pub(super) fn told(&mut self, message: &Message, replaying: bool) -> Job {
        self.0.insert(message.update_id.clone(), message.clone());
        job(message, replaying)
    }

    /// What is sent for an answer of the workflow; the error says what does not fit.
    pub(super) fn answered(
        &mut self,
        respond: RespondUpdate,
    ) -> Result<ServerCommand, &'static str> {
        let RespondUpdate { protocol_instance_id: update_id, response } = respond;
        let message = match response {
            UpdateResponse::Accepted => {
                let asked =
                    self.0.remove(&update_id).ok_or("an update is accepted that was not told")?;
                let Message { sequencing, request, .. } = asked;
                UpdateMessage::Accept { update_id, sequencing, request }
            }
            UpdateResponse::Rejected(failure) => {
                self.0.remove(&update_id).ok_or("an update is rejected that was not told")?;
                UpdateMessage::Reject { update_id, failure }
            }
            UpdateResponse::Completed(result) => {
                UpdateMessage::Complete { update_id, outcome: Ok(result) }
            }
            UpdateResponse::Failed(failure) => {
                UpdateMessage::Complete { update_id, outcome: Err(failure) }
            }
        };
        Ok(ServerCommand::AnswerUpdate(Box::new(message)))
    }
}
