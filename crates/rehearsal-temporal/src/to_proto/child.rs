//! How child workflows start and end.

use rehearsal_activation::{ChildResolution, ChildStart, Seq};
use rehearsal_history::StartChildFailedCause;
use rehearsal_proto::{ConvertError, Mirror, list};
use temporalio_protos::coresdk::child_workflow::{
    Cancellation, ChildWorkflowResult, Failure, StartChildWorkflowExecutionFailedCause, Success,
    child_workflow_result,
};
use temporalio_protos::coresdk::workflow_activation::{
    ResolveChildWorkflowExecution, ResolveChildWorkflowExecutionStart,
    ResolveChildWorkflowExecutionStartCancelled, ResolveChildWorkflowExecutionStartFailure,
    ResolveChildWorkflowExecutionStartSuccess, resolve_child_workflow_execution_start,
};

use super::text;

pub(super) fn start(
    seq: Seq,
    how: &ChildStart,
) -> Result<ResolveChildWorkflowExecutionStart, ConvertError> {
    use resolve_child_workflow_execution_start::Status;
    let status = match how {
        ChildStart::Started { run_id, .. } => {
            Status::Succeeded(ResolveChildWorkflowExecutionStartSuccess { run_id: text(run_id) })
        }
        ChildStart::Failed { workflow_id, workflow_type, cause, .. } => {
            Status::Failed(ResolveChildWorkflowExecutionStartFailure {
                workflow_id: text(workflow_id),
                workflow_type: text(workflow_type),
                cause: failed_cause(cause).into(),
            })
        }
        ChildStart::Canceled(failure) => {
            Status::Cancelled(ResolveChildWorkflowExecutionStartCancelled {
                failure: Some(failure.to_proto()?),
            })
        }
    };
    Ok(ResolveChildWorkflowExecutionStart { seq: seq.0, status: Some(status) })
}

const fn failed_cause(cause: &StartChildFailedCause) -> StartChildWorkflowExecutionFailedCause {
    match cause {
        StartChildFailedCause::WorkflowAlreadyExists => {
            StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists
        }
        StartChildFailedCause::NamespaceNotFound => {
            StartChildWorkflowExecutionFailedCause::NamespaceNotFound
        }
        _ => StartChildWorkflowExecutionFailedCause::Unspecified,
    }
}

pub(super) fn resolution(
    seq: Seq,
    how: &ChildResolution,
) -> Result<ResolveChildWorkflowExecution, ConvertError> {
    use child_workflow_result::Status;
    let status = match how {
        // As with activities, core takes the first of several results.
        ChildResolution::Completed(result) => {
            Status::Completed(Success { result: list(result.as_ref())?.into_iter().next() })
        }
        ChildResolution::Failed(failure) => {
            Status::Failed(Failure { failure: Some(failure.to_proto()?) })
        }
        ChildResolution::Canceled(failure) => {
            Status::Cancelled(Cancellation { failure: Some(failure.to_proto()?) })
        }
    };
    let result = ChildWorkflowResult { status: Some(status) };
    Ok(ResolveChildWorkflowExecution { seq: seq.0, result: Some(result) })
}
