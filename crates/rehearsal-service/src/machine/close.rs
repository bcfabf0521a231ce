//! What the commands that close a run come to (C-13, T-11).

use alloc::boxed::Box;

use rehearsal_history::event::{
    WorkflowExecutionCanceled, WorkflowExecutionCompleted, WorkflowExecutionFailed,
};
use rehearsal_history::{EventKind, Failure, Payloads, RetryState};

use crate::words::{Decision, Origin};

/// A command that closes the run.
#[derive(Debug)]
pub(crate) enum CloseCommand {
    /// As completed, with what the workflow returned.
    Complete { result: Option<Payloads> },
    /// As failed, with the error that it returned.
    Fail { failure: Box<Failure> },
    /// As canceled.
    Cancel { details: Option<Payloads> },
}

impl CloseCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "CompleteWorkflowExecution",
            Self::Fail { .. } => "FailWorkflowExecution",
            Self::Cancel { .. } => "CancelWorkflowExecution",
        }
    }
}

/// What `command` causes. It always holds: whether the run can be closed now is not its to say (W-12).
pub(crate) fn plan(command: CloseCommand, origin: &Origin<'_>, out: &mut Decision) {
    let task = origin.task;
    let kind: EventKind = match command {
        CloseCommand::Complete { result } => WorkflowExecutionCompleted {
            result,
            workflow_task_completed_event_id: task,
            ..WorkflowExecutionCompleted::default()
        }
        .into(),
        CloseCommand::Fail { failure } => Box::new(WorkflowExecutionFailed {
            failure: Some(*failure),
            // T-11: workflows have no retry policy unless they are given one.
            retry_state: RetryState::RetryPolicyNotSet,
            workflow_task_completed_event_id: task,
            ..WorkflowExecutionFailed::default()
        })
        .into(),
        CloseCommand::Cancel { details } => WorkflowExecutionCanceled {
            workflow_task_completed_event_id: task,
            details,
            ..WorkflowExecutionCanceled::default()
        }
        .into(),
    };
    out.record(origin.now, kind);
}
