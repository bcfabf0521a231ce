//! Chains: which run of a workflow follows which, and which one is meant.

use rehearsal_history::{EventKind, Status};
use rehearsal_service::RunRef;

use super::World;
use super::client::Handle;

impl World {
    /// Waits until a workflow is closed, or nothing can happen any more. Returns how it stands then.
    ///
    /// A workflow that goes on in another run is not closed: the last run of its chain is waited for, as the clients of
    /// both SDKs do.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::Status;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// assert_eq!(world.wait(&nap), Status::Completed);
    /// assert_eq!(world.elapsed(), mins(5));
    /// ```
    pub fn wait(&mut self, handle: &Handle) -> Status {
        let mut run = self.last_run(handle.run);
        while self.is_open(run) && self.step(rehearsal_history::Timestamp::MAX) {
            run = self.last_run(run);
        }
        self.status(handle)
    }

    /// How a workflow stands: the last run of its chain.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::Status;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let nap = world.start(NAP, "nap-1", ());
    /// assert_eq!(world.status(&nap), Status::Running);
    /// ```
    #[must_use]
    pub fn status(&self, handle: &Handle) -> Status {
        self.service.run(self.last_run(handle.run)).status
    }

    /// The run that follows `run` in its chain: the workflow went on in it, is tried again in it, or runs again by its
    /// cron schedule.
    fn next_run(&self, run: RunRef) -> Option<RunRef> {
        let view = self.service.run(run);
        let next = view.close.as_ref()?.kind.next_run_id()?;
        self.service.run_by_id(&view.workflow_id, next)
    }

    /// The last run so far of the chain that `run` belongs to. Clients of both SDKs wait for that one: `WorkflowRun.Get`
    /// of Go, `get_result` of Rust with `follow_runs`, which is the default.
    pub(super) fn last_run(&self, mut run: RunRef) -> RunRef {
        while let Some(next) = self.next_run(run) {
            run = next;
        }
        run
    }

    /// Whether all that is open are runs that followed others by their cron schedules.
    pub(super) fn all_by_schedule(&self) -> bool {
        self.service.runs().filter(|&run| self.is_open(run)).all(|run| {
            matches!(
                self.service.history(run).first().map(|event| &event.kind),
                Some(EventKind::WorkflowExecutionStarted(started))
                    if !started.cron_schedule.is_empty()
                        && !started.continued_execution_run_id.is_empty()
            )
        })
    }

    /// The run of the first execution that a sweep cancels now, and which one of its chain it is, from 0.
    ///
    /// Looked for from where it was found last, as chains grow only at their end.
    pub(super) fn main_run(&mut self) -> Option<(RunRef, u32)> {
        let (mut run, mut nth) = match self.main {
            Some(main) => main,
            None => (self.service.runs().next()?, 0),
        };
        while let Some(next) = self.next_run(run) {
            (run, nth) = (next, nth.saturating_add(1));
        }
        self.main = Some((run, nth));
        Some((run, nth))
    }
}
