//! Updates, behind the name of an event or a command.

use alloc::format;
use alloc::string::String;

use rehearsal_history::event::UpdateMeta;

/// By its id.
pub(super) fn named(update_id: &str) -> String {
    format!("id={update_id}")
}

/// By what an event says of it.
pub(super) fn of(meta: Option<&UpdateMeta>) -> String {
    named(meta.map_or("", |meta| &meta.update_id))
}
