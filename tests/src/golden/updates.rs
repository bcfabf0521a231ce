//! Updates of a script: the client sends them, and waits for them while other steps happen.

use std::time::Duration;

use rehearsal::{ClientError, UpdateHandle, World};
use rehearsal_service::NotFound;

use super::run::{Run, payloads};
use super::{Action, Step};

/// How often a client that waits for an update looks at it.
pub(super) const SLICE: Duration = Duration::from_millis(50);

/// An update that the client waits for.
pub(super) struct Waiting {
    /// Its step.
    index: usize,
    update_id: String,
    /// If it was sent, and need not be sent again.
    sent: Option<UpdateHandle>,
    /// Whether it was sent again because its workflow had closed.
    anew: bool,
    /// When the client gives up.
    deadline: Duration,
}

impl Waiting {
    /// Whether the workflow was running, and has closed before it looked at the update
    /// (`updateOnlyWasAbortedByClosingWorkflow`).
    fn is_aborted(&self, error: &ClientError) -> bool {
        let ran = self.sent.as_ref().and_then(UpdateHandle::started_workflow) == Some(false);
        let closed = ClientError::NotFound(NotFound::UpdateAborted);
        ran && matches!(error, ClientError::UpdateWithStart { error, .. } if **error == closed)
    }
}

impl Run<'_> {
    /// Sends an update, or waits for one that was sent; later steps of the script happen meanwhile.
    pub(super) fn update(&mut self, step: &Step, index: usize) {
        let update_id = match (&step.update_id, self.sdk) {
            (Some(id), _) => id.clone(),
            (None, "rust") => "update-1".to_owned(),
            (None, _) => format!("update-{}", index + 1),
        };
        let sent = self.updates.get(&update_id).cloned();
        let sent = sent.filter(|_| step.action == Action::UpdateResult);
        let deadline = self.deadline(step);
        self.waiting.push(Waiting { index, update_id, sent, anew: false, deadline });
    }

    /// Lets time pass, and updates get on.
    pub(super) fn pass(&mut self, world: &mut World, until: Duration) {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            for waiting in waiting {
                self.get_on(world, waiting);
            }
            self.look_for_answers(world);
            let left = until.saturating_sub(world.elapsed());
            if left.is_zero() {
                return;
            }
            world.advance(if self.waits_for_nothing() { left } else { left.min(SLICE) });
        }
    }

    /// Whether an update is sent again that was refused. The client of the Rust recorder does not do that.
    fn sends_again(&self, error: &ClientError) -> bool {
        match error {
            ClientError::UpdateWithStart { error, .. } => self.sends_again(error),
            ClientError::Unavailable => true,
            ClientError::ResourceExhausted(_) => self.sdk != "rust",
            _ => false,
        }
    }

    /// Looks how far an update is, and sends it if that is to be done.
    fn get_on(&mut self, world: &mut World, mut waiting: Waiting) {
        let script = self.script;
        let step = &script.steps[waiting.index];
        let id = script.target(step);
        let over = world.elapsed() >= waiting.deadline;
        let name = step.name.as_deref().unwrap_or_default();
        let input = payloads(&step.input);
        let sent = match waiting.sent.take() {
            Some(sent) => Ok(sent),
            None if step.action == Action::UpdateWithStart => {
                let options = self.options(step, &step.workflow_input);
                let input = input.as_ref();
                let sent = world.send_update_with_start(options, name, &waiting.update_id, input);
                sent.map(|(_handle, sent)| sent)
            }
            None => {
                let run = self.run_id(step);
                world.send_update(id, run.as_deref(), name, &waiting.update_id, input.as_ref())
            }
        };
        let only_accepted = step.stage.as_deref() == Some("accepted");
        let answer = sent.and_then(|sent| {
            waiting.sent = Some(sent.clone());
            self.updates.insert(waiting.update_id.clone(), sent.clone());
            if only_accepted {
                world.update_accepted(&sent, Duration::ZERO).map(|()| None)
            } else {
                world.update_result(&sent, Duration::ZERO)
            }
        });
        match answer {
            Err(ClientError::UpdateTimeout) if !over => self.waiting.push(waiting),
            // By the server once, and then by the client of Go.
            Err(error) if waiting.is_aborted(&error) && !(waiting.anew && self.sdk == "rust") => {
                self.waiting.push(Waiting { sent: None, anew: true, ..waiting });
            }
            Err(error) if self.sends_again(&error) => {
                if over {
                    self.check_answer(step, &Err(ClientError::UpdateTimeout));
                } else {
                    self.waiting.push(Waiting { sent: None, ..waiting });
                }
            }
            Ok(_) if only_accepted => self.check_answer(step, &Ok(())),
            // Go's client hands out the rejection only to who asks for the result (`UpdateWorkflow`).
            Err(ClientError::UpdateFailed { .. }) if only_accepted && self.sdk == "go" => {
                self.check_answer(step, &Ok(()));
            }
            answer => {
                let answer = self.check_value(step, answer);
                self.check_answer(step, &answer);
            }
        }
    }
}
