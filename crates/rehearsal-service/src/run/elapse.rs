//! Deadlines: what is armed, and what happens when it goes off (H-17, T-2, T-3, T-9, T-10, W-4, W-9).
//!
//! As on the server, only the soonest timer and the soonest deadline of all activities are armed, at the end of a
//! transaction. What comes next is armed when that one is through, and late if the queue was read a moment ago
//! ([`queue`]). The task of what has ended goes off all the same, and takes all that is due by then.

use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::{EventId, SmolStr, Timestamp};

use super::{Run, Turn, queue};
use crate::machine::activity::{
    Activity, ActivityInput, ActivityState, DEADLINES, HEARTBEAT, goes_by_start,
};
use crate::machine::close;
use crate::machine::task::{TaskInput, WorkflowTask};
use crate::machine::timer::TimerInput;
use crate::view::DeadlineOf;
use crate::words::{Decision, Due, Moment, Wake};

/// What goes off, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alarm {
    pub(crate) wake: Wake,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// The first workflow task need not wait any more.
    Begin,
    Run,
    /// A fast-forward comes to its end.
    Forward,
    Task,
    /// A task of timers.
    Timers,
    /// A task of deadlines of activities.
    Deadlines,
    Backoff(EventId),
}

/// How long a speculative task waits for a worker in a queue that is not sticky
/// (`SpeculativeWorkflowTaskScheduleToStartTimeout`).
const SPECULATIVE_TIMEOUT: Duration = Duration::from_secs(5);

impl Run {
    /// When the next deadline goes off, by the clock of the service.
    pub(crate) fn wake(&self) -> Option<Wake> {
        let wake = self.alarm.map(|alarm| alarm.wake)?;
        let due = Due { at: wake.due.at.saturating_sub(self.ahead), ..wake.due };
        Some(Wake { at: wake.at.saturating_sub(self.ahead), due, ..wake })
    }

    /// What it is about: the first of all that goes off with it.
    pub(crate) fn next_deadline(&self) -> Option<DeadlineOf> {
        let alarm = self.alarm?;
        let deadline = match alarm.what {
            What::Begin => DeadlineOf::FirstTask,
            What::Run => DeadlineOf::Run,
            What::Forward => DeadlineOf::FastForward,
            What::Task if self.state.task.is_started() => DeadlineOf::WorkflowTask,
            What::Task => DeadlineOf::WaitingTask,
            What::Timers => DeadlineOf::Timer { id: self.index.first_timer()?.2.clone() },
            What::Deadlines => {
                let taken = |(due, ..): &Deadline| alarm.wake.takes(*due);
                match self.index.first_deadline().filter(taken) {
                    Some((.., scheduled, place)) => {
                        DeadlineOf::Activity { scheduled, timeout: DEADLINES[place].clone() }
                    }
                    None => DeadlineOf::Heartbeats,
                }
            }
            What::Backoff(scheduled) => DeadlineOf::Retry { scheduled },
        };
        Some(deadline)
    }

    /// Time has come to that of the turn.
    pub(crate) fn advance(&mut self, turn: &Turn<'_>) {
        self.queue.advance(turn.now, turn.config.timer_resolution);
    }

    /// A task in the timer queue goes off at another time, if it is still there.
    pub(crate) fn shift(&mut self, turn: &Turn<'_>, order: u64, at: Timestamp) {
        // It is told by the clock of the service.
        let at = at.saturating_add(self.ahead);
        let mut wakes: Vec<&mut Wake> = self.begin.iter_mut().chain(&mut self.expiry).collect();
        wakes.extend(&mut self.forward);
        wakes.extend(self.task_wake.as_mut().map(|(.., wake)| wake));
        wakes.extend(self.state.timers.values_mut().filter_map(|timer| timer.wake.as_mut()));
        for activity in self.state.activities.values_mut() {
            wakes.extend(activity.wakes.iter_mut().chain([&mut activity.retry]).flatten());
        }
        for wake in wakes.into_iter().filter(|wake| wake.order == order) {
            for tasks in [&mut self.timer_tasks, &mut self.activity_tasks] {
                if tasks.remove(wake) {
                    tasks.insert(Wake { at, ..*wake });
                }
            }
            wake.at = at;
            self.queue.shift(at);
        }
        self.alarm = self.soonest(turn.now).filter(|_| self.is_open());
    }

