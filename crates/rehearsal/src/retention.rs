//! Worlds that see more executions than anybody wants to keep: closed ones are deleted.

use std::time::Duration;

use rehearsal_engine::{Code, Finding};

use crate::failure::Failure;
use crate::scenario::Scenario;

impl Scenario {
    /// Has closed executions deleted so long after their close, as a server does when the retention of their namespace is
    /// over. Without this word, and by default, they are kept to the end of the run.
    ///
    /// So a world may see any number of executions, and needs memory for those that are open, and for 100 bytes or so of each
    /// run that was deleted. What is deleted was looked at: its history is well formed, and it replays from the start. To
    /// clients it is no more: its id is free, whatever the policies for ids say, and what they ask of it is answered with
    /// *not found*. A [`Handle`](crate::Handle) still tells how it ended. It is in no [`Outcome`](crate::Outcome), but
    /// [`Record::forgotten`](crate::Record::forgotten) counts it, by its status, and its events. The execution that is
    /// started first is kept, with all of its runs.
    ///
    /// A server keeps closed executions for a day at least, and deletes them some time later than it has to; here it is any
    /// time, to the point. `Duration::ZERO` deletes them before the clock moves on.
    ///
    /// Checks, sweeps and explorations look at whole outcomes, so a scenario with a retention that is given a check, swept
    /// or explored is refused (RH502).
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Status, Workflow, WorkflowError, mins, secs};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// let scenario = Scenario::new("naps").workflow(NAP, nap).retention(mins(1)).client(|world| {
    ///     for number in 0..100 {
    ///         let nap = world.start(NAP, &format!("nap-{number}"), ());
    ///         assert_eq!(world.wait(&nap), Status::Completed);
    ///         world.advance(secs(90));
    ///         assert_eq!(world.status(&nap), Status::Completed);
    ///     }
    ///     assert!(world.workflow("nap-7").is_none());
    /// });
    /// let outcome = scenario.run();
    /// assert_eq!(outcome.executions.len(), 1);
    /// assert_eq!(outcome.record.forgotten.executions[&Status::Completed], 99);
    /// ```
    #[must_use]
    pub fn retention(mut self, after: Duration) -> Self {
        self.inner = self.inner.with_retention(after);
        self
    }

    /// What was deleted cannot be judged.
    pub(crate) fn checked_in_vain(&self) -> Option<Finding> {
        let deletes = self.inner.retention().is_some() && !self.checks.is_empty();
        deletes.then(|| {
            let headline = "the scenario has a check, and a retention: a check judges whole outcomes, and what is deleted \
                            is in none";
            Finding::new(Code::Setup, headline)
        })
    }

    /// A scenario of which all is kept.
    ///
    /// # Errors
    ///
    /// A failure (RH502) if it deletes anything.
    pub(crate) fn keeps_all(&self) -> Result<(), Failure> {
        if self.inner.retention().is_none() {
            return Ok(());
        }
        let headline = "the scenario has a retention: many runs are compared by what is in them, and what is deleted is in \
                        none";
        Err(Failure::of_finding(Finding::new(Code::Setup, headline)))
    }
}
