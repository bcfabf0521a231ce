//! What a run came to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rehearsal_activation::names::NamesActivity;
use rehearsal_history::event::WorkflowExecutionStarted;
use rehearsal_history::{Event, EventId, EventKind, Failure, Payloads, SmolStr, Status};

use crate::cause::Dialect;
use crate::choice::Tape;
use crate::fake::Fakes;
use crate::finding::Finding;
use crate::record::{Call, CancelAccepted, Record};
use crate::run::Patience;

/// What a run with this history was started with.
pub(crate) fn start_of(history: &[Arc<Event>]) -> Option<&WorkflowExecutionStarted> {
    match &history.first()?.kind {
        EventKind::WorkflowExecutionStarted(started) => Some(started),
        _ => None,
    }
}

/// One execution of a run.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Its workflow id.
    pub workflow_id: SmolStr,
    /// Its run id.
    pub run_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// Its history, as far as it is recorded.
    pub history: Vec<Arc<Event>>,
    /// How it stands at the end.
    pub status: Status,
}

impl Execution {
    /// What it returned, if it completed.
    #[must_use]
    pub fn result(&self) -> Option<&Payloads> {
        match &self.history.last()?.kind {
            EventKind::WorkflowExecutionCompleted(completed) => completed.result.as_ref(),
            _ => None,
        }
    }

    /// Whether it is the first run of its chain.
    #[must_use]
    pub fn is_first(&self) -> bool {
        start_of(&self.history).is_none_or(|started| started.continued_execution_run_id.is_empty())
    }

    /// The run that follows it in its chain, if it closed so that another one does.
    #[must_use]
    pub fn next_run_id(&self) -> Option<&SmolStr> {
        self.history.last()?.kind.next_run_id()
    }

    /// The operations that the same workflow task asked for and canceled: those that were started on a canceled context
    /// (C-35, C-39).
    pub(crate) fn skipped(&self) -> BTreeSet<EventId> {
        let mut asked: BTreeMap<EventId, EventId> = BTreeMap::new();
        let mut skipped = BTreeSet::new();
        for event in &self.history {
            let canceled = match &event.kind {
                EventKind::ActivityTaskScheduled(scheduled) => {
                    asked.insert(event.id, scheduled.workflow_task_completed_event_id);
                    continue;
                }
                EventKind::TimerStarted(started) => {
                    asked.insert(event.id, started.workflow_task_completed_event_id);
                    continue;
                }
                EventKind::ActivityTaskCancelRequested(request) => {
                    (request.scheduled_event_id, request.workflow_task_completed_event_id)
                }
                EventKind::TimerCanceled(canceled) => {
                    (canceled.started_event_id, canceled.workflow_task_completed_event_id)
                }
                _ => continue,
            };
            if asked.get(&canceled.0) == Some(&canceled.1) {
                skipped.insert(canceled.0);
            }
        }
        skipped
    }

    /// What it failed with, if it failed. As a `WorkflowError` it can be asked for its kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Workflow, WorkflowError};
    ///
    /// const BUY: Workflow<(), ()> = Workflow::new("Buy");
    ///
    /// async fn buy(_: Context, (): ()) -> Result<(), WorkflowError> {
    ///     Err(WorkflowError::application("no car left", "SoldOut"))
    /// }
    ///
    /// let scenario = Scenario::new("buy").workflow(BUY, buy);
    /// let outcome = scenario.client(|world| drop(world.start(BUY, "order-7", ()))).run();
    /// let failure = outcome.main().unwrap().failure().expect("it failed");
    /// let error = WorkflowError::from(failure.clone());
    /// assert_eq!(error.application_type(), Some("SoldOut"));
    /// ```
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.history.last()?.kind {
            EventKind::WorkflowExecutionFailed(failed) => failed.failure.as_ref(),
            _ => None,
        }
    }
}

/// What a timer says of itself.
pub(crate) fn summary(event: &Event) -> Option<SmolStr> {
    let text = event.user_metadata.as_ref()?.summary.as_ref()?.as_json()?;
    Some(text.trim_matches('"').into())
}

/// What a run came to: its histories, its record, and what is wrong.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The executions, in the order of their starts, each run of a chain by itself.
    pub executions: Vec<Execution>,
    /// What else happened.
    pub record: Record,
    /// What is wrong, in the order in which it was noticed.
    pub findings: Vec<Finding>,
    /// The choices that were not the calm ones.
    pub tape: Tape,
    /// What it meant that the run stayed open.
    pub patience: Patience,
    /// The API that its workflows are written in, as far as reports have words of it.
    pub dialect: Dialect,
    /// The fakes that were made for it, as it has left them.
    pub fakes: Fakes,
}

