//! Who wakes an attempt: the run itself, or somebody from outside of virtual time.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::thread::{self, ThreadId};

use futures::task::AtomicWaker;

/// The threads of one run, and which activities were woken by any other.
#[derive(Debug)]
pub(super) struct Threads {
    own: ThreadId,
    pool: Mutex<Vec<ThreadId>>,
    foreign: Mutex<BTreeSet<String>>,
}

impl Threads {
    /// The calling thread is the run's own.
    pub(super) fn new() -> Self {
        Self { own: thread::current().id(), pool: Mutex::default(), foreign: Mutex::default() }
    }

    /// The calling thread runs blocking code of this run.
    pub(super) fn join_pool(&self) {
        lock(&self.pool).push(thread::current().id());
    }

    fn is_own(&self) -> bool {
        thread::current().id() == self.own
    }

    fn is_foreign(&self) -> bool {
        !self.is_own() && !lock(&self.pool).contains(&thread::current().id())
    }

    pub(super) fn take_foreign(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.foreign)).into_iter().collect()
    }
}

/// The waker of one attempt: it passes a wake on to whoever polls the attempt.
#[derive(Debug)]
pub(super) struct AttemptWaker {
    activity: String,
    threads: Arc<Threads>,
    poller: AtomicWaker,
    polling: AtomicBool,
}

impl AttemptWaker {
    pub(super) fn new(activity: &str, threads: Arc<Threads>) -> Self {
        Self {
            activity: activity.to_owned(),
            threads,
            poller: AtomicWaker::new(),
            polling: AtomicBool::new(false),
        }
    }

    /// What is called while the attempt is polled, on the run's own thread.
    pub(super) fn polled<T>(&self, poller: &Waker, poll: impl FnOnce() -> T) -> T {
        self.poller.register(poller);
        self.polling.store(true, Ordering::Relaxed);
        let result = poll();
        self.polling.store(false, Ordering::Relaxed);
        result
    }

    /// Wakes whoever polls the attempt, unless this comes from the attempt's own poll, which looks for news at its end.
    pub(super) fn wake_for_news(&self) {
        if !(self.polling.load(Ordering::Relaxed) && self.threads.is_own()) {
            self.poller.wake();
        }
    }
}

impl Wake for AttemptWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.threads.is_foreign() {
            lock(&self.threads.foreign).insert(self.activity.clone());
        }
        // `AtomicWaker::wake` takes the waker, and the next poll registers it again: one wake is enough.
        self.poller.wake();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
