//! What a worker says of updates.

use alloc::boxed::Box;

use rehearsal_history::event::UpdateRequest;
use rehearsal_history::{EventId, Failure, Payloads, SmolStr};

/// What a worker says of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateMessage {
    /// Workflow code takes it.
    Accept {
        /// The update.
        update_id: SmolStr,
        /// The last event that came before it.
        sequencing: EventId,
        /// What was asked.
        request: UpdateRequest,
    },
    /// Workflow code does not take it.
    Reject {
        /// The update.
        update_id: SmolStr,
        /// Why.
        failure: Box<Failure>,
    },
    /// Its handler has ended.
    Complete {
        /// The update.
        update_id: SmolStr,
        /// What it returned.
        outcome: Result<Option<Payloads>, Box<Failure>>,
    },
}

impl UpdateMessage {
    /// The update.
    #[must_use]
    pub const fn update_id(&self) -> &SmolStr {
        match self {
            Self::Accept { update_id, .. }
            | Self::Reject { update_id, .. }
            | Self::Complete { update_id, .. } => update_id,
        }
    }
}
