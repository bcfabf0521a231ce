//! The machine of one timer (H-6, T-9, C-39).

mod plan;

use alloc::sync::Arc;

use rehearsal_history::event::{TimerCanceled, TimerFired, TimerStarted};
use rehearsal_history::{Event, EventId, EventKind, SmolStr, Timestamp};

pub(crate) use self::plan::{TimerCommand, plan};
use crate::view::{PendingKind, PendingOp, PendingState};
use crate::words::{Decision, Due, IllegalTransition, Moment, Step, Table, Wake};

/// A timer that the workflow may still hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timer {
    pub(crate) id: SmolStr,
    /// The `TimerStarted`.
    pub(crate) started: EventId,
    pub(crate) state: TimerState,
    /// Its task in the timer queue; only the soonest timer of a run has one for certain.
    pub(crate) wake: Option<Wake>,
}

/// Where a timer is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimerState {
    /// Waits for `due`.
    Running { due: Due },
    /// Has fired; `TimerFired` is in the buffer.
    Unseen,
    /// Terminal: `TimerFired` is in the history.
    Fired,
    /// Terminal: `TimerCanceled` is in the history.
    Canceled,
}

/// What can happen to a timer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TimerInput<'a> {
    /// The timer queue came to it, or to another timer of the run.
    Elapsed,
    /// The workflow cancels it.
    Cancel {
        /// The `WorkflowTaskCompleted`.
        task: EventId,
        /// The worker.
        identity: &'a SmolStr,
    },
}

impl Timer {
    /// The timer that a `TimerStarted` starts.
    pub(crate) fn new(event: &Event, attributes: &TimerStarted) -> Self {
        let after = attributes.start_to_fire_timeout.unwrap_or_default();
        let due = Due {
            at: event.time.saturating_add(after),
            moment: Moment::of(attributes.workflow_task_completed_event_id),
        };
        Self {
            id: attributes.timer_id.clone(),
            started: event.id,
            state: TimerState::Running { due },
            wake: None,
        }
    }

    /// What `input` causes at virtual time `now`; changes nothing.
    ///
    /// # Errors
    ///
    /// [`IllegalTransition`] if the timer has ended.
    pub(crate) fn decide(
        &self,
        now: Timestamp,
        input: TimerInput<'_>,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        match (self.state, input) {
            (TimerState::Running { due }, TimerInput::Elapsed) if due.at <= now => {
                out.record(
                    now,
                    TimerFired {
                        timer_id: self.id.clone(),
                        started_event_id: self.started,
                        ..TimerFired::default()
                    },
                );
                out.need_workflow_task();
            }
            // The queue comes by for the soonest timer only; the others are not due.
            (
                TimerState::Running { .. }
                | TimerState::Unseen
                | TimerState::Fired
                | TimerState::Canceled,
                TimerInput::Elapsed,
            ) => {}
            (TimerState::Running { .. }, TimerInput::Cancel { task, identity }) => {
                out.record(now, self.canceled(task, identity));
            }
            // H-6: what the workflow has not seen did not happen.
            (TimerState::Unseen, TimerInput::Cancel { task, identity }) => {
                out.steps.push(Step::Unbuffer { started: self.started });
                out.record(now, self.canceled(task, identity));
            }
            (TimerState::Fired | TimerState::Canceled, TimerInput::Cancel { .. }) => {
                return Err(IllegalTransition {
                    machine: "timer",
                    state: self.state.name(),
                    input: input.name(),
                });
            }
        }
        Ok(())
    }

    fn canceled(&self, task: EventId, identity: &SmolStr) -> TimerCanceled {
        TimerCanceled {
            timer_id: self.id.clone(),
            started_event_id: self.started,
            workflow_task_completed_event_id: task,
            identity: identity.clone(),
            ..TimerCanceled::default()
        }
    }

    /// What `event` makes of this timer; an event without an id is in the buffer.
    pub(crate) fn evolve(&mut self, event: &Event) {
        match &event.kind {
            EventKind::TimerFired(_) if event.id.is_none() => self.state = TimerState::Unseen,
            EventKind::TimerFired(_) => self.state = TimerState::Fired,
            EventKind::TimerCanceled(_) => self.state = TimerState::Canceled,
            _ => {}
        }
    }

    /// When it is due, if it runs.
    pub(crate) const fn due(&self) -> Option<Due> {
        match self.state {
            TimerState::Running { due } => Some(due),
            TimerState::Unseen | TimerState::Fired | TimerState::Canceled => None,
        }
    }

    /// How it looks from outside; `None` if it has ended.
    pub(crate) fn pending(&self) -> Option<PendingOp> {
        match self.state {
            TimerState::Running { .. } => Some(PendingOp {
                kind: PendingKind::Timer,
                id: self.id.clone(),
                name: SmolStr::default(),
                state: PendingState::Running,
                scheduled: self.started,
            }),
            TimerState::Unseen | TimerState::Fired | TimerState::Canceled => None,
        }
    }

    /// Whether nothing more can come of it.
    pub(crate) const fn has_ended(&self) -> bool {
        matches!(self.state, TimerState::Fired | TimerState::Canceled)
    }
}

impl TimerState {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Running { .. } => "Running",
            Self::Unseen => "Unseen",
            Self::Fired => "Fired",
            Self::Canceled => "Canceled",
        }
    }
}

impl TimerInput<'_> {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Elapsed => "Elapsed",
            Self::Cancel { .. } => "Cancel",
        }
    }
}

/// What `event` makes of all timers. One that has ended for good is gone; one that was started under the id of another
/// whose `TimerFired` is in the buffer stands in its place.
pub(crate) fn evolve(timers: &mut impl Table<SmolStr, Timer>, event: &Arc<Event>) {
    let (id, started) = match &event.kind {
        EventKind::TimerStarted(started) => {
            return timers.put(started.timer_id.clone(), Timer::new(event, started));
        }
        EventKind::TimerFired(it) => (&it.timer_id, it.started_event_id),
        EventKind::TimerCanceled(it) => (&it.timer_id, it.started_event_id),
        _ => return,
    };
    let Some(timer) = timers.change(id).filter(|timer| timer.started == started) else { return };
    timer.evolve(event);
    if timer.has_ended() {
        timers.drop(id);
    }
}
