//! What workflow code asks for: signals and cancels of other workflows.

use rehearsal_history::{Header, Payloads, SmolStr};

use super::Seq;

/// Another workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExternalTarget {
    /// Its id.
    pub workflow_id: SmolStr,
    /// Its run; `None` for the current one.
    pub run_id: Option<SmolStr>,
    /// Whether it must be a child of the workflow that asks.
    pub child_only: bool,
}

/// A signal to send to another workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SignalExternal {
    /// The number it is known by.
    pub seq: Seq,
    /// The other workflow.
    pub target: ExternalTarget,
    /// The name of the signal.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
}

/// A cancel to send to another workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CancelExternal {
    /// The number it is known by.
    pub seq: Seq,
    /// The other workflow.
    pub target: ExternalTarget,
    /// The reason to give.
    pub reason: SmolStr,
}
