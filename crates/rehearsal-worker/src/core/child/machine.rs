//! The state machine of a child workflow, state for state as in core's `child_workflow_state_machine.rs`.

use rehearsal_activation::ChildCancellationType;

use crate::core::machine::NoArc;

/// Where a child is in its life. The names are core's, which stand in its error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ChildState {
    /// Its command waits for the workflow task to be answered.
    StartCommandCreated,
    /// It is recorded as asked for.
    StartEventRecorded,
    /// It runs.
    Started,
    /// Terminal: it could not be started.
    StartFailed,
    /// Terminal: it has completed.
    Completed,
    /// Terminal: it has failed.
    Failed,
    /// Terminal: it has timed out.
    TimedOut,
    /// Terminal: it was terminated.
    Terminated,
    /// It was canceled, or counts as canceled for the workflow.
    Canceled,
    /// Terminal: it was canceled, and that is recorded. Core keeps this as a flag of the state before.
    CanceledSeen,
}

/// What happens to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ChildInput {
    /// Workflow code cancels it.
    Cancel,
    /// `StartChildWorkflowExecutionInitiated`.
    Initiated,
    /// `StartChildWorkflowExecutionFailed`.
    StartFailed,
    /// `ChildWorkflowExecutionStarted`.
    Started,
    /// `ChildWorkflowExecutionCompleted`.
    Completed,
    /// `ChildWorkflowExecutionFailed`.
    Failed,
    /// `ChildWorkflowExecutionTimedOut`.
    TimedOut,
    /// `ChildWorkflowExecutionCanceled`.
    Canceled,
    /// `ChildWorkflowExecutionTerminated`.
    Terminated,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ChildReaction {
    /// Nothing.
    Nothing,
    /// Its command is dropped, and the workflow told that it was never started.
    Suppress,
    /// It is asked to cancel.
    Request,
    /// It is asked to cancel, and resolved as canceled.
    RequestAndResolve,
    /// It is resolved as canceled.
    Resolve,
    /// The workflow is told.
    Tell,
    /// Nothing, though the workflow waits for its start: core's defect (C-42a).
    Swallow,
    /// The history is none that core could have led to.
    Refuse,
}

use {ChildInput as I, ChildReaction as R, ChildState as S};

/// Where an input leads, and what comes of it.
type Arc = Result<(ChildState, ChildReaction), NoArc>;

impl ChildState {
    /// Where `input` leads, and what comes of it.
    ///
    /// # Errors
    ///
    /// [`NoArc`] if core has no transition for it.
    pub(in crate::core) const fn on(
        self,
        input: ChildInput,
        cancellation: ChildCancellationType,
    ) -> Arc {
        match self {
            Self::StartCommandCreated => created(input),
            Self::StartEventRecorded => recorded(input, cancellation),
            Self::Started => started(input, cancellation),
            Self::StartFailed | Self::Completed | Self::Failed | Self::TimedOut => {
                ended(self, input)
            }
            Self::Terminated => Err(NoArc),
            Self::Canceled | Self::CanceledSeen => canceled(self, input, cancellation),
        }
    }
}

const fn created(input: ChildInput) -> Arc {
    match input {
        I::Initiated => Ok((S::StartEventRecorded, R::Nothing)),
        I::Cancel => Ok((S::Canceled, R::Suppress)),
        I::StartFailed
        | I::Started
        | I::Completed
        | I::Failed
        | I::TimedOut
        | I::Canceled
        | I::Terminated => Err(NoArc),
    }
}

const fn recorded(input: ChildInput, cancellation: ChildCancellationType) -> Arc {
    match input {
        I::Cancel => Ok(cancel(S::StartEventRecorded, cancellation)),
        I::StartFailed => Ok((S::StartFailed, R::Tell)),
        I::Started => Ok((S::Started, R::Tell)),
        I::Initiated | I::Completed | I::Failed | I::TimedOut | I::Canceled | I::Terminated => {
            Err(NoArc)
        }
    }
}

const fn started(input: ChildInput, cancellation: ChildCancellationType) -> Arc {
    match input {
        I::Cancel => Ok(cancel(S::Started, cancellation)),
        I::Completed => Ok((S::Completed, R::Tell)),
        I::Failed => Ok((S::Failed, R::Tell)),
        I::TimedOut => Ok((S::TimedOut, R::Tell)),
        I::Canceled => Ok((S::CanceledSeen, R::Tell)),
        I::Terminated => Ok((S::Terminated, R::Tell)),
        I::Initiated | I::StartFailed | I::Started => Err(NoArc),
    }
}

const fn ended(state: ChildState, input: ChildInput) -> Arc {
    match input {
        I::Cancel => Ok((state, R::Nothing)),
        I::Initiated
        | I::StartFailed
        | I::Started
        | I::Completed
        | I::Failed
        | I::TimedOut
        | I::Canceled
        | I::Terminated => Err(NoArc),
    }
}

/// What comes after a child counts as canceled. Nobody is told of its start any more, which is a defect (C-42a).
const fn canceled(
    state: ChildState,
    input: ChildInput,
    cancellation: ChildCancellationType,
) -> Arc {
    match input {
        I::Cancel => Ok((state, R::Nothing)),
        I::Started | I::StartFailed => Ok((state, R::Swallow)),
        I::Canceled => match state {
            S::CanceledSeen => Err(NoArc),
            _ => Ok((S::CanceledSeen, R::Nothing)),
        },
        I::Completed | I::Failed | I::TimedOut | I::Terminated => {
            if resolves_at_once(cancellation) {
                Ok((state, R::Nothing))
            } else {
                Ok((state, R::Refuse))
            }
        }
        I::Initiated => Err(NoArc),
    }
}

/// The cancel of a child that is recorded and has not ended.
const fn cancel(
    state: ChildState,
    cancellation: ChildCancellationType,
) -> (ChildState, ChildReaction) {
    match cancellation {
        ChildCancellationType::Abandon => (S::Canceled, R::Resolve),
        ChildCancellationType::TryCancel => (S::Canceled, R::RequestAndResolve),
        // C-43: in core 0.10.1 there is no difference.
        ChildCancellationType::WaitCancellationCompleted
        | ChildCancellationType::WaitCancellationRequested => (state, R::Request),
    }
}

const fn resolves_at_once(cancellation: ChildCancellationType) -> bool {
    match cancellation {
        ChildCancellationType::Abandon | ChildCancellationType::TryCancel => true,
        ChildCancellationType::WaitCancellationCompleted
        | ChildCancellationType::WaitCancellationRequested => false,
    }
}
