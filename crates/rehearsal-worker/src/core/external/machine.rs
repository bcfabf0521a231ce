//! The state machine of a signal to another workflow or a cancel of it, state for state as in core's
//! `signal_external_state_machine.rs` and `cancel_external_state_machine.rs`.

use crate::core::machine::NoArc;

/// Where a request is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ExternalState {
    /// Its command waits for the workflow task to be answered.
    CommandCreated,
    /// It is recorded.
    CommandRecorded,
    /// Terminal: it is known whether it has arrived.
    Resolved,
    /// Terminal: it was taken back.
    Canceled,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ExternalInput {
    /// Workflow code takes it back; only signals can be.
    Withdraw,
    /// `SignalExternalWorkflowExecutionInitiated`, `RequestCancelExternalWorkflowExecutionInitiated`.
    Initiated,
    /// It has arrived, or not.
    Resolved,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum ExternalReaction {
    /// Nothing.
    Nothing,
    /// Its command is dropped, and the workflow told.
    Suppress,
    /// The workflow is told.
    Tell,
}

impl ExternalState {
    /// Where `input` leads, and what comes of it.
    ///
    /// # Errors
    ///
    /// [`NoArc`] if core has no transition for it. It has one for a signal that was taken back after it had arrived, and
    /// none if it had failed; the SDK does not take back what is resolved.
    pub(in crate::core) const fn on(
        self,
        input: ExternalInput,
    ) -> Result<(Self, ExternalReaction), NoArc> {
        use {ExternalInput as I, ExternalReaction as R};
        Ok(match (self, input) {
            (Self::CommandCreated, I::Initiated) => (Self::CommandRecorded, R::Nothing),
            (Self::CommandCreated, I::Withdraw) => (Self::Canceled, R::Suppress),
            (Self::CommandRecorded, I::Resolved) => (Self::Resolved, R::Tell),
            (Self::CommandRecorded | Self::Resolved | Self::Canceled, I::Withdraw) => {
                (self, R::Nothing)
            }
            (Self::CommandCreated, I::Resolved)
            | (Self::CommandRecorded, I::Initiated)
            | (Self::Resolved | Self::Canceled, I::Initiated | I::Resolved) => return Err(NoArc),
        })
    }
}
