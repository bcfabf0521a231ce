//! A check that is asked only where a cancel was seen.

use std::sync::Arc;

use rehearsal_history::SmolStr;

use super::Check;
use crate::finding::Finding;
use crate::outcome::Outcome;

/// Another check, of the runs in which a workflow [saw a cancel](crate::Execution::saw_cancel) only.
#[derive(Debug, Clone)]
pub struct IfCanceled(Arc<dyn Check>);

impl IfCanceled {
    /// `check` judges runs with a cancel, and no others.
    #[must_use]
    pub fn new(check: impl Check + 'static) -> Self {
        Self(Arc::new(check))
    }
}

impl Check for IfCanceled {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        if outcome.saw_cancel() { self.0.check(outcome) } else { Vec::new() }
    }

    fn activities(&self) -> Vec<SmolStr> {
        self.0.activities()
    }

    fn judges(&self, outcome: &Outcome) -> bool {
        outcome.saw_cancel() && self.0.judges(outcome)
    }

    fn must_be_reached(&self) -> Option<&str> {
        self.0.must_be_reached()
    }

    fn reached(&self, outcome: &Outcome) -> bool {
        outcome.saw_cancel() && self.0.reached(outcome)
    }
}
