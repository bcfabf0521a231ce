//! What a run can be searched by, and its notes. Their machines wait for an event of the right kind and end
//! (`upsert_search_attributes_state_machine.rs`, `modify_workflow_properties_state_machine.rs` of core 0.10.1).

use alloc::format;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{Event, Memo, SearchAttributes};

use super::failure::{Breakdown, printed};
use super::machine::Machine;
use super::out::Out;
use crate::go::marker::CHANGE_VERSION;

/// What core calls the machines.
pub(super) const UPSERT: &str = "UpsertWorkflowSearchAttributesMachine";
const MODIFY: &str = "ModifyWorkflowPropertiesMachine";

/// Workflow code changes what the run can be searched by. The list of patches is not its to change: then nothing is
/// changed, but the command is sent (`upsert_search_attrs`).
pub(super) fn search(changed: SearchAttributes, reserved: bool, out: &mut Out) {
    let lists_patches = changed.indexed_fields.contains_key(&CHANGE_VERSION);
    let changed = if reserved && lists_patches { SearchAttributes::default() } else { changed };
    out.queue.push(Machine::Properties(UPSERT), ServerCommand::UpsertSearchAttributes(changed));
}

/// Workflow code changes the notes of the run.
pub(super) fn memo(changed: Memo, out: &mut Out) {
    out.queue.push(Machine::Properties(MODIFY), ServerCommand::UpsertMemo(changed));
}

/// Why the machine of this name does not take `event` as the record of its command.
pub(super) fn refusal(machine: &str, event: &Event) -> Breakdown {
    Breakdown::Nondeterminism(format!("{machine} does not handle {}", printed(event)))
}
