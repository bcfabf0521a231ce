//! Virtual time. It moves only when nothing is ready to happen.

use std::cell::Cell;
use std::rc::Rc;

use rehearsal_history::Timestamp;

/// A clock that everything in one world reads. Clones show the same time.
#[derive(Debug, Clone)]
pub(crate) struct Clock(Rc<Cell<Timestamp>>);

/// When every world begins that goes on from no recorded run: 2026-01-01T00:00:00Z. Nothing depends on it but what is printed as a date.
pub const BEGINNING: Timestamp = Timestamp::from_nanos(1_767_225_600_000_000_000);

impl Clock {
    /// A clock that stands at this time.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(Rc::new(Cell::new(now)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.get()
    }

    /// Moves on to `to`; a time that has passed changes nothing.
    pub(crate) fn advance_to(&self, to: Timestamp) {
        if to > self.0.get() {
            self.0.set(to);
        }
    }
}
