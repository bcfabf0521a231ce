//! What workers have said of workflow tasks and are not answered yet.

use rehearsal_activation::{TaskOutcome, TaskResponse, TaskToken};
use rehearsal_service::{NotFound, RequestError};

use super::Hands;
use crate::answer::{Accepted, Refused};
use crate::door::Slot;
use crate::inbox::TaskSaid;

/// A completion whose answer is open.
#[derive(Debug)]
pub(super) enum Completing {
    /// A worker has done a task.
    Completed {
        reply: Slot<Accepted>,
        /// Whether the answer may bring the next task.
        returns: bool,
        /// Whether the worker has asked for the next task, so that there must be one in the answer.
        forces: bool,
    },
    Failed(Slot<()>),
}

impl Completing {
    /// It comes too late: the worker is told that there is no such task any more.
    fn tell_too_late(self) {
        let gone = Refused::Request(RequestError::NotFound(NotFound::WorkflowTask));
        match self {
            Self::Completed { reply, .. } => reply.tell(Err(gone)),
            Self::Failed(reply) => reply.tell(Err(gone)),
        }
    }
}

impl Hands {
    pub(super) fn answered(&mut self, token: &TaskToken, said: TaskSaid) -> TaskResponse {
        match said {
            TaskSaid::Completed(completed, reply) => {
                let (returns, forces) = (completed.return_new_task, completed.force_new_task);
                let keeps = Completing::Completed { reply, returns, forces };
                self.completing.insert(token.clone(), keeps);
                TaskResponse {
                    token: token.clone(),
                    identity: completed.identity,
                    outcome: TaskOutcome::Completed {
                        commands: completed.commands,
                        sticky: completed.sticky,
                        sdk_metadata: completed.sdk_metadata,
                        force_new_task: completed.force_new_task,
                        return_new_task: completed.return_new_task,
                    },
                    answers: completed.answers,
                }
            }
            TaskSaid::Failed(identity, failure, reply) => {
                self.completing.insert(token.clone(), Completing::Failed(reply));
                TaskResponse {
                    token: token.clone(),
                    identity,
                    outcome: TaskOutcome::Failed(failure),
                    answers: Vec::new(),
                }
            }
        }
    }

    /// Completions whose answers are open are too late, and whoever waits for the next task gets none.
    pub(super) fn let_go(&mut self) {
        for (_, completing) in core::mem::take(&mut self.completing) {
            completing.tell_too_late();
        }
        for (slot, _) in core::mem::take(&mut self.next_goes).into_values() {
            slot.tell(Ok(Accepted::default()));
        }
    }

    /// A worker is waited for, and the next task of another run is not handed out before that: who has completed the task
    /// before it is answered now, as a server answers at once, and has the next one by a poll.
    pub(super) fn answer_others(&mut self) {
        self.next_goes.retain(|_, (slot, forced)| {
            if !*forced {
                slot.tell(Ok(Accepted::default()));
            }
            *forced
        });
    }

    /// Another task of this run is handed out, so what was said of an earlier one comes too late, and is told so now: a process
    /// may have the run locked until it is answered, and with it the task of another of its workers (all workers of a process
    /// of Go share one cache: `workflowContextImpl.Lock` in `internal/internal_task_handlers.go`).
    pub(super) fn refuse_earlier(&mut self, token: &TaskToken) {
        let of_run = |other: &&TaskToken| other.run_id == token.run_id && *other != token;
        let earlier: Vec<TaskToken> = self.completing.keys().filter(of_run).cloned().collect();
        for earlier in earlier {
            if let Some(completing) = self.completing.remove(&earlier) {
                completing.tell_too_late();
            }
        }
    }
}
