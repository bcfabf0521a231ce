//! How a workflow closes.

use alloc::boxed::Box;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{Failure, Payloads};

use super::outbox::Outbox;

/// As completed.
pub(super) fn complete(result: Option<Payloads>, out: &mut Outbox) {
    out.close(ServerCommand::CompleteWorkflow { result });
}

/// As failed.
pub(super) fn fail(failure: Box<Failure>, out: &mut Outbox) {
    out.close(ServerCommand::FailWorkflow { failure });
}

/// As canceled.
pub(super) fn cancel(details: Option<Payloads>, out: &mut Outbox) {
    out.close(ServerCommand::CancelWorkflow { details });
}
