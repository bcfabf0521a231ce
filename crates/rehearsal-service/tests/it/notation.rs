//! The notation of the scenario catalogue: `5 ActSched, 6 ActCancelReq(s5), 7 ActCanceled(s5 st0 lc6)`.

use std::sync::Arc;

use rehearsal_history::{Event, EventId, EventKind};

/// One line for all events.
pub(crate) fn print(events: &[Arc<Event>]) -> String {
    events.iter().map(|event| one(event)).collect::<Vec<_>>().join(", ")
}

fn one(event: &Event) -> String {
    let (name, notes) = describe(&event.kind);
    if notes.is_empty() {
        format!("{} {name}", event.id)
    } else {
        format!("{} {name}({})", event.id, notes.join(" "))
    }
}

/// The short name of an event's type, and what tells it from others of its type.
fn describe(kind: &EventKind) -> (&str, Vec<String>) {
    match kind {
        EventKind::WorkflowExecutionStarted(_) => ("WFStarted", vec![]),
        EventKind::WorkflowExecutionSignaled(_) => ("WFSignaled", vec![]),
        EventKind::WorkflowExecutionCancelRequested(_) => ("WFCancelReq", vec![]),
        EventKind::WorkflowExecutionCompleted(it) => {
            ("WFCompleted", vec![wtc(it.workflow_task_completed_event_id)])
        }
        EventKind::WorkflowExecutionFailed(it) => {
            ("WFFailed", vec![wtc(it.workflow_task_completed_event_id)])
        }
        EventKind::WorkflowExecutionCanceled(it) => {
            ("WFCanceled", vec![wtc(it.workflow_task_completed_event_id)])
        }
        EventKind::WorkflowExecutionTimedOut(it) => {
            ("WFTimedOut", vec![short(it.retry_state.as_str())])
        }
        EventKind::WorkflowExecutionTerminated(_) => ("WFTerminated", vec![]),
        EventKind::WorkflowExecutionContinuedAsNew(it) => {
            ("WFContinuedAsNew", vec![wtc(it.workflow_task_completed_event_id)])
        }
        EventKind::WorkflowTaskScheduled(it) => {
            let attempt = (it.attempt != 1).then(|| format!("attempt {}", it.attempt));
            let sticky = (!it.task_queue.normal_name.is_empty()).then(|| "sticky".to_owned());
            ("TaskSched", attempt.into_iter().chain(sticky).collect())
        }
        EventKind::WorkflowTaskStarted(_) => ("TaskStarted", vec![]),
        EventKind::WorkflowTaskCompleted(_) => ("TaskCompleted", vec![]),
        EventKind::WorkflowTaskFailed(it) => ("TaskFailed", vec![short(it.cause.as_str())]),
        EventKind::WorkflowTaskTimedOut(it) => (
            "TaskTimedOut",
            vec![short(it.timeout_type.as_str()), format!("st{}", it.started_event_id)],
        ),
        EventKind::ActivityTaskScheduled(_) => ("ActSched", vec![]),
        EventKind::ActivityTaskStarted(it) => {
            let attempt = (it.attempt != 1).then(|| format!("attempt {}", it.attempt));
            (
                "ActStarted",
                [Some(format!("s{}", it.scheduled_event_id)), attempt]
                    .into_iter()
                    .flatten()
                    .collect(),
            )
        }
        EventKind::ActivityTaskCompleted(it) => {
            ("ActCompleted", ids(it.scheduled_event_id, it.started_event_id))
        }
        EventKind::ActivityTaskFailed(it) => (
            "ActFailed",
            closed(it.scheduled_event_id, it.started_event_id, it.retry_state.as_str()),
        ),
        EventKind::ActivityTaskTimedOut(it) => (
            "ActTimedOut",
            closed(it.scheduled_event_id, it.started_event_id, it.retry_state.as_str()),
        ),
        EventKind::ActivityTaskCancelRequested(it) => {
            ("ActCancelReq", vec![format!("s{}", it.scheduled_event_id)])
        }
        EventKind::ActivityTaskCanceled(it) => {
            let mut notes = ids(it.scheduled_event_id, it.started_event_id);
            notes.push(format!("lc{}", it.latest_cancel_requested_event_id));
            ("ActCanceled", notes)
        }
        EventKind::TimerStarted(it) => ("TimerStarted", vec![it.timer_id.to_string()]),
        EventKind::TimerFired(it) => ("TimerFired", vec![format!("st{}", it.started_event_id)]),
        EventKind::TimerCanceled(it) => {
            ("TimerCanceled", vec![format!("st{}", it.started_event_id)])
        }
        _ => across(kind),
    }
}

