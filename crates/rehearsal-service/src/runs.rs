//! All runs of a service, by their references. One that was forgotten leaves its status, and which run followed it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

use rehearsal_history::{SmolStr, Status};

use crate::input::RunRef;
use crate::run::Run;

/// All runs, in the order in which they were started.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    slots: Vec<Slot>,
    /// What stands for all that were forgotten: a closed run, with nothing in it.
    gone: Option<Box<Run>>,
}

#[derive(Debug)]
enum Slot {
    Kept(Box<Run>),
    Gone(Gone),
}

/// What is left of a run that was forgotten.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) status: Status,
    /// The run that follows it in its chain.
    pub(crate) next: Option<RunRef>,
    pub(crate) first_run_id: SmolStr,
}

impl Runs {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn push(&mut self, run: Run) {
        self.slots.push(Slot::Kept(Box::new(run)));
    }

    /// What is left of a run, if it was forgotten.
    pub(crate) fn gone(&self, run: RunRef) -> Option<&Gone> {
        match self.slots.get(run.index())? {
            Slot::Kept(_) => None,
            Slot::Gone(gone) => Some(gone),
        }
    }

    /// Takes out a run that is closed; `None` if it was taken out before. From now on it stands there as a closed run with
    /// nothing in it, so that whatever comes too late is refused as for any closed run.
    pub(crate) fn forget(&mut self, run: RunRef, next: Option<RunRef>) -> Option<Box<Run>> {
        let slot = self.slots.get_mut(run.index())?;
        let Slot::Kept(kept) = slot else { return None };
        let view = kept.view();
        let gone = Gone { status: view.status, next, first_run_id: view.first_run_id.clone() };
        if self.gone.is_none() {
            self.gone = Some(Box::new(kept.hollow()));
        }
        match core::mem::replace(slot, Slot::Gone(gone)) {
            Slot::Kept(kept) => Some(kept),
            Slot::Gone(_) => None,
        }
    }

    /// The runs that are kept.
    pub(crate) fn into_kept(self) -> impl Iterator<Item = Run> {
        self.slots.into_iter().filter_map(|slot| match slot {
            Slot::Kept(run) => Some(*run),
            Slot::Gone(_) => None,
        })
    }
}

impl Index<usize> for Runs {
    type Output = Run;

    /// # Panics
    ///
    /// Panics if there is no such run.
    fn index(&self, index: usize) -> &Run {
        match &self.slots[index] {
            Slot::Kept(run) => run,
            Slot::Gone(_) => self.gone.as_ref().expect("a run was forgotten, so one stands for it"),
        }
    }
}

impl IndexMut<usize> for Runs {
    fn index_mut(&mut self, index: usize) -> &mut Run {
        match &mut self.slots[index] {
            Slot::Kept(run) => run,
            Slot::Gone(_) => self.gone.as_mut().expect("a run was forgotten, so one stands for it"),
        }
    }
}
