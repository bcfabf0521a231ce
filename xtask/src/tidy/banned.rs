//! Rule: words that never land.

use super::{Finding, word};
use crate::repo::SourceFile;

const RULE: &str = "banned";

/// These files have to name what is banned, to look for it or to test that.
const EXEMPT: &[&str] =
    &["xtask/src/tidy/banned.rs", "xtask/src/tidy/word.rs", "xtask/src/tidy.rs"];

/// Each word and what to do instead.
const WORDS: &[(&str, &str)] = &[
    ("todo!", "finish it, or refuse it with an error that names it"),
    ("unimplemented!", "refuse it with an error that names it"),
    ("#[ignore", "a test runs or does not exist"),
    ("thread::sleep", "nothing sleeps; schedule a wake"),
    ("FIXME", "fix it, or say what holds as a full sentence"),
    ("XXX", "fix it, or say what holds as a full sentence"),
];

/// The code of recordings stands as it was recorded: a macro of the SDK asks for `unimplemented!()`.
fn is_exempt(path: &str) -> bool {
    EXEMPT.contains(&path) || path.starts_with("fixtures/golden/rust/")
}

/// Looks for the words in Rust files, comments included.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_a(&["rs"]) && !is_exempt(&file.path)) {
        for (number, line) in file.lines() {
            for (banned, instead) in
                WORDS.iter().filter(|(banned, _)| word::stands_in(line, banned))
            {
                let message = format!("`{banned}` is banned: {instead}");
                findings.push(Finding::new(&file.path, number, RULE, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    #[test]
    fn fires_on_every_word() {
        for (banned, instead) in WORDS {
            let file =
                SourceFile::new("crates/a/src/lib.rs", format!("fn f() {{\n    {banned}\n}}\n"));

            assert_eq!(
                printed(&check(&[file])),
                [format!("crates/a/src/lib.rs:2: banned: `{banned}` is banned: {instead}")]
            );
        }
    }

    #[test]
    fn is_silent_on_longer_words_and_on_other_files() {
        let rust = SourceFile::new("a.rs", "my_todo!(XXXL); // to do");
        let text = SourceFile::new("a.md", "never write todo!() or FIXME");

        assert_eq!(check(&[rust, text]), []);
    }
}
