//! Cuts a history into workflow tasks (C-16, R-1).
//!
//! One batch is everything after the previous successful `WorkflowTaskStarted`, up to and including the next one.
//! Scheduled, timed-out and failed tasks leave no trace in it, nor does the `WorkflowTaskStarted` of an attempt that
//! failed. The command events right behind a `WorkflowTaskCompleted` are no news to the workflow: they are the record of
//! what it asked for in that task, and belong to the task for matching.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::Message;
use rehearsal_history::event::{WorkflowTaskCompleted, WorkflowTaskStarted};
use rehearsal_history::{Event, EventId, EventKind, Timestamp, WorkflowTaskFailedCause};

use crate::profile::Profile;

/// One workflow task: what the workflow was told, and what it asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Which one it is, from 1. Attempts that failed do not count.
    pub number: usize,
    /// What happened since the task before, in order; no events of workflow tasks.
    pub events: Vec<Arc<Event>>,
    /// The `WorkflowTaskStarted` that ends the batch.
    pub started: EventId,
    /// Its time, which is workflow time (R-20).
    pub time: Timestamp,
    /// The size of the history that it tells, in bytes.
    pub history_size: u64,
    /// Whether it suggests to continue as new (T-12).
    pub continue_as_new_suggested: bool,
    /// The updates that came with it. Those of a recorded task are told by what it accepted; an open one has those that a
    /// reset has admitted.
    pub(crate) messages: Vec<Message>,
    /// Whether an attempt at it has failed, which Go takes as an event. A timeout it passes over (`prepareTask`).
    pub(crate) failed: bool,
    /// The `WorkflowTaskCompleted`; `None` if the task is not answered yet.
    pub completed: Option<Arc<Event>>,
    /// The command events that follow it, in order (H-11).
    pub commands: Vec<Arc<Event>>,
    /// The completions of the tasks that were taken together with this one; only core does that.
    pub(crate) merged: Vec<Arc<Event>>,
}

impl Task {
    /// The attributes of the `WorkflowTaskCompleted`.
    pub(crate) fn completion(&self) -> Option<&WorkflowTaskCompleted> {
        self.completed.as_deref().and_then(completion)
    }

    /// Those of all tasks that are taken together, its own last.
    pub(crate) fn completions(&self) -> impl Iterator<Item = &WorkflowTaskCompleted> {
        self.merged.iter().chain(&self.completed).filter_map(|event| completion(event))
    }
}

/// A history, or the part of one that a delivery holds, cut into workflow tasks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slices {
    /// The tasks that were completed, in order.
    pub tasks: Vec<Task>,
    /// The task that was started last, if nothing came of it yet.
    pub open: Option<Task>,
    /// What no task was told: it came after the last one, or closed the run.
    pub rest: Vec<Arc<Event>>,
}

/// Cuts `events` into workflow tasks.
///
/// `events` may begin anywhere: a `WorkflowTaskCompleted` whose `WorkflowTaskStarted` is not there, and the command
/// events behind it, are left out, since they belong to a task that is already done. Tasks are counted from 1 in
/// `events`, wherever they begin.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal_history::{EventId, HistoryBuilder};
/// use rehearsal_worker::slice;
///
/// let mut history = HistoryBuilder::new("order");
/// history.complete_task();
/// let timer = history.start_timer(Duration::from_secs(1));
/// history.fire_timer(timer);
/// history.start_task();
///
/// let slices = slice(history.build().events());
/// assert_eq!(slices.tasks[0].commands[0].id, timer);
/// assert_eq!(slices.open.map(|task| task.started), Some(EventId(8)));
/// ```
#[must_use]
pub fn slice(events: &[Arc<Event>]) -> Slices {
    slice_as(Profile::Go, events)
}

