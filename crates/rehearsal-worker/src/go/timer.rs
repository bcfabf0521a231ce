//! Timers.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use rehearsal_activation::{Job, Seq, ServerCommand, StartTimer};
use rehearsal_history::event::TimerFired;
use rehearsal_history::{SmolStr, UserMetadata};

use super::failure::{Refusal, unmatched};
use super::outbox::{Outbox, number};
use super::phase::Phase;
use crate::told::Misplaced;

/// The timers of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Timers {
    by_seq: BTreeMap<Seq, Timer>,
    by_id: BTreeMap<SmolStr, Seq>,
}

/// A timer that was started.
#[derive(Debug, Clone)]
struct Timer {
    id: SmolStr,
    phase: Phase,
}

impl Timers {
    /// Workflow code starts one.
    pub(super) fn start(&mut self, command: StartTimer, out: &mut Outbox) {
        let timer_id = number(out.next_event());
        let timer = Timer { id: timer_id.clone(), phase: Phase::Pending };
        self.by_seq.insert(command.seq, timer);
        self.by_id.insert(timer_id.clone(), command.seq);
        let user_metadata = command.summary.map(UserMetadata::of_summary).map(Box::new);
        out.push(ServerCommand::StartTimer { timer_id, after: command.after, user_metadata });
    }

    /// Workflow code cancels one. That is dropped, and takes no id, if it has ended or was canceled before (C-18).
    pub(super) fn cancel(&mut self, seq: Seq, out: &mut Outbox) -> Result<(), Refusal> {
        let timer = self.by_seq.get_mut(&seq).ok_or_else(|| {
            Refusal::Illegal(format!("cancel of timer {seq}, which was never started"))
        })?;
        if timer.phase.sends_cancel() {
            timer.phase = Phase::CancelSent;
            let timer_id = timer.id.clone();
            out.push(ServerCommand::CancelTimer { timer_id, user_metadata: None });
        }
        Ok(())
    }

    /// One has fired.
    pub(super) fn fired(&mut self, fired: &TimerFired) -> Result<Job, Misplaced> {
        let timer_id = &fired.timer_id;
        let timer =
            self.by_id.get(timer_id).and_then(|&seq| Some((seq, self.by_seq.get_mut(&seq)?)));
        let Some((seq, timer)) = timer else {
            return Err(Misplaced::NoSuchOperation(format!(
                "no timer {timer_id} was ever started"
            )));
        };
        match timer.phase {
            Phase::Pending => {
                timer.phase = Phase::Ended;
                Ok(Job::FireTimer { seq })
            }
            Phase::CancelSent => {
                Err(Misplaced::NoSuchOperation(format!("timer {timer_id} was canceled before")))
            }
            Phase::Ended => {
                Err(Misplaced::NoSuchOperation(format!("timer {timer_id} had fired before")))
            }
        }
    }

    /// How Go panics where a timer is recorded as started, if it was not.
    pub(super) fn unstarted(&self, timer_id: &SmolStr) -> Option<String> {
        (!self.by_id.contains_key(timer_id)).then(|| unknown(timer_id))
    }
}

/// How Go panics at an event of a timer that it does not know.
pub(super) fn unknown(timer_id: &str) -> String {
    unmatched("Timer", timer_id)
}
