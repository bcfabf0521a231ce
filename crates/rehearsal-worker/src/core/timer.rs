//! Timers: what is known of them, and what their commands and events make of it.

pub(super) mod machine;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use rehearsal_activation::{Job, Seq, ServerCommand, StartTimer};
use rehearsal_history::event::TimerFired;
use rehearsal_history::{Event, EventId, EventKind, SmolStr, UserMetadata};

use self::machine::{TimerInput, TimerReaction, TimerState};
use super::failure::{Breakdown, invalid, missing, no_transition, unhandled, unknown};
use super::machine::Machine;
use super::out::Out;

/// The timers of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Timers {
    by_seq: BTreeMap<Seq, Timer>,
    /// By the event that recorded a command of theirs.
    by_event: BTreeMap<EventId, Seq>,
    /// Those that were canceled in this activation.
    canceled: Vec<Seq>,
}

/// A timer that was started; its id is its number.
#[derive(Debug, Clone)]
struct Timer {
    /// What was sent beside the start, and is sent beside the cancel again.
    user_metadata: Option<Box<UserMetadata>>,
    state: TimerState,
}

impl Timers {
    /// Workflow code starts one.
    pub(super) fn start(&mut self, command: StartTimer, out: &mut Out) {
        let StartTimer { seq, after, summary } = command;
        let user_metadata = summary.map(UserMetadata::of_summary).map(Box::new);
        let state = TimerState::StartCommandCreated;
        self.by_seq.insert(seq, Timer { user_metadata: user_metadata.clone(), state });
        let command = ServerCommand::StartTimer { timer_id: number(seq), after, user_metadata };
        out.queue.push(Machine::Timer(seq), command);
    }

    /// Workflow code cancels one: what is not sent yet never is.
    pub(super) fn cancel(&mut self, seq: Seq, out: &mut Out) -> Result<(), Breakdown> {
        let timer = self.by_seq.get_mut(&seq).ok_or_else(|| missing("Timer", seq))?;
        let (state, reaction) = timer.state.on(TimerInput::Cancel).map_err(|_| invalid())?;
        timer.state = state;
        match reaction {
            TimerReaction::Suppress => out.queue.withdraw(Machine::Timer(seq)),
            TimerReaction::Cancel => {
                // `timer_state_machine.rs` of core sends the annotations of the start with the cancel, too.
                let user_metadata = timer.user_metadata.clone();
                let command = ServerCommand::CancelTimer { timer_id: number(seq), user_metadata };
                self.canceled.push(seq);
                out.queue.push(Machine::Timer(seq), command);
            }
            TimerReaction::Nothing | TimerReaction::Tell => {}
        }
        Ok(())
    }

    /// All that one activation asks for is taken.
    pub(super) fn taken(&mut self) {
        for seq in core::mem::take(&mut self.canceled) {
            self.go_on(seq, |_| TimerInput::CancelTaken);
        }
    }

    /// This event records a command of the timer.
    pub(super) fn record(&mut self, seq: Seq, event: EventId) {
        self.go_on(seq, |state| {
            if state == TimerState::StartCommandCreated {
                TimerInput::Started
            } else {
                TimerInput::Canceled
            }
        });
        self.by_event.insert(event, seq);
    }

    /// Goes on to where this input leads, if there is such an arc.
    fn go_on(&mut self, seq: Seq, input: impl Fn(TimerState) -> TimerInput) {
        if let Some(timer) = self.by_seq.get_mut(&seq)
            && let Ok((state, _)) = timer.state.on(input(timer.state))
        {
            timer.state = state;
        }
    }

    /// One has fired. Core finds it by the event that started it, and then compares its id.
    pub(super) fn fired(
        &mut self,
        event: &Event,
        fired: &TimerFired,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let seq = *self.by_event.get(&fired.started_event_id).ok_or_else(|| unknown(event))?;
        let timer = self.by_seq.get_mut(&seq).ok_or_else(|| unknown(event))?;
        let state = timer.state;
        let (next, reaction) = state
            .on(TimerInput::Fired)
            .map_err(|_| Breakdown::Fatal(no_transition("TimerMachine", state, event)))?;
        if fired.timer_id.parse() != Ok(seq.0) {
            return Err(Breakdown::Nondeterminism(format!(
                "Timer fired event did not have expected timer id {seq}, it was {}!",
                fired.timer_id
            )));
        }
        timer.state = next;
        if reaction == TimerReaction::Tell {
            out.jobs.push(Job::FireTimer { seq });
        }
        Ok(())
    }

    /// Why the timer does not take `event` as the record of its command.
    pub(super) fn refusal(&self, seq: Seq, event: &Event) -> Breakdown {
        match &event.kind {
            EventKind::TimerStarted(_) | EventKind::TimerCanceled(_) => {
                Breakdown::Fatal(no_transition("TimerMachine", self.by_seq[&seq].state, event))
            }
            _ => unhandled("Timer", event),
        }
    }
}

fn number(seq: Seq) -> SmolStr {
    seq.to_string().into()
}
