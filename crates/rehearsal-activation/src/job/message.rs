//! What comes to a workflow from outside.

use rehearsal_history::{EventId, Header, Payloads, SmolStr};

/// A signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the sender.
    pub header: Option<Header>,
    /// The event that recorded it.
    pub event: EventId,
}

/// An update.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Update {
    /// Its id.
    pub id: SmolStr,
    /// What its answers must name.
    pub protocol_instance_id: SmolStr,
    /// The name of its handler.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the client.
    pub header: Option<Header>,
    /// The client.
    pub identity: SmolStr,
    /// Whether its validator is to be asked: not if it was accepted before.
    pub validates: bool,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryWorkflow {
    /// What its answer must name.
    pub query_id: SmolStr,
    /// The name of its handler.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the client.
    pub header: Option<Header>,
}
