//! The one thread beside the run's own: it runs synchronous activities and what is given to `spawn_blocking`.
//!
//! A synchronous activity is an async one that awaits a job of this thread. So that it takes no virtual time, and so that
//! nothing depends on how fast the thread is, a gate keeps it from running while code of attempts is polled: the jobs of a
//! poll run after the poll, and all of them before anything else happens. Runs that never use the thread pay nothing:
//! tokio asks for the thread's name when it starts the thread, within the call that needs it first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What the runtime and the thread share.
#[derive(Debug, Default)]
pub(super) struct Pool {
    used: AtomicBool,
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Pool {
    /// The thread's name; that it is asked for says that the thread is needed.
    pub(super) fn thread_name(&self) -> String {
        self.used.store(true, Ordering::Relaxed);
        "rehearsal-blocking".to_owned()
    }

    /// Whether this run has used the thread.
    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Closes the gate until the returned guard is dropped.
    pub(super) fn close(self: &Arc<Self>) -> Closed {
        *self.lock() = true;
        Closed(Arc::clone(self))
    }

    /// Waits, on the thread, until the gate is open.
    pub(super) fn pass_gate(&self) {
        let mut closed = self.lock();
        while *closed {
            closed = self.opened.wait(closed).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The gate is closed as long as this lives.
#[derive(Debug)]
pub(super) struct Closed(Arc<Pool>);

impl Drop for Closed {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.opened.notify_all();
    }
}
