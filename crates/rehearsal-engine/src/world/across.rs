//! What runs want of each other, and how a client finds those that it did not start.

use rehearsal_history::{SmolStr, Status, duration_text};
use rehearsal_service::{Across, Input, PendingOp, PendingState, RunRef};

use super::World;
use super::client::Handle;
use crate::outcome::start_of;

impl World {
    /// The current run of a workflow, whoever has started it: a child, too, which can be waited for, signaled and canceled
    /// like any other.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{ChildOptions, Context, Scenario, Status, Workflow, WorkflowError, mins};
    ///
    /// const ORDER: Workflow<(), ()> = Workflow::new("Order");
    /// const SHIP: Workflow<(), ()> = Workflow::new("Ship");
    ///
    /// async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.with_child_options(ChildOptions::new().with_id("ship-7")).execute_child(SHIP, ()).await
    /// }
    ///
    /// async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// let mut world = Scenario::new("order").workflow(ORDER, order).workflow(SHIP, ship).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// assert_eq!(world.workflow("ship-7"), None);
    /// world.advance(mins(1));
    /// let shipping = world.workflow("ship-7").expect("the order has started it");
    /// world.cancel(&shipping)?;
    /// assert_eq!(world.wait(&shipping), Status::Canceled);
    /// assert_eq!(world.wait(&order), Status::Canceled);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    #[must_use]
    pub fn workflow(&self, workflow_id: &str) -> Option<Handle> {
        let run = self.service.run_of(workflow_id)?;
        let view = self.service.run(run);
        let (workflow_id, run_id) = (view.workflow_id.clone(), view.run_id.clone());
        Some(Handle { workflow_id, run_id, run })
    }

    /// Where a child stands that its parent waits for.
    pub(super) fn child_standing(&self, op: &PendingOp) -> String {
        let run = self.service.run_of(&op.id).filter(|_| op.state == PendingState::Running);
        let Some(run) = run else { return "it has not been started".to_owned() };
        let view = self.service.run(run);
        if view.status != Status::Running {
            return "it has ended, which is still to be told".to_owned();
        }
        let started = start_of(self.service.history(run));
        let backoff = started.and_then(|started| started.first_workflow_task_backoff);
        let begins = view.started_at.saturating_add(backoff.unwrap_or_default());
        let now = self.time_of(run);
        if begins > now {
            let wait = duration_text(begins.since(now));
            return format!("its next run begins in {wait}");
        }
        if view.cancel_requested {
            return "it was asked to cancel, and runs on".to_owned();
        }
        "it runs".to_owned()
    }

    /// What a run wants of others happens now.
    pub(super) fn transfer(&mut self, run: RunRef, across: Across) {
        let run_id = match across {
            Across::StartChild { .. } => self.fresh_run_id(),
            Across::SignalExternal { .. } | Across::CancelExternal { .. } | Across::Close => {
                SmolStr::default()
            }
        };
        if let Err(error) = self.call(Input::Transfer { run, across, run_id }) {
            self.bug(&format!("the service refused what it wants done itself: {error}"));
        }
    }
}
