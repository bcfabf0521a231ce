//! The state machine of an activity, state for state as in core's `activity_state_machine.rs`.

use rehearsal_activation::CancellationType;

use crate::core::machine::NoArc;

/// Where an activity is in its life. The names are core's, which stand in its error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ActivityState {
    /// Its command waits for the workflow task to be answered.
    ScheduleCommandCreated,
    /// It is recorded as scheduled.
    ScheduledEventRecorded,
    /// It is recorded as started, which comes right before its end (H-12).
    Started,
    /// Its cancel waits for the workflow task to be answered; it was not recorded as started.
    ScheduledActivityCancelCommandCreated,
    /// Its cancel is recorded; it was not recorded as started.
    ScheduledActivityCancelEventRecorded,
    /// Its cancel waits for the workflow task to be answered; it was recorded as started.
    StartedActivityCancelCommandCreated,
    /// Its cancel is recorded, and its start.
    StartedActivityCancelEventRecorded,
    /// Terminal: it returned a value.
    Completed,
    /// Terminal: it failed.
    Failed,
    /// Terminal: it timed out.
    TimedOut,
    /// Terminal: it was canceled, or is given up.
    Canceled,
}

/// What happens to an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ActivityInput {
    /// Workflow code cancels it.
    Cancel,
    /// `ActivityTaskScheduled`.
    Scheduled,
    /// `ActivityTaskCancelRequested`.
    CancelRequested,
    /// `ActivityTaskStarted`.
    Started,
    /// `ActivityTaskCompleted`.
    Completed,
    /// `ActivityTaskFailed`.
    Failed,
    /// `ActivityTaskTimedOut`.
    TimedOut,
    /// `ActivityTaskCanceled`.
    Canceled,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ActivityReaction {
    /// Nothing.
    Nothing,
    /// Its command is dropped, and the workflow is told that it was canceled.
    Suppress,
    /// A request to cancel is sent.
    Request,
    /// A request to cancel is sent, and the workflow is told that it was canceled.
    RequestAndResolve,
    /// The workflow is told that it was canceled.
    Resolve,
    /// The workflow is told what the event holds.
    Tell,
}

use {ActivityInput as I, ActivityReaction as R, ActivityState as S};

/// Where an arc leads, and what comes of it.
type Arc = Result<(ActivityState, ActivityReaction), NoArc>;

impl ActivityState {
    /// Where `input` leads an activity that is canceled in this way, and what comes of it.
    ///
    /// # Errors
    ///
    /// [`NoArc`] if core has no transition for it.
    pub(in crate::core) const fn on(
        self,
        input: ActivityInput,
        cancellation: CancellationType,
    ) -> Arc {
        match self {
            Self::ScheduleCommandCreated => unsent(input),
            Self::ScheduledEventRecorded => scheduled(input, cancellation),
            Self::Started => started(input, cancellation),
            Self::ScheduledActivityCancelCommandCreated => {
                canceling(input, Self::ScheduledActivityCancelEventRecorded)
            }
            Self::StartedActivityCancelCommandCreated => {
                canceling(input, Self::StartedActivityCancelEventRecorded)
            }
            Self::ScheduledActivityCancelEventRecorded => canceled_scheduled(input, cancellation),
            Self::StartedActivityCancelEventRecorded => canceled_started(input, cancellation),
            Self::Completed | Self::Failed | Self::TimedOut => ended(self, input),
            Self::Canceled => canceled(input, cancellation),
        }
    }
}

const fn unsent(input: ActivityInput) -> Arc {
    match input {
        I::Cancel => Ok((S::Canceled, R::Suppress)),
        I::Scheduled => Ok((S::ScheduledEventRecorded, R::Nothing)),
        I::CancelRequested | I::Started | I::Completed | I::Failed | I::TimedOut | I::Canceled => {
            Err(NoArc)
        }
    }
}

