//! How a run closes, and which run follows it (C-13, T-10, T-11, T-12).

mod next;

use alloc::boxed::Box;

use rehearsal_activation::ContinueAsNewWorkflow;
use rehearsal_history::event::{
    WorkflowExecutionCanceled, WorkflowExecutionCompleted, WorkflowExecutionContinuedAsNew,
    WorkflowExecutionFailed, WorkflowExecutionTimedOut,
};
use rehearsal_history::{EventKind, Failure, Payloads, SmolStr};

use self::next::Next;
use crate::refusal::BadCommand;
use crate::words::{Chain, Decision, Origin, Transfer};

/// A command that closes the run.
#[derive(Debug)]
pub(crate) enum CloseCommand {
    /// As completed, with what the workflow returned.
    Complete { result: Option<Payloads> },
    /// As failed, with the error that it returned.
    Fail { failure: Box<Failure> },
    /// As canceled.
    Cancel { details: Option<Payloads> },
    /// By going on in a new run.
    ContinueAsNew(Box<ContinueAsNewWorkflow>),
}

impl CloseCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "CompleteWorkflowExecution",
            Self::Fail { .. } => "FailWorkflowExecution",
            Self::Cancel { .. } => "CancelWorkflowExecution",
            Self::ContinueAsNew(_) => "ContinueAsNewWorkflowExecution",
        }
    }
}

/// What `command` causes. Whether the run can be closed now is not its to say (W-12).
///
/// # Errors
///
/// [`BadCommand`] if it makes no sense by itself.
pub(crate) fn plan(
    command: CloseCommand,
    origin: &Origin<'_>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    let task = origin.task;
    let (kind, next): (EventKind, _) = match command {
        CloseCommand::Complete { result } => {
            let next = next::after_completion(result.as_ref(), &origin.chain);
            let close = WorkflowExecutionCompleted {
                result,
                workflow_task_completed_event_id: task,
                new_execution_run_id: run_id(next.as_ref()),
                ..WorkflowExecutionCompleted::default()
            };
            (close.into(), next)
        }
        CloseCommand::Fail { failure } => {
            let (retry_state, next) = next::after_failure(&failure, &origin.chain);
            let close = Box::new(WorkflowExecutionFailed {
                failure: Some(*failure),
                retry_state,
                workflow_task_completed_event_id: task,
                new_execution_run_id: run_id(next.as_ref()),
                ..WorkflowExecutionFailed::default()
            });
            (close.into(), next)
        }
        // C-14: nothing follows it.
        CloseCommand::Cancel { details } => {
            let close = WorkflowExecutionCanceled {
                workflow_task_completed_event_id: task,
                details,
                ..WorkflowExecutionCanceled::default()
            };
            (close.into(), None)
        }
        CloseCommand::ContinueAsNew(command) => {
            let (close, next) = next::continued(*command, &origin.chain)?;
            let close = Box::new(WorkflowExecutionContinuedAsNew {
                workflow_task_completed_event_id: task,
                ..close
            });
            (close.into(), Some(next))
        }
    };
    out.record(origin.now, kind);
    follow(next, out);
    Ok(())
}

/// The time of a run is up (T-10).
pub(crate) fn time_out(chain: &Chain<'_>, out: &mut Decision) {
    let (retry_state, next) = next::after_timeout(chain);
    let close = WorkflowExecutionTimedOut {
        retry_state,
        new_execution_run_id: run_id(next.as_ref()),
        ..WorkflowExecutionTimedOut::default()
    };
    out.record(chain.now, close);
    follow(next, out);
}

fn run_id(next: Option<&Next>) -> SmolStr {
    next.map(Next::run_id).unwrap_or_default()
}

fn follow(next: Option<Next>, out: &mut Decision) {
    if let Some(next) = next {
        out.transfer(Transfer::Next(next.started));
    }
}
