//! Worker hosts: the processes that poll task queues, with the instances in their caches.

mod kept;

use std::collections::VecDeque;
use std::time::Duration;

use rehearsal_activation::{Instance, TaskDelivery};
use rehearsal_history::{ById, SmolStr, Timestamp};
use rehearsal_worker::{Profile, Worker, WorkerOptions};
use smol_str::format_smolstr;

use self::kept::Kept;
use crate::worker_spec::WorkerSpec;

/// How long after its last poll a sticky queue still counts as polled (§0.3, W-9; the limit is inferred).
pub(crate) const STICKY_POLLER_AGE: Duration = Duration::from_secs(10);

/// Where a host is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    NotYet,
    Polling,
    /// It has polled nothing since then, and will again.
    Away(Timestamp),
    /// It said goodbye: its sticky queue is known to have no poller.
    Stopped,
    /// It was cut off at that time: its last poll is remembered for a while.
    Crashed(Timestamp),
}

/// A worker process.
pub(crate) struct Host {
    pub(crate) spec: WorkerSpec,
    pub(crate) identity: SmolStr,
    pub(crate) worker: Worker,
    /// The queue that only this process polls.
    pub(crate) sticky_queue: SmolStr,
    /// How often it was started again after a crash.
    restarts: u32,
    /// The instances in the cache, by run id.
    pub(crate) instances: ById<Box<dyn Instance>>,
    /// When it will have sent its answers to workflow tasks, by run id.
    answers: ById<Timestamp>,
    /// How long its answers to the tasks that it has are on their way, by run id.
    holds: ById<Duration>,
    /// The runs with tasks that it has and has not begun.
    expected: ById<()>,
    /// The runs in the cache, by their last use.
    kept: Kept,
    /// Tasks that wait until the cache has a place for their runs.
    pub(crate) without_place: VecDeque<(Box<TaskDelivery>, Timestamp)>,
    /// How many activities it runs or is about to take, local ones apart.
    slots_taken: usize,
    life: Life,
    /// The runs that a worker outside has in its cache, as far as the service knows.
    remembered: ById<()>,
}

impl Host {
    pub(crate) fn new(index: usize, spec: WorkerSpec, profile: Profile) -> Self {
        let identity = spec.identity.clone().unwrap_or_else(|| identity(index));
        let sticky_queue = sticky_name(&spec, &identity, 0);
        let worker = worker(&spec, &identity, &sticky_queue, profile);
        let room = spec.cache.map(|told| profile.keeps(told));
        Self {
            spec,
            identity,
            worker,
            sticky_queue,
            restarts: 0,
            instances: ById::new(),
            answers: ById::new(),
            holds: ById::new(),
            expected: ById::new(),
            kept: Kept::new(room),
            without_place: VecDeque::new(),
            slots_taken: 0,
            life: Life::NotYet,
            remembered: ById::new(),
        }
    }

    /// The process dies and is started again: its cache is empty, and its sticky queue is another.
    pub(crate) fn restart(&mut self) {
        self.restarts += 1;
        self.sticky_queue = sticky_name(&self.spec, &self.identity, self.restarts);
        let profile = self.worker.options().profile;
        self.worker = worker(&self.spec, &self.identity, &self.sticky_queue, profile);
        self.forget_all();
    }

    /// What it had in its cache and was about to answer is lost.
    pub(crate) fn forget_all(&mut self) {
        self.instances.clear();
        self.answers.clear();
        self.holds.clear();
        self.expected.clear();
        self.kept.clear();
        self.remembered.clear();
        self.without_place.clear();
    }

    /// It has a task of this run.
    pub(crate) fn expects(&mut self, run_id: &SmolStr) {
        self.expected.insert(run_id.clone(), ());
    }

    /// It begins a task of this run.
    pub(crate) fn uses(&mut self, run_id: &SmolStr) {
        self.kept.touch(run_id);
    }

    pub(crate) fn begins(&mut self, run_id: &SmolStr) {
        self.expected.remove(run_id);
        self.uses(run_id);
    }

