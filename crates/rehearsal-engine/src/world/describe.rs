//! What a client can look at: one workflow, or those that a query finds.

use rehearsal_history::{Memo, SearchAttributes, SmolStr, Status, Timestamp};
use rehearsal_service::RunRef;

use super::World;
use super::client::{ClientError, Handle, target};

/// What the service tells of a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The id of its workflow.
    pub workflow_id: SmolStr,
    /// Its own id.
    pub run_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// How it stands.
    pub status: Status,
    /// When it was started.
    pub started_at: Timestamp,
    /// How many events are recorded.
    pub history_length: usize,
    /// Its notes.
    pub memo: Memo,
    /// What it can be searched by.
    pub search_attributes: SearchAttributes,
}

impl World {
    /// What the service tells of a run that was started here.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::{Memo, StartOptions};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let mut options = StartOptions::new("Nap", "nap-1");
    /// options.memo = Some(Memo::new().with("where", "sofa"));
    /// let nap = world.start_workflow(options)?;
    /// assert_eq!(world.describe(&nap).memo.get::<String>("where")?.as_deref(), Some("sofa"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn describe(&self, handle: &Handle) -> Description {
        self.description(handle.run)
    }

    /// What the service tells of the current run of a workflow, or of the run that is named.
    ///
    /// # Errors
    ///
    /// What the server answers: no such workflow or run.
    pub fn describe_workflow(
        &self,
        workflow_id: &str,
        run_id: Option<&str>,
    ) -> Result<Description, ClientError> {
        Ok(self.description(self.service.meant(&target(workflow_id, run_id))?))
    }

    /// The runs that a query finds, in the server's order: open ones first, then those that were closed last. A query that
    /// is empty finds all.
    ///
    /// Equalities of `WorkflowId`, `RunId`, `WorkflowType`, `ExecutionStatus` and search attributes are simulated, joined
    /// by `AND`. What has just happened is found at once; a server lags behind.
    ///
    /// # Errors
    ///
    /// What the server answers: no such attribute. [`ClientError::NotSimulated`] for all other queries.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// world.start(NAP, "nap-1", ());
    /// world.start(NAP, "nap-2", ());
    /// let napping = world.list("WorkflowType = 'Nap' AND ExecutionStatus = 'Running'")?;
    /// assert_eq!(napping.len(), 2);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn list(&self, query: &str) -> Result<Vec<Description>, ClientError> {
        let runs = self.service.list(query)?;
        Ok(runs.into_iter().map(|run| self.description(run)).collect())
    }

    fn description(&self, run: RunRef) -> Description {
        let view = self.service.run(run);
        Description {
            workflow_id: view.workflow_id.clone(),
            run_id: view.run_id.clone(),
            workflow_type: view.workflow_type.clone(),
            status: view.status,
            started_at: view.started_at,
            history_length: self.service.history(run).len(),
            memo: view.memo.clone(),
            search_attributes: view.search_attributes.clone(),
        }
    }
}
