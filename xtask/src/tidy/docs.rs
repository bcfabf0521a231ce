//! Rule: a path that a document puts in backticks exists.
//!
//! A code span counts as a path of this repository if it has a `/`, and ends with one or with an
//! extension that we know. Sources of others are quoted with more than a path (`sdk:src/lib.rs`, a
//! link) or are Go, which only the fixtures hold.

use std::collections::BTreeSet;

use super::Finding;
use crate::repo::SourceFile;

const RULE: &str = "docs";

const EXTENSIONS: &[&str] =
    &["rs", "md", "toml", "json", "txt", "yml", "sh", "case", "snap", "lock"];

/// Looks up the paths in the documents; `paths` is every file of the repository.
///
/// A path may start at the root or at the document's own folder.
pub(super) fn check(files: &[SourceFile], paths: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_document(&file.path)) {
        let folder =
            file.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        for (number, span) in spans(&file.text) {
            let exists =
                |path: &str| holds(paths, path) || holds(paths, &format!("{folder}{path}"));
            for path in candidates(span).iter().filter(|path| !exists(path)) {
                findings.push(Finding::new(
                    &file.path,
                    number,
                    RULE,
                    format!("`{path}` does not exist"),
                ));
            }
        }
    }
    findings
}

fn is_document(path: &str) -> bool {
    matches!(path, "README.md" | "ARCHITECTURE.md" | "CONTRIBUTING.md")
        || path
            .strip_prefix("docs/")
            .and_then(|name| name.strip_suffix(".md"))
            .is_some_and(|name| !name.contains('/'))
}

/// The code spans with their line numbers; fenced blocks are skipped.
fn spans(text: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            spans.extend(line.split('`').skip(1).step_by(2).map(|span| (number, span)));
        }
    }
    spans
}

/// The paths that a code span names: none if it is something else, several if it has `{a,b}`.
fn candidates(span: &str) -> Vec<String> {
    let path = span.split('#').next().unwrap_or_default();
    let path = match path.rsplit_once(':') {
        Some((path, line)) if line.chars().all(|c| c.is_ascii_digit() || c == '-') => path,
        _ => path,
    };
    if !path.contains('/') || path.starts_with("..") {
        return Vec::new();
    }
    expand(path).into_iter().filter(|path| looks_like_ours(path)).collect()
}

/// Replaces the first `{a,b}` by each of its words.
fn expand(path: &str) -> Vec<String> {
    let parts = path.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    match parts {
        Some((head, (words, tail))) => {
            words.split(',').map(|word| format!("{head}{word}{tail}")).collect()
        }
        None => vec![path.to_owned()],
    }
}

fn looks_like_ours(path: &str) -> bool {
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let known = path.rsplit_once('.').is_some_and(|(_, ending)| EXTENSIONS.contains(&ending))
        || ["fixtures/", ".ci/"].iter().any(|folder| path.starts_with(folder))
        || path.ends_with('/');
    // Cargo makes `target`; git does not know it. An absolute path is another rule's business.
    plain && known && !path.starts_with("target/") && !path.starts_with('/')
}

/// Whether `path` is a file, or a folder with a file in it.
fn holds(paths: &BTreeSet<String>, path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    !path.ends_with('/') && paths.contains(path)
        || paths.range(folder.clone()..).next().is_some_and(|first| first.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    fn check_text(path: &str, text: &str) -> Vec<String> {
        let paths = [
            "crates/a/src/lib.rs",
            "docs/guide.md",
            "docs/img/x.svg",
            "fixtures/golden/go/x/workflow.go",
        ];
        let paths = paths.map(str::to_owned).into();
        printed(&check(&[SourceFile::new(path, text)], &paths))
    }

    #[test]
    fn fires_on_paths_that_do_not_exist() {
        let text = "see `crates/a/src/lbi.rs` and `doc/`, `.ci/gone`\n\
                    `crates/a/src/{lib,gone}.rs:7` `fixtures/golden/go/y/workflow.go`";

        assert_eq!(
            check_text("README.md", text),
            [
                "README.md:1: docs: `crates/a/src/lbi.rs` does not exist",
                "README.md:1: docs: `doc/` does not exist",
                "README.md:1: docs: `.ci/gone` does not exist",
                "README.md:2: docs: `crates/a/src/gone.rs` does not exist",
                "README.md:2: docs: `fixtures/golden/go/y/workflow.go` does not exist",
            ]
        );
    }

    #[test]
    fn is_silent_on_paths_that_exist() {
        let text = "`crates/a/src/lib.rs:12`, `docs/`, `docs/guide.md#top`, `img/`, \
                    `fixtures/golden/go/x/workflow.go`";

        assert_eq!(check_text("docs/guide.md", text), [""; 0]);
    }

    #[test]
    fn is_silent_on_what_is_no_path_of_ours() {
        let text = "`service/history/api.go:12` `sdk:src/gone.rs` `https://x.org/a.md` \
                    `cargo x a/b.rs` `N/A` `src/*.rs`\n\
                    ```sh\ncat `a/gone.rs`\n```\n`lib.rs` `../x/y.md` `target/doc/`";

        assert_eq!(check_text("README.md", text), [""; 0]);
    }

    #[test]
    fn is_silent_on_other_documents() {
        assert_eq!(check_text("fixtures/README.md", "`a/gone.rs`"), [""; 0]);
        assert_eq!(check_text("docs/deep/x.md", "`a/gone.rs`"), [""; 0]);
    }
}
