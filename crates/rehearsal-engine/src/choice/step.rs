//! What a step touched: whether two of them come to the same in either order.

use std::collections::BTreeSet;

/// What a cancel is called.
const CANCEL: &str = "cancel";

/// Names a step, so that it is known again where others have come before it that have nothing to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepName {
    what: &'static str,
    of: [u64; 4],
}

impl StepName {
    pub(crate) const fn new(what: &'static str, of: [u64; 4]) -> Self {
        Self { what, of }
    }

    /// That of a cancel of an execution, by its number in the order of starts, from 0.
    #[must_use]
    pub const fn cancel_of(execution: u32) -> Self {
        Self { what: CANCEL, of: [execution as u64, 0, 0, 0] }
    }

    /// Whether it is that of a cancel.
    #[must_use]
    pub fn is_cancel(self) -> bool {
        self.what == CANCEL
    }
}

/// What a step has read or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touched {
    /// Nobody knows: it may be anything.
    Everything,
    /// What activities share, whatever that is: their code ran.
    ActivityCode,
    /// What is of one attempt of an activity, by its number.
    Attempt(u64),
    /// A run of the service, by its place in the order of starts, and what workers know of it.
    Run(usize),
    /// The slots for activities, where a worker has a number of them.
    Slots,
    /// What workers keep in their caches, where a cache has a size.
    Caches,
}

/// One step that was taken, or one cancel that was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name; `None` if it is not known again.
    pub name: Option<StepName>,
    /// What it touched; nothing if it left everything as it was, in which case what could follow before can follow now.
    pub touched: BTreeSet<Touched>,
}

impl Step {
    /// One of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self { name: None, touched: BTreeSet::from([Touched::Everything]) }
    }

    /// Whether it comes to the same which of the two is first: they touch nothing in common.
    ///
    /// This takes for granted that workflow code is a function of what it is told, as Temporal demands and replays check.
    /// Activity code may share anything.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_engine::{Step, Touched};
    ///
    /// let step = |touched: &[Touched]| Step { name: None, touched: touched.iter().copied().collect() };
    /// let polled = step(&[Touched::ActivityCode, Touched::Attempt(1)]);
    /// let answered = step(&[Touched::Run(0)]);
    /// assert!(polled.commutes_with(&answered));
    /// assert!(!polled.commutes_with(&step(&[Touched::ActivityCode, Touched::Attempt(2)])));
    /// assert!(!answered.commutes_with(&Step::unknown()));
    /// ```
    #[must_use]
    pub fn commutes_with(&self, other: &Self) -> bool {
        let unknown = |step: &Self| step.touched.contains(&Touched::Everything);
        !unknown(self) && !unknown(other) && self.touched.is_disjoint(&other.touched)
    }
}