/// Cuts `events` as the SDK of this profile does.
///
/// To core, a task that asked for nothing, and behind which the next is scheduled at once, is a heartbeat, unless the
/// task before it left commands behind: it is taken together with the next. If that one accepts an update first of all,
/// the last heartbeat before the update is a task of its own all the same (`find_end_index_of_next_wft_seq`).
pub(crate) fn slice_as(profile: Profile, events: &[Arc<Event>]) -> Slices {
    let mut slices = Slices::default();
    let mut batch = Vec::new();
    let mut beats: Vec<Beat> = Vec::new();
    // Whether command events stand between the task before and the next one.
    let mut commanded = false;
    let mut failed = false;
    let mut rest = events;
    while let Some((event, behind)) = rest.split_first() {
        rest = behind;
        match &event.kind {
            EventKind::WorkflowTaskStarted(started) => match behind.split_first() {
                None => {
                    let told = core::mem::take(&mut batch);
                    let mut task = slices.task(event, started, told, core::mem::take(&mut beats));
                    task.messages = task.events.iter().filter_map(admitted).collect();
                    task.failed = failed;
                    slices.open = Some(task);
                }
                Some((completed, behind))
                    if profile == Profile::Core
                        && completion(completed).is_some()
                        && !commanded
                        && behind.first().is_some_and(|event| is_scheduled(event)) =>
                {
                    let (started, completed) = (Arc::clone(event), Arc::clone(completed));
                    beats.push(Beat { started, completed });
                    rest = behind;
                }
                Some((completed, behind)) if completion(completed).is_some() => {
                    let (commands, behind) = behind.split_at(leading_commands(behind));
                    slices.split(&mut batch, &mut beats, commands);
                    let told = core::mem::take(&mut batch);
                    let mut task = slices.task(event, started, told, core::mem::take(&mut beats));
                    task.completed = Some(Arc::clone(completed));
                    task.commands = commands.to_vec();
                    let messages =
                        commands.iter().filter_map(|event| accepted(event, &task.events));
                    task.messages = messages.collect();
                    commanded = !commands.is_empty();
                    failed = false;
                    slices.tasks.push(task);
                    rest = behind;
                }
                Some(_) => {}
            },
            EventKind::WorkflowTaskCompleted(_) => {
                let (commands, behind) = behind.split_at(leading_commands(behind));
                commanded = !commands.is_empty();
                rest = behind;
            }
            // Of a reset Go takes note (`ProcessEvent` in `internal_event_handlers.go`, sdk-go 1.47).
            EventKind::WorkflowTaskFailed(failed)
                if profile == Profile::Go
                    && failed.cause == WorkflowTaskFailedCause::ResetWorkflow =>
            {
                batch.push(Arc::clone(event));
            }
            EventKind::WorkflowTaskFailed(_) => failed = true,
            EventKind::WorkflowTaskScheduled(_) | EventKind::WorkflowTaskTimedOut(_) => {}
            _ => batch.push(Arc::clone(event)),
        }
    }
    slices.split_last(&mut batch, &mut beats, usize::MAX);
    slices.rest = batch;
    slices
}

impl Slices {
    /// What no task was told, as a task of its own: so Go tells it to a workflow that is replayed for a query alone
    /// (`prepareTask` in `internal_task_handlers.go` of Go SDK 1.47). How a run was ended from outside is no news to it.
    pub(crate) fn untold(&mut self) -> Option<Task> {
        let last = self.tasks.last().filter(|_| self.open.is_none())?;
        let (started, time, history_size) = (last.started, last.time, last.history_size);
        let mut events = core::mem::take(&mut self.rest);
        let is_end = |kind: &EventKind| {
            matches!(
                kind,
                EventKind::WorkflowExecutionTerminated(_) | EventKind::WorkflowExecutionTimedOut(_)
            )
        };
        events.retain(|event| !is_end(&event.kind));
        (!events.is_empty()).then(|| Task {
            number: self.tasks.len() + 1,
            events,
            started,
            time,
            history_size,
            continue_as_new_suggested: false,
            messages: Vec::new(),
            failed: false,
            completed: None,
            commands: Vec::new(),
            merged: Vec::new(),
        })
    }
}

