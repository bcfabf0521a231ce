//! Signals and cancels of other workflows, behind the name of an event or a command.

use alloc::format;
use alloc::string::String;

/// A signal of this name.
pub(super) fn signal(name: &str, workflow_id: &str) -> String {
    format!("{name} id={workflow_id}")
}

/// By the id of the other workflow.
pub(super) fn named(workflow_id: &str) -> String {
    format!("id={workflow_id}")
}
