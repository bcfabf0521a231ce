//! Updates: what is known of them, and what their messages, commands and events make of it.

pub(super) mod machine;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use rehearsal_activation::{Message, RespondUpdate, ServerCommand, UpdateMessage, UpdateResponse};
use rehearsal_history::{Event, EventKind, SmolStr};

use self::machine::{UpdateInput, UpdateReaction, UpdateState};
use super::failure::{Breakdown, no_transition, unhandled};
use super::machine::Machine;
use super::out::Out;
use crate::update::job;

/// The updates of a run, in the order in which workflow code is told of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Updates {
    all: Vec<Update>,
    /// The newest of each id: one that was rejected may come again.
    newest: BTreeMap<SmolStr, u32>,
    /// Those that have said something in this activation, once for each of their commands.
    said: Vec<u32>,
}

/// An update that workflow code was told of.
#[derive(Debug, Clone)]
struct Update {
    asked: Message,
    state: UpdateState,
}

impl Updates {
    /// Tells the workflow of one.
    pub(super) fn told(&mut self, message: &Message, replaying: bool, out: &mut Out) {
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let state = UpdateState::RequestInitiated;
        self.all.push(Update { asked: message.clone(), state });
        self.newest.insert(message.update_id.clone(), number);
        out.jobs.push(job(message, replaying));
    }

    /// Workflow code says something of one (`handle_response`).
    pub(super) fn respond(
        &mut self,
        respond: RespondUpdate,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let RespondUpdate { protocol_instance_id: update_id, response } = respond;
        let Some((&number, update)) = self
            .newest
            .get(&update_id)
            .and_then(|number| Some((number, self.all.get_mut(usize::try_from(*number).ok()?)?)))
        else {
            return Err(Breakdown::Fatal(format!(
                "Missing associated machine for protocol message {update_id}"
            )));
        };
        let (input, outcome) = match response {
            UpdateResponse::Accepted => (UpdateInput::Accept, Ok(None)),
            UpdateResponse::Completed(result) => (UpdateInput::Complete, Ok(result)),
            UpdateResponse::Rejected(failure) | UpdateResponse::Failed(failure) => {
                (UpdateInput::Reject, Err(failure))
            }
        };
        let (state, reaction) = update.state.on(input).map_err(|_| {
            Breakdown::Nondeterminism(format!(
                "Invalid transition while handling update response (id {update_id}) in state {:?}",
                update.state
            ))
        })?;
        update.state = state;
        let message = match (reaction, outcome) {
            (UpdateReaction::Nothing, _) => return Ok(()),
            (UpdateReaction::Reject, Err(failure)) => UpdateMessage::Reject { update_id, failure },
            (UpdateReaction::Complete, outcome) => UpdateMessage::Complete { update_id, outcome },
            (UpdateReaction::Accept | UpdateReaction::Reject, _) => {
                let Message { sequencing, request, .. } = update.asked.clone();
                UpdateMessage::Accept { update_id, sequencing, request }
            }
        };
        let command = ServerCommand::AnswerUpdate(Box::new(message));
        if reaction == UpdateReaction::Reject {
            out.messages.push(command);
        } else {
            self.said.push(number);
            out.queue.push(Machine::Update(number), command);
        }
        Ok(())
    }

    /// All that one activation asks for is taken (`prepare_commands`).
    pub(super) fn taken(&mut self) {
        for number in core::mem::take(&mut self.said) {
            self.go_on(number, |_| UpdateInput::CommandProtocolMessage);
        }
    }

    /// An event records a command of this one.
    pub(super) fn record(&mut self, number: u32) {
        self.go_on(number, |state| {
            if state == UpdateState::CompletedCommandCreated {
                UpdateInput::UpdateCompleted
            } else {
                UpdateInput::UpdateAccepted
            }
        });
    }

    /// Goes on to where this input leads, if there is such an arc.
    fn go_on(&mut self, number: u32, input: impl Fn(UpdateState) -> UpdateInput) {
        let update = usize::try_from(number).ok().and_then(|number| self.all.get_mut(number));
        if let Some(update) = update
            && let Ok((state, _)) = update.state.on(input(update.state))
        {
            update.state = state;
        }
    }

    /// Why this one does not take `event` as the record of its command. Core does not look whether it is of another
    /// update.
    pub(super) fn refusal(&self, number: u32, event: &Event) -> Breakdown {
        let update = usize::try_from(number).ok().and_then(|number| self.all.get(number));
        match (&event.kind, update) {
            (
                EventKind::WorkflowExecutionUpdateAccepted(_)
                | EventKind::WorkflowExecutionUpdateCompleted(_),
                Some(update),
            ) => Breakdown::Fatal(no_transition("UpdateMachine", update.state, event)),
            _ => unhandled("Update", event),
        }
    }
}
