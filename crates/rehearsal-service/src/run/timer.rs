//! The machine of one timer (H-6, T-9, C-39).

use rehearsal_history::event::{TimerCanceled, TimerFired, TimerStarted};
use rehearsal_history::{Event, EventId, EventKind, SmolStr, Timestamp};

use super::queue::{Due, Moment, Wake};
use super::step::{Decision, IllegalTransition, Step};

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
