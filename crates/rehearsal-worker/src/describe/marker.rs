//! Markers, behind the name of an event or a command.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use rehearsal_history::{Payloads, SmolStr};

use super::value::payloads;

/// By kind and by what names it.
pub(super) fn named(name: &str, details: &BTreeMap<SmolStr, Payloads>) -> String {
    const NAMES: [&str; 3] = ["change-id", "side-effect-id", "patch-data"];

    match NAMES.iter().find_map(|key| details.get(*key)) {
        Some(id) => format!("{name} {}", payloads(Some(id))),
        None => name.into(),
    }
}
