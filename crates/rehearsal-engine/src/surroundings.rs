//! Where the code of activities runs, if that is more than the engine's own executor.
//!
//! Code that was written for another runtime (timers and tasks of tokio, for example) needs it around itself, and its
//! timers fall due on that runtime's clock. The engine stays the one that decides: it polls the attempts, and lets time
//! pass on the runtime no further than to what happens next in the world.

use std::fmt;
use std::sync::Arc;

use futures::task::AtomicWaker;
use rehearsal_history::{Payloads, Timestamp};

use crate::activity::{ActivityContext, ActivityFuture};
use crate::fake::Fakes;
use crate::finding::Finding;

/// Where the code of activities runs in one run; made anew for each.
pub trait Surroundings {
    /// Starts an attempt of an activity whose code lives here; nothing runs before the future is polled.
    fn start(&mut self, ctx: ActivityContext, input: Option<Payloads>) -> ActivityFuture;

    /// Calls `poll` at virtual time `now` with what the code of activities expects around it. What that code spawned
    /// runs as well, without time passing.
    fn enter(&mut self, now: Timestamp, poll: &mut dyn FnMut());

    /// Lets time pass up to `until` at most, and says when it stopped: earlier as soon as `woken` says that an attempt
    /// can go on. Every waker of an attempt wakes `root` as well.
    fn pass(&mut self, until: Timestamp, root: &AtomicWaker, woken: &dyn Fn() -> bool)
    -> Timestamp;

    /// What went wrong outside of any attempt, once the run is over.
    fn findings(&mut self) -> Vec<Finding>;

    /// What was made here for this run and is handed back with its outcome.
    fn fakes(&self) -> Fakes {
        Fakes::default()
    }
}

/// Makes the surroundings of one run.
#[derive(Clone)]
pub(crate) struct MakeSurroundings(pub(crate) Make);

/// Given when the run begins.
type Make = Arc<dyn Fn(Timestamp) -> Box<dyn Surroundings> + Send + Sync>;

impl fmt::Debug for MakeSurroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeSurroundings")
    }
}
