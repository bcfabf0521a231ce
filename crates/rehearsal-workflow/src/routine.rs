//! Polls the routines of a run until none gets any further.
//!
//! The main routine first, then those that were spawned, in the order in which they were; then again, until a pass
//! changes nothing that a routine could look at. The order is part of the determinism contract and never varies. As in
//! Go the end of the main routine does not stop the others: they run on until they wait.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use rehearsal_activation::Trouble;
use rehearsal_activation::quiet::{self, Panic};
use rehearsal_activation::wake::ForeignWake;

use crate::state::{Routine, Shared};
use crate::update;

/// How many passes there may be in one activation. Each must make progress, and [`State::advance`] bounds most of that;
/// this bounds what is left.
///
/// [`State::advance`]: crate::state::State::advance
const PASSES: u32 = 100_000;

/// Why the routines could not be run.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// One of them panicked.
    Panicked(Panic),
    /// One of them waits for something that is not ours.
    Foreign(Trouble),
}

/// The routines of one run that have not ended, oldest first.
#[derive(Default)]
pub(crate) struct Routines {
    routines: Vec<Routine>,
    wake: Arc<ForeignWake>,
}

impl Routines {
    /// Runs all of them until none gets any further.
    pub(crate) fn run(&mut self, shared: &Shared) -> Result<(), Stopped> {
        let waker = Waker::from(Arc::clone(&self.wake));
        let mut cx = Context::from_waker(&waker);
        for _ in 0..PASSES {
            let before = shared.borrow().progress;
            self.pass(shared, &mut cx)?;
            // Go gives up what waits for a handler when all are blocked (`DrainUnhandledUpdates`).
            if shared.borrow().progress == before && !update::give_up(shared) {
                return Ok(());
            }
        }
        Err(Stopped::Panicked(Panic {
            message: format!(
                "[TMPRL1101] Potential deadlock detected: workflow code did not settle in {PASSES} passes"
            ),
            location: None,
        }))
    }

    /// Polls each routine once, also those that are spawned meanwhile.
    fn pass(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Result<(), Stopped> {
        shared.borrow_mut().begin_pass();
        self.adopt_first(shared, 0);
        let mut foreign = false;
        let mut index = 0;
        loop {
            self.adopt(shared);
            let Some(routine) = self.routines.get_mut(index) else { break };
            shared.borrow_mut().leaves = 0;
            match quiet::catch(|| poll_routine(routine, cx)).map_err(Stopped::Panicked)? {
                Poll::Ready(()) => {
                    let ended = self.routines.remove(index);
                    quiet::catch(|| drop(ended)).map_err(Stopped::Panicked)?;
                    shared.borrow_mut().progress += 1;
                }
                Poll::Pending => {
                    foreign |= shared.borrow().leaves == 0;
                    index += 1;
                }
            }
            self.adopt_first(shared, index);
        }
        if foreign || self.wake.was_called() {
            let state = shared.borrow();
            return Err(Stopped::Foreign(Trouble::ForeignFuture {
                pending: state.unfinished(),
                last_completed: state.last_completed.as_ref().map(ToString::to_string),
                woken_at: self.wake.at(),
                seen_at: state.seen_at(),
            }));
        }
        Ok(())
    }

    /// Takes over what was spawned. A new routine is progress: it has not run yet.
    pub(crate) fn adopt(&mut self, shared: &Shared) {
        let mut state = shared.borrow_mut();
        if !state.spawned.is_empty() {
            state.progress += 1;
            self.routines.append(&mut state.spawned);
        }
    }

    /// Takes over the routines of updates, in front of the routine at this place.
    pub(crate) fn adopt_first(&mut self, shared: &Shared, index: usize) {
        let mut state = shared.borrow_mut();
        if !state.spawned_first.is_empty() {
            state.progress += 1;
            self.routines.splice(index..index, std::mem::take(&mut state.spawned_first));
        }
    }

    /// Drops all of them. A destructor of workflow code that panics harms nobody any more.
    pub(crate) fn drop_all(&mut self) {
        let routines = std::mem::take(&mut self.routines);
        if !routines.is_empty() {
            let _panic_in_destructor = quiet::catch(|| drop(routines));
        }
    }
}

/// Polls one routine. A function of its own, so that backtraces taken in workflow code can be cut off here.
#[inline(never)]
fn poll_routine(routine: &mut Routine, cx: &mut Context<'_>) -> Poll<()> {
    routine.as_mut().poll(cx)
}
