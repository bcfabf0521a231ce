//! What histories can hold and nothing simulates yet, by name.

use alloc::string::String;

use rehearsal_history::EventKind;

/// What an event of this kind belongs to, if that is not simulated.
pub(crate) fn not_simulated(kind: &EventKind) -> Option<String> {
    let what = match kind {
        EventKind::MarkerRecorded(_) => "markers",
        EventKind::WorkflowExecutionContinuedAsNew(_) => "continue-as-new",
        EventKind::UpsertWorkflowSearchAttributes(_) => "changes of search attributes",
        EventKind::WorkflowPropertiesModified(_) => "changes of the memo",
        EventKind::WorkflowExecutionUpdateAccepted(_)
        | EventKind::WorkflowExecutionUpdateRejected(_)
        | EventKind::WorkflowExecutionUpdateCompleted(_)
        | EventKind::WorkflowExecutionUpdateAdmitted(_) => "updates",
        EventKind::WorkflowExecutionStarted(_)
        | EventKind::WorkflowExecutionCompleted(_)
        | EventKind::WorkflowExecutionFailed(_)
        | EventKind::WorkflowExecutionTimedOut(_)
        | EventKind::WorkflowExecutionCanceled(_)
        | EventKind::WorkflowExecutionTerminated(_)
        | EventKind::WorkflowExecutionSignaled(_)
        | EventKind::WorkflowExecutionCancelRequested(_)
        | EventKind::WorkflowExecutionOptionsUpdated(_)
        | EventKind::WorkflowTaskScheduled(_)
        | EventKind::WorkflowTaskStarted(_)
        | EventKind::WorkflowTaskCompleted(_)
        | EventKind::WorkflowTaskTimedOut(_)
        | EventKind::WorkflowTaskFailed(_)
        | EventKind::ActivityTaskScheduled(_)
        | EventKind::ActivityTaskStarted(_)
        | EventKind::ActivityTaskCompleted(_)
        | EventKind::ActivityTaskFailed(_)
        | EventKind::ActivityTaskTimedOut(_)
        | EventKind::ActivityTaskCancelRequested(_)
        | EventKind::ActivityTaskCanceled(_)
        | EventKind::TimerStarted(_)
        | EventKind::TimerFired(_)
        | EventKind::TimerCanceled(_)
        | EventKind::StartChildWorkflowExecutionInitiated(_)
        | EventKind::StartChildWorkflowExecutionFailed(_)
        | EventKind::ChildWorkflowExecutionStarted(_)
        | EventKind::ChildWorkflowExecutionCompleted(_)
        | EventKind::ChildWorkflowExecutionFailed(_)
        | EventKind::ChildWorkflowExecutionCanceled(_)
        | EventKind::ChildWorkflowExecutionTimedOut(_)
        | EventKind::ChildWorkflowExecutionTerminated(_)
        | EventKind::SignalExternalWorkflowExecutionInitiated(_)
        | EventKind::SignalExternalWorkflowExecutionFailed(_)
        | EventKind::ExternalWorkflowExecutionSignaled(_)
        | EventKind::RequestCancelExternalWorkflowExecutionInitiated(_)
        | EventKind::RequestCancelExternalWorkflowExecutionFailed(_)
        | EventKind::ExternalWorkflowExecutionCancelRequested(_) => return None,
        kind => kind.name(),
    };
    Some(what.into())
}
