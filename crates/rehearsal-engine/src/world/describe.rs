//! What a client can look at: one workflow, or those that a query finds.

use rehearsal_history::{
    EventId, Failure, Memo, ParentClosePolicy, SearchAttributes, SmolStr, Status, Timestamp,
};
use rehearsal_service::{PendingKind, PendingOp, PendingState, RunRef, Service, TaskState};

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
    /// Its activities that have not ended, in the order in which they were scheduled; a server lists them in any order.
    /// A closed run keeps those that were pending when it closed (W-16).
    pub pending_activities: Vec<PendingActivity>,
    /// Its children that have not ended, in the order in which they were asked for; a server lists them in any order.
    /// A closed run keeps those that were pending when it closed (W-16).
    pub pending_children: Vec<PendingChild>,
    /// Its workflow task, if there is one. A run that was terminated or timed out keeps one that waited for a worker.
    pub pending_workflow_task: Option<PendingWorkflowTask>,
    /// Whether it was asked to cancel; true from the request on, also while that waits in the buffer.
    pub cancel_requested: bool,
}

/// What the service tells of an activity that has not ended (`GetPendingActivityInfo` in
/// `service/history/workflow/activity.go` of server 1.32).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PendingActivity {
    /// Its id.
    pub activity_id: SmolStr,
    /// Its type.
    pub activity_type: SmolStr,
    /// Where it stands.
    pub state: PendingActivityState,
    /// Which attempt it is at, from 1; while it waits for another one, the one to come.
    pub attempt: u32,
    /// When that attempt may be taken, while it waits for it.
    pub next_attempt: Option<Timestamp>,
    /// What the attempt before that failed with.
    pub last_failure: Option<Failure>,
}

/// Where an activity that has not ended stands, as a client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingActivityState {
    /// It waits for a worker, or for its next attempt.
    Scheduled,
    /// A worker has it.
    Started,
    /// A worker has it, and the workflow has asked it to cancel.
    CancelRequested,
}

/// What the service tells of a child that has not ended (`DescribeWorkflowExecution` of its parent, `Invoke` in
/// `service/history/api/describeworkflow/api.go` of server 1.32).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingChild {
    /// The id of its workflow.
    pub workflow_id: SmolStr,
    /// Its first run; `None` until its parent was told of the start.
    pub run_id: Option<SmolStr>,
    /// Its type.
    pub workflow_type: SmolStr,
    /// The event of its parent that asked for it.
    pub initiated: EventId,
    /// What becomes of it when its parent closes.
    pub parent_close_policy: ParentClosePolicy,
}

/// The children among what is [pending](Service::pending) in a run.
#[must_use]
pub fn pending_children(
    service: &Service,
    run: RunRef,
    pending: &[PendingOp],
) -> Vec<PendingChild> {
    let child = |op: &PendingOp| {
        let standing = service.child_standing(run, op.scheduled)?;
        Some(PendingChild {
            workflow_id: op.id.clone(),
            run_id: standing.run_id.cloned(),
            workflow_type: op.name.clone(),
            initiated: op.scheduled,
            parent_close_policy: standing.attributes.parent_close_policy.clone(),
        })
    };
    pending.iter().filter_map(child).collect()
}

/// What the service tells of the workflow task of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingWorkflowTask {
    /// Where it stands.
    pub state: PendingWorkflowTaskState,
    /// Which attempt it is, from 1.
    pub attempt: u32,
}

/// Where a workflow task stands, as a client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingWorkflowTaskState {
    /// It waits for a worker.
    Scheduled,
    /// A worker has it.
    Started,
}

impl PendingWorkflowTaskState {
    /// Its name in the API of the service, without the prefix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Started => "Started",
        }
    }
}

