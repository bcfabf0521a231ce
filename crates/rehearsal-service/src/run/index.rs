//! What every transaction asks of all activities and timers of a run, of its children and of its requests to other
//! workflows, kept up to date as they change: which is due next, which is to be armed, how many stand where, what is
//! pending.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use rehearsal_history::{EventId, SmolStr, Timestamp};

use super::elapse::{Deadline, deadlines};
use super::state::State;
use crate::machine::activity::{Activity, ActivityState, HEARTBEAT};
use crate::machine::child::Child;
use crate::machine::external::External;
use crate::machine::timer::Timer;
use crate::view::{PendingOp, PendingState};
use crate::words::{Due, Wake, fingerprint, replace};

/// The activities, timers, children and requests to other workflows of a run, by what is asked of them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    activities: BTreeMap<EventId, Box<OfActivity>>,
    /// The first deadline of each activity, in the order in which they count.
    deadlines: BTreeSet<Deadline>,
    /// The tasks of heartbeat deadlines in the timer queue.
    beats: BTreeSet<(Wake, EventId)>,
    /// The tasks of backoffs in the timer queue.
    retries: BTreeSet<(Wake, EventId)>,
    /// The backoffs that have none yet.
    unarmed: BTreeSet<EventId>,
    /// The ids of activities that are pending.
    ids: BTreeSet<SmolStr>,
    /// How many activities stand in each state.
    states: [usize; PendingState::COUNT],
    timers: BTreeMap<SmolStr, OfTimer>,
    /// What children and requests to other workflows add to the sum of what is pending.
    others: BTreeMap<EventId, u64>,
    /// When timers are due that run, in the order in which they fire.
    dues: BTreeSet<(Due, EventId, SmolStr)>,
    /// The sum of what is pending.
    pending: u64,
}

/// What the index holds of an activity; nothing of one that is gone.
#[derive(Debug, Default)]
struct OfActivity {
    deadline: Option<Deadline>,
    beat: Option<(Wake, EventId)>,
    retry: Option<(Wake, EventId)>,
    unarmed: Option<EventId>,
    id: Option<SmolStr>,
    state: Option<PendingState>,
    pending: u64,
}

/// What the index holds of a timer.
#[derive(Debug, Default)]
struct OfTimer {
    due: Option<(Due, EventId, SmolStr)>,
    pending: u64,
}

impl Index {
    /// Takes in what has changed since the last time.
    pub(crate) fn update(&mut self, state: &mut State) {
        for scheduled in state.activities.take_changed() {
            self.update_activity(scheduled, state.activities.get(&scheduled).map(|it| &**it));
        }
        for id in state.timers.take_changed() {
            self.update_timer(id.clone(), state.timers.get(&id));
        }
        for initiated in state.children.take_changed() {
            self.update_other(initiated, state.children.get(&initiated).map(Child::pending));
        }
        for initiated in state.externals.take_changed() {
            self.update_other(initiated, state.externals.get(&initiated).map(External::pending));
        }
    }

    fn update_activity(&mut self, scheduled: EventId, activity: Option<&Activity>) {
        let before = self.activities.remove(&scheduled).map(|of| *of).unwrap_or_default();
        let mut after = activity.map(|it| OfActivity::new(scheduled, it)).unwrap_or_default();
        replace(&mut self.deadlines, before.deadline, after.deadline);
        replace(&mut self.beats, before.beat, after.beat);
        replace(&mut self.retries, before.retry, after.retry);
        replace(&mut self.unarmed, before.unarmed, after.unarmed);
        if before.id != after.id {
            replace(&mut self.ids, before.id, after.id.clone());
        }
        after.pending = before.pending;
        if before.state != after.state {
            after.pending = weight(activity.and_then(Activity::pending));
            if let Some(count) = before.state.and_then(|it| self.states.get_mut(it.place())) {
                *count = count.saturating_sub(1);
            }
            if let Some(count) = after.state.and_then(|it| self.states.get_mut(it.place())) {
                *count = count.saturating_add(1);
            }
            self.pending = self.pending.wrapping_sub(before.pending).wrapping_add(after.pending);
        }
        if activity.is_some() {
            self.activities.insert(scheduled, Box::new(after));
        }
    }

