//! What holds between the events of every history that a server writes.
//!
//! Three things are followed through the events: the workflow task, of which there is at most one (H-14); the block of
//! events that a completed task causes by its commands (H-10, H-11); and what is open, such as activities and timers,
//! see [`pending`]. Events that are kept as they came are passed over.

mod pending;

use std::sync::Arc;

use smol_str::SmolStr;

use self::pending::Pending;
use crate::event::{Event, EventKind};
use crate::id::EventId;
use crate::status::Status;

/// Why a history is not one that a server writes. Every variant names the first event that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IllFormed {
    /// An event follows the one that closed the run.
    #[error("event {event}: expected nothing after the run was closed by event {close}")]
    AfterClose {
        /// The event.
        event: EventId,
        /// The one that closed the run.
        close: EventId,
    },

    /// An event stands where it cannot.
    #[error("event {event}: expected {expected}, found `{found}`")]
    OutOfPlace {
        /// The event.
        event: EventId,
        /// What can stand there, or when this event can.
        expected: &'static str,
        /// Its type.
        found: SmolStr,
    },

    /// An event refers to an event that is not the one meant.
    #[error("event {event}: {path}: expected {expected}, found event {found}")]
    Reference {
        /// The event.
        event: EventId,
        /// The field with the reference.
        path: &'static str,
        /// What the reference must point to.
        expected: &'static str,
        /// Where it points.
        found: EventId,
    },

    /// An event names something by another name than the event that opened it.
    #[error("event {event}: {path}: expected `{expected}` as in event {opened}, found `{found}`")]
    Name {
        /// The event.
        event: EventId,
        /// The field with the name.
        path: &'static str,
        /// The event that opened it.
        opened: EventId,
        /// The name there.
        expected: SmolStr,
        /// The name here.
        found: SmolStr,
    },

    /// An event opens something under a name that is taken.
    #[error(
        "event {event}: {path}: expected a new name, found `{found}` as in event {open}, which is open"
    )]
    Taken {
        /// The event.
        event: EventId,
        /// The field with the name.
        path: &'static str,
        /// The name.
        found: SmolStr,
        /// The event that has it.
        open: EventId,
    },
}

/// Checks events; `unlinked`: workflow tasks need not say which start they end, and what they cause may name that start.
pub(crate) fn check(events: &[Arc<Event>], unlinked: bool) -> Result<(), IllFormed> {
    let mut state = State { unlinked, ..State::default() };
    for (index, event) in events.iter().enumerate() {
        if let Some(close) = state.closed {
            return Err(IllFormed::AfterClose { event: event.id, close });
        }
        if matches!(event.kind, EventKind::WorkflowExecutionStarted(_)) != (index == 0) {
            let expected =
                if index == 0 { "`WorkflowExecutionStarted`" } else { "one start of the run" };
            return Err(out_of_place(event, expected));
        }
        state.block(event)?;
        state.task(event)?;
        state.pending.event(event)?;
        if Status::of(&event.kind).is_some() {
            state.closed = Some(event.id);
        }
    }
    // H-5: a close drops what is in the buffer.
    if state.closed.is_none() { state.pending.settled() } else { Ok(()) }
}

/// Whether no completed workflow task says which start it ends. Every server writes that; the test server of the Java SDK
/// does not (sdk-java, `StateMachines.completeWorkflowTask`). What a task causes names its start there, as its
/// `workflowTaskCompletedEventId`.
pub(crate) fn is_unlinked(events: &[Arc<Event>]) -> bool {
    let mut links = events.iter().filter_map(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => Some(completed.started_event_id),
        _ => None,
    });
    links.next().is_some_and(EventId::is_none) && links.all(EventId::is_none)
}

fn out_of_place(event: &Event, expected: &'static str) -> IllFormed {
    IllFormed::OutOfPlace { event: event.id, expected, found: event.kind.name().into() }
}

/// Checks one reference of `event`.
fn reference(
    event: &Event,
    path: &'static str,
    expected: &'static str,
    wanted: EventId,
    found: EventId,
) -> Result<(), IllFormed> {
    if wanted == found {
        Ok(())
    } else {
        Err(IllFormed::Reference { event: event.id, path, expected, found })
    }
}

/// Where a history stands after some events.
#[derive(Debug, Default)]
struct State {
    closed: Option<EventId>,
    task: Task,
    /// The completed task, while events of its commands may follow.
    commands_of: Option<EventId>,
    pending: Pending,
    /// The last `WorkflowTaskStarted`.
    start: EventId,
    /// Whether workflow tasks need not say which start they end, and what they cause may name that start.
    unlinked: bool,
}

/// Where the workflow task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Task {
    /// None is pending.
    #[default]
    None,
    /// It waits for a worker.
    Scheduled(EventId),
    /// A worker has it.
    Started { scheduled: EventId, started: EventId },
}

