//! The run that a run in which something was found is shown against.

use rehearsal_engine::Outcome;
use rehearsal_explore::{Again, Passing};

use crate::keeper::Keeper;
use crate::report::Report;
use crate::scenario::Scenario;

impl Scenario {
    /// The nearest run in which all is well: that of the same tape with one answer less. It takes as many runs as the tape
    /// has answers, so it is looked for only when a report is made.
    pub(crate) fn nearest_passing(&self, failing: &Outcome) -> Option<Passing> {
        let observer = Keeper::new(self.inner.name());
        let again = Again {
            scenario: &self.inner,
            checks: &self.checks,
            patience: failing.patience,
            observer: &observer,
        };
        again.nearest_passing(failing)
    }

    /// Has a report show its first run in which something was found beside the nearest one that is well, if more than one
    /// thing strikes in it. Of a single one the runs of the sweep itself are near.
    pub(crate) fn show_nearest(&self, report: &mut Report) {
        let first = report.first_failure();
        let nearest = (first.tape.len() > 1).then(|| self.nearest_passing(first)).flatten();
        report.show_beside(nearest);
    }
}
