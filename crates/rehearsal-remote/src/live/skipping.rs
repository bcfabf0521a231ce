//! What clients ask of the time of single workflows.

use std::sync::{Mutex, PoisonError};

use rehearsal_history::{EventKind, SmolStr, Status, Timestamp};
use rehearsal_service::{Input, NotFound, RequestError, RunRef, Target};

use super::Live;
use super::waits::Wait;
use crate::answer::{Changeable, FastForward, FastForwardStanding, ForwardEnd};
use crate::ask::Change;
use crate::door::Slot;
use crate::look;

impl Live {
    /// Changes what is to be changed, and tells what counts then: also that a skip of the same transaction was the last one
    /// (`Invoke` in `service/history/api/updateworkflowoptions/api.go`).
    pub(super) fn change(
        &mut self,
        target: Target,
        change: Change,
        identity: SmolStr,
    ) -> Result<Changeable, RequestError> {
        let run = look::find(self.world.service(), &target, self.alias)?;
        match change {
            Change::TimeSkipping(config) => {
                let target = look::meant(target, self.alias);
                self.ask(Input::UpdateTimeSkipping { target, config, identity })?;
            }
            Change::Nothing if self.world.service().run(run).status != Status::Running => {
                return Err(NotFound::Completed.into());
            }
            Change::Nothing => {}
        }
        let service = self.world.service();
        let priority = match service.history(run).first().map(|event| &event.kind) {
            Some(EventKind::WorkflowExecutionStarted(started)) => started.priority.clone(),
            _ => None,
        };
        let skipping = service.skipping(run);
        let time_skipping = skipping.and_then(|skipping| skipping.config.cloned());
        Ok(Changeable { priority, time_skipping })
    }

    /// `Invoke` in `service/history/api/polltimeskipping/api.go`.
    pub(super) fn poll_forward(
        &mut self,
        target: &Target,
        id: SmolStr,
        known: &Mutex<Option<FastForward>>,
        reply: Slot<FastForwardStanding>,
    ) {
        let run = match look::find(self.world.service(), target, self.alias) {
            Ok(run) => run,
            Err(error) => return reply.tell(Err(error.into())),
        };
        let standing = self.forward_of_run(run, &id, None);
        let pending = standing.forward.clone().filter(|_| standing.end == ForwardEnd::Pending);
        let Some(forward) = pending else { return reply.tell(Ok(standing)) };
        let target = forward.target;
        *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(forward);
        let workflow_id = self.world.service().run(run).workflow_id.clone();
        self.wait_for(Wait::FastForward { workflow_id, id, target, reply });
    }

    /// Answers whoever waits for the end of a fast-forward, or gives them back.
    pub(super) fn try_forward(
        &self,
        workflow_id: SmolStr,
        id: SmolStr,
        target: Timestamp,
        reply: Slot<FastForwardStanding>,
    ) -> Option<Wait> {
        if !reply.is_open() {
            return None;
        }
        let standing = self.forward_of(&workflow_id, &id, target);
        if standing.end == ForwardEnd::Pending {
            return Some(Wait::FastForward { workflow_id, id, target, reply });
        }
        reply.answer(Ok(standing));
        None
    }

    /// What has become of the fast-forward of a workflow, whichever run has it by now. Whoever waits is not told that time is
    /// skipped no more, as on a server: only what changes the fast-forward, or ends the workflow, wakes them
    /// (`notifyFastForwardUpdate` in `service/history/workflow/transaction_impl.go`).
    fn forward_of(&self, workflow_id: &str, id: &str, target: Timestamp) -> FastForwardStanding {
        match self.world.service().run_of(workflow_id) {
            Some(run) => self.forward_of_run(run, id, Some(target)),
            None => FastForwardStanding { forward: None, end: ForwardEnd::Closed },
        }
    }

    fn forward_of_run(
        &self,
        run: RunRef,
        id: &str,
        waited_for: Option<Timestamp>,
    ) -> FastForwardStanding {
        let skipping = self.world.service().skipping(run);
        let forward = skipping.and_then(|skipping| {
            let (target, reached) = skipping.forward?;
            let asked = skipping.config?.fast_forward_config.as_ref()?;
            let duration = asked.duration.unwrap_or_default();
            Some(FastForward { id: asked.id.clone(), duration, target, reached })
        });
        let enabled = skipping.and_then(|it| it.config).is_some_and(|config| config.enabled);
        let end = match &forward {
            Some(forward) if forward.id == id => {
                if waited_for.is_some_and(|target| target != forward.target) {
                    ForwardEnd::Reset
                } else if forward.reached {
                    ForwardEnd::Reached
                } else if skipping.is_some_and(|skipping| skipping.is_over) {
                    ForwardEnd::Closed
                } else if !enabled && waited_for.is_none() {
                    ForwardEnd::Disabled
                } else {
                    ForwardEnd::Pending
                }
            }
            _ => ForwardEnd::Unknown,
        };
        FastForwardStanding { forward, end }
    }
}
