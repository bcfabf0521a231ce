//! Rule: `canceled` and `canceling` have one l, as in Temporal's events.

use super::{Finding, entries};
use crate::repo::SourceFile;

/// Words and phrases of others, that may keep their spelling.
pub(super) const ALLOWED: &str = "xtask/spelling-allowed.txt";

const RULE: &str = "spelling";

/// This file has to name what it bans.
const EXEMPT: &str = "xtask/src/tidy/spelling.rs";

const WRONG: &[(&str, &str)] = &[("cancelled", "canceled"), ("cancelling", "canceling")];

/// Looks for the British spelling in Rust and Markdown files, outside of the entries of `allowed`.
///
/// An entry that is only the word itself, or that no file needs, is a finding too.
pub(super) fn check(files: &[SourceFile], allowed: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut allow: Vec<(usize, &str, bool)> = Vec::new();
    for (number, entry) in entries(allowed) {
        if WRONG.iter().any(|(wrong, _)| entry.eq_ignore_ascii_case(wrong)) {
            findings.push(Finding::new(
                ALLOWED,
                number,
                RULE,
                "the bare word would allow everything",
            ));
        } else {
            allow.push((number, entry, false));
        }
    }
    // A longer entry first, so that a shorter one inside it does not take it apart.
    allow.sort_by_key(|(_, entry, _)| std::cmp::Reverse(entry.len()));

    for file in files.iter().filter(|file| file.is_a(&["rs", "md"]) && file.path != EXEMPT) {
        for (number, line) in file.lines() {
            let mut line = line.to_owned();
            for (_, entry, used) in &mut allow {
                if line.contains(*entry) {
                    *used = true;
                    line = line.replace(*entry, "\u{fffd}");
                }
            }
            let line = line.to_ascii_lowercase();
            for (wrong, right) in WRONG.iter().filter(|(wrong, _)| line.contains(wrong)) {
                let message = format!("`{wrong}` is spelled `{right}`; quotations go to {ALLOWED}");
                findings.push(Finding::new(&file.path, number, RULE, message));
            }
        }
    }
    for (number, entry, _) in allow.iter().filter(|(_, _, used)| !used) {
        let message = format!("no file needs `{entry}` any more");
        findings.push(Finding::new(ALLOWED, *number, RULE, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    #[test]
    fn fires_on_every_case_of_the_word() {
        let files = [
            SourceFile::new("a.rs", "enum E {\n    Cancelled,\n}"),
            SourceFile::new("b.md", "while cancelling the timer"),
        ];

        assert_eq!(
            printed(&check(&files, "")),
            [
                "a.rs:2: spelling: `cancelled` is spelled `canceled`; quotations go to xtask/spelling-allowed.txt",
                "b.md:1: spelling: `cancelling` is spelled `canceling`; quotations go to xtask/spelling-allowed.txt",
            ]
        );
    }

    #[test]
    fn fires_on_entries_that_are_bare_or_not_needed() {
        assert_eq!(
            printed(&check(&[], "# comment\ncancelled\nSdk::Cancelled")),
            [
                "xtask/spelling-allowed.txt:2: spelling: the bare word would allow everything",
                "xtask/spelling-allowed.txt:3: spelling: no file needs `Sdk::Cancelled` any more",
            ]
        );
    }

    #[test]
    fn an_entry_excuses_itself_and_not_its_line() {
        let quoted = SourceFile::new("a.rs", "// `Sdk::Cancelled` becomes canceled");
        let more = SourceFile::new("b.rs", "// `Sdk::Cancelled` becomes cancelled");

        assert_eq!(check(&[quoted], "Sdk::Cancelled"), []);
        assert_eq!(check(&[more], "Sdk::Cancelled").len(), 1);
    }

    #[test]
    fn is_silent_on_cancellation_and_on_recorded_files() {
        let files = [
            SourceFile::new("a.rs", "cancellation, canceled"),
            SourceFile::new("a.go", "cancelled"),
        ];

        assert_eq!(check(&files, ""), []);
    }
}
