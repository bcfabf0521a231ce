//! What a worker asks of the service: signals and cancels of other workflows.

use alloc::boxed::Box;

use rehearsal_history::{Header, Payloads, SmolStr, UserMetadata};

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
    /// What a person reads beside the event.
    pub user_metadata: Option<Box<UserMetadata>>,
}

/// A cancel to send to another workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CancelExternalWorkflow {
    /// The other workflow.
    pub target: ExternalTarget,
    /// The reason to give.
    pub reason: SmolStr,
    /// Deprecated, and written by Go all the same.
    pub control: SmolStr,
    /// Whether the worker names the namespace. Core does not where it cancels a child.
    pub names_namespace: bool,
    /// What a person reads beside the event. Core sends with the cancel of a child what it sent with its start.
    pub user_metadata: Option<Box<UserMetadata>>,
}
