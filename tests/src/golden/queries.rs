//! Queries of a script: the client asks them, and waits for the answers while other steps happen.

use std::time::Duration;

use rehearsal::{ClientError, QueryHandle, World};

use super::Step;
use super::run::{Run, payloads};

/// How long Go's client waits for an answer: half as long as it may, but so long at least and at most (`minRPCTimeout`,
/// `maxRPCTimeout` and `newGRPCContext` in `internal/internal_utils.go` of the Go SDK 1.47).
const GO_PATIENCE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// A query that the client waits for.
pub(super) struct Asking {
    /// Which step of the script.
    index: usize,
    /// Nothing if it is to be sent, for the first time or again.
    sent: Option<QueryHandle>,
    /// When the client gives up.
    deadline: Duration,
}

impl Run<'_> {
    /// Asks a query, the step at `index`; the answer is looked for while time passes.
    pub(super) fn query(&mut self, step: &Step, index: usize) {
        let mut deadline = self.deadline(step);
        if self.sdk == "go" {
            let from = self.taken_at(step);
            let [least, most] = GO_PATIENCE;
            deadline = from + (deadline.saturating_sub(from) / 2).clamp(least, most);
        }
        self.asking.push(Asking { index, sent: None, deadline });
    }

    /// Whether the client waits for no answer.
    pub(super) fn waits_for_nothing(&self) -> bool {
        self.waiting.is_empty() && self.asking.is_empty()
    }

    /// Sends what is to be sent, and looks which answers have come.
    pub(super) fn look_for_answers(&mut self, world: &mut World) {
        for asking in std::mem::take(&mut self.asking) {
            self.look_for_answer(world, asking);
        }
    }

    fn look_for_answer(&mut self, world: &mut World, mut asking: Asking) {
        let script = self.script;
        let step = &script.steps[asking.index];
        let over = world.elapsed() >= asking.deadline;
        let sent = match asking.sent.take() {
            Some(sent) => Ok(sent),
            None => self.ask(world, step, asking.deadline),
        };
        let answer = match sent {
            // The client tries again, as long as it has the patience. That of the Rust recorder does not.
            Err(ClientError::ResourceExhausted(_)) if self.sdk != "rust" => {
                if !over {
                    return self.asking.push(asking);
                }
                Err(ClientError::DeadlineExceeded)
            }
            Err(error) => Err(error),
            Ok(sent) => match world.query_answer(&sent, Duration::ZERO) {
                Err(ClientError::DeadlineExceeded) if !over => {
                    return self.asking.push(Asking { sent: Some(sent), ..asking });
                }
                answer => {
                    world.forget_query(&sent);
                    answer
                }
            },
        };
        let answer = self.check_value(step, answer);
        self.check_answer(step, &answer);
    }

    fn ask(
        &self,
        world: &mut World,
        step: &Step,
        deadline: Duration,
    ) -> Result<QueryHandle, ClientError> {
        let id = self.script.target(step);
        let run = self.run_id(step);
        let name = step.name.as_deref().unwrap_or_default();
        let patience = deadline.saturating_sub(world.elapsed());
        let input = payloads(&step.input);
        world.send_query_within(id, run.as_deref(), name, input.as_ref(), patience)
    }
}
