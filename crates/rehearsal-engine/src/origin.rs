//! A recorded run that every run of a scenario goes on from.

use std::collections::BTreeSet;
use std::sync::Arc;

use rehearsal_history::{Event, EventId, EventKind, SmolStr, Timestamp};
use rehearsal_service::{ActivityToken, CannotRestore, Outbox, RunRef, Service};

use crate::activity::{ActivityError, ActivityResult};
use crate::outcome::start_of;
use crate::record::Call;
use crate::rng::Ids;
use crate::scenario::Scenario;

/// Recorded runs, each up to the end of a transaction: one, and its children that run.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) histories: Vec<Vec<Arc<Event>>>,
}

impl Scenario {
    /// Has every run go on from a recorded one, as it stood behind the first of these events. They end where a transaction
    /// ended ([`History::boundaries`](rehearsal_history::History::boundaries)). Virtual time begins with the last of them.
    /// The others are those of its children that run, and of theirs, as they stood then.
    ///
    /// The client script is asked for as ever; it finds the run there, as [`World::forked`](crate::World::forked).
    ///
    /// # Errors
    ///
    /// [`CannotRestore`] if something goes on in the run that cannot be rebuilt from its history.
    pub fn with_origin(mut self, histories: Vec<Vec<Arc<Event>>>) -> Result<Self, CannotRestore> {
        let origin = Origin { histories };
        let mut service = Service::new(self.config.clone());
        service.restore(origin.now(), origin.histories.clone(), &mut Outbox::default())?;
        self.origin = Some(Arc::new(origin));
        Ok(self)
    }

    /// How many workflow tasks of this run were completed before any run of the scenario began.
    pub(crate) fn recorded_tasks(&self, run_id: &str) -> usize {
        let histories = self.origin.iter().flat_map(|origin| &origin.histories);
        let of = |events: &&Vec<Arc<Event>>| run_id_of(events) == Some(run_id);
        histories.filter(of).map(|events| tasks(events)).sum()
    }
}

impl Origin {
    /// When the run stood there. Events that had waited in a buffer are older than what stands before them.
    pub(crate) fn now(&self) -> Timestamp {
        let times = self.histories.iter().flatten().map(|event| event.time);
        times.max().unwrap_or(Timestamp::EPOCH)
    }

    /// When the first of the runs was started.
    pub(crate) fn began(&self) -> Timestamp {
        let first = self.histories.first().and_then(|events| events.first());
        first.map_or(Timestamp::EPOCH, |event| event.time)
    }

    /// The queues in which tasks wait that they name.
    pub(crate) fn queues(&self) -> BTreeSet<SmolStr> {
        let queue = |event: &Arc<Event>| match &event.kind {
            EventKind::WorkflowExecutionStarted(it) => Some(it.task_queue.name.clone()),
            EventKind::ActivityTaskScheduled(it) => Some(it.task_queue.name.clone()),
            EventKind::StartChildWorkflowExecutionInitiated(it) => Some(it.task_queue.name.clone()),
            _ => None,
        };
        let queues = self.histories.iter().flatten().filter_map(queue);
        queues.filter(|queue| !queue.is_empty()).collect()
    }

    /// What makes ids that are not in the histories.
    pub(crate) fn ids(&self) -> Ids {
        let run_id = self.histories.first().and_then(|events| run_id_of(events));
        let events = self.histories.iter().map(Vec::len).sum();
        Ids::behind(run_id.unwrap_or_default(), events)
    }
}

fn run_id_of(events: &[Arc<Event>]) -> Option<&str> {
    Some(&start_of(events)?.original_execution_run_id)
}

/// How many workflow tasks are completed.
pub(crate) fn tasks(events: &[Arc<Event>]) -> usize {
    let is_completed =
        |event: &&Arc<Event>| matches!(event.kind, EventKind::WorkflowTaskCompleted(_));
    events.iter().filter(is_completed).count()
}

/// What a history tells of activities that have ended, the last attempt of each; the times count from when it `began`.
pub(crate) fn calls(
    events: &[Arc<Event>],
    began: Timestamp,
    run: RunRef,
    (workflow_id, run_id): (&SmolStr, &SmolStr),
) -> Vec<Call> {
    let event = |id: EventId| {
        let index = usize::try_from(id.0).ok()?.checked_sub(1)?;
        events.get(index)
    };
    let call = |end: &Arc<Event>| {
        let scheduled = end.kind.ends()?;
        let (result, lost, started) = ended(&end.kind)?;
        let EventKind::ActivityTaskScheduled(asked) = &event(scheduled)?.kind else {
            return None;
        };
        let start = event(started)?;
        let EventKind::ActivityTaskStarted(started) = &start.kind else { return None };
        let attempt = u32::try_from(started.attempt).unwrap_or(1);
        let over = Some(end.time.since(began));
        Some(Call {
            activity: asked.activity_type.name.clone(),
            workflow_id: workflow_id.clone(),
            run_id: run_id.clone(),
            scheduled,
            attempt,
            token: ActivityToken { run, scheduled, attempt },
            input: asked.input.clone(),
            started: start.time.since(began),
            ended: over.filter(|_| !lost),
            result,
            outside: false,
            lost: over.filter(|_| lost),
            hung: false,
            worker: started.identity.clone(),
        })
    };
    events.iter().filter_map(call).collect()
}

/// What an attempt came to that this event ends, whether nothing was heard of it, and its start; `None` if it ends none.
fn ended(end: &EventKind) -> Option<(Option<ActivityResult>, bool, EventId)> {
    match end {
        EventKind::ActivityTaskCompleted(end) => {
            Some((Some(Ok(end.result.clone())), false, end.started_event_id))
        }
        EventKind::ActivityTaskFailed(end) => {
            let failure = end.failure.clone().unwrap_or_default();
            Some((Some(Err(ActivityError::from(failure))), false, end.started_event_id))
        }
        EventKind::ActivityTaskCanceled(end) => {
            Some((Some(Err(ActivityError::canceled())), false, end.started_event_id))
        }
        EventKind::ActivityTaskTimedOut(end) => Some((None, true, end.started_event_id)),
        _ => None,
    }
}
