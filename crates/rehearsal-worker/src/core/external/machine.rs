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
    /// Terminal: it has arrived.
    Resolved,
    /// Terminal: it has not arrived.
    Failed,
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
    /// It has arrived.
    Resolved,
    /// It has not arrived.
    Failed,
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
    /// [`NoArc`] if core has no transition for it. It has one for a signal that is taken back after it has arrived, and
    /// none if it has failed (C-46a): the SDK takes it back when a cancel comes before the failure in one workflow task.
    pub(in crate::core) const fn on(
        self,
        input: ExternalInput,
    ) -> Result<(Self, ExternalReaction), NoArc> {
        use {ExternalInput as I, ExternalReaction as R};
        Ok(match (self, input) {
            (Self::CommandCreated, I::Initiated) => (Self::CommandRecorded, R::Nothing),
            (Self::CommandCreated, I::Withdraw) => (Self::Canceled, R::Suppress),
            (Self::CommandRecorded, I::Resolved) => (Self::Resolved, R::Tell),
            (Self::CommandRecorded, I::Failed) => (Self::Failed, R::Tell),
            (Self::CommandRecorded | Self::Resolved | Self::Canceled, I::Withdraw) => {
                (self, R::Nothing)
            }
            (Self::CommandCreated, I::Resolved | I::Failed)
            | (Self::CommandRecorded, I::Initiated)
            | (Self::Failed, I::Withdraw)
            | (
                Self::Resolved | Self::Failed | Self::Canceled,
                I::Initiated | I::Resolved | I::Failed,
            ) => return Err(NoArc),
        })
    }
}
