//! Runs the code of activities on one thread, in the order that the world chooses.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};

use futures::task::AtomicWaker;
use rehearsal_history::{Payloads, SmolStr, Timestamp};
use rehearsal_service::{ActivityTask, ActivityToken};
use rehearsal_worker::{AttemptRules, Beat, HeartbeatThrottle, LocalKey};
use slab::Slab;

use crate::activity::client::Sent;
use crate::activity::{
    ActivityContext, ActivityFuture, ActivityInfo, ActivityResult, Attempt, Done,
};
use crate::clock::Clock;
use crate::fake::Fakes;
use crate::remote::ActivitySaid;
use crate::surroundings::Surroundings;

/// Names an attempt that runs. A key is used again once its attempt has ended, so it carries a number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttemptKey {
    slot: usize,
    number: u64,
}

impl AttemptKey {
    /// Its own number.
    pub(crate) const fn number(self) -> u64 {
        self.number
    }

    /// A number that is the same for all that this attempt does.
    pub(crate) fn actor(self) -> u32 {
        1_000_u32.saturating_add(u32::try_from(self.number).unwrap_or(u32::MAX))
    }
}

/// An attempt whose code is outside.
pub(crate) struct Outdoors {
    /// The task, until it is handed out.
    pub(crate) task: Option<Box<ActivityTask>>,
    /// What it ended with.
    pub(crate) said: Option<(ActivitySaid, SmolStr)>,
}

/// An attempt of an activity on a worker.
#[expect(clippy::struct_excessive_bools, reason = "none of them says anything of another")]
pub(crate) struct Running {
    number: u64,
    pub(crate) host: usize,
    pub(crate) token: ActivityToken,
    /// The key of a local activity: the service does not know of it.
    pub(crate) local: Option<LocalKey>,
    pub(crate) attempt: Rc<Attempt>,
    pub(crate) throttle: HeartbeatThrottle,
    /// The last heartbeat that the code recorded, sent or held back.
    pub(crate) last_beat: Option<Beat>,
    /// When the service last answered a heartbeat; at first, when the attempt started.
    pub(crate) heard: Timestamp,
    /// Whether the worker has given it up by itself (C-34).
    pub(crate) expired: bool,
    /// The throttle's deadline that the agenda has an entry for.
    pub(crate) throttle_due: Option<Timestamp>,
    /// The place of its call in the record.
    pub(crate) call: usize,
    /// What it ended with, until that has been sent.
    pub(crate) result: Option<ActivityResult>,
    /// Whether its code has run at all.
    pub(crate) begun: bool,
    /// Whether its end is on its way for longer than it should be.
    pub(crate) delayed: bool,
    /// What is kept of it if its code is outside.
    pub(crate) outdoors: Option<Outdoors>,
    future: ActivityFuture,
    woken: Arc<Woken>,
    /// Whether its code lives in surroundings of its own.
    surrounded: bool,
    /// Whether the code waited for nothing of its context when it was polled last, and something kept its waker.
    adrift: bool,
}

impl Running {
    /// Whether its code has ended and left the end of the activity to somebody outside.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(&self.result, Some(Err(error)) if error.is_result_pending())
    }

    /// Whether its heartbeats are sent (C-32).
    pub(crate) fn beats(&self, rules: AttemptRules) -> bool {
        self.local.is_none() && (self.attempt.done.get().is_none() || rules.beats_when_told())
    }
}

/// What a poll of an attempt brought.
#[derive(Debug, Default)]
pub(crate) struct Polled {
    pub(crate) beats: Vec<Option<Payloads>>,
    pub(crate) sleeps: Vec<Timestamp>,
    pub(crate) requests: Vec<Sent>,
    pub(crate) ended: bool,
    /// Whether the code woke itself while it was polled.
    pub(crate) again: bool,
}

/// Whether an attempt was woken, and whom that concerns.
///
/// All that belongs to a run is on one thread, so a wake from another comes from outside; where the code has surroundings
/// of its own, what wakes it is theirs to judge.
#[derive(Debug)]
struct Woken {
    called: AtomicBool,
    from_outside: AtomicBool,
    home: Option<ThreadId>,
    key: AttemptKey,
    root: Arc<Root>,
}

