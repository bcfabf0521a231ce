//! Rule: the pure crates have no `std`, so that clocks, threads, environment and hash maps do not
//! compile there.

use super::Finding;
use crate::repo::SourceFile;

const RULE: &str = "no-std";

const PURE: &[&str] = &[
    "crates/rehearsal-activation/src/lib.rs",
    "crates/rehearsal-service/src/lib.rs",
    "crates/rehearsal-worker/src/lib.rs",
];

/// Looks for `#![no_std]`, on a line of its own and under no condition.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    PURE.iter()
        .filter(|path| !files.iter().any(|file| file.path == **path && says_no_std(file)))
        .map(|path| Finding::new(path, 1, RULE, "expected the line `#![no_std]`"))
        .collect()
}

fn says_no_std(file: &SourceFile) -> bool {
    file.lines().any(|(_, line)| line.trim() == "#![no_std]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    #[test]
    fn fires_on_a_missing_and_on_a_conditional_line() {
        let files = [
            SourceFile::new(PURE[0], "//! Doc.\n\n#![no_std]\n"),
            SourceFile::new(PURE[1], "#![cfg_attr(not(test), no_std)]\n"),
        ];

        assert_eq!(
            printed(&check(&files)),
            [
                "crates/rehearsal-service/src/lib.rs:1: no-std: expected the line `#![no_std]`",
                "crates/rehearsal-worker/src/lib.rs:1: no-std: expected the line `#![no_std]`",
            ]
        );
    }

    #[test]
    fn is_silent_when_all_pure_crates_say_it() {
        let files =
            PURE.iter().map(|path| SourceFile::new(*path, "#![no_std]")).collect::<Vec<_>>();

        assert_eq!(check(&files), []);
    }
}
