//! Search attributes and memos, behind the name of an event or a command.

use alloc::collections::BTreeMap;
use alloc::string::String;

use rehearsal_history::{Payload, SmolStr};

/// By the names of what changes.
pub(super) fn keys(fields: Option<&BTreeMap<SmolStr, Payload>>) -> String {
    let mut text = String::new();
    for key in fields.into_iter().flat_map(BTreeMap::keys) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(key);
    }
    text
}
