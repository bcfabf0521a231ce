//! What workflow code answers to updates and queries.

use alloc::boxed::Box;

use rehearsal_history::{Failure, Payloads, SmolStr};

/// What a workflow says of an update.
#[derive(Debug, Clone, PartialEq)]
pub struct RespondUpdate {
    /// The update.
    pub protocol_instance_id: SmolStr,
    /// What it says.
    pub response: UpdateResponse,
}

/// What a workflow can say of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateResponse {
    /// Its validator let it pass, or it has none.
    Accepted,
    /// Its validator refused it.
    Rejected(Box<Failure>),
    /// Its handler returned a value.
    Completed(Option<Payloads>),
    /// Its handler, which had accepted it, returned an error.
    Failed(Box<Failure>),
}

/// What a workflow answers to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerQuery {
    /// The query.
    pub query_id: SmolStr,
    /// The value, or the error.
    pub answer: Result<Option<Payloads>, Box<Failure>>,
    /// What its handler did to the workflow, or tried to, if the host has noticed: a query may only look.
    pub meddling: Option<SmolStr>,
}
