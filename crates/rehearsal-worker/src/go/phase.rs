//! Where an operation is in its life.
//!
//! What matters of the states of Go's machines is whether an operation is still pending, whether its cancel was sent, and
//! whether it has ended: a cancel is sent at most once, and not at all for what has ended in the meantime (C-18).

/// Where an operation is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It runs.
    Pending,
    /// It runs, and its cancel was sent.
    CancelSent,
    /// Terminal: an event has ended it.
    Ended,
}

impl Phase {
    /// Whether a cancel that workflow code asks for is sent.
    pub(super) const fn sends_cancel(self) -> bool {
        match self {
            Self::Pending => true,
            Self::CancelSent | Self::Ended => false,
        }
    }
}
