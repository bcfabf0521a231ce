//! What had happened when something struck, which it must not change.

use rehearsal::Outcome;

/// Where a run stood when something struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stood {
    /// Which run of the first execution's chain was the last, from 0.
    pub run: u32,
    /// How many events it had.
    pub events: usize,
}

impl Stood {
    /// Where a run stood when a worker was about to run workflow code for the `nth` time, counting from 0, be it that of the
    /// first execution or of another. Attempts of a task after the first have no events yet at that time. `None` if there
    /// was no such time.
    #[must_use]
    pub fn before_task(outcome: &Outcome, nth: u32) -> Option<Self> {
        let mut points = outcome.record.points.iter().filter(|p| p.before == "workflow code runs");
        let point = points.nth(usize::try_from(nth).ok()?)?;
        Some(Self { run: point.run, events: usize::try_from(point.after_event.0).ok()? })
    }

    /// Whether all that had happened until then is the same in both outcomes: the runs before this one, and this one as
    /// far as it was.
    #[must_use]
    pub fn is_alike(self, calm: &Outcome, struck: &Outcome) -> bool {
        let all = |outcome: &Outcome, nth| outcome.main_run(nth).map(|run| run.history.clone());
        let begun = |outcome: &Outcome| {
            all(outcome, self.run)
                .map(|history| history.into_iter().take(self.events).collect::<Vec<_>>())
        };
        (0..self.run).all(|nth| all(calm, nth) == all(struck, nth)) && begun(calm) == begun(struck)
    }
}
