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

/// A recorded run, up to the end of a transaction.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) events: Vec<Arc<Event>>,
}

impl Scenario {
    /// Has every run go on from a recorded one, as it stood behind these events. They end where a transaction ended
    /// ([`History::boundaries`](rehearsal_history::History::boundaries)). Virtual time begins with the last of them.
    ///
    /// The client script is asked for as ever; it finds the run there, as [`World::forked`](crate::World::forked).
    ///
    /// # Errors
    ///
    /// [`CannotRestore`] if something goes on in the run that cannot be rebuilt from its history.
    pub fn with_origin(mut self, events: Vec<Arc<Event>>) -> Result<Self, CannotRestore> {
        let origin = Origin { events };
        let mut service = Service::new(self.config.clone());
        service.restore(origin.now(), origin.events.clone(), &mut Outbox::default())?;
        self.origin = Some(Arc::new(origin));
        Ok(self)
    }

    /// How many workflow tasks of this run were completed before any run of the scenario began.
    pub(crate) fn recorded_tasks(&self, run_id: &str) -> usize {
        let of = |origin: &&Arc<Origin>| origin.run_id() == Some(run_id);
        self.origin.as_ref().filter(of).map_or(0, |origin| origin.tasks())
    }
}

impl Origin {
    /// When the run stood there. Events that had waited in a buffer are older than what stands before them.
    pub(crate) fn now(&self) -> Timestamp {
        self.events.iter().map(|event| event.time).max().unwrap_or(Timestamp::EPOCH)
    }

    /// When the run was started.
    pub(crate) fn began(&self) -> Timestamp {
        self.events.first().map_or(Timestamp::EPOCH, |event| event.time)
    }

    fn run_id(&self) -> Option<&str> {
        Some(&start_of(&self.events)?.original_execution_run_id)
    }

    /// The queues in which tasks wait that it names.
    pub(crate) fn queues(&self) -> BTreeSet<SmolStr> {
        let queue = |event: &Arc<Event>| match &event.kind {
            EventKind::WorkflowExecutionStarted(it) => Some(it.task_queue.name.clone()),
            EventKind::ActivityTaskScheduled(it) => Some(it.task_queue.name.clone()),
            EventKind::StartChildWorkflowExecutionInitiated(it) => Some(it.task_queue.name.clone()),
            _ => None,
        };
        self.events.iter().filter_map(queue).filter(|queue| !queue.is_empty()).collect()
    }

    /// What makes ids that are not in the history.
    pub(crate) fn ids(&self) -> Ids {
        Ids::behind(self.run_id().unwrap_or_default(), self.events.len())
    }

    /// How many workflow tasks are completed.
    pub(crate) fn tasks(&self) -> usize {
        let is_completed =
            |event: &&Arc<Event>| matches!(event.kind, EventKind::WorkflowTaskCompleted(_));
        self.events.iter().filter(is_completed).count()
    }

    /// What the history tells of activities that have ended: the last attempt of each.
    pub(crate) fn calls(&self, run: RunRef, workflow_id: &SmolStr, run_id: &SmolStr) -> Vec<Call> {
        let mut calls: Vec<Call> = self
            .events
            .iter()
            .filter_map(|end| {
                let scheduled = end.kind.ends()?;
                let (result, lost, started) = ended(&end.kind)?;
                let EventKind::ActivityTaskScheduled(asked) = &self.event(scheduled)?.kind else {
                    return None;
                };
                let start = self.event(started)?;
                let EventKind::ActivityTaskStarted(started) = &start.kind else { return None };
                let attempt = u32::try_from(started.attempt).unwrap_or(1);
                let over = Some(end.time.since(self.began()));
                Some(Call {
                    activity: asked.activity_type.name.clone(),
                    workflow_id: workflow_id.clone(),
                    run_id: run_id.clone(),
                    scheduled,
                    attempt,
                    token: ActivityToken { run, scheduled, attempt },
                    input: asked.input.clone(),
                    started: start.time.since(self.began()),
                    ended: over.filter(|_| !lost),
                    result,
                    outside: false,
                    lost: over.filter(|_| lost),
                    worker: started.identity.clone(),
                })
            })
            .collect();
        calls.sort_by_key(|call| call.started);
        calls
    }

    fn event(&self, id: EventId) -> Option<&Event> {
        let index = usize::try_from(id.0).ok()?.checked_sub(1)?;
        self.events.get(index).map(|event| &**event)
    }
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
