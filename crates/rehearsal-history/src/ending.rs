//! Where a history can end.
//!
//! A server writes events in batches. What the workflow must be told comes in one batch with the workflow task that tells
//! it, unless one is pending (server 1.32, `api/update_workflow_util.go` `UpdateWorkflowWithNew`, `workflow/util.go`
//! `ScheduleWorkflowTask`; for children and other workflows `transfer_queue_active_task_executor.go`): behind it alone no
//! history ends.

use smol_str::SmolStr;

use crate::event::{Event, EventKind};
use crate::history::History;
use crate::id::EventId;
use crate::status::Status;

/// Why a history is only the first part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event}: no history ends with `{found}`: {missing}")]
pub struct CutOff {
    /// The last event.
    pub event: EventId,
    /// Its type.
    pub found: SmolStr,
    /// What comes with it.
    pub missing: &'static str,
}

/// Where a history stands after some events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// No workflow task was scheduled yet.
    Never,
    /// One is pending, or is tried again, which no event shows.
    Pending,
    /// None is, and the workflow was told of all.
    Done,
    /// None is, and there is something to tell.
    Owed,
}

pub(crate) fn check(history: &History) -> Result<(), CutOff> {
    let events = history.events();
    let Some(last) = events.last() else { return Ok(()) };
    // A paused workflow is told nothing (`IsWorkflowExecutionStatusPaused`).
    let paused =
        events.iter().any(|event| event.kind.type_name().to_uppercase().ends_with("PAUSED"));
    if paused || Status::of(&last.kind).is_some() {
        return Ok(());
    }
    let cut = |missing| Err(CutOff { event: last.id, found: last.kind.name().into(), missing });
    if let (EventKind::WorkflowExecutionStarted(_), [_]) = (&last.kind, events) {
        let missing = "the first workflow task is scheduled with it";
        return if waits(history) { Ok(()) } else { cut(missing) };
    }
    if opens_only(history, last) {
        return cut("the end of the activity comes with it");
    }
    let task = events.iter().fold(Task::Never, |task, event| task.after(event));
    if task == Task::Owed { cut("a workflow task is scheduled with it") } else { Ok(()) }
}

/// Whether the first workflow task comes later than the start: that of a child once its parent knows of it, that of a
/// delayed run after the delay.
pub(crate) fn waits(history: &History) -> bool {
    let started = history.started();
    started.parent_workflow_execution.is_some()
        || started.first_workflow_task_backoff.is_some_and(|backoff| !backoff.is_zero())
}

/// Whether no transaction ends with `event`: with a retry policy the start of an activity is written when it ends (H-12;
/// server 1.32, `mutable_state_impl.go` `AddActivityTaskStartedEvent`).
pub(crate) fn opens_only(history: &History, event: &Event) -> bool {
    let EventKind::ActivityTaskStarted(started) = &event.kind else { return false };
    let scheduled = history.event(started.scheduled_event_id).map(|event| &event.kind);
    matches!(scheduled, Some(EventKind::ActivityTaskScheduled(it)) if it.retry_policy.is_some())
}

impl Task {
    pub(crate) fn after(self, event: &Event) -> Self {
        match &event.kind {
            EventKind::WorkflowTaskScheduled(_)
            | EventKind::WorkflowTaskStarted(_)
            | EventKind::WorkflowTaskFailed(_)
            | EventKind::WorkflowTaskTimedOut(_) => Self::Pending,
            EventKind::WorkflowTaskCompleted(_) => Self::Done,
            EventKind::TimerFired(_)
            | EventKind::ActivityTaskCompleted(_)
            | EventKind::ActivityTaskFailed(_)
            | EventKind::ActivityTaskTimedOut(_)
            | EventKind::ActivityTaskCanceled(_)
            | EventKind::WorkflowExecutionCancelRequested(_)
            | EventKind::ChildWorkflowExecutionCompleted(_)
            | EventKind::ChildWorkflowExecutionFailed(_)
            | EventKind::ChildWorkflowExecutionCanceled(_)
            | EventKind::ChildWorkflowExecutionTimedOut(_)
            | EventKind::ChildWorkflowExecutionTerminated(_)
            | EventKind::ChildWorkflowExecutionStarted(_)
            | EventKind::StartChildWorkflowExecutionFailed(_)
            | EventKind::ExternalWorkflowExecutionSignaled(_)
            | EventKind::SignalExternalWorkflowExecutionFailed(_)
            | EventKind::ExternalWorkflowExecutionCancelRequested(_)
            | EventKind::RequestCancelExternalWorkflowExecutionFailed(_)
                if self == Self::Done =>
            {
                Self::Owed
            }
            // A client may ask that no task is scheduled for its signal (`skip_generate_workflow_task`).
            EventKind::WorkflowExecutionSignaled(signal)
                if self == Self::Done && signal.unknown.is_empty() =>
            {
                Self::Owed
            }
            _ => self,
        }
    }
}
