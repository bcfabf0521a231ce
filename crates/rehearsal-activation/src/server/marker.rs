//! What a worker asks of the service: markers.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use rehearsal_history::{Failure, Header, Payloads, SmolStr, UserMetadata};

/// A note of an SDK to itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordMarker {
    /// Which kind of marker.
    pub name: SmolStr,
    /// What it says.
    pub details: BTreeMap<SmolStr, Payloads>,
    /// Context.
    pub header: Option<Header>,
    /// How what it stands for failed.
    pub failure: Option<Box<Failure>>,
    /// What a person reads beside the event.
    pub user_metadata: Option<Box<UserMetadata>>,
}
