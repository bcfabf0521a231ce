//! Histories that nobody should have written: named hostile texts, and real histories with random bytes edited.
//!
//! All of them are decoded, checked, written, printed and replayed as the caller says. None may panic or hang, and what
//! is wrong with an event is told by an error that names it.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "helpers of tests may fail")]

mod echo;
mod edit;
mod hostile;
mod judge;

use std::fs;
use std::path::Path;

use rehearsal_history::History;

pub use self::echo::Echo;
pub use self::edit::{Edited, Edits};
pub use self::hostile::{Hostile, Wanted, hostile};
pub use self::judge::{Replay, Verdict, judge};

/// The largest recorded history that is edited. Small ones have every kind of event too, and many edits are worth more.
const LARGEST: usize = 5_000;

/// The smaller recorded histories of `fixtures/golden`, on one line each, so that an edit seldom hits white space.
#[must_use]
pub fn recorded() -> Vec<(String, History)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/go");
    let mut folders: Vec<_> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut all = Vec::new();
    for folder in folders {
        let Ok(text) = fs::read_to_string(folder.join("history.json")) else { continue };
        if text.len() <= LARGEST {
            let tree: serde_json::Value = serde_json::from_str(&text).unwrap();
            all.push((tree.to_string(), History::from_json(&text).unwrap()));
        }
    }
    assert!(all.len() >= 5, "expected small recorded histories, found {}", all.len());
    all
}
