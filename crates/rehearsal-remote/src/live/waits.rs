//! Those who wait, and for what.

use rehearsal_engine::QueryHandle;
use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_service::{RequestError, RunRef, UpdateStage};

use super::Live;
use super::with_start::WithStart;
use crate::answer::{
    FastForwardStanding, HistoryPage, QueryAnswer, Refused, Started, UpdateStanding,
};
use crate::ask::{HistoryAsk, UpdateWait};
use crate::door::Slot;
use crate::look;

/// Whom an update is told to.
pub(super) enum ToldOfUpdate {
    Update(Slot<UpdateStanding>),
    WithStart(Started, Box<WithStart>),
}

impl ToldOfUpdate {
    fn is_open(&self) -> bool {
        match self {
            Self::Update(reply) => reply.is_open(),
            Self::WithStart(_, sent) => sent.reply.is_open(),
        }
    }

    pub(super) fn answer(&self, answer: Result<UpdateStanding, Refused>) {
        let _told = match self {
            Self::Update(reply) => reply.answer(answer),
            Self::WithStart(started, sent) => {
                sent.reply.answer(answer.map(|standing| (started.clone(), standing)))
            }
        };
    }
}

/// Somebody who waits.
pub(super) enum Wait {
    History {
        run: RunRef,
        ask: HistoryAsk,
        reply: Slot<HistoryPage>,
    },
    Update {
        run: RunRef,
        update_id: SmolStr,
        wait: UpdateWait,
        reply: ToldOfUpdate,
    },
    FastForward {
        workflow_id: SmolStr,
        id: SmolStr,
        /// Its end when the wait began.
        target: Timestamp,
        reply: Slot<FastForwardStanding>,
    },
    Query {
        sent: QueryHandle,
        reply: Slot<QueryAnswer>,
    },
    /// Until then, and then time is locked again if it was unlocked for this.
    Sleep {
        until: Timestamp,
        locks: bool,
        reply: Slot<()>,
    },
    /// Until nothing is due.
    Rest {
        reply: Slot<()>,
    },
}

impl Wait {
    /// Whether time leaps for it.
    pub(super) const fn leaps(&self) -> bool {
        match self {
            Self::History { .. }
            | Self::Update { .. }
            | Self::FastForward { .. }
            | Self::Sleep { .. } => true,
            Self::Query { .. } | Self::Rest { .. } => false,
        }
    }

    /// When it is over by itself, in virtual time.
    pub(super) const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Sleep { until, .. } => Some(*until),
            Self::History { .. }
            | Self::Update { .. }
            | Self::FastForward { .. }
            | Self::Query { .. }
            | Self::Rest { .. } => None,
        }
    }

    /// The server ends.
    pub(super) fn close(&self) {
        let _told = match self {
            Self::History { reply, .. } => reply.answer(Err(Refused::Closing)),
            Self::Update { reply, .. } => {
                reply.answer(Err(Refused::Closing));
                true
            }
            Self::Query { reply, .. } => reply.answer(Err(Refused::Closing)),
            Self::FastForward { reply, .. } => reply.answer(Err(Refused::Closing)),
            Self::Sleep { reply, .. } | Self::Rest { reply } => reply.answer(Err(Refused::Closing)),
        };
    }
}

/// How far an update has come; none if that is not far enough.
fn standing(
    stage: Option<UpdateStage<'_>>,
    wait: UpdateWait,
) -> Option<Result<(UpdateWait, Option<crate::answer::Outcome>), RequestError>> {
    let (stage, outcome) = match stage {
        None | Some(UpdateStage::Cleared) => return Some(Err(RequestError::Unavailable)),
        Some(UpdateStage::Refused(error)) => return Some(Err(error.clone())),
        Some(UpdateStage::Admitted) => (UpdateWait::Admitted, None),
        Some(UpdateStage::Accepted) => (UpdateWait::Accepted, None),
        Some(UpdateStage::Completed(result)) => (UpdateWait::Completed, Some(result.clone())),
        Some(UpdateStage::Rejected(failure)) => {
            (UpdateWait::Completed, Some(Err(Box::new(failure.clone()))))
        }
    };
    (stage >= wait).then_some(Ok((stage, outcome)))
}

impl Live {
    /// Answers those who have what they wait for. Returns whether there was one for whom time may leap.
    pub(super) fn answer_waits(&mut self, at_rest: bool) -> bool {
        let mut answered = false;
        let waits = core::mem::take(&mut self.waits);
        for wait in waits {
            let leapt_for = wait.leaps();
            match self.try_answer(wait, at_rest) {
                Some(wait) => self.waits.push(wait),
                None => answered |= leapt_for,
            }
        }
        answered
    }

    /// Answers, or gives back who goes on waiting.
    pub(super) fn try_answer(&mut self, wait: Wait, at_rest: bool) -> Option<Wait> {
        match wait {
            Wait::History { run, ask, reply } => {
                if !reply.is_open() {
                    return None;
                }
                if !look::has_come(self.world.service(), run, &ask) {
                    return Some(Wait::History { run, ask, reply });
                }
                self.rehearse_before(run, &ask);
                reply.answer(Ok(self.told(run, &ask)));
                None
            }
            Wait::Update { run, update_id, wait, reply } => {
                if !reply.is_open() {
                    return None;
                }
                let service = self.world.service();
                match standing(service.update(run, &update_id), wait) {
                    None => return Some(Wait::Update { run, update_id, wait, reply }),
                    Some(Err(error)) => match reply {
                        ToldOfUpdate::WithStart(started, sent) => {
                            self.update_is_refused(&started, sent, error);
                        }
                        ToldOfUpdate::Update(_) => reply.answer(Err(error.into())),
                    },
                    Some(Ok((stage, outcome))) => {
                        let view = service.run(run);
                        reply.answer(Ok(UpdateStanding {
                            workflow_id: view.workflow_id.clone(),
                            run_id: view.run_id.clone(),
                            update_id,
                            stage,
                            outcome,
                        }));
                    }
                }
                None
            }
            Wait::FastForward { workflow_id, id, target, reply } => {
                self.try_forward(workflow_id, id, target, reply)
            }
            Wait::Query { sent, reply } => self.try_query(sent, reply),
            Wait::Sleep { until, locks, reply } => {
                if self.world.now() < until || !at_rest {
                    return Some(Wait::Sleep { until, locks, reply });
                }
                self.locks = self.locks.saturating_add(i64::from(locks));
                reply.answer(Ok(()));
                None
            }
            Wait::Rest { reply } if at_rest => {
                reply.answer(Ok(()));
                None
            }
            rest @ Wait::Rest { .. } => Some(rest),
        }
    }

    fn try_query(&mut self, sent: QueryHandle, reply: Slot<QueryAnswer>) -> Option<Wait> {
        let answer = self.world.answer_to(&sent).cloned();
        if answer.is_none() && reply.is_open() {
            return Some(Wait::Query { sent, reply });
        }
        self.world.forget_query(&sent);
        match answer? {
            Ok(answer) => {
                let answer = answer.answer.map(QueryAnswer::Answered);
                reply.answer(answer.map_err(Refused::QueryFailed));
            }
            Err(error) => {
                reply.answer(Err(error.into()));
            }
        }
        None
    }
}