/// What the wakes of all attempts come to.
#[derive(Debug, Default)]
struct Root {
    /// For surroundings in which time passes until one can go on.
    waker: AtomicWaker,
    /// Those that were woken since it was last looked at. Some may have been polled meanwhile.
    woken: Mutex<Vec<AttemptKey>>,
}

impl Root {
    /// A panic elsewhere leaves the list as good as it was.
    fn woken(&self) -> MutexGuard<'_, Vec<AttemptKey>> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Woken {
    fn new(surrounded: bool, key: AttemptKey, root: Arc<Root>) -> Self {
        Self {
            called: AtomicBool::new(false),
            from_outside: AtomicBool::new(false),
            home: (!surrounded).then(|| thread::current().id()),
            key,
            root,
        }
    }

    /// Whether it was woken since the last call.
    fn take(&self) -> bool {
        self.called.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.home.is_some_and(|home| home != thread::current().id()) {
            self.from_outside.store(true, Ordering::Relaxed);
        }
        if !self.called.swap(true, Ordering::Relaxed) {
            self.root.woken().push(self.key);
        }
        self.root.waker.wake();
    }
}

/// Where the code of an attempt waits, if not for an operation of its context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Something has its waker, and has not called it.
    Unwoken,
    /// It was woken by another thread.
    Woken,
}

/// All attempts that run.
#[derive(Default)]
pub(crate) struct Executor {
    running: Slab<Running>,
    /// Those of local activities, by the workers and their keys.
    locals: BTreeMap<(usize, LocalKey), AttemptKey>,
    started: u64,
    /// How many of them have code that goes on.
    going_on: usize,
    root: Arc<Root>,
    /// What the code of all attempts of this run shares.
    pub(crate) fakes: Fakes,
}

impl Executor {
    /// One that runs nothing yet.
    pub(crate) fn new(fakes: Fakes) -> Self {
        Self { fakes, ..Self::default() }
    }

    pub(crate) fn start(
        &mut self,
        host: usize,
        clock: &Clock,
        (task, local): (ActivityTask, Option<LocalKey>),
        call: usize,
        surrounded: bool,
        code: impl FnOnce(ActivityContext, Option<Payloads>) -> ActivityFuture,
    ) -> AttemptKey {
        let attempt = Rc::new(Attempt {
            info: ActivityInfo {
                task_token: task.token,
                activity_id: task.activity_id,
                activity_type: task.activity_type,
                workflow_id: task.workflow_id,
                run_id: task.run_id,
                workflow_type: task.workflow_type,
                task_queue: task.task_queue,
                header: task.header,
                attempt: task.attempt,
                scheduled_at: task.scheduled_at,
                attempt_scheduled_at: task.attempt_scheduled_at,
                started_at: task.started_at,
                schedule_to_close: task.schedule_to_close,
                start_to_close: task.start_to_close,
                retry_policy: task.retry_policy,
                priority: task.priority.unwrap_or_default(),
                heartbeat_timeout: task.heartbeat_timeout,
                is_local: local.is_some(),
            },
            heartbeat_details: task.heartbeat_details,
            clock: clock.clone(),
            done: Cell::new(None),
            worker_stops: Cell::new(false),
            beats: RefCell::default(),
            leaves: Cell::default(),
            sleeps: RefCell::default(),
            requests: RefCell::default(),
            fakes: self.fakes.clone(),
        });
        self.started += 1;
        self.going_on += 1;
        let key = AttemptKey { number: self.started, slot: self.running.vacant_key() };
        if let Some(local) = &local {
            self.locals.insert((host, local.clone()), key);
        }
        let running = Running {
            number: self.started,
            host,
            token: task.token,
            local,
            throttle: HeartbeatThrottle::new(task.heartbeat_timeout),
            last_beat: None,
            heard: clock.now(),
            expired: false,
            throttle_due: None,
            call,
            result: None,
            begun: false,
            delayed: false,
            outdoors: None,
            future: code(ActivityContext(Rc::clone(&attempt)), task.input),
            attempt,
            woken: Arc::new(Woken::new(surrounded, key, Arc::clone(&self.root))),
            surrounded,
            adrift: false,
        };
        self.running.insert(running);
        key
    }