/// Children and other workflows.
fn across(kind: &EventKind) -> (&str, Vec<String>) {
    match kind {
        EventKind::StartChildWorkflowExecutionInitiated(it) => {
            ("ChildInit", vec![it.workflow_id.to_string()])
        }
        EventKind::StartChildWorkflowExecutionFailed(it) => {
            ("ChildStartFailed", vec![short(it.cause.as_str()), init(it.initiated_event_id)])
        }
        EventKind::ChildWorkflowExecutionStarted(it) => {
            ("ChildStarted", vec![init(it.initiated_event_id)])
        }
        EventKind::ChildWorkflowExecutionCompleted(it) => {
            ("ChildCompleted", child(it.initiated_event_id, it.started_event_id))
        }
        EventKind::ChildWorkflowExecutionFailed(it) => {
            ("ChildFailed", child(it.initiated_event_id, it.started_event_id))
        }
        EventKind::ChildWorkflowExecutionCanceled(it) => {
            ("ChildCanceled", child(it.initiated_event_id, it.started_event_id))
        }
        EventKind::ChildWorkflowExecutionTimedOut(it) => {
            ("ChildTimedOut", child(it.initiated_event_id, it.started_event_id))
        }
        EventKind::ChildWorkflowExecutionTerminated(it) => {
            ("ChildTerminated", child(it.initiated_event_id, it.started_event_id))
        }
        EventKind::SignalExternalWorkflowExecutionInitiated(it) => {
            ("SigExtInit", vec![it.workflow_execution.workflow_id.to_string()])
        }
        EventKind::SignalExternalWorkflowExecutionFailed(it) => {
            ("SigExtFailed", vec![short(it.cause.as_str()), init(it.initiated_event_id)])
        }
        EventKind::ExternalWorkflowExecutionSignaled(it) => {
            ("ExtSignaled", vec![init(it.initiated_event_id)])
        }
        EventKind::RequestCancelExternalWorkflowExecutionInitiated(it) => {
            ("CanExtInit", vec![it.workflow_execution.workflow_id.to_string()])
        }
        EventKind::RequestCancelExternalWorkflowExecutionFailed(it) => {
            ("CanExtFailed", vec![short(it.cause.as_str()), init(it.initiated_event_id)])
        }
        EventKind::ExternalWorkflowExecutionCancelRequested(it) => {
            ("ExtCancelReq", vec![init(it.initiated_event_id)])
        }
        other => (other.name(), vec![]),
    }
}

fn init(id: EventId) -> String {
    format!("i{id}")
}

fn child(initiated: EventId, started: EventId) -> Vec<String> {
    vec![init(initiated), format!("st{started}")]
}

fn wtc(id: EventId) -> String {
    format!("wtc{id}")
}

fn ids(scheduled: EventId, started: EventId) -> Vec<String> {
    vec![format!("s{scheduled}"), format!("st{started}")]
}

fn closed(scheduled: EventId, started: EventId, state: &str) -> Vec<String> {
    let mut notes = ids(scheduled, started);
    notes.push(short(state));
    notes
}

fn short(name: &str) -> String {
    let prefixes = [
        "RETRY_STATE_",
        "TIMEOUT_TYPE_",
        "WORKFLOW_TASK_FAILED_CAUSE_",
        "START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_",
        "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_",
        "CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_",
    ];
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).to_owned()
}