    /// Whether the cache has a place for this run.
    pub(crate) fn has_room_for(&self, run_id: &str) -> bool {
        self.kept.has_room_for(run_id)
    }

    /// Whether there are more runs in the cache than it keeps.
    pub(crate) fn keeps_too_many(&self) -> bool {
        self.kept.is_over()
    }

    /// The run in the cache that has had nothing to do for longest.
    pub(crate) fn longest_idle(&self) -> Option<SmolStr> {
        self.kept.oldest_first().find(|run_id| self.is_idle(run_id)).cloned()
    }

    /// The run that core drops where all have a task and another needs a place: the first that waits for local activities,
    /// on a worker that keeps none (`reconcile_buffered` in `workflow_stream.rs`). One that keeps some has no more slots
    /// than places, so it takes no task for which it has no place.
    pub(crate) fn longest_waiting(&self) -> Option<SmolStr> {
        let mut kept = self.kept.oldest_first().filter(|_| self.spec.cache == Some(0));
        kept.find(|run_id| {
            self.worker.waits_on(run_id)
                && !self.answers.contains(run_id)
                && !self.expected.contains(run_id)
        })
        .cloned()
    }

    /// The first of those that a worker drops which keeps too many, though no other run needs the place. Core keeps one
    /// that waits for local activities over the heartbeats of its tasks (`process_completion` in `workflow_stream.rs`).
    pub(crate) fn superfluous(&self) -> Option<SmolStr> {
        let spares = self.worker.options().profile == Profile::Core;
        let mut idle = self.kept.oldest_first().filter(|run_id| self.is_idle(run_id));
        idle.find(|run_id| !(spares && self.worker.waits_on(run_id))).cloned()
    }

    /// Whether it has no task of this run, and is about to answer none.
    pub(crate) fn is_idle(&self, run_id: &str) -> bool {
        !self.worker.is_busy(run_id)
            && !self.answers.contains(run_id)
            && !self.expected.contains(run_id)
    }

    /// Whether the run is in its cache, as far as the service knows of one outside.
    pub(crate) fn has_cached(&self, run_id: &str) -> bool {
        if self.spec.remote {
            self.remembered.contains(run_id)
        } else {
            self.worker.is_cached(run_id)
        }
    }

    /// A worker outside keeps the run in its cache.
    pub(crate) fn remember(&mut self, run_id: &SmolStr) {
        self.remembered.insert(run_id.clone(), ());
    }

    /// A run has left the cache.
    pub(crate) fn forgets(&mut self, run_id: &str) -> Option<Box<dyn Instance>> {
        self.kept.forget(run_id);
        self.remembered.remove(run_id);
        self.instances.remove(run_id)
    }

    /// It is about to take an activity.
    pub(crate) const fn take_slot(&mut self) {
        self.slots_taken += 1;
    }

    /// An activity of it is over.
    pub(crate) const fn free_slot(&mut self) {
        self.slots_taken = self.slots_taken.saturating_sub(1);
    }

    /// Of all that it was about only these activities are left.
    pub(crate) const fn keep_slots(&mut self, taken: usize) {
        self.slots_taken = taken;
    }

    /// The answer to the task that it has of a run is on its way for so long.
    pub(crate) fn holds(&mut self, run_id: &SmolStr, hold: Duration) {
        if hold.is_zero() {
            self.holds.remove(run_id);
        } else {
            self.holds.insert(run_id.clone(), hold);
        }
    }

    /// How long the answer to the task that it has of a run is on its way.
    pub(crate) fn hold(&self, run_id: &str) -> Duration {
        self.holds.get(run_id).copied().unwrap_or_default()
    }

    /// It will send its answer to the task that it has of a run.
    pub(crate) fn answers(&mut self, run_id: &SmolStr, at: Timestamp) {
        self.answers.insert(run_id.clone(), at);
    }

    /// It has sent its answer.
    pub(crate) fn answered(&mut self, run_id: &str) {
        self.answers.remove(run_id);
    }

