//! A run that is rebuilt from its history.
//!
//! Its state comes of evolving, as ever. What no history holds is chosen, and calm: an activity waits for a worker with its
//! first attempt, has sent no heartbeat, and its time in the queue begins now; no worker is known to have the run in its
//! cache; nothing waits in the buffer; no query and no update that is not accepted is there. Runs that are rebuilt together
//! know each other: a child that runs is one of them, and so is whom a request that is under way is for.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::TaskDelivery;
use rehearsal_history::{Event, EventId, EventKind, SmolStr, TaskQueue, Timestamp};

use super::queue::Queue;
use super::state::State;
use super::{Run, Turn};
use crate::input::{Effect, RunRef};
use crate::machine::activity::{Activity, ActivityState};
use crate::machine::child::{Child, ChildState};
use crate::machine::external::External;
use crate::machine::task::WorkflowTask;
use crate::words::{Across, Due, Extent, Moment, Transfer};

/// Why a run cannot be rebuilt from its history: what the events do not hold, and nothing can be chosen for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotRestore {
    /// It does not begin with `WorkflowExecutionStarted`.
    #[error("a history begins with WorkflowExecutionStarted")]
    Headless,
    /// The run has closed.
    #[error("event {event}: the run is closed by {found}")]
    Closed {
        /// The event that closed it.
        event: EventId,
        /// Its type.
        found: SmolStr,
    },
    /// A child runs, whose history is another one.
    #[error(
        "event {event}: child workflow `{workflow_id}` runs, and its history is not in this one"
    )]
    ChildRuns {
        /// The `ChildWorkflowExecutionStarted`.
        event: EventId,
        /// The id of the child.
        workflow_id: SmolStr,
    },
    /// A signal to another workflow, or a cancel of it, is under way.
    #[error("event {event}: a request to another workflow is under way, which is not there")]
    RequestUnderWay {
        /// The event that asked for it.
        event: EventId,
    },
    /// The start of an activity is recorded before its end, so that it has no retry policy.
    #[error("event {event}: activity `{activity}` has started and has no retry policy")]
    ActivityStarted {
        /// The `ActivityTaskStarted`.
        event: EventId,
        /// The type of the activity.
        activity: SmolStr,
    },
    /// A reset has admitted an update again.
    #[error("event {event}: an update was admitted again after a reset")]
    UpdateAdmitted {
        /// The `WorkflowExecutionUpdateAdmitted`.
        event: EventId,
    },
}

/// A run that can be rebuilt: its events, and the state that they give.
#[derive(Debug)]
pub(crate) struct Restorable {
    events: Vec<Arc<Event>>,
    state: State,
}

impl Restorable {
    /// The runs that these histories are of, which are rebuilt together. Each ends where a transaction ended.
    ///
    /// # Errors
    ///
    /// [`CannotRestore`] says which event shows what cannot be rebuilt.
    pub(crate) fn all(histories: Vec<Vec<Arc<Event>>>) -> Result<Vec<Self>, CannotRestore> {
        let beside = Beside::of(&histories);
        histories.into_iter().map(|events| Self::of(events, &beside)).collect()
    }

    fn of(events: Vec<Arc<Event>>, beside: &Beside) -> Result<Self, CannotRestore> {
        let (first, rest) = events
            .split_first()
            .filter(|(first, _)| matches!(first.kind, EventKind::WorkflowExecutionStarted(_)))
            .ok_or(CannotRestore::Headless)?;
        let state = State::rebuilt(first, rest);
        check(&state, &events, beside)?;
        Ok(Self { events, state })
    }
}

impl Run {
    /// The run as it stood behind its last event.
    pub(crate) fn restore(id: RunRef, turn: &mut Turn<'_>, run: Restorable) -> Self {
        let Restorable { events, mut state } = run;
        state.stand_calm(turn.now);
        let mut queue = Queue::default();
        let mut arm = |at: Option<Timestamp>| {
            at.map(|at| turn.arm(&mut queue, Due { at, moment: Moment::of(EventId::FIRST) }))
        };
        let begin = arm(state.settings.begins.filter(|_| !state.had_task));
        let expiry = arm(state.settings.expires);
        // The clock of the service goes on from the time of the runs.
        let mut run = Self::new(id, events, state, queue, Duration::ZERO);
        run.arm_forward(turn);
        (run.begin, run.expiry) = (begin, expiry);
        run.started_with = Extent { size: run.written, suggested: false };
        run.go_on(turn);
        run
    }