    /// The places in the record of the calls that go on.
    pub(crate) fn calls(&self) -> impl Iterator<Item = usize> + '_ {
        self.running.iter().map(|(_, running)| running.call)
    }

    /// The calls that were at these places of the record have moved to those.
    pub(crate) fn move_calls(&mut self, places: &[usize]) {
        for (_, running) in &mut self.running {
            running.call = places.get(running.call).copied().unwrap_or(running.call);
        }
    }

    pub(crate) fn get(&mut self, key: AttemptKey) -> Option<&mut Running> {
        self.running.get_mut(key.slot).filter(|running| running.number == key.number)
    }

    fn find(&self, key: AttemptKey) -> Option<&Running> {
        self.running.get(key.slot).filter(|running| running.number == key.number)
    }

    /// What an attempt knows of itself.
    pub(crate) fn info(&self, key: AttemptKey) -> Option<&ActivityInfo> {
        self.find(key).map(|running| &running.attempt.info)
    }

    pub(crate) fn is_running(&self, key: AttemptKey) -> bool {
        self.find(key).is_some()
    }

    /// Polls an attempt once, in its surroundings, if it still runs and has not ended.
    pub(crate) fn poll(
        &mut self,
        key: AttemptKey,
        surroundings: Option<&mut (dyn Surroundings + 'static)>,
    ) -> Option<Polled> {
        let Self { running, going_on, .. } = self;
        let running = running.get_mut(key.slot).filter(|running| running.number == key.number)?;
        if running.result.is_some() {
            return None;
        }
        running.begun = true;
        running.woken.take();
        running.attempt.leaves.set(0);
        let waker = Waker::from(Arc::clone(&running.woken));
        let mut poll = || {
            let polled = running.future.as_mut().poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(result) = polled {
                running.result = Some(result);
                // What its code leaves behind is dropped in this step, in its surroundings.
                running.future = Box::pin(pending());
            }
        };
        match surroundings {
            Some(surroundings) => surroundings.enter(running.attempt.clock.now(), &mut poll),
            None => poll(),
        }
        let ended = running.result.is_some();
        *going_on -= usize::from(ended);
        drop(waker);
        let again = running.woken.take();
        let kept = Arc::strong_count(&running.woken) > 1;
        let leaves = running.attempt.leaves.get();
        running.adrift = !running.surrounded && !ended && !again && kept && leaves == 0;
        Some(Polled {
            beats: running.attempt.beats.take(),
            sleeps: running.attempt.sleeps.take(),
            requests: running.attempt.requests.take(),
            ended,
            again,
        })
    }

    /// The attempts of local activities, by the worker and the key.
    pub(crate) const fn locals(&self) -> &BTreeMap<(usize, LocalKey), AttemptKey> {
        &self.locals
    }

    /// Whether the code of an attempt goes on.
    pub(crate) const fn has_running(&self) -> bool {
        self.going_on > 0
    }

    /// Lets time pass in `surroundings` until an attempt is woken, up to `until`, and says when it stopped. `None` if
    /// no attempt runs that could be woken.
    pub(crate) fn pass(
        &self,
        surroundings: &mut dyn Surroundings,
        until: Timestamp,
    ) -> Option<Timestamp> {
        self.has_running().then(|| surroundings.pass(until, &self.root.waker, &|| self.has_woken()))
    }

    /// Whether an attempt was woken whose code goes on.
    pub(crate) fn has_woken(&self) -> bool {
        let woken = |running: &Running| running.woken.called.load(Ordering::Relaxed);
        let keys = self.root.woken();
        let mut running = keys.iter().filter_map(|key| self.find(*key));
        running.any(|running| woken(running) && running.result.is_none())
    }

    /// Whether the code of an attempt waits for something that does not belong to the run, as far as can be told.
    pub(crate) fn outside(&self, key: AttemptKey) -> Option<Outside> {
        let running = self.find(key)?;
        if running.woken.from_outside.load(Ordering::Relaxed) {
            return Some(Outside::Woken);
        }
        (running.adrift && running.result.is_none()).then_some(Outside::Unwoken)
    }

    /// The attempts that run, oldest first.
    pub(crate) fn keys(&self) -> Vec<AttemptKey> {
        let mut keys: Vec<AttemptKey> = self
            .running
            .iter()
            .map(|(slot, running)| AttemptKey { slot, number: running.number })
            .collect();
        keys.sort_by_key(|key| key.number);
        keys
    }

    /// The attempts of activities that a worker runs, local ones apart, oldest first.
    pub(crate) fn attempts_of(&self, host: usize) -> Vec<AttemptKey> {
        let mut keys = self.keys();
        keys.retain(|&key| {
            self.find(key).is_some_and(|running| running.host == host && running.local.is_none())
        });
        keys
    }

    /// Tells the code of an attempt that its worker stops. Returns whether it must be polled.
    pub(crate) fn tell_of_stop(&mut self, key: AttemptKey) -> bool {
        self.get(key).is_some_and(|running| {
            !running.attempt.worker_stops.replace(true) && running.result.is_none()
        })
    }

    /// The attempt whose code is outside, with this token.
    pub(crate) fn outdoors_of(&self, token: ActivityToken) -> Option<AttemptKey> {
        let (slot, running) = self
            .running
            .iter()
            .find(|(_, running)| running.token == token && running.outdoors.is_some())?;
        Some(AttemptKey { slot, number: running.number })
    }

    /// Whether a worker has taken an attempt whose code is outside, and that it is not handed yet.
    pub(crate) fn promised_to(&self, host: usize) -> bool {
        let waits = |running: &Running| {
            running.host == host && running.outdoors.as_ref().is_some_and(|it| it.task.is_some())
        };
        self.running.iter().any(|(_, running)| waits(running))
    }

    /// The attempts of a worker whose code is outside, oldest first.
    pub(crate) fn outdoors_on(&self, host: usize) -> Vec<ActivityToken> {
        let on = |running: &&Running| running.host == host && running.outdoors.is_some();
        let mut found: Vec<(u64, ActivityToken)> = self
            .running
            .iter()
            .map(|(_, running)| running)
            .filter(on)
            .map(|running| (running.number, running.token))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, token)| token).collect()
    }

    /// An attempt whose code is outside has ended.
    pub(crate) fn end(&mut self, key: AttemptKey, result: ActivityResult) -> Option<&mut Running> {
        let Self { running, going_on, .. } = self;
        let running = running.get_mut(key.slot).filter(|running| running.number == key.number)?;
        if running.result.is_none() {
            running.result = Some(result);
            *going_on -= 1;
        }
        Some(running)
    }

    /// Marks the context of an attempt as done; the first reason stays. Returns whether the code must be polled.
    pub(crate) fn finish_context(&mut self, key: AttemptKey, why: Done) -> bool {
        self.get(key).is_some_and(|running| {
            let first = running.attempt.done.get().is_none();
            if first {
                running.attempt.done.set(Some(why));
            }
            first && running.result.is_none()
        })
    }

    /// Drops an attempt and its code.
    pub(crate) fn remove(&mut self, key: AttemptKey) -> Option<Running> {
        let removed = self.is_running(key).then(|| self.running.remove(key.slot))?;
        self.going_on -= usize::from(removed.result.is_none());
        if let Some(local) = &removed.local {
            self.locals.remove(&(removed.host, local.clone()));
        }
        Some(removed)
    }

    /// Drops every attempt of a worker that crashed. Returns the calls whose code had not ended, or had and nobody knows of
    /// it. One whose end is left to somebody outside is not lost.
    pub(crate) fn remove_host(&mut self, host: usize) -> Vec<usize> {
        let mut lost = Vec::new();
        let mut cut = 0;
        self.running.retain(|_, running| {
            if running.host == host {
                cut += usize::from(running.result.is_none());
                lost.extend((!running.is_pending()).then_some(running.call));
            }
            running.host != host
        });
        self.locals.retain(|(on, _), _| *on != host);
        self.going_on -= cut;
        lost
    }

    /// The attempts that were woken by anything but the engine since the last call, in the order of their slots.
    pub(crate) fn take_woken(&mut self) -> Vec<AttemptKey> {
        let mut keys = core::mem::take(&mut *self.root.woken());
        keys.sort_unstable_by_key(|key| (key.slot, key.number));
        let woken = |running: &Running| running.woken.take() && running.result.is_none();
        keys.retain(|&key| self.find(key).is_some_and(woken));
        keys
    }
}
