//! Finding out when a runtime has nothing left to do at an instant.
//!
//! A runtime with one thread parks when the future of `block_on` and all tasks wait; just before it does, it calls a hook.
//! The hook wakes the future of `block_on` instead, if that asked for it. A park that finds something awake looks at the
//! timers that are due already, and lets no time pass.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use futures::task::AtomicWaker;

/// How often the runtime must be about to park. What was due at this very instant fires in the first park, and what it
/// wakes has run by the second.
const PARKS: u32 = 2;

/// Shared by a runtime's hook and the future of `block_on`.
#[derive(Debug, Default)]
pub(super) struct Idle {
    /// How many parks the future still waits for.
    left: AtomicU32,
    root: AtomicWaker,
}

impl Idle {
    /// The hook: called before each park.
    pub(super) fn before_park(&self) {
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
            self.root.wake();
        }
    }

    /// Waits, without letting time pass, until all tasks of the runtime wait for something else than their turn.
    pub(super) async fn settle(&self) {
        self.left.store(PARKS, Ordering::Relaxed);
        poll_fn(|cx| {
            self.root.register(cx.waker());
            if self.left.load(Ordering::Relaxed) == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
