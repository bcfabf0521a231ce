//! Worker hosts: the processes that poll task queues, with the instances in their caches.

use std::time::Duration;

use rehearsal_activation::Instance;
use rehearsal_history::{ById, SmolStr, Timestamp};
use rehearsal_worker::{Profile, Worker, WorkerOptions};
use smol_str::format_smolstr;

use crate::scenario::WorkerSpec;

/// How long after its last poll a sticky queue still counts as polled (§0.3, W-9; the limit is inferred).
pub(crate) const STICKY_POLLER_AGE: Duration = Duration::from_secs(10);

/// Where a host is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    NotYet,
    Polling,
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
    /// Whether it has ever wanted to be woken for a local activity.
    pub(crate) asked_for_wakes: bool,
    life: Life,
}

impl Host {
    pub(crate) fn new(index: usize, spec: WorkerSpec, profile: Profile) -> Self {
        let identity = identity(index);
        let sticky_queue = sticky_name(&identity, 0);
        let worker = worker(&spec, &identity, &sticky_queue, profile);
        Self {
            spec,
            identity,
            worker,
            sticky_queue,
            restarts: 0,
            instances: ById::new(),
            answers: ById::new(),
            asked_for_wakes: false,
            life: Life::NotYet,
        }
    }

    /// The process dies and is started again: its cache is empty, and its sticky queue is another.
    pub(crate) fn restart(&mut self) {
        self.restarts += 1;
        self.sticky_queue = sticky_name(&self.identity, self.restarts);
        let profile = self.worker.options().profile;
        self.worker = worker(&self.spec, &self.identity, &self.sticky_queue, profile);
        self.forget_all();
    }

    /// What it had in its cache and was about to answer is lost.
    pub(crate) fn forget_all(&mut self) {
        self.instances.clear();
        self.answers.clear();
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
        self.instances.remove(run_id);
    }

    pub(crate) fn start(&mut self) {
        self.life = Life::Polling;
    }

    pub(crate) fn stop(&mut self, now: Timestamp) {
        self.life = if self.spec.crash { Life::Crashed(now) } else { Life::Stopped };
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

    pub(crate) fn polls_activities(&self, queue: &str) -> bool {
        self.is_polling() && self.spec.activities && self.spec.queue == queue
    }

    /// Whether matching takes its sticky queue for one that somebody polls.
    pub(crate) fn seems_to_poll(&self, now: Timestamp) -> bool {
        match self.life {
            Life::Polling => true,
            Life::Crashed(at) => now.since(at) < STICKY_POLLER_AGE,
            Life::NotYet | Life::Stopped => false,
        }
    }
}

/// How the worker that stands here in the scenario calls itself.
pub(crate) fn identity(index: usize) -> SmolStr {
    format_smolstr!("worker-{}", index + 1)
}

/// The name of a process's sticky queue.
fn sticky_name(identity: &str, restarts: u32) -> SmolStr {
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
