//! The failures that core makes of what becomes of children.

use alloc::boxed::Box;
use alloc::format;

use rehearsal_history::{
    CanceledFailureInfo, ChildFailureInfo, Execution, Failure, FailureInfo, RetryState, SmolStr,
    TerminatedFailureInfo, TimeoutType,
};

use super::Child;

/// One that did not complete.
pub(super) fn child_failure(
    child: &Child,
    message: &'static str,
    retry_state: RetryState,
    cause: Option<Failure>,
) -> Failure {
    Failure {
        message: message.into(),
        cause: cause.map(Box::new),
        info: Some(info(child, retry_state)),
        ..Failure::default()
    }
}

/// One that was canceled in the workflow task that asked for it.
pub(super) fn canceled_before_scheduled(child: &Child, reason: &str) -> Failure {
    Failure {
        message: format!("Child Workflow Execution cancelled before scheduled: {reason}").into(),
        cause: Some(Box::new(canceled())),
        info: Some(info(child, RetryState::NonRetryableFailure)),
        ..Failure::default()
    }
}

pub(super) fn canceled() -> Failure {
    let info = FailureInfo::Canceled(CanceledFailureInfo::default());
    Failure { info: Some(info), ..Failure::default() }
}

pub(super) fn timed_out() -> Failure {
    let failure = Failure::timeout("Timed out", TimeoutType::StartToClose);
    Failure { source: SmolStr::default(), ..failure }
}

pub(super) fn terminated() -> Failure {
    let info = FailureInfo::Terminated(TerminatedFailureInfo::default());
    Failure { message: "Terminated".into(), info: Some(info), ..Failure::default() }
}

fn info(child: &Child, retry_state: RetryState) -> FailureInfo {
    FailureInfo::ChildWorkflow(ChildFailureInfo {
        workflow_execution: Execution {
            workflow_id: child.workflow_id.clone(),
            run_id: child.run_id.clone(),
            ..Execution::default()
        },
        workflow_type: child.workflow_type.clone().into(),
        initiated_event_id: child.initiated,
        started_event_id: child.started,
        retry_state,
        ..ChildFailureInfo::default()
    })
}