    /// The soonest deadline goes off; does nothing if there is none.
    pub(crate) fn elapse(&mut self, turn: &mut Turn<'_>) {
        let Some(alarm) = self.alarm.take() else { return };
        match alarm.what {
            What::Begin => {
                self.begin = None;
                // A cancel or an update may have begun it before, the latter with a task of which nothing is recorded yet
                // (`executeWorkflowBackoffTimerTask`).
                if self.state.task.is_idle() {
                    let begins = self.state.is_held_back();
                    self.finish_as(turn, begins, !begins);
                } else {
                    self.arm(turn);
                }
            }
            What::Run => self.close_by_force(turn, close::time_out),
            What::Forward => self.end_forward(turn),
            What::Task => self.time_out_task(turn),
            What::Timers => {
                self.timer_tasks.retain(|wake| *wake > alarm.wake);
                self.fire_timers(turn, alarm.wake);
            }
            What::Deadlines => {
                self.activity_tasks.retain(|wake| *wake > alarm.wake);
                // `executeActivityTimeoutTask`: a heartbeat deadline that has gone off is armed anew.
                self.index.update(&mut self.state);
                for scheduled in self.index.beats_until(alarm.wake) {
                    if let Some(activity) = self.state.activities.get_mut(&scheduled) {
                        activity.wakes[HEARTBEAT] = None;
                    }
                }
                self.time_out_activities(turn, alarm.wake);
            }
            What::Backoff(scheduled) => self.retry_activity(turn, scheduled),
        }
    }

    /// W-4, W-9.
    fn time_out_task(&mut self, turn: &mut Turn<'_>) {
        self.task_wake = None;
        let input = match &self.state.task {
            WorkflowTask::Started { .. } => {
                self.record_speculative(turn);
                TaskInput::TimeOut
            }
            WorkflowTask::Scheduled(_) | WorkflowTask::Idle { .. } => TaskInput::GiveUpSticky,
        };
        let mut decision = Decision::default();
        let mut needs_task = false;
        if self.state.task.decide(turn.now, input, &mut decision).is_ok() {
            needs_task = self.settle(turn, decision);
            self.lose_stickiness();
        }
        self.finish(turn, needs_task);
    }

    /// All timers that are due fire in one transaction, by due time, then by the order in which they were started
    /// (T-9).
    fn fire_timers(&mut self, turn: &mut Turn<'_>, wake: Wake) {
        self.index.update(&mut self.state);
        let due: Vec<SmolStr> = self.index.fired(turn.now, wake).cloned().collect();
        let (mut needs_task, mut in_vain) = (false, true);
        for id in due {
            let Some(timer) = self.state.timers.get(&id) else { continue };
            let mut decision = Decision::default();
            if timer.decide(turn.now, TimerInput::Elapsed, &mut decision).is_ok() {
                needs_task |= self.settle(turn, decision);
                in_vain = false;
            }
        }
        self.finish_as(turn, needs_task, in_vain);
    }

