//! Rule: a file holds one concept, and one concept fits in 500 lines.

use super::{Finding, entries};
use crate::repo::SourceFile;

/// Files that may be longer, each with its reason: `path: reason`.
pub(super) const ALLOWED: &str = "xtask/size-allowed.txt";

const RULE: &str = "size";

const LIMIT: usize = 500;

/// Counts the lines of Rust files, tests and the attribute tables of events aside.
///
/// An entry of `allowed` without a reason, or for a file that is short, is a finding too.
pub(super) fn check(files: &[SourceFile], allowed: &str) -> Vec<Finding> {
    let long: Vec<(&str, usize)> = files
        .iter()
        .filter(|file| file.is_a(&["rs"]) && !is_exempt(&file.path))
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .filter(|(_, count)| *count > LIMIT)
        .collect();

    let mut findings = Vec::new();
    let mut excused = Vec::new();
    for (number, entry) in entries(allowed) {
        let (path, reason) = entry.split_once(':').unwrap_or((entry, ""));
        if reason.trim().is_empty() {
            findings.push(Finding::new(ALLOWED, number, RULE, format!("`{path}` has no reason")));
        } else if !long.iter().any(|(file, _)| *file == path) {
            let message = format!("`{path}` is not over {LIMIT} lines");
            findings.push(Finding::new(ALLOWED, number, RULE, message));
        } else {
            excused.push(path);
        }
    }
    for (path, count) in long.iter().filter(|(path, _)| !excused.contains(path)) {
        let message = format!("{count} lines, expected at most {LIMIT}: split it by concept");
        findings.push(Finding::new(path, LIMIT + 1, RULE, message));
    }
    findings
}

fn is_exempt(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.starts_with("crates/rehearsal-history/src/event/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    fn file(path: &str, lines: usize) -> SourceFile {
        SourceFile::new(path, "//\n".repeat(lines))
    }

    #[test]
    fn fires_on_a_long_file() {
        assert_eq!(
            printed(&check(&[file("crates/a/src/b.rs", 501)], "")),
            ["crates/a/src/b.rs:501: size: 501 lines, expected at most 500: split it by concept"]
        );
    }

    #[test]
    fn fires_on_entries_without_reason_or_need() {
        let files = [file("long.rs", 501), file("short.rs", 500)];

        assert_eq!(
            printed(&check(&files, "long.rs: \nshort.rs: it was long once")),
            [
                "xtask/size-allowed.txt:1: size: `long.rs` has no reason",
                "xtask/size-allowed.txt:2: size: `short.rs` is not over 500 lines",
                "long.rs:501: size: 501 lines, expected at most 500: split it by concept",
            ]
        );
    }

    #[test]
    fn is_silent_on_short_files_tests_tables_and_excused_files() {
        let files = [
            file("crates/a/src/b.rs", 500),
            file("crates/a/tests/it/main.rs", 501),
            file("tests/laws.rs", 501),
            file("crates/rehearsal-history/src/event/activity.rs", 501),
            file("crates/a/src/table.rs", 501),
            file("notes.md", 501),
        ];

        assert_eq!(check(&files, "crates/a/src/table.rs: one table"), []);
    }
}