    /// When it will have sent its answer to the task that it has of a run, if it has answered one.
    pub(crate) fn answering(&self, run_id: &str) -> Option<Timestamp> {
        self.answers.get(run_id).copied()
    }

    /// Drops a run from the cache.
    pub(crate) fn evict(&mut self, run_id: &str) {
        self.worker.evict(run_id);
        self.forgets(run_id);
    }

    pub(crate) fn start(&mut self) {
        self.life = Life::Polling;
    }

    pub(crate) fn stop(&mut self, now: Timestamp) {
        self.life = if self.spec.crash { Life::Crashed(now) } else { Life::Stopped };
    }

    /// It stops in good order, whatever its end is to be.
    pub(crate) const fn retire(&mut self) {
        self.life = Life::Stopped;
    }

    /// It polls nothing for a while; what it has it goes on with.
    pub(crate) fn leave(&mut self, now: Timestamp) {
        self.life = Life::Away(now);
    }

    /// Whether it polls nothing for a while.
    pub(crate) const fn is_away(&self) -> bool {
        matches!(self.life, Life::Away(_))
    }

    pub(crate) fn is_polling(&self) -> bool {
        self.life == Life::Polling
    }

    /// Whether it polled once and does no more.
    pub(crate) const fn is_gone(&self) -> bool {
        matches!(self.life, Life::Stopped | Life::Crashed(_))
    }

    /// Whether nothing it does reaches the service any more.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.life, Life::Crashed(_))
    }

    pub(crate) fn polls_workflows(&self, queue: &str) -> bool {
        self.is_polling() && self.spec.workflows && self.spec.queue == queue
    }

    /// Whether it polls for activities, for which it needs a slot first.
    pub(crate) fn polls_activities(&self, queue: &str) -> bool {
        self.has_slot() && self.is_polling() && self.spec.activities && self.spec.queue == queue
    }

    /// Whether it runs local activities.
    pub(crate) fn runs_local_activities(&self) -> bool {
        self.spec.activities || self.worker.options().profile.runs_local_activities_only()
    }

    /// Whether it has a slot left for one more activity.
    pub(crate) fn has_slot(&self) -> bool {
        self.spec.activity_slots.is_none_or(|slots| self.slots_taken < slots)
    }

    /// Whether it takes all that `other` takes, and has no end that the scenario gives it.
    pub(crate) fn stands_in_for(&self, other: &WorkerSpec) -> bool {
        let spec = &self.spec;
        self.is_polling()
            && spec.until.is_none()
            && spec.queue == other.queue
            && (spec.workflows || !other.workflows)
            && (spec.activities || !other.activities)
    }

    /// Whether matching takes its sticky queue for one that somebody polls.
    pub(crate) fn seems_to_poll(&self, now: Timestamp) -> bool {
        match self.life {
            Life::Polling => true,
            Life::Crashed(at) | Life::Away(at) => now.since(at) < STICKY_POLLER_AGE,
            Life::NotYet | Life::Stopped => false,
        }
    }
}

/// How the worker that stands here in the scenario calls itself.
pub(crate) fn identity(index: usize) -> SmolStr {
    format_smolstr!("worker-{}", index + 1)
}

/// The name of a process's sticky queue; none if it keeps no workflows.
fn sticky_name(spec: &WorkerSpec, identity: &str, restarts: u32) -> SmolStr {
    // That of a worker outside is not known before it names it.
    if spec.cache == Some(0) || spec.remote {
        return SmolStr::default();
    }
    format_smolstr!("{identity}:sticky-{restarts}")
}

fn worker(
    spec: &WorkerSpec,
    identity: &SmolStr,
    sticky_queue: &SmolStr,
    profile: Profile,
) -> Worker {
    Worker::new(WorkerOptions {
        identity: identity.clone(),
        sticky_queue: sticky_queue.clone(),
        task_queue: spec.queue.clone(),
        sticky_timeout: profile.sticky_timeout(),
        profile,
    })
}