impl Outcome {
    /// The first execution.
    #[must_use]
    pub fn main(&self) -> Option<&Execution> {
        self.executions.first()
    }

    /// The runs of a chain, from this execution on: what it went on in by continue-as-new, and what a retry policy or a
    /// cron schedule brought.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Status, Workflow, WorkflowError};
    ///
    /// const TWICE: Workflow<bool, ()> = Workflow::new("Twice");
    ///
    /// async fn twice(ctx: Context, first: bool) -> Result<(), WorkflowError> {
    ///     if first { Err(ctx.continue_as_new(TWICE, false)) } else { Ok(()) }
    /// }
    ///
    /// let scenario = Scenario::new("twice").workflow(TWICE, twice);
    /// let outcome = scenario.client(|world| drop(world.start(TWICE, "twice-1", true))).run();
    /// let runs = outcome.chain(outcome.main().unwrap()).map(|run| run.status);
    /// assert_eq!(runs.collect::<Vec<_>>(), [Status::ContinuedAsNew, Status::Completed]);
    /// ```
    pub fn chain<'a>(&'a self, first: &'a Execution) -> impl Iterator<Item = &'a Execution> + 'a {
        core::iter::successors(Some(first), |run| self.execution(run.next_run_id()?))
    }

    /// The first run of each execution, in the order of their starts. The runs of a chain are one execution.
    pub fn first_runs(&self) -> impl Iterator<Item = &Execution> {
        self.executions.iter().filter(|execution| execution.is_first())
    }

    /// The run of an execution's chain that has this number. Both count from 0, executions in the order of their starts.
    #[must_use]
    pub fn run_of(&self, execution: u32, nth: u32) -> Option<&Execution> {
        let first = self.first_runs().nth(usize::try_from(execution).ok()?)?;
        self.chain(first).nth(usize::try_from(nth).ok()?)
    }

    /// The run of the first execution's chain that has this number, from 0.
    #[must_use]
    pub fn main_run(&self, nth: u32) -> Option<&Execution> {
        self.run_of(0, nth)
    }

    /// How the first execution stands at the end: the last run of its chain.
    #[must_use]
    pub fn main_status(&self) -> Status {
        self.status_of(0)
    }

    /// The same of an execution, by its number in the order of starts, from 0.
    #[must_use]
    pub fn status_of(&self, execution: u32) -> Status {
        let nth = usize::try_from(execution).unwrap_or(usize::MAX);
        let last = self.first_runs().nth(nth).and_then(|first| self.chain(first).last());
        last.map_or(Status::Running, |last| last.status)
    }

    /// The execution with this run id.
    pub(crate) fn execution(&self, run_id: &str) -> Option<&Execution> {
        self.executions.iter().find(|execution| execution.run_id == run_id)
    }

    /// The executions by their run ids, for whoever looks for many of them.
    pub(crate) fn by_run_id(&self) -> BTreeMap<&str, &Execution> {
        let executions = self.executions.iter();
        executions.map(|execution| (&*execution.run_id, execution)).collect()
    }

    /// Whether the first execution has this run id.
    pub(crate) fn is_main(&self, run_id: &str) -> bool {
        self.main().is_some_and(|main| main.run_id == run_id)
    }

    /// The first cancel request of an execution that was accepted.
    pub(crate) fn cancel_of(&self, execution: &Execution) -> Option<&CancelAccepted> {
        self.record.cancels.iter().find(|cancel| cancel.run_id == execution.run_id)
    }

    /// The attempts of an activity, in the order in which they were started. Whatever names an activity in stubs and
    /// checks names it here.
    pub fn calls<A, K>(&self, activity: A) -> impl Iterator<Item = &Call> + use<'_, A, K>
    where
        (A,): NamesActivity<K>,
    {
        let name = (activity,).activity_name();
        self.record.calls.iter().filter(move |call| call.activity == name)
    }

    /// The attempts of an activity that is known by its name only.
    pub fn calls_named<'a>(&'a self, activity: &'a str) -> impl Iterator<Item = &'a Call> + 'a {
        self.record.calls.iter().filter(move |call| call.activity == activity)
    }

    /// The attempts of all activities of one execution, in the order in which they were started.
    pub fn calls_of<'a>(&'a self, execution: &'a Execution) -> impl Iterator<Item = &'a Call> + 'a {
        self.record.calls.iter().filter(|call| call.run_id == execution.run_id)
    }
}
