//! Chains: which run of a workflow follows which, and which one is meant.

use rehearsal_history::Status;
use rehearsal_service::{Input, RunRef, Target};

use super::World;
use super::client::{ClientError, Handle, IDENTITY};
use crate::outcome::start_of;

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
        self.bound();
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
        self.service.status(self.last_run(handle.run))
    }

    /// Requests the cancel of the chain that a handle stands for: of its current run, as a handle of the Rust SDK does (C-7).
    ///
    /// # Errors
    ///
    /// What the server answers: the current run with this workflow id belongs to another chain.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Status, Workflow, WorkflowError, mins};
    ///
    /// const WATCH: Workflow<u32, ()> = Workflow::new("Watch");
    ///
    /// async fn watch(ctx: Context, round: u32) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await?;
    ///     Err(ctx.continue_as_new(WATCH, round + 1))
    /// }
    ///
    /// let mut world = Scenario::new("watch").workflow(WATCH, watch).world();
    /// let watch = world.start(WATCH, "watch-1", 0);
    /// world.advance(mins(12));
    /// // With the id of a run that has gone on, nothing is canceled (C-3).
    /// world.cancel_workflow("watch-1", Some(&watch.run_id), "")?;
    /// assert_eq!(world.status(&watch), Status::Running);
    /// world.cancel_chain(&watch, "enough")?;
    /// assert_eq!(world.wait(&watch), Status::Canceled);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn cancel_chain(&mut self, handle: &Handle, reason: &str) -> Result<(), ClientError> {
        self.moved = true;
        self.request_cancel(self.chain_of(handle), reason.into(), IDENTITY)
    }

    /// Terminates the chain that a handle stands for: its current run, as a handle of the Rust SDK does (C-7).
    ///
    /// # Errors
    ///
    /// What the server answers: the chain is over, or the current run with this workflow id belongs to another one.
    pub fn terminate_chain(&mut self, handle: &Handle, reason: &str) -> Result<(), ClientError> {
        self.moved = true;
        let (target, reason, details) = (self.chain_of(handle), reason.into(), None);
        let identity = IDENTITY;
        self.call(Input::TerminateWorkflow { target, reason, details, identity }).map(drop)
    }

    /// The current run of the chain that the run of a handle is of.
    fn chain_of(&self, handle: &Handle) -> Target {
        let first_run_id = Some(self.service.first_run_id(handle.run).clone());
        Target { first_run_id, ..Target::current(handle.workflow_id.clone()) }
    }

    /// The run that follows `run` in its chain: the workflow went on in it, is tried again in it, or runs again by its
    /// cron schedule.
    fn next_run(&self, run: RunRef) -> Option<RunRef> {
        self.service.next_run(run)
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
            start_of(self.service.history(run)).is_some_and(|started| {
                !started.cron_schedule.is_empty() && !started.continued_execution_run_id.is_empty()
            })
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
