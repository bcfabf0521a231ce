//! Whether a replay shows that workflow code still does what was recorded.

use core::fmt;

use crate::mismatch::Grade;
use crate::replayer::{ReplayEnd, Replayed};

impl Replayed {
    /// How many differences are of this grade.
    #[must_use]
    pub fn count(&self, grade: Grade) -> usize {
        self.differences.iter().filter(|difference| difference.grade == grade).count()
    }

    /// Asserts that workflow code still does what was recorded: that there is no difference but in what only people read.
    /// For tests.
    ///
    /// That [breaks production](Grade::BreaksProduction) never gets here, since it ends the replay with an error. What
    /// [changes behavior](Grade::ChangesBehavior) passes Temporal's own replayers, and fails here. [Cosmetic](Grade::Cosmetic)
    /// differences are counted.
    ///
    /// Returns how many these are.
    ///
    /// # Panics
    ///
    /// With the report, if anything changes behavior.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use rehearsal_activation::{Activation, Completion, Definition, Instance, Seq, StartTimer, WorkflowCommand};
    /// # use rehearsal_history::HistoryBuilder;
    /// # use rehearsal_worker::{ReplayOptions, replay};
    /// # struct Napping;
    /// # impl Instance for Napping {
    /// #     fn activate(&mut self, _: &Activation) -> Completion {
    /// #         let nap = StartTimer { seq: Seq(1), after: Duration::from_secs(60), summary: None };
    /// #         Completion::Commands(vec![WorkflowCommand::StartTimer(nap)])
    /// #     }
    /// #     fn pending(&self) -> Vec<String> {
    /// #         Vec::new()
    /// #     }
    /// # }
    /// # struct Nap;
    /// # impl Definition for Nap {
    /// #     fn workflow_type(&self) -> &str {
    /// #         "Nap"
    /// #     }
    /// #     fn instantiate(&self) -> Box<dyn Instance> {
    /// #         Box::new(Napping)
    /// #     }
    /// # }
    /// let mut recorded = HistoryBuilder::new("Nap");
    /// recorded.complete_task();
    /// recorded.start_timer(Duration::from_secs(60));
    ///
    /// let replayed = replay(recorded.build().events(), &Nap, ReplayOptions::default())?;
    /// assert_eq!(replayed.assert_faithful(), 0);
    /// # Ok::<(), Box<rehearsal_worker::Mismatch>>(())
    /// ```
    #[expect(clippy::must_use_candidate, reason = "it asserts; the count is for those who want it")]
    #[track_caller]
    pub fn assert_faithful(&self) -> usize {
        let changed = self.differences.iter().any(|found| found.grade > Grade::Cosmetic);
        assert!(!changed, "the code does not do what was recorded\n\n{self}");
        self.count(Grade::Cosmetic)
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.tasks == 1 { "" } else { "s" };
        write!(f, "{} workflow task{plural} replayed, ", self.tasks)?;
        match self.end {
            ReplayEnd::Closed(at) => write!(f, "up to the close of the run in event {at}"),
            ReplayEnd::TaskOpen(at) => {
                write!(f, "up to the task of event {at}, which nobody has answered yet")
            }
            ReplayEnd::TaskFailed(at) => write!(f, "up to a task that failed, in event {at}"),
            ReplayEnd::TaskScheduled(at) => {
                write!(f, "up to the task of event {at}, which nobody has taken yet")
            }
            ReplayEnd::Waiting(at) => write!(f, "up to event {at}, where the run waits"),
        }?;
        let count = |grade| match self.count(grade) {
            0 => None,
            count => Some((count, grade)),
        };
        let counts = [Grade::ChangesBehavior, Grade::Cosmetic].into_iter().filter_map(count);
        for (nth, (count, grade)) in counts.enumerate() {
            let plural = if count == 1 { "" } else { "s" };
            let (between, what) = if nth == 0 { (": ", " difference") } else { (", ", "") };
            let plural = if nth == 0 { plural } else { "" };
            write!(f, "{between}{count}{what}{plural} graded `{grade}`")?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        for difference in &self.differences {
            write!(f, "\n{difference}")?;
        }
        Ok(())
    }
}