    /// Brings on its way what is to be done for a run as it stands.
    fn go_on(&mut self, turn: &mut Turn<'_>) {
        if let WorkflowTask::Scheduled(slot) = &self.state.task {
            turn.push(Effect::WorkflowTask {
                run: self.id,
                scheduled: slot.scheduled,
                attempt: slot.attempt,
                queue: slot.queue.clone(),
            });
        }
        let waiting = self.state.activities.values().filter(|it| it.waits_since().is_some());
        let waiting = waiting.map(|it| Transfer::Activity { scheduled: it.scheduled() });
        let children = self.state.children.values();
        let asked = children
            .filter(|child| child.state == ChildState::Initiated)
            .map(|child| Transfer::Across(Across::StartChild { initiated: child.initiated().id }));
        let requests = self.state.externals.values();
        let requests = requests.map(|request| Transfer::Across(request.across()));
        self.transfers = waiting.chain(asked).chain(requests).collect();
        // An attempt after the first is in no history. The first task of a child waits for its parent, which is not there.
        let tried = self.state.task.is_idle() && self.state.task.attempt() > 1;
        let first = !self.state.had_task && self.begin.is_none();
        self.finish(turn, tried || first);
    }

    /// The task that a worker has, for the one that takes its place.
    pub(crate) fn task_in_hand(&mut self) -> Option<TaskDelivery> {
        self.state.task.is_started().then(|| self.deliver(false).ok()).flatten()
    }
}

impl State {
    /// Chooses what no history holds.
    fn stand_calm(&mut self, now: Timestamp) {
        for activity in self.activities.values_mut() {
            activity.state = ActivityState::Scheduled { since: now };
        }
        let queue = TaskQueue::normal(self.view.task_queue.clone());
        if let WorkflowTask::Scheduled(slot) | WorkflowTask::Started { slot, .. } = &mut self.task {
            slot.queue = queue;
        }
    }
}

/// The runs that are rebuilt together.
#[derive(Debug, Default)]
struct Beside {
    /// By their workflow ids, the ids of the first runs of their chains.
    first_runs: BTreeMap<SmolStr, SmolStr>,
}

impl Beside {
    /// The runs that these histories are of.
    fn of(histories: &[Vec<Arc<Event>>]) -> Self {
        let first = |events: &Vec<Arc<Event>>| match &events.first()?.kind {
            EventKind::WorkflowExecutionStarted(started) => {
                Some((started.workflow_id.clone(), started.first_execution_run_id.clone()))
            }
            _ => None,
        };
        Self { first_runs: histories.iter().filter_map(first).collect() }
    }
}

/// Whether all that goes on can be rebuilt.
fn check(state: &State, events: &[Arc<Event>], beside: &Beside) -> Result<(), CannotRestore> {
    if let Some(close) = &state.view.close {
        let found = close.kind.name().into();
        return Err(CannotRestore::Closed { event: close.id, found });
    }
    let missing = state
        .children
        .values()
        .filter_map(runs)
        .find(|(_, workflow_id, run_id)| beside.first_runs.get(workflow_id) != Some(run_id));
    if let Some((event, workflow_id, _)) = missing {
        return Err(CannotRestore::ChildRuns { event, workflow_id });
    }
    let mut requests = state.externals.values().map(External::pending);
    if let Some(request) = requests.find(|it| !beside.first_runs.contains_key(&it.id)) {
        return Err(CannotRestore::RequestUnderWay { event: request.scheduled });
    }
    for event in events {
        match &event.kind {
            EventKind::ActivityTaskStarted(started) => {
                let pending = state.activities.get(&started.scheduled_event_id);
                if let Some(activity) = pending.map(Box::as_ref) {
                    let activity = Activity::attributes(activity).activity_type.name.clone();
                    return Err(CannotRestore::ActivityStarted { event: event.id, activity });
                }
            }
            EventKind::WorkflowExecutionUpdateAdmitted(_) => {
                return Err(CannotRestore::UpdateAdmitted { event: event.id });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where a child runs, if it does, its id, and that of its first run.
fn runs(child: &Child) -> Option<(EventId, SmolStr, SmolStr)> {
    match &child.state {
        ChildState::Started { event, run_id, .. } => {
            Some((*event, child.attributes().workflow_id.clone(), run_id.clone()))
        }
        ChildState::Initiated => None,
    }
}