/// A task that core takes for a heartbeat.
struct Beat {
    started: Arc<Event>,
    completed: Arc<Event>,
}

impl Slices {
    /// The task that was started with this event, taken together with these heartbeats.
    fn task(
        &self,
        event: &Event,
        started: &WorkflowTaskStarted,
        events: Vec<Arc<Event>>,
        beats: Vec<Beat>,
    ) -> Task {
        Task {
            number: self.tasks.len() + 1,
            events,
            started: event.id,
            time: event.time,
            history_size: u64::try_from(started.history_size_bytes).unwrap_or_default(),
            continue_as_new_suggested: started.suggest_continue_as_new,
            messages: Vec::new(),
            failed: false,
            completed: None,
            commands: Vec::new(),
            merged: beats.into_iter().map(|beat| beat.completed).collect(),
        }
    }

    /// A task that accepts an update first of all came behind the heartbeat before that update.
    fn split(
        &mut self,
        batch: &mut Vec<Arc<Event>>,
        beats: &mut Vec<Beat>,
        commands: &[Arc<Event>],
    ) {
        let Some(EventKind::WorkflowExecutionUpdateAccepted(accepted)) =
            commands.first().map(|event| &event.kind)
        else {
            return;
        };
        let sequencing = accepted.accepted_request_sequencing_event_id;
        let before = beats.iter().take_while(|beat| beat.started.id < sequencing).count();
        self.split_last(batch, beats, before);
    }

    /// The last of the first `count` heartbeats is a task of its own, taken together with those before it.
    fn split_last(&mut self, batch: &mut Vec<Arc<Event>>, beats: &mut Vec<Beat>, count: usize) {
        let mut before: Vec<Beat> = beats.drain(..count.min(beats.len())).collect();
        let Some(Beat { started: event, completed }) = before.pop() else { return };
        let EventKind::WorkflowTaskStarted(started) = &event.kind else { return };
        let told = batch.iter().take_while(|told| told.id < event.id).count();
        let mut task = self.task(&event, started, batch.drain(..told).collect(), before);
        task.completed = Some(completed);
        self.tasks.push(task);
    }
}

fn completion(event: &Event) -> Option<&WorkflowTaskCompleted> {
    match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => Some(completed),
        _ => None,
    }
}

/// The update that a recorded task has accepted (`inferMessageFromAcceptedEvent` in `internal_task_handlers.go` of Go SDK
/// 1.47; `delayed_actions` of `apply_next_wft_from_history` in core). What one that a reset has admitted asks stands in the
/// event that says so, among those that the task tells.
fn accepted(event: &Arc<Event>, told: &[Arc<Event>]) -> Option<Message> {
    let EventKind::WorkflowExecutionUpdateAccepted(accepted) = &event.kind else { return None };
    let update_id = &accepted.protocol_instance_id;
    let message = told.iter().filter_map(admitted).find(|message| message.update_id == *update_id);
    Some(message.unwrap_or_else(|| Message {
        update_id: update_id.clone(),
        sequencing: accepted.accepted_request_sequencing_event_id,
        request: accepted.accepted_request.clone().unwrap_or_default(),
    }))
}

/// The update that a reset has admitted again.
fn admitted(event: &Arc<Event>) -> Option<Message> {
    let EventKind::WorkflowExecutionUpdateAdmitted(admitted) = &event.kind else { return None };
    let request = admitted.request.clone().unwrap_or_default();
    let update_id = request.meta.clone().unwrap_or_default().update_id;
    Some(Message { update_id, sequencing: event.id, request })
}

const fn is_scheduled(event: &Event) -> bool {
    matches!(event.kind, EventKind::WorkflowTaskScheduled(_))
}

/// How many command events stand at the front of `events`.
fn leading_commands(events: &[Arc<Event>]) -> usize {
    events.iter().take_while(|event| event.kind.is_command()).count()
}
