//! The machine of a local activity, arc for arc as `local_activity_state_machine.rs` of core 0.10.1.

use rehearsal_activation::CancellationType;

use crate::core::machine::NoArc;

/// Where a local activity is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum LocalState {
    /// Its code is run.
    RequestSent,
    /// It has ended, and its marker is a command.
    MarkerCommandCreated,
    /// Its marker is sent.
    ResultNotified,
    /// Its marker is recorded.
    MarkerCommandRecorded,
    /// It is replayed, and no marker is known yet.
    WaitingResolveFromMarkerLookAhead,
    /// It is replayed, and its marker was found ahead.
    ResolvedFromMarkerLookAheadWaitingMarkerEvent,
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum LocalInput {
    /// Its code has ended.
    HandleResult,
    /// Its marker was found ahead.
    HandleKnownResult,
    /// Workflow code cancels it.
    Cancel(CancellationType),
    /// The commands of an activation are taken.
    CommandRecordMarker,
    /// Its marker is an event.
    MarkerRecorded,
    /// A task begins that is not replayed.
    StartedNonReplayWft,
}

/// What comes of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::core) struct LocalReaction {
    /// Its code is to be run.
    pub(in crate::core) runs: bool,
    /// Its cancel is asked for.
    pub(in crate::core) cancels: bool,
    /// Workflow code is told how it ended.
    pub(in crate::core) resolves: bool,
}

impl LocalState {
    /// Where `input` leads, and what comes of it.
    pub(in crate::core) fn on(self, input: LocalInput) -> Result<(Self, LocalReaction), NoArc> {
        use {CancellationType as C, LocalInput as I};
        let nothing = LocalReaction::default();
        let cancels = LocalReaction { cancels: true, ..nothing };
        let resolves = LocalReaction { resolves: true, ..nothing };
        match (self, input) {
            (Self::RequestSent, I::HandleResult | I::Cancel(C::Abandon)) => {
                Ok((Self::MarkerCommandCreated, resolves))
            }
            (Self::RequestSent, I::Cancel(C::TryCancel)) => {
                Ok((Self::MarkerCommandCreated, LocalReaction { resolves: true, ..cancels }))
            }
            (Self::MarkerCommandCreated, I::CommandRecordMarker) => {
                Ok((Self::ResultNotified, nothing))
            }
            (
                Self::ResultNotified | Self::ResolvedFromMarkerLookAheadWaitingMarkerEvent,
                I::MarkerRecorded,
            ) => Ok((Self::MarkerCommandRecorded, nothing)),
            (Self::WaitingResolveFromMarkerLookAhead, I::HandleKnownResult) => {
                Ok((Self::ResolvedFromMarkerLookAheadWaitingMarkerEvent, resolves))
            }
            (
                Self::WaitingResolveFromMarkerLookAhead
                | Self::ResolvedFromMarkerLookAheadWaitingMarkerEvent,
                I::Cancel(_),
            )
            | (
                Self::RequestSent | Self::MarkerCommandRecorded,
                I::Cancel(C::WaitCancellationCompleted),
            )
            | (Self::MarkerCommandRecorded, I::Cancel(C::TryCancel)) => Ok((self, cancels)),
            (Self::WaitingResolveFromMarkerLookAhead, I::StartedNonReplayWft) => {
                Ok((Self::RequestSent, LocalReaction { runs: true, ..nothing }))
            }
            // What comes late is no news.
            (
                Self::MarkerCommandCreated | Self::ResultNotified | Self::MarkerCommandRecorded,
                I::HandleResult,
            )
            | (Self::MarkerCommandRecorded, I::Cancel(C::Abandon)) => Ok((self, nothing)),
            (
                Self::RequestSent
                | Self::MarkerCommandCreated
                | Self::ResultNotified
                | Self::MarkerCommandRecorded
                | Self::ResolvedFromMarkerLookAheadWaitingMarkerEvent,
                I::HandleKnownResult | I::StartedNonReplayWft,
            )
            | (
                Self::RequestSent
                | Self::ResultNotified
                | Self::MarkerCommandRecorded
                | Self::WaitingResolveFromMarkerLookAhead
                | Self::ResolvedFromMarkerLookAheadWaitingMarkerEvent,
                I::CommandRecordMarker,
            )
            | (
                Self::RequestSent
                | Self::MarkerCommandCreated
                | Self::MarkerCommandRecorded
                | Self::WaitingResolveFromMarkerLookAhead,
                I::MarkerRecorded,
            )
            | (Self::MarkerCommandCreated | Self::ResultNotified, I::Cancel(_))
            | (
                Self::WaitingResolveFromMarkerLookAhead
                | Self::ResolvedFromMarkerLookAheadWaitingMarkerEvent,
                I::HandleResult,
            ) => Err(NoArc),
        }
    }
}
