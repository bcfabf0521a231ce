//! How a workflow closes. The names are those that core gives the machines of these commands.

use alloc::boxed::Box;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{Failure, Payloads};

use super::machine::Machine;
use super::out::Out;

/// As completed.
pub(super) fn complete(result: Option<Payloads>, out: &mut Out) {
    let command = ServerCommand::CompleteWorkflow { result };
    out.queue.push(Machine::Close("Complete workflow"), command);
}

/// As failed.
pub(super) fn fail(failure: Box<Failure>, out: &mut Out) {
    out.queue.push(Machine::Close("Fail workflow"), ServerCommand::FailWorkflow { failure });
}

/// As canceled.
pub(super) fn cancel(details: Option<Payloads>, out: &mut Out) {
    out.queue.push(Machine::Close("Cancel workflow"), ServerCommand::CancelWorkflow { details });
}
