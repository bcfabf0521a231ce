//! What a worker asks of the service: signals and cancels of other workflows.

use rehearsal_history::{Header, Payloads, SmolStr};

use crate::command::ExternalTarget;

/// A signal to send to another workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SignalExternalWorkflow {
    /// The other workflow.
    pub target: ExternalTarget,
    /// The name of the signal.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// Deprecated, and written by Go all the same.
    pub control: SmolStr,
}

/// A cancel to send to another workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CancelExternalWorkflow {
    /// The other workflow.
    pub target: ExternalTarget,
    /// The reason to give.
    pub reason: SmolStr,
    /// Deprecated, and written by Go all the same.
    pub control: SmolStr,
}