const fn scheduled(input: ActivityInput, cancellation: CancellationType) -> Arc {
    match input {
        I::Cancel => Ok(cancel(S::ScheduledActivityCancelCommandCreated, cancellation)),
        I::Started => Ok((S::Started, R::Nothing)),
        I::TimedOut => Ok((S::TimedOut, R::Tell)),
        I::Scheduled | I::CancelRequested | I::Completed | I::Failed | I::Canceled => Err(NoArc),
    }
}

const fn started(input: ActivityInput, cancellation: CancellationType) -> Arc {
    match input {
        I::Cancel => Ok(cancel(S::StartedActivityCancelCommandCreated, cancellation)),
        I::Completed => Ok((S::Completed, R::Tell)),
        I::Failed => Ok((S::Failed, R::Tell)),
        I::TimedOut => Ok((S::TimedOut, R::Tell)),
        I::Scheduled | I::CancelRequested | I::Started | I::Canceled => Err(NoArc),
    }
}

const fn canceling(input: ActivityInput, recorded: ActivityState) -> Arc {
    match input {
        I::CancelRequested => Ok((recorded, R::Nothing)),
        I::Cancel
        | I::Scheduled
        | I::Started
        | I::Completed
        | I::Failed
        | I::TimedOut
        | I::Canceled => Err(NoArc),
    }
}

const fn canceled_scheduled(input: ActivityInput, cancellation: CancellationType) -> Arc {
    match input {
        I::Started => Ok((S::StartedActivityCancelEventRecorded, R::Nothing)),
        I::TimedOut => Ok((S::TimedOut, late(cancellation))),
        I::Canceled => Ok((S::Canceled, late(cancellation))),
        I::Cancel | I::Scheduled | I::CancelRequested | I::Completed | I::Failed => Err(NoArc),
    }
}

const fn canceled_started(input: ActivityInput, cancellation: CancellationType) -> Arc {
    match input {
        I::Completed => Ok((S::Completed, late(cancellation))),
        I::Failed => Ok((S::Failed, late(cancellation))),
        I::TimedOut => Ok((S::TimedOut, late(cancellation))),
        I::Canceled => Ok((S::Canceled, late(cancellation))),
        I::Cancel | I::Scheduled | I::CancelRequested | I::Started => Err(NoArc),
    }
}

const fn ended(state: ActivityState, input: ActivityInput) -> Arc {
    match input {
        I::Cancel => Ok((state, R::Nothing)),
        I::Scheduled
        | I::CancelRequested
        | I::Started
        | I::Completed
        | I::Failed
        | I::TimedOut
        | I::Canceled => Err(NoArc),
    }
}

/// What was abandoned may start and complete, but in core 0.10.1 not end otherwise (C-37).
const fn canceled(input: ActivityInput, cancellation: CancellationType) -> Arc {
    match (input, cancellation) {
        (I::Started | I::Completed, CancellationType::Abandon) => Ok((S::Canceled, R::Nothing)),
        (
            I::Started | I::Completed,
            CancellationType::TryCancel | CancellationType::WaitCancellationCompleted,
        ) => Err(NoArc),
        (
            I::Cancel | I::Scheduled | I::CancelRequested | I::Failed | I::TimedOut | I::Canceled,
            _,
        ) => ended(S::Canceled, input),
    }
}

/// The cancel of an activity that is recorded.
const fn cancel(
    requested: ActivityState,
    cancellation: CancellationType,
) -> (ActivityState, ActivityReaction) {
    match cancellation {
        CancellationType::TryCancel => (requested, R::RequestAndResolve),
        CancellationType::WaitCancellationCompleted => (requested, R::Request),
        CancellationType::Abandon => (S::Canceled, R::Resolve),
    }
}

/// The end of an activity whose cancel was requested. After a `TryCancel` the workflow was told before; an abandoned one
/// is never requested to cancel.
const fn late(cancellation: CancellationType) -> ActivityReaction {
    match cancellation {
        CancellationType::WaitCancellationCompleted => R::Tell,
        CancellationType::TryCancel | CancellationType::Abandon => R::Nothing,
    }
}
