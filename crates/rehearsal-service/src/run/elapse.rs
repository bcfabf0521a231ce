//! Deadlines: what is armed, and what happens when it goes off (T-2, T-3, T-9, T-10, W-4, W-9).
//!
//! As on the server, only the soonest timer and the soonest deadline of all activities are armed, at the end of a
//! transaction. What comes next is armed when that one is through, and late if it is nearer than the resolution then.

use alloc::vec::Vec;

use rehearsal_history::event::WorkflowExecutionTimedOut;
use rehearsal_history::{EventId, RetryState, SmolStr, Timestamp};

use super::activity::{ActivityInput, ActivityState, DEADLINES};
use super::step::Decision;
use super::task::{TaskInput, WorkflowTask};
use super::timer::TimerInput;
use super::{Run, Turn, Wake};

/// What goes off, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alarm {
    pub(crate) wake: Wake,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Run,
    Task,
    /// A timer, by its `TimerStarted`.
    Timer(EventId),
    /// A deadline of an activity, by its place in [`DEADLINES`].
    Deadline(EventId, usize),
    Backoff(EventId),
}

impl Run {
    /// When the next deadline goes off.
    pub(crate) fn wake(&self) -> Option<Wake> {
        self.alarm.map(|alarm| alarm.wake)
    }

    /// The soonest deadline goes off; does nothing if there is none.
    pub(crate) fn elapse(&mut self, turn: &mut Turn<'_>) {
        let Some(alarm) = self.alarm.take() else { return };
        match alarm.what {
            What::Run => self.time_out(turn),
            What::Task => self.time_out_task(turn),
            What::Timer(started) => {
                let mut timers = self.state.timers.values_mut();
                if let Some(timer) = timers.find(|timer| timer.started == started) {
                    timer.wake = None;
                }
                self.fire_timers(turn);
            }
            What::Deadline(scheduled, place) => {
                if let Some(activity) = self.state.activities.get_mut(&scheduled) {
                    activity.wakes[place] = None;
                }
                self.time_out_activities(turn);
            }
            What::Backoff(scheduled) => self.retry_activity(turn, scheduled),
        }
    }

    /// T-10. The execution timeout allows no retry; the run timeout would, but workflows have no retry policy.
    fn time_out(&mut self, turn: &mut Turn<'_>) {
        let is_execution =
            self.state.settings.execution_expires.is_some_and(|expires| expires <= turn.now);
        let retry_state =
            if is_execution { RetryState::Timeout } else { RetryState::RetryPolicyNotSet };
        self.close_by_force(
            turn,
            WorkflowExecutionTimedOut { retry_state, ..WorkflowExecutionTimedOut::default() },
        );
    }

    /// W-4, W-9.
    fn time_out_task(&mut self, turn: &mut Turn<'_>) {
        self.task_wake = None;
        let input = match &self.state.task {
            WorkflowTask::Started { .. } => TaskInput::TimeOut,
            WorkflowTask::Scheduled(_) | WorkflowTask::Idle { .. } => TaskInput::GiveUpSticky,
        };
        let mut decision = Decision::default();
        if self.state.task.decide(turn.now, input, &mut decision).is_ok() {
            self.apply(decision.steps);
            self.lose_stickiness();
        }
        self.finish(turn, decision.needs_task);
    }

    /// All timers that are due fire in one transaction, by due time, then by the order in which they were started
    /// (T-9).
    fn fire_timers(&mut self, turn: &mut Turn<'_>) {
        let mut due: Vec<(Timestamp, EventId, SmolStr)> = self
            .state
            .timers
            .values()
            .filter_map(|timer| Some((timer.due()?, timer.started, timer.id.clone())))
            .filter(|(due, ..)| *due <= turn.now)
            .collect();
        due.sort();
        let mut needs_task = false;
        for (_, _, id) in due {
            let Some(timer) = self.state.timers.get(&id) else { continue };
            let mut decision = Decision::default();
            if timer.decide(turn.now, TimerInput::Elapsed, &mut decision).is_ok() {
                needs_task |= decision.needs_task;
                self.apply(decision.steps);
            }
        }
        self.finish(turn, needs_task);
    }

