//! What is known of all runs together, kept up to date run by run, so that nobody has to look at all of them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::input::RunRef;
use crate::run::Run;
use crate::words::{Wake, fingerprint, replace};

/// The deadlines of all runs, and more that is asked for at every step.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    /// The soonest deadline of each run that has one.
    wakes: BTreeSet<(Wake, RunRef)>,
    /// What is in here of each run.
    of_runs: Vec<OfRun>,
    open: usize,
    longest: usize,
    /// The sum of what is pending in each run.
    pending: u64,
}

/// What the indexes hold of one run.
#[derive(Debug, Clone, Copy)]
struct OfRun {
    wake: Option<Wake>,
    is_open: bool,
    pending: u64,
}

impl Indexes {
    /// Takes in the run that was started last.
    pub(crate) fn add(&mut self, run: &Run) {
        let id = RunRef(u32::try_from(self.of_runs.len()).unwrap_or(u32::MAX));
        self.of_runs.push(OfRun { wake: None, is_open: true, pending: 0 });
        self.open = self.open.saturating_add(1);
        self.update(id, run);
    }

    /// Something may have changed in a run.
    pub(crate) fn update(&mut self, id: RunRef, run: &Run) {
        let Some(of) = self.of_runs.get_mut(id.index()) else { return };
        let wake = run.wake();
        let [before, after] = [of.wake, wake].map(|wake| wake.map(|wake| (wake, id)));
        replace(&mut self.wakes, before, after);
        of.wake = wake;
        if of.is_open && !run.is_open() {
            of.is_open = false;
            self.open = self.open.saturating_sub(1);
        }
        self.longest = self.longest.max(run.history().len());
        // What was pending when a run closed is of no concern any more (W-16).
        let pending = if run.is_open() { run.fingerprint() } else { 0 };
        if pending != of.pending {
            let [before, after] = [of.pending, pending].map(|pending| match pending {
                0 => 0,
                // The same for each run of a chain, of which one is open.
                pending => fingerprint(&(&run.view().workflow_id, pending)),
            });
            self.pending = self.pending.wrapping_sub(before).wrapping_add(after);
            of.pending = pending;
        }
    }

    /// The soonest deadline of all; of several at the same nanosecond that which was armed first.
    pub(crate) fn soonest(&self) -> Option<(Wake, RunRef)> {
        self.wakes.first().copied()
    }

    pub(crate) const fn has_open(&self) -> bool {
        self.open > 0
    }

    pub(crate) const fn longest(&self) -> usize {
        self.longest
    }

    /// A number for what is pending in each run.
    pub(crate) const fn fingerprint(&self) -> u64 {
        self.pending
    }
}
