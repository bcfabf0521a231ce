//! Child workflows, behind the name of an event or a command.

use alloc::format;
use alloc::string::String;

use rehearsal_history::{Execution, TypeName};

/// By type and id.
pub(super) fn named(workflow_type: &str, workflow_id: &str) -> String {
    format!("{workflow_type} id={workflow_id}")
}

/// One that runs or has run.
pub(super) fn of(workflow_type: &TypeName, execution: &Execution) -> String {
    named(&workflow_type.name, &execution.workflow_id)
}