    fn update_timer(&mut self, id: SmolStr, timer: Option<&Timer>) {
        let before = self.timers.remove(&id).unwrap_or_default();
        let due = timer.and_then(|timer| Some((timer.due()?, timer.started, id.clone())));
        let pending = weight(timer.and_then(Timer::pending));
        self.pending = self.pending.wrapping_sub(before.pending).wrapping_add(pending);
        if before.due != due {
            replace(&mut self.dues, before.due, due.clone());
        }
        if timer.is_some() {
            self.timers.insert(id, OfTimer { due, pending });
        }
    }

    fn update_other(&mut self, initiated: EventId, op: Option<PendingOp>) {
        let before = self.others.remove(&initiated).unwrap_or(0);
        let pending = weight(op);
        self.pending = self.pending.wrapping_sub(before).wrapping_add(pending);
        if pending > 0 {
            self.others.insert(initiated, pending);
        }
    }

    /// The deadline of an activity that counts first.
    pub(crate) fn first_deadline(&self) -> Option<Deadline> {
        self.deadlines.first().copied()
    }

    /// The activities of which a task that goes off at `now` takes a deadline.
    pub(crate) fn timed_out(&self, now: Timestamp, wake: Wake) -> impl Iterator<Item = EventId> {
        let taken = self.deadlines.iter().take_while(move |(due, ..)| wake.takes_at(now, *due));
        taken.map(|(.., scheduled, _)| *scheduled)
    }

    /// The task of a heartbeat deadline that goes off first.
    pub(crate) fn first_beat(&self) -> Option<Wake> {
        self.beats.first().map(|(beat, _)| *beat)
    }

    /// The activities whose task of a heartbeat deadline goes off with `wake`, or has gone off before.
    pub(crate) fn beats_until(&self, wake: Wake) -> impl Iterator<Item = EventId> {
        self.beats.iter().take_while(move |(beat, _)| *beat <= wake).map(|(_, id)| *id)
    }

    /// The backoff that is over first.
    pub(crate) fn first_retry(&self) -> Option<(Wake, EventId)> {
        self.retries.first().copied()
    }

    /// The backoffs that have no task in the timer queue, in the order in which their activities were scheduled.
    pub(crate) fn unarmed(&self) -> impl Iterator<Item = EventId> {
        self.unarmed.iter().copied()
    }

    /// The timer that fires first.
    pub(crate) fn first_timer(&self) -> Option<&(Due, EventId, SmolStr)> {
        self.dues.first()
    }

    /// The timers that a task which goes off at `now` takes, in the order in which they fire.
    pub(crate) fn fired(&self, now: Timestamp, wake: Wake) -> impl Iterator<Item = &SmolStr> {
        let taken = self.dues.iter().take_while(move |(due, ..)| wake.takes_at(now, *due));
        taken.map(|(.., id)| id)
    }

    /// How many activities stand there.
    pub(crate) fn count(&self, state: PendingState) -> usize {
        self.states.get(state.place()).copied().unwrap_or(0)
    }

    /// The ids of the activities that are pending.
    pub(crate) const fn ids(&self) -> &BTreeSet<SmolStr> {
        &self.ids
    }

    /// A number for what is pending: kind, name and state of each, whatever its id and place. 0 for nothing.
    pub(crate) const fn pending(&self) -> u64 {
        self.pending
    }
}

impl OfActivity {
    fn new(scheduled: EventId, activity: &Activity) -> Self {
        let backs_off = matches!(activity.state, ActivityState::Backoff { .. });
        Self {
            deadline: deadlines(scheduled, activity).min(),
            beat: activity.wakes[HEARTBEAT].map(|beat| (beat, scheduled)),
            retry: activity.retry.map(|retry| (retry, scheduled)),
            unarmed: (backs_off && activity.retry.is_none()).then_some(scheduled),
            id: activity.is_pending().then(|| activity.attributes().activity_id.clone()),
            state: activity.pending_state(),
            pending: 0,
        }
    }
}

/// What an operation adds to the sum of what is pending; 0 if it is not.
fn weight(op: Option<PendingOp>) -> u64 {
    op.map_or(0, |op| fingerprint(&(op.kind, op.name, op.state)))
}
