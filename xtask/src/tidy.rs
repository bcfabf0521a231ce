//! Our own checks of the repository: what neither the compiler nor clippy can say.
//!
//! A rule is a function of the data it checks, in a file of its own, with a test that shows it
//! firing and one that shows it silent. It returns findings and reads nothing by itself.

mod banned;
mod docs;
mod fixtures;
mod layers;
mod machine_paths;
mod manifest;
mod no_std;
mod pages;
mod random;
mod rooms;
mod size;
mod spelling;
mod tree;
mod word;

use std::{fmt, path::Path};

use crate::{
    error::Error,
    process::Step,
    repo::{Repo, SourceFile},
};

const TREE: Step = Step::new("cargo tree -p rehearsal -e normal --prefix none");

/// One thing that is wrong, at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    line: usize,
    rule: &'static str,
    message: String,
}

impl Finding {
    fn new(file: &str, line: usize, rule: &'static str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, rule, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.message)
    }
}

/// Checks all rules and prints every finding.
///
/// # Errors
///
/// [`Error::Findings`] if there are any; others if the repository or the dependency tree cannot be
/// read.
pub(crate) fn run(root: &Path) -> Result<(), Error> {
    let repo = Repo::read(root)?;
    let tree = TREE.capture(root)?;
    let findings = check(&repo, &tree);
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: {} files, no findings", repo.paths.len());
        Ok(())
    } else {
        Err(Error::Findings { count: findings.len() })
    }
}

/// Every finding of every rule, by file and line. `tree` is what [`TREE`] prints.
fn check(repo: &Repo, tree: &str) -> Vec<Finding> {
    let files = &repo.files;
    let manifests: Vec<&SourceFile> =
        files.iter().filter(|file| manifest::is_crate(&file.path)).collect();

    let mut findings = Vec::new();
    findings.extend(layers::check(&manifests));
    findings.extend(no_std::check(files));
    findings.extend(tree::check_size(tree));
    findings.extend(tree::check_bans(tree));
    findings.extend(tree::check_optional(&manifests));
    findings.extend(banned::check(files));
    findings.extend(spelling::check(files, repo.text(spelling::ALLOWED)));
    findings.extend(random::check(files));
    findings.extend(rooms::check(files));
    findings.extend(size::check(files, repo.text(size::ALLOWED)));
    findings.extend(docs::check(files, &repo.paths));
    findings.extend(machine_paths::check(files));
    findings.extend(fixtures::check(&repo.paths));
    findings.extend(pages::check(files, &repo.links));
    findings.sort();
    findings
}

/// The lines of an allow list with their numbers: without comments and empty ones.
fn entries(list: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(list.lines().map(str::trim))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The findings as `tidy` prints them, for tests.
#[cfg(test)]
fn printed(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn findings_of_all_rules_come_by_file_and_line() {
        let repo = Repo {
            paths: ["fixtures/golden/go/x/history.json".to_owned()].into(),
            links: BTreeSet::default(),
            files: vec![
                SourceFile::new("b.rs", "fn f() {\n    // FIXME\n}"),
                SourceFile::new("a.rs", "// FIXME\n// XXX"),
            ],
        };
        let findings = printed(&check(&repo, ""));

        let banned: Vec<&String> =
            findings.iter().filter(|line| line.contains(": banned: ")).collect();
        assert!(banned[0].starts_with("a.rs:1: "), "{banned:?}");
        assert!(banned[1].starts_with("a.rs:2: "), "{banned:?}");
        assert!(banned[2].starts_with("b.rs:2: "), "{banned:?}");
        assert!(findings.iter().any(|line| line.contains(": fixtures: ")), "{findings:?}");
        assert!(findings.iter().any(|line| line.contains(": no-std: ")), "{findings:?}");
    }

    #[test]
    fn an_allow_list_has_comments_and_empty_lines() {
        let list: Vec<(usize, &str)> = entries("# why\n\n one \ntwo").collect();

        assert_eq!(list, [(3, "one"), (4, "two")]);
    }
}
