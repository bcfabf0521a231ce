//! The check that a cancel is not overlooked.

use rehearsal_history::{Event, EventKind, Status};

use super::{Check, cancel_delivered, in_each, skipped};
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// A workflow that was told of its cancel does not complete as if nothing had been (RH206).
///
/// One of these must be so:
///
/// - no workflow task that was accepted delivered the request: the workflow was over before;
/// - the task that delivered it asked for something: it canceled an operation, started cleanup, or closed the workflow,
///   and not only by going on as new: the next run hears nothing of the cancel (C-11);
/// - a later task started an operation on a canceled context, and so was told;
/// - the workflow closed in another way than Completed or `ContinuedAsNew`: as Canceled, or with an error of its own.
///
/// An open workflow is another finding, or the horizon of a sweep, and not judged here.
///
/// The history is all that is looked at. A workflow that waits in a disconnected context, looks at its cancel later and
/// then only returns a value leaves no trace of that, and is taken for one that overlooked it.
#[derive(Debug, Clone, Copy, Default)]
pub struct CancelObservedOrCompletedFirst;

impl Check for CancelObservedOrCompletedFirst {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        in_each(outcome, check_execution)
    }
}

fn check_execution(execution: &Execution) -> Option<Finding> {
    if !matches!(execution.status, Status::Completed | Status::ContinuedAsNew) {
        return None;
    }
    let request = cancel_delivered(execution)?;
    let delivered = execution.history.iter().position(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => completed.started_event_id > request,
        _ => false,
    })?;
    let next = execution.history.get(delivered + 1);
    let answered = next.is_some_and(|next| is_answer(next));
    let goes_on = next.is_some_and(|next| next.kind.next_run_id().is_some());
    let asks = if goes_on {
        "only goes on as new, which takes no cancel along"
    } else {
        "asks for nothing"
    };
    let told_later = skipped(execution).into_iter().any(|id| id > request);
    if answered || told_later {
        return None;
    }
    let task = execution.history.get(delivered)?.id;
    let workflow = &execution.workflow_type;
    Some(
        Finding::new(
            Code::CancelOverlooked,
            format!("{workflow} closed as {:?} as if it had not been canceled", execution.status),
        )
        .with_detail(format!("event {task} answers the task that delivered the cancel, and {asks}"))
        .with_events([request.0, task.0]),
    )
}

/// Whether an event behind a `WorkflowTaskCompleted` records a command of that task: those come at once (H-11).
fn is_answer(event: &Event) -> bool {
    Status::of(&event.kind).is_some_and(|status| status != Status::ContinuedAsNew)
        || matches!(
            event.kind,
            EventKind::ActivityTaskScheduled(_)
                | EventKind::ActivityTaskCancelRequested(_)
                | EventKind::TimerStarted(_)
                | EventKind::TimerCanceled(_)
                | EventKind::StartChildWorkflowExecutionInitiated(_)
                | EventKind::RequestCancelExternalWorkflowExecutionInitiated(_)
                | EventKind::SignalExternalWorkflowExecutionInitiated(_)
                | EventKind::MarkerRecorded(_)
        )
}
