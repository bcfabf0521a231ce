//! The state machine of an update, state for state as in core's `update_state_machine.rs`.

use crate::core::machine::NoArc;

/// Where an update is in its life. The names are core's, which stand in its error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum UpdateState {
    /// Workflow code is told of it.
    RequestInitiated,
    /// Workflow code takes it.
    Accepted,
    /// The command that it is accepted waits for the workflow task to be answered.
    AcceptCommandCreated,
    /// It is recorded as accepted.
    AcceptCommandRecorded,
    /// Its handler has ended.
    Completed,
    /// The command that it has ended waits for the workflow task to be answered.
    CompletedCommandCreated,
    /// Terminal: it is recorded as completed.
    CompletedCommandRecorded,
    /// Its handler has ended in the activation that took it.
    CompletedImmediately,
    /// Of its two commands, the first waits for the workflow task to be answered.
    CompletedImmediatelyAcceptCreated,
    /// Both of its commands do.
    CompletedImmediatelyCompleteCreated,
    /// Terminal: workflow code does not take it.
    Rejected,
}

/// What happens to an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum UpdateInput {
    /// Workflow code takes it.
    Accept,
    /// Workflow code does not take it, or its handler has failed: core's language says the same of both.
    Reject,
    /// Its handler has returned.
    Complete,
    /// A command of it is prepared to be sent, which is done at the end of an activation.
    CommandProtocolMessage,
    /// `WorkflowExecutionUpdateAccepted`.
    UpdateAccepted,
    /// `WorkflowExecutionUpdateCompleted`.
    UpdateCompleted,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum UpdateReaction {
    /// Nothing.
    Nothing,
    /// A command says that it is accepted.
    Accept,
    /// A message without a command says that it is rejected.
    Reject,
    /// A command says what it has come to.
    Complete,
}

impl UpdateState {
    /// Where `input` leads, and what comes of it.
    ///
    /// # Errors
    ///
    /// [`NoArc`] if core has no transition for it.
    pub(in crate::core) const fn on(
        self,
        input: UpdateInput,
    ) -> Result<(Self, UpdateReaction), NoArc> {
        use {UpdateInput as I, UpdateReaction as R};
        Ok(match (self, input) {
            (Self::RequestInitiated, I::Accept) => (Self::Accepted, R::Accept),
            (Self::RequestInitiated, I::Reject) => (Self::Rejected, R::Reject),
            (Self::Accepted, I::Complete | I::Reject) => (Self::CompletedImmediately, R::Complete),
            (Self::Accepted, I::CommandProtocolMessage) => (Self::AcceptCommandCreated, R::Nothing),
            (Self::AcceptCommandCreated, I::UpdateAccepted) => {
                (Self::AcceptCommandRecorded, R::Nothing)
            }
            (Self::AcceptCommandCreated, I::Complete | I::Reject) => {
                (Self::CompletedImmediatelyAcceptCreated, R::Complete)
            }
            (Self::AcceptCommandRecorded, I::Complete | I::Reject) => {
                (Self::Completed, R::Complete)
            }
            (Self::Completed, I::CommandProtocolMessage)
            | (Self::CompletedImmediatelyCompleteCreated, I::UpdateAccepted) => {
                (Self::CompletedCommandCreated, R::Nothing)
            }
            (Self::CompletedCommandCreated, I::UpdateCompleted) => {
                (Self::CompletedCommandRecorded, R::Nothing)
            }
            (Self::CompletedImmediately, I::CommandProtocolMessage) => {
                (Self::CompletedImmediatelyAcceptCreated, R::Nothing)
            }
            (Self::CompletedImmediatelyAcceptCreated, I::CommandProtocolMessage) => {
                (Self::CompletedImmediatelyCompleteCreated, R::Nothing)
            }
            (
                Self::RequestInitiated,
                I::Complete | I::CommandProtocolMessage | I::UpdateAccepted | I::UpdateCompleted,
            )
            | (Self::Accepted, I::Accept | I::UpdateAccepted | I::UpdateCompleted)
            | (
                Self::AcceptCommandCreated,
                I::Accept | I::CommandProtocolMessage | I::UpdateCompleted,
            )
            | (
                Self::AcceptCommandRecorded,
                I::Accept | I::CommandProtocolMessage | I::UpdateAccepted | I::UpdateCompleted,
            )
            | (
                Self::Completed
                | Self::CompletedImmediately
                | Self::CompletedImmediatelyAcceptCreated,
                I::Accept | I::Reject | I::Complete | I::UpdateAccepted | I::UpdateCompleted,
            )
            | (
                Self::CompletedCommandCreated,
                I::Accept | I::Reject | I::Complete | I::CommandProtocolMessage | I::UpdateAccepted,
            )
            | (
                Self::CompletedImmediatelyCompleteCreated,
                I::Accept
                | I::Reject
                | I::Complete
                | I::CommandProtocolMessage
                | I::UpdateCompleted,
            )
            | (
                Self::CompletedCommandRecorded | Self::Rejected,
                I::Accept
                | I::Reject
                | I::Complete
                | I::CommandProtocolMessage
                | I::UpdateAccepted
                | I::UpdateCompleted,
            ) => return Err(NoArc),
        })
    }
}