    /// All deadlines that have passed count in one transaction, by time, then by the order in which the activities were
    /// scheduled, then by kind (T-2). An attempt that is over has none any more.
    fn time_out_activities(&mut self, turn: &mut Turn<'_>, wake: Wake) {
        self.index.update(&mut self.state);
        let mut due: Vec<(Deadline, u32)> = Vec::new();
        for scheduled in self.index.timed_out(turn.now, wake) {
            let Some(activity) = self.state.activities.get(&scheduled) else { continue };
            for deadline in deadlines(scheduled, activity) {
                if wake.takes_at(turn.now, deadline.0) {
                    due.push((deadline, activity.attempt));
                }
            }
        }
        due.sort_unstable();
        let (mut needs_task, mut in_vain) = (false, true);
        for ((.., scheduled, place), attempt) in due {
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
                needs_task |= self.settle(turn, decision);
                in_vain = false;
            }
        }
        self.finish_as(turn, needs_task, in_vain);
    }

    fn retry_activity(&mut self, turn: &mut Turn<'_>, scheduled: EventId) {
        let mut decision = Decision::default();
        let activity = self.state.activities.get(&scheduled);
        if activity
            .is_some_and(|it| it.decide(turn.now, ActivityInput::Retry, &mut decision).is_ok())
        {
            self.settle(turn, decision);
            self.offer_activity(turn, scheduled);
            return self.finish(turn, false);
        }
        self.finish_as(turn, false, true);
    }

    /// Arms what has to be armed after a transaction. The deadlines of activities are armed before the timers, as the
    /// server does (`closeTransactionHandleActivityUserTimerTasks`), so of those that fall together they come first, each
    /// kind in a transaction of its own. On a real server the two kinds race at the same instant.
    pub(super) fn arm(&mut self, turn: &mut Turn<'_>) {
        self.index.update(&mut self.state);
        self.arm_task(turn);
        self.arm_activity(turn);
        self.arm_timer(turn);
        self.alarm = self.soonest(turn.now);
    }

    fn arm_task(&mut self, turn: &mut Turn<'_>) {
        let (slot, due) = match &self.state.task {
            WorkflowTask::Idle { .. } => (None, None),
            // W-9: only a sticky queue is given up, or a speculative task.
            WorkflowTask::Scheduled(slot) => {
                // A query that finds nobody at the sticky queue clears it (`ResetStickyTaskQueue`). The timer of a task
                // that waits there goes on: `executeWorkflowTaskTimeoutTask` looks at the task, not at the queue.
                if self.sticky.is_none() && slot.is_sticky() {
                    return;
                }
                let sticky = self.sticky.as_ref().map(|sticky| sticky.timeout);
                let timeout = sticky.or_else(|| slot.speculative.then_some(SPECULATIVE_TIMEOUT));
                (Some(slot), timeout.map(|timeout| slot.at.saturating_add(timeout)))
            }
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
                Some(armed.unwrap_or_else(|| {
                    let due = Due { at: due, moment: Moment::of(about.0) };
                    (about.0, about.1, about.2, turn.arm(&mut self.queue, due))
                }))
            }
        };
    }

    fn arm_timer(&mut self, turn: &mut Turn<'_>) {
        if let Some((due, _, id)) = self.index.first_timer()
            && let Some(timer) = self.state.timers.get_mut(id)
        {
            let wake = *timer.wake.get_or_insert_with(|| turn.arm(&mut self.queue, *due));
            self.timer_tasks.insert(wake);
        }
    }

    fn arm_activity(&mut self, turn: &mut Turn<'_>) {
        for scheduled in self.index.unarmed() {
            let Some(activity) = self.state.activities.get_mut(&scheduled) else { continue };
            if let ActivityState::Backoff { until } = activity.state {
                let due = Due { at: until, moment: Moment::of(scheduled) };
                activity.retry.get_or_insert_with(|| turn.arm(&mut self.queue, due));
            }
        }
        if let Some((due, _, scheduled, place)) = self.index.first_deadline()
            && let Some(activity) = self.state.activities.get_mut(&scheduled)
        {
            let wake = &mut activity.wakes[place];
            let wake = *wake.get_or_insert_with(|| turn.arm(&mut self.queue, due));
            self.activity_tasks.insert(wake);
        }
    }

    fn soonest(&mut self, now: Timestamp) -> Option<Alarm> {
        self.index.update(&mut self.state);
        let timers = self.index.first_timer();
        let timers =
            timers.and_then(|(first, ..)| queue::soonest(&mut self.timer_tasks, now, *first, None));
        let (deadline, beat) = (self.index.first_deadline(), self.index.first_beat());
        let deadline = deadline
            .and_then(|(first, ..)| queue::soonest(&mut self.activity_tasks, now, first, beat));
        let mut soonest: Option<Alarm> = None;
        let mut add = |wake: Option<Wake>, what: What| {
            if let Some(wake) = wake
                && soonest.is_none_or(|alarm| wake < alarm.wake)
            {
                soonest = Some(Alarm { wake, what });
            }
        };
        add(self.begin, What::Begin);
        add(self.expiry, What::Run);
        add(self.forward, What::Forward);
        add(self.task_wake.map(|(.., wake)| wake), What::Task);
        add(timers, What::Timers);
        add(deadline, What::Deadlines);
        if let Some((retry, scheduled)) = self.index.first_retry() {
            add(Some(retry), What::Backoff(scheduled));
        }
        soonest
    }
}

/// A deadline in the order in which they count: when it is due, whether it goes by a start, its activity, and its place
/// in [`DEADLINES`].
pub(super) type Deadline = (Due, bool, EventId, usize);

pub(super) fn deadlines(
    scheduled: EventId,
    activity: &Activity,
) -> impl Iterator<Item = Deadline> + '_ {
    (0..DEADLINES.len()).filter_map(move |place| {
        Some((activity.due(place)?, goes_by_start(place), scheduled, place))
    })
}
