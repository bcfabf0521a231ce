//! Compares how workflows close.

use alloc::format;
use alloc::sync::Arc;
use core::time::Duration;

use rehearsal_activation::{ContinueAsNewWorkflow, ServerCommand};
use rehearsal_history::event::{
    WorkflowExecutionCanceled, WorkflowExecutionCompleted, WorkflowExecutionContinuedAsNew,
    WorkflowExecutionFailed,
};
use rehearsal_history::{Event, EventKind, Failure, Payloads, side_by_side};

use super::attributes::Attributes;
use super::pairing::Pair;
use super::values::{Values, same_failure};
use crate::describe;
use crate::mismatch::Grade;

/// How a history ends, as far as Go looks: its replayer wants the same close again, in whichever task, if it is one of
/// these (`replayWorkflowHistoryRoot` in `internal_worker.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ends {
    Completed,
    ContinuedAsNew,
    /// It is open, or was closed in another way.
    #[default]
    Otherwise,
}

impl Ends {
    /// How `history` ends.
    pub(crate) fn of(history: &[Arc<Event>]) -> Self {
        match history.last().map(|event| &event.kind) {
            Some(EventKind::WorkflowExecutionCompleted(_)) => Self::Completed,
            Some(EventKind::WorkflowExecutionContinuedAsNew(_)) => Self::ContinuedAsNew,
            _ => Self::Otherwise,
        }
    }

    /// Whether this command is a close that the replayer takes for that end.
    pub(super) const fn takes(self, close: &ServerCommand) -> bool {
        match self {
            Self::Completed => matches!(close, ServerCommand::CompleteWorkflow { .. }),
            Self::ContinuedAsNew => matches!(close, ServerCommand::ContinueAsNew(_)),
            Self::Otherwise => true,
        }
    }
}

/// The close that `attempted` has and that nothing recorded stands beside: less is recorded than what comes before it.
pub(super) fn early<'a>(
    pairs: &[Pair],
    attempted: &'a [ServerCommand],
) -> Option<&'a ServerCommand> {
    let last = pairs.last().filter(|last| last.event.is_none())?;
    attempted.get(last.command?).filter(|command| command.is_close())
}

/// Whether an event of this kind is a close that Go does not look for: it does only where the run was completed.
pub(super) const fn is_unseen_by_go(kind: &EventKind) -> bool {
    matches!(kind, EventKind::WorkflowExecutionFailed(_) | EventKind::WorkflowExecutionCanceled(_))
}

/// The workflow completes.
pub(super) fn completed(
    at: &mut Attributes<'_>,
    recorded: &WorkflowExecutionCompleted,
    result: Option<&Payloads>,
) {
    with_values(at, "result=", recorded.result.as_ref(), result);
}

/// The workflow fails.
pub(super) fn failed(
    at: &mut Attributes<'_>,
    recorded: &WorkflowExecutionFailed,
    failure: &Failure,
) {
    let recorded = recorded.failure.as_ref();
    if recorded.is_some_and(|recorded| same_failure(recorded, failure)) {
        return;
    }
    let recorded = recorded.map_or_else(|| "without a failure".into(), describe::whole_failure);
    let attempted = describe::whole_failure(failure);
    otherwise(at, "", &recorded, &attempted, Grade::ChangesBehavior);
}

/// The workflow closes as canceled.
pub(super) fn canceled(
    at: &mut Attributes<'_>,
    recorded: &WorkflowExecutionCanceled,
    details: Option<&Payloads>,
) {
    with_values(at, "details=", recorded.details.as_ref(), details);
}

/// The workflow goes on in a new run. What is left to the server is not looked at.
pub(super) fn continued(
    at: &mut Attributes<'_>,
    recorded: &WorkflowExecutionContinuedAsNew,
    attempted: &ContinueAsNewWorkflow,
) {
    at.behavior("type", &recorded.workflow_type.name, &attempted.workflow_type);
    if !attempted.task_queue.is_empty() {
        at.behavior("task queue", &recorded.task_queue.name, &attempted.task_queue);
    }
    let most = at.context.execution_timeout.unwrap_or(Duration::MAX);
    for (name, recorded, attempted) in [
        ("run timeout", recorded.workflow_run_timeout, attempted.run_timeout),
        ("task timeout", recorded.workflow_task_timeout, attempted.task_timeout),
        ("backoff", recorded.backoff_start_interval, attempted.backoff),
    ] {
        let recorded = recorded.unwrap_or_default();
        let attempted = attempted.unwrap_or_default().min(most);
        if !attempted.is_zero() && recorded != attempted {
            at.behavior(name, &describe::timeout(recorded), &describe::timeout(attempted));
        }
    }
    with_values(at, "input=", recorded.input.as_ref(), attempted.input.as_ref());
    at.header(recorded.header.as_ref(), attempted.header.as_ref());
}

fn with_values(
    at: &mut Attributes<'_>,
    key: &str,
    recorded: Option<&Payloads>,
    attempted: Option<&Payloads>,
) {
    if let Some(grade) = Values::of(recorded, attempted).grade() {
        otherwise(at, key, &describe::whole(recorded), &describe::whole(attempted), grade);
    }
}

/// It closes with another value, or with one that is written otherwise. Temporal does not look.
fn otherwise(at: &mut Attributes<'_>, key: &str, recorded: &str, attempted: &str, grade: Grade) {
    let (event, command) = (at.event.kind.name(), describe::command_name(at.command));
    let [recorded, attempted] = side_by_side(recorded, attempted, describe::LONGEST);
    at.push(format!("{event} {key}{recorded}"), format!("{command} {key}{attempted}"), grade);
}