impl PendingActivityState {
    /// Its name in the API of the service, without the prefix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Started => "Started",
            Self::CancelRequested => "CancelRequested",
        }
    }
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
    ///
    /// An activity that fails waits for its second attempt:
    ///
    /// ```
    /// use rehearsal::{Activity, ActivityError, ActivityOptions, Context, Scenario, Workflow};
    /// use rehearsal::{PendingActivityState, WorkflowError, secs};
    ///
    /// const CALL: Activity<(), ()> = Activity::new("Call");
    /// const CALLER: Workflow<(), ()> = Workflow::new("Caller");
    ///
    /// async fn caller(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(5)));
    ///     ctx.execute(CALL, ()).await
    /// }
    ///
    /// let scenario = Scenario::new("caller").workflow(CALLER, caller);
    /// let mut world = scenario
    ///     .activity(CALL, |_, ()| async { Err(ActivityError::application("busy", "Busy")) })
    ///     .world();
    /// let caller = world.start(CALLER, "caller-1", ());
    /// world.advance(secs(0));
    /// let pending = &world.describe(&caller).pending_activities;
    /// assert_eq!((&*pending[0].activity_type, pending[0].attempt), ("Call", 2));
    /// assert_eq!(pending[0].state, PendingActivityState::Scheduled);
    /// assert!(pending[0].next_attempt.is_some() && pending[0].last_failure.is_some());
    /// ```
    ///
    /// A workflow that waits for its child, which was asked for by its event 5:
    ///
    /// ```
    /// # use rehearsal::{ChildOptions, Context, Scenario, Workflow, WorkflowError, mins, secs};
    /// const PARENT: Workflow<(), ()> = Workflow::new("Parent");
    /// const CHILD: Workflow<(), ()> = Workflow::new("Child");
    ///
    /// async fn parent(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let ctx = ctx.with_child_options(ChildOptions::new().with_id("child-1"));
    ///     ctx.execute_child(CHILD, ()).await
    /// }
    ///
    /// async fn child(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    ///
    /// let mut world =
    ///     Scenario::new("family").workflow(PARENT, parent).workflow(CHILD, child).world();
    /// let parent = world.start(PARENT, "parent-1", ());
    /// assert!(world.describe(&parent).pending_workflow_task.is_some());
    /// world.advance(secs(1));
    /// let described = world.describe(&parent);
    /// assert_eq!(described.pending_workflow_task, None);
    /// let child = &described.pending_children[0];
    /// assert_eq!((&*child.workflow_id, child.initiated.0), ("child-1", 5));
    /// assert!(child.run_id.is_some());
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
        let (view, pending) = (self.service.run(run), self.service.pending(run));
        Description {
            workflow_id: view.workflow_id.clone(),
            run_id: view.run_id.clone(),
            workflow_type: view.workflow_type.clone(),
            status: view.status,
            started_at: view.started_at,
            history_length: self.service.history(run).len(),
            memo: view.memo.clone(),
            search_attributes: view.search_attributes.clone(),
            pending_children: pending_children(&self.service, run, &pending),
            pending_activities: pending
                .into_iter()
                .filter_map(|op| self.pending_activity(run, op))
                .collect(),
            pending_workflow_task: self.pending_workflow_task(run),
            cancel_requested: view.cancel_requested,
        }
    }

    fn pending_workflow_task(&self, run: RunRef) -> Option<PendingWorkflowTask> {
        let (state, attempt) = match self.service.told_task(run) {
            TaskState::None => return None,
            TaskState::Scheduled { attempt, .. } => (PendingWorkflowTaskState::Scheduled, attempt),
            TaskState::Started { attempt, .. } => (PendingWorkflowTaskState::Started, attempt),
        };
        Some(PendingWorkflowTask { state, attempt })
    }

    /// What is told of an activity; `None` for everything else.
    fn pending_activity(&self, run: RunRef, op: PendingOp) -> Option<PendingActivity> {
        let state = match (op.kind, op.state) {
            (PendingKind::Activity, PendingState::Scheduled | PendingState::Backoff) => {
                PendingActivityState::Scheduled
            }
            (PendingKind::Activity, PendingState::Started | PendingState::Heartbeating) => {
                PendingActivityState::Started
            }
            (PendingKind::Activity, PendingState::CancelRequested) => {
                PendingActivityState::CancelRequested
            }
            (PendingKind::Activity, PendingState::Running)
            | (PendingKind::Timer | PendingKind::Child | PendingKind::External, _) => return None,
        };
        let standing = self.service.standing(run, op.scheduled)?;
        Some(PendingActivity {
            activity_id: op.id,
            activity_type: op.name,
            state,
            attempt: standing.attempt,
            next_attempt: standing.retry,
            last_failure: standing.last_failure.cloned(),
        })
    }
}