impl State {
    /// Events of commands follow the completion of their task directly, and name it.
    fn block(&mut self, event: &Event) -> Result<(), IllFormed> {
        const EXPECTED: &str = "the task completed just before";
        match command_of(&event.kind) {
            Command::Of(task) => match self.commands_of {
                Some(_) if self.unlinked && task == self.start => Ok(()),
                Some(completed) => {
                    reference(event, "workflowTaskCompletedEventId", EXPECTED, completed, task)
                }
                None => Err(out_of_place(event, "it directly after the task whose command it is")),
            },
            Command::Message => match self.commands_of {
                Some(_) => Ok(()),
                None => {
                    Err(out_of_place(event, "it directly after the task that answers the update"))
                }
            },
            Command::Kept => Ok(()),
            Command::No => {
                let completed = matches!(event.kind, EventKind::WorkflowTaskCompleted(_));
                self.commands_of = completed.then_some(event.id);
                Ok(())
            }
        }
    }

    fn task(&mut self, event: &Event) -> Result<(), IllFormed> {
        const SCHEDULED: &str = "the scheduled task";
        const STARTED: &str = "the start of the running task";
        let scheduled_path = "scheduledEventId";
        self.task = match (&event.kind, self.task) {
            (EventKind::WorkflowTaskScheduled(_), Task::None) => Task::Scheduled(event.id),
            (EventKind::WorkflowTaskScheduled(_), _) => {
                return Err(out_of_place(event, "no task while one is pending"));
            }
            (EventKind::WorkflowTaskStarted(e), Task::Scheduled(scheduled)) => {
                reference(event, scheduled_path, SCHEDULED, scheduled, e.scheduled_event_id)?;
                self.start = event.id;
                Task::Started { scheduled, started: event.id }
            }
            (EventKind::WorkflowTaskTimedOut(e), Task::Scheduled(scheduled)) => {
                reference(event, scheduled_path, SCHEDULED, scheduled, e.scheduled_event_id)?;
                reference(event, "startedEventId", "none", EventId::NONE, e.started_event_id)?;
                Task::None
            }
            (kind, Task::Started { scheduled, started }) => {
                let (found_scheduled, found_started) = match kind {
                    EventKind::WorkflowTaskCompleted(e) => {
                        (e.scheduled_event_id, e.started_event_id)
                    }
                    EventKind::WorkflowTaskFailed(e) => (e.scheduled_event_id, e.started_event_id),
                    EventKind::WorkflowTaskTimedOut(e) => {
                        (e.scheduled_event_id, e.started_event_id)
                    }
                    _ => return Err(out_of_place(event, "the end of the task that is running")),
                };
                reference(event, scheduled_path, SCHEDULED, scheduled, found_scheduled)?;
                if !(self.unlinked && found_started.is_none()) {
                    reference(event, "startedEventId", STARTED, started, found_started)?;
                }
                Task::None
            }
            (
                EventKind::WorkflowTaskStarted(_)
                | EventKind::WorkflowTaskCompleted(_)
                | EventKind::WorkflowTaskFailed(_)
                | EventKind::WorkflowTaskTimedOut(_),
                Task::None | Task::Scheduled(_),
            ) => return Err(out_of_place(event, "a task in the state before this")),
            (_, task @ (Task::None | Task::Scheduled(_))) => task,
        };
        Ok(())
    }
}

/// Whether an event is the echo of a command.
enum Command {
    /// Of this completed task.
    Of(EventId),
    /// Of a message beside the commands, which names no task.
    Message,
    /// It cannot be told.
    Kept,
    /// It is not.
    No,
}

fn command_of(kind: &EventKind) -> Command {
    Command::Of(match kind {
        EventKind::ActivityTaskScheduled(e) => e.workflow_task_completed_event_id,
        EventKind::ActivityTaskCancelRequested(e) => e.workflow_task_completed_event_id,
        EventKind::TimerStarted(e) => e.workflow_task_completed_event_id,
        EventKind::TimerCanceled(e) => e.workflow_task_completed_event_id,
        EventKind::MarkerRecorded(e) => e.workflow_task_completed_event_id,
        EventKind::StartChildWorkflowExecutionInitiated(e) => e.workflow_task_completed_event_id,
        EventKind::RequestCancelExternalWorkflowExecutionInitiated(e) => {
            e.workflow_task_completed_event_id
        }
        EventKind::SignalExternalWorkflowExecutionInitiated(e) => {
            e.workflow_task_completed_event_id
        }
        EventKind::UpsertWorkflowSearchAttributes(e) => e.workflow_task_completed_event_id,
        EventKind::WorkflowPropertiesModified(e) => e.workflow_task_completed_event_id,
        EventKind::WorkflowExecutionCompleted(e) => e.workflow_task_completed_event_id,
        EventKind::WorkflowExecutionFailed(e) => e.workflow_task_completed_event_id,
        EventKind::WorkflowExecutionCanceled(e) => e.workflow_task_completed_event_id,
        EventKind::WorkflowExecutionContinuedAsNew(e) => e.workflow_task_completed_event_id,
        EventKind::WorkflowExecutionUpdateAccepted(_)
        | EventKind::WorkflowExecutionUpdateRejected(_)
        | EventKind::WorkflowExecutionUpdateCompleted(_) => return Command::Message,
        EventKind::Other(_) => return Command::Kept,
        _ => return Command::No,
    })
}
