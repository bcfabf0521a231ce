//! The check that what was done until a cancel is not taken for all of it.

use rehearsal_history::Status;

use super::{Check, canceled, in_each};
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// A workflow that was canceled does not close as Completed (RH220): a partial result is not taken for a whole one.
///
/// It was canceled as [`CleanupIffCanceled`](super::CleanupIffCanceled) has it: a workflow task that was accepted delivered
/// the request, and its work was not done by then. It may close as Canceled, or as Failed with an error of its own. A run
/// that goes on as new is not judged: the last run of its chain is.
#[derive(Debug, Clone, Copy, Default)]
pub struct CanceledMustNotComplete;

impl Check for CanceledMustNotComplete {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        in_each(outcome, check_execution)
    }
}

fn check_execution(execution: &Execution) -> Option<Finding> {
    if execution.status != Status::Completed {
        return None;
    }
    let request = canceled(execution)?;
    let headline =
        format!("{} closed as Completed although it was canceled", execution.workflow_type);
    let close = execution.history.last()?.id;
    let detail = format!("event {request} requested the cancel, event {close} returned a result");
    let finding = Finding::new(Code::CanceledCompleted, headline).with_detail(detail);
    Some(finding.with_events([request.0, close.0]))
}
