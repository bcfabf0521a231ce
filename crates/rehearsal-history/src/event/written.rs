//! How events are written: with a workflow task, at once, or by way of the buffer.

use super::EventKind;

impl EventKind {
    /// Whether it records a command: it is written with the completion of the workflow task that asked for it (W-10, H-11).
    #[must_use]
    pub const fn is_command(&self) -> bool {
        matches!(
            self,
            Self::WorkflowExecutionCompleted(_)
                | Self::WorkflowExecutionFailed(_)
                | Self::WorkflowExecutionCanceled(_)
                | Self::WorkflowExecutionContinuedAsNew(_)
                | Self::ActivityTaskScheduled(_)
                | Self::ActivityTaskCancelRequested(_)
                | Self::TimerStarted(_)
                | Self::TimerCanceled(_)
                | Self::MarkerRecorded(_)
                | Self::StartChildWorkflowExecutionInitiated(_)
                | Self::RequestCancelExternalWorkflowExecutionInitiated(_)
                | Self::SignalExternalWorkflowExecutionInitiated(_)
                | Self::UpsertWorkflowSearchAttributes(_)
                | Self::WorkflowPropertiesModified(_)
                | Self::WorkflowExecutionUpdateAccepted(_)
                | Self::WorkflowExecutionUpdateRejected(_)
                | Self::WorkflowExecutionUpdateCompleted(_)
        )
    }

    /// Whether it waits in the buffer while a workflow task runs, and gets its id when that is over (H-2).
    #[must_use]
    pub const fn is_buffered(&self) -> bool {
        matches!(
            self,
            Self::WorkflowExecutionSignaled(_)
                | Self::WorkflowExecutionCancelRequested(_)
                | Self::ActivityTaskStarted(_)
                | Self::ActivityTaskCompleted(_)
                | Self::ActivityTaskFailed(_)
                | Self::ActivityTaskTimedOut(_)
                | Self::ActivityTaskCanceled(_)
                | Self::TimerFired(_)
                | Self::StartChildWorkflowExecutionFailed(_)
                | Self::ChildWorkflowExecutionStarted(_)
                | Self::ChildWorkflowExecutionCompleted(_)
                | Self::ChildWorkflowExecutionFailed(_)
                | Self::ChildWorkflowExecutionCanceled(_)
                | Self::ChildWorkflowExecutionTimedOut(_)
                | Self::ChildWorkflowExecutionTerminated(_)
                | Self::SignalExternalWorkflowExecutionFailed(_)
                | Self::ExternalWorkflowExecutionSignaled(_)
                | Self::RequestCancelExternalWorkflowExecutionFailed(_)
                | Self::ExternalWorkflowExecutionCancelRequested(_)
                | Self::WorkflowExecutionOptionsUpdated(_)
                | Self::WorkflowExecutionTimeSkippingTransitioned(_)
        )
    }
}
