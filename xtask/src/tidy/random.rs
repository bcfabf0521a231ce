//! Rule: random numbers come from one module of the engine, and from the one that seeds workflow
//! code.

use super::{Finding, word};
use crate::repo::SourceFile;

const RULE: &str = "random";

const HOMES: &[&str] =
    &["crates/rehearsal-engine/src/rng.rs", "crates/rehearsal-workflow/src/random.rs"];

/// What draws random numbers, or hashes by them.
const SOURCES: &[&str] = &["rand_chacha", "rand::", "getrandom", "fastrand", "RandomState"];

/// Looks for sources of random numbers in our Rust code; comments may name them.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_subject(file)) {
        for (number, line) in file.lines().filter(|(_, line)| !word::is_comment(line)) {
            for source in SOURCES.iter().filter(|source| word::stands_in(line, source)) {
                let message = format!("`{source}` belongs in {}", HOMES.join(" or "));
                findings.push(Finding::new(&file.path, number, RULE, message));
            }
        }
    }
    findings
}

/// Whether the rule is about this file: xtask names the sources only to look for them.
fn is_subject(file: &SourceFile) -> bool {
    file.is_a(&["rs"]) && !file.path.starts_with("xtask/") && !HOMES.contains(&file.path.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    #[test]
    fn fires_on_a_second_source() {
        let file = SourceFile::new(
            "crates/rehearsal-engine/src/world.rs",
            "//! World.\nuse rand_chacha::ChaCha8Rng;\n",
        );

        assert_eq!(
            printed(&check(&[file])),
            ["crates/rehearsal-engine/src/world.rs:2: random: `rand_chacha` belongs in \
              crates/rehearsal-engine/src/rng.rs or crates/rehearsal-workflow/src/random.rs"]
        );
    }

    #[test]
    fn is_silent_at_home_and_in_comments() {
        let home = SourceFile::new(HOMES[0], "use rand_chacha::ChaCha8Rng;");
        let comment = SourceFile::new(
            "crates/a/src/lib.rs",
            "    // Not `rand_chacha`: see rng.rs.\nlet strand = 1;",
        );

        assert_eq!(check(&[home, comment]), []);
    }
}
