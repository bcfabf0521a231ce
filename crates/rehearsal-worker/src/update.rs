//! Updates: what both profiles know of them, and what Go makes of them.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use rehearsal_activation::{
    Job, Message, RespondUpdate, ServerCommand, Update, UpdateMessage, UpdateResponse,
};
use rehearsal_history::SmolStr;
use rehearsal_history::event::UpdateMeta;

/// What the workflow is told of an update. A validator is asked once, when the update is new.
pub(crate) fn job(message: &Message, replaying: bool) -> Job {
    let UpdateMeta { identity, .. } = message.request.meta.clone().unwrap_or_default();
    let input = message.request.input.clone().unwrap_or_default();
    Job::DoUpdate(Box::new(Update {
        id: message.update_id.clone(),
        protocol_instance_id: message.update_id.clone(),
        name: input.name,
        input: input.args,
        header: input.header,
        identity,
        validates: !replaying,
    }))
}

/// The updates of one run that workflow code has been told of and has not accepted or rejected, as of Go.
#[derive(Debug, Clone, Default)]
pub(crate) struct Updates(BTreeMap<SmolStr, Message>);

impl Updates {
    /// What the workflow is told.
    pub(crate) fn told(&mut self, message: &Message, replaying: bool) -> Job {
        self.0.insert(message.update_id.clone(), message.clone());
        job(message, replaying)
    }

    /// What is sent for an answer of the workflow; the error says what does not fit.
    pub(crate) fn answered(
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
