//! The state machine of a timer, state for state as in core's `timer_state_machine.rs`.
//!
//! A cancel tells the workflow nothing: the instance has resolved the timer itself.

use crate::core::machine::NoArc;

/// Where a timer is in its life. The names are core's, which stand in its error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum TimerState {
    /// Its command waits for the workflow task to be answered.
    StartCommandCreated,
    /// It is recorded as started.
    StartCommandRecorded,
    /// Its cancel was asked for in this activation.
    CancelTimerCommandCreated,
    /// Its cancel waits for the workflow task to be answered.
    CancelTimerCommandSent,
    /// Terminal: it has fired.
    Fired,
    /// Terminal: it was canceled.
    Canceled,
}

/// What happens to a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum TimerInput {
    /// Workflow code cancels it.
    Cancel,
    /// The activation that asked for its cancel is over.
    CancelTaken,
    /// `TimerStarted`.
    Started,
    /// `TimerFired`.
    Fired,
    /// `TimerCanceled`.
    Canceled,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum TimerReaction {
    /// Nothing.
    Nothing,
    /// Its command is dropped.
    Suppress,
    /// A cancel is sent.
    Cancel,
    /// The workflow is told that it has fired.
    Tell,
}

impl TimerState {
    /// Where `input` leads, and what comes of it.
    ///
    /// # Errors
    ///
    /// [`NoArc`] if core has no transition for it.
    pub(in crate::core) const fn on(
        self,
        input: TimerInput,
    ) -> Result<(Self, TimerReaction), NoArc> {
        use {TimerInput as I, TimerReaction as R};
        Ok(match (self, input) {
            (Self::StartCommandCreated, I::Started) => (Self::StartCommandRecorded, R::Nothing),
            (Self::StartCommandCreated, I::Cancel) => (Self::Canceled, R::Suppress),
            (Self::StartCommandRecorded, I::Fired) => (Self::Fired, R::Tell),
            (Self::StartCommandRecorded, I::Cancel) => (Self::CancelTimerCommandCreated, R::Cancel),
            (Self::CancelTimerCommandCreated, I::CancelTaken) => {
                (Self::CancelTimerCommandSent, R::Nothing)
            }
            (Self::CancelTimerCommandSent, I::Canceled) => (Self::Canceled, R::Nothing),
            (Self::CancelTimerCommandCreated | Self::Fired | Self::Canceled, I::Cancel) => {
                (self, R::Nothing)
            }
            (Self::StartCommandCreated, I::CancelTaken | I::Fired | I::Canceled)
            | (Self::StartCommandRecorded, I::CancelTaken | I::Started | I::Canceled)
            | (Self::CancelTimerCommandCreated, I::Started | I::Fired | I::Canceled)
            | (Self::CancelTimerCommandSent, I::Cancel | I::CancelTaken | I::Started | I::Fired)
            | (
                Self::Fired | Self::Canceled,
                I::CancelTaken | I::Started | I::Fired | I::Canceled,
            ) => return Err(NoArc),
        })
    }
}
