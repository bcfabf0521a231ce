//! A table of a history for snapshots: what happened, when, and to what.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Line, cut, lines, print_lines};
use crate::event::{Event, EventKind};
use crate::id::EventId;
use crate::scrub::Uuids;

/// The table of these events.
pub(crate) fn print(events: &[Arc<Event>]) -> String {
    let mut uuids = Uuids::default();
    let lines: Vec<Line> = lines(events)
        .into_iter()
        .zip(events)
        .map(|(line, event)| {
            let subject = subject(&event.kind, events);
            let subject = uuids.replace(subject).map_or_else(|| subject.into(), Cow::from);
            Line { details: cut(&subject).into_owned(), ..line }
        })
        .collect();
    print_lines(&lines.iter().map(|line| ("", line)).collect::<Vec<_>>())
}

/// What an event is about, by its name: a workflow, an activity, a timer, a signal; empty if nothing has one.
fn subject<'a>(kind: &'a EventKind, events: &'a [Arc<Event>]) -> &'a str {
    match kind {
        EventKind::WorkflowExecutionStarted(e) => &e.workflow_type.name,
        EventKind::WorkflowExecutionContinuedAsNew(e) => &e.workflow_type.name,
        EventKind::WorkflowExecutionSignaled(e) => &e.signal_name,
        EventKind::ActivityTaskScheduled(e) => &e.activity_type.name,
        EventKind::ActivityTaskStarted(e) => opened(e.scheduled_event_id, events),
        EventKind::ActivityTaskCompleted(e) => opened(e.scheduled_event_id, events),
        EventKind::ActivityTaskFailed(e) => opened(e.scheduled_event_id, events),
        EventKind::ActivityTaskTimedOut(e) => opened(e.scheduled_event_id, events),
        EventKind::ActivityTaskCancelRequested(e) => opened(e.scheduled_event_id, events),
        EventKind::ActivityTaskCanceled(e) => opened(e.scheduled_event_id, events),
        EventKind::TimerStarted(e) => &e.timer_id,
        EventKind::TimerFired(e) => &e.timer_id,
        EventKind::TimerCanceled(e) => &e.timer_id,
        EventKind::MarkerRecorded(e) => &e.marker_name,
        EventKind::StartChildWorkflowExecutionInitiated(e) => &e.workflow_type.name,
        EventKind::StartChildWorkflowExecutionFailed(e) => &e.workflow_type.name,
        EventKind::ChildWorkflowExecutionStarted(e) => &e.workflow_type.name,
        EventKind::ChildWorkflowExecutionCompleted(e) => &e.workflow_type.name,
        EventKind::ChildWorkflowExecutionFailed(e) => &e.workflow_type.name,
        EventKind::ChildWorkflowExecutionCanceled(e) => &e.workflow_type.name,
        EventKind::ChildWorkflowExecutionTimedOut(e) => &e.workflow_type.name,
        EventKind::ChildWorkflowExecutionTerminated(e) => &e.workflow_type.name,
        EventKind::RequestCancelExternalWorkflowExecutionInitiated(e) => {
            &e.workflow_execution.workflow_id
        }
        EventKind::RequestCancelExternalWorkflowExecutionFailed(e) => {
            &e.workflow_execution.workflow_id
        }
        EventKind::ExternalWorkflowExecutionCancelRequested(e) => &e.workflow_execution.workflow_id,
        EventKind::SignalExternalWorkflowExecutionInitiated(e) => &e.signal_name,
        EventKind::SignalExternalWorkflowExecutionFailed(e) => &e.workflow_execution.workflow_id,
        EventKind::ExternalWorkflowExecutionSignaled(e) => &e.workflow_execution.workflow_id,
        EventKind::WorkflowExecutionUpdateAccepted(e) => {
            let input = e.accepted_request.as_ref().and_then(|request| request.input.as_ref());
            input.map_or("", |input| &input.name)
        }
        _ => "",
    }
}

/// The subject of the event that scheduled an activity.
fn opened(scheduled: EventId, events: &[Arc<Event>]) -> &str {
    let index = scheduled.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    match index.and_then(|index| events.get(index)).map(|event| &event.kind) {
        Some(EventKind::ActivityTaskScheduled(activity)) => &activity.activity_type.name,
        _ => "",
    }
}