    /// All deadlines that have passed count in one transaction, by time, then by the order in which the activities were
    /// scheduled, then by kind (T-2). An attempt that is over has none any more.
    fn time_out_activities(&mut self, turn: &mut Turn<'_>) {
        let mut due: Vec<(Timestamp, EventId, usize, u32)> = Vec::new();
        for (scheduled, activity) in &self.state.activities {
            for (place, kind) in DEADLINES.iter().enumerate() {
                if let Some(at) = activity.deadline(kind).filter(|at| *at <= turn.now) {
                    due.push((at, *scheduled, place, activity.attempt));
                }
            }
        }
        due.sort_unstable();
        let mut needs_task = false;
        for (_, scheduled, place, attempt) in due {
            let activity = self.state.activities.get(&scheduled);
            let Some(activity) = activity.filter(|activity| activity.attempt == attempt) else {
                continue;
            };
            let mut decision = Decision::default();
            // An activity that was closed by an earlier deadline of this round takes no other.
            if activity
                .decide(turn.now, ActivityInput::TimeOut(DEADLINES[place].clone()), &mut decision)
                .is_ok()
            {
                needs_task |= decision.needs_task;
                self.apply(decision.steps);
            }
        }
        self.finish(turn, needs_task);
    }

    fn retry_activity(&mut self, turn: &mut Turn<'_>, scheduled: EventId) {
        let mut decision = Decision::default();
        let activity = self.state.activities.get(&scheduled);
        if activity
            .is_some_and(|it| it.decide(turn.now, ActivityInput::Retry, &mut decision).is_ok())
        {
            self.apply(decision.steps);
            self.offer_activity(turn, scheduled);
        }
        self.finish(turn, false);
    }

    /// Arms what has to be armed after a transaction. The deadlines of activities are armed before the timers, as the
    /// server does (`closeTransactionHandleActivityUserTimerTasks`), so of those that fall together they come first, each
    /// kind in a transaction of its own. On a real server the two kinds race at the same instant.
    pub(super) fn arm(&mut self, turn: &mut Turn<'_>) {
        self.arm_task(turn);
        self.arm_activity(turn);
        self.arm_timer(turn);
        self.alarm = self.soonest();
    }

    fn arm_task(&mut self, turn: &mut Turn<'_>) {
        let (slot, due) = match &self.state.task {
            WorkflowTask::Idle { .. } => (None, None),
            // W-9: only a sticky queue is given up.
            WorkflowTask::Scheduled(slot) => (
                Some(slot),
                self.sticky.as_ref().map(|sticky| slot.at.saturating_add(sticky.timeout)),
            ),
            WorkflowTask::Started { slot, at, .. } => {
                (Some(slot), Some(at.saturating_add(slot.timeout)))
            }
        };
        self.task_wake = match slot.zip(due) {
            None => None,
            Some((slot, due)) => {
                let about = (slot.scheduled, slot.attempt, self.state.task.is_started());
                let armed = self.task_wake.filter(|(scheduled, attempt, started, _)| {
                    (*scheduled, *attempt, *started) == about
                });
                Some(armed.unwrap_or_else(|| (about.0, about.1, about.2, turn.arm(due))))
            }
        };
    }

    fn arm_timer(&mut self, turn: &mut Turn<'_>) {
        let running =
            self.state.timers.values_mut().filter_map(|timer| Some((timer.due()?, timer)));
        if let Some((due, timer)) = running.min_by_key(|(due, timer)| (*due, timer.started)) {
            timer.wake.get_or_insert_with(|| turn.arm(due));
        }
    }

    fn arm_activity(&mut self, turn: &mut Turn<'_>) {
        let mut soonest: Option<(Timestamp, EventId, usize)> = None;
        for (scheduled, activity) in &mut self.state.activities {
            if let ActivityState::Backoff { until } = activity.state {
                activity.retry.get_or_insert_with(|| turn.arm(until));
            }
            for (place, kind) in DEADLINES.iter().enumerate() {
                if let Some(at) = activity.deadline(kind) {
                    let this = (at, *scheduled, place);
                    soonest = Some(soonest.map_or(this, |other| other.min(this)));
                }
            }
        }
        if let Some((at, scheduled, place)) = soonest
            && let Some(activity) = self.state.activities.get_mut(&scheduled)
        {
            activity.wakes[place].get_or_insert_with(|| turn.arm(at));
        }
    }

    fn soonest(&self) -> Option<Alarm> {
        let mut soonest: Option<Alarm> = None;
        let mut add = |wake: Option<Wake>, what: What| {
            if let Some(wake) = wake
                && soonest.is_none_or(|alarm| wake < alarm.wake)
            {
                soonest = Some(Alarm { wake, what });
            }
        };
        add(self.expiry, What::Run);
        add(self.task_wake.map(|(.., wake)| wake), What::Task);
        for timer in self.state.timers.values().filter(|timer| timer.due().is_some()) {
            add(timer.wake, What::Timer(timer.started));
        }
        for activity in self.state.activities.values() {
            let scheduled = activity.scheduled();
            add(activity.retry, What::Backoff(scheduled));
            for (place, wake) in activity.wakes.iter().enumerate() {
                add(*wake, What::Deadline(scheduled, place));
            }
        }
        soonest
    }
}
