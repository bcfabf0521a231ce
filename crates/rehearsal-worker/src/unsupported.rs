//! What histories can hold and nothing simulates yet, by name.

use alloc::format;
use alloc::string::String;

use rehearsal_history::EventKind;

use crate::core::local::marker::NAME as CORE_LOCAL;
use crate::core::patch::MARKER as PATCH;
use crate::go::local::NAME as GO_LOCAL;
use crate::go::marker::{MUTABLE_SIDE_EFFECT, SIDE_EFFECT, VERSION};

/// The activities that a session of Go begins and ends with (`session.go` of sdk-go 1.47).
const SESSIONS: [&str; 2] =
    ["internalSessionCreationActivity", "internalSessionCompletionActivity"];

/// What an event of this kind belongs to, if that is not simulated.
pub(crate) fn not_simulated(kind: &EventKind) -> Option<String> {
    let what = match kind {
        EventKind::MarkerRecorded(it) if !is_simulated(&it.marker_name) => {
            return Some(format!("markers of kind `{}`", it.marker_name));
        }
        EventKind::ActivityTaskScheduled(it) if SESSIONS.contains(&&*it.activity_type.name) => {
            "sessions"
        }
        EventKind::WorkflowExecutionUpdateRejected(_) => "recorded rejections of updates",
        EventKind::WorkflowExecutionStarted(_)
        | EventKind::WorkflowExecutionCompleted(_)
        | EventKind::WorkflowExecutionFailed(_)
        | EventKind::WorkflowExecutionTimedOut(_)
        | EventKind::WorkflowExecutionCanceled(_)
        | EventKind::WorkflowExecutionTerminated(_)
        | EventKind::WorkflowExecutionContinuedAsNew(_)
        | EventKind::WorkflowExecutionSignaled(_)
        | EventKind::WorkflowExecutionCancelRequested(_)
        | EventKind::WorkflowExecutionOptionsUpdated(_)
        | EventKind::WorkflowExecutionTimeSkippingTransitioned(_)
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
        | EventKind::WorkflowExecutionUpdateAdmitted(_)
        | EventKind::WorkflowExecutionUpdateAccepted(_)
        | EventKind::WorkflowExecutionUpdateCompleted(_)
        | EventKind::TimerStarted(_)
        | EventKind::TimerFired(_)
        | EventKind::TimerCanceled(_)
        | EventKind::MarkerRecorded(_)
        | EventKind::UpsertWorkflowSearchAttributes(_)
        | EventKind::WorkflowPropertiesModified(_)
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

/// Whether an SDK that is simulated leaves markers of this kind.
fn is_simulated(marker: &str) -> bool {
    [SIDE_EFFECT, MUTABLE_SIDE_EFFECT, VERSION, PATCH, GO_LOCAL, CORE_LOCAL].contains(&marker)
}
