//! Rules: what a user pulls in with the native crates stays small, and free of the official SDK and
//! of `proptest`.

use std::collections::BTreeSet;

use toml::Table;

use super::{Finding, manifest};
use crate::repo::SourceFile;

const RULE: &str = "tree";

/// Where a finding about the whole tree points to.
const FACADE: &str = "crates/rehearsal/Cargo.toml";

/// The tree must have fewer crates than this, ours included.
const LIMIT: usize = 40;

/// Counts the crates in what `cargo tree --prefix none` printed.
pub(super) fn check_size(tree: &str) -> Option<Finding> {
    let count = names(tree).len();
    (count >= LIMIT).then(|| {
        let message =
            format!("the native dependency tree has {count} crates, expected fewer than {LIMIT}");
        Finding::new(FACADE, 1, RULE, message)
    })
}

/// Looks in what `cargo tree --prefix none` printed for crates that no user of the native crates
/// may get.
pub(super) fn check_bans(tree: &str) -> Vec<Finding> {
    names(tree)
        .into_iter()
        .filter(|name| *name == "proptest" || name.starts_with("temporalio-"))
        .map(|name| {
            let message =
                format!("`{name}` is in the native dependency tree; it belongs behind a feature");
            Finding::new(FACADE, 1, RULE, message)
        })
        .collect()
}

/// Looks in the manifests for a `proptest` that is there without a feature.
pub(super) fn check_optional(manifests: &[&SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in manifests {
        // `layers` reports a manifest that cannot be read.
        let manifest: Table = file.text.parse().unwrap_or_default();
        for found in manifest::dependencies(&manifest) {
            if found.package == "proptest" && !found.optional {
                let message = "`proptest` must be `optional = true`";
                findings.push(Finding::new(&file.path, file.line_of(found.key), RULE, message));
            }
        }
    }
    findings
}

/// The distinct names: a line is `name v1.2.3 (path) (*)`.
fn names(tree: &str) -> BTreeSet<&str> {
    tree.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    fn tree(count: usize) -> String {
        let line = |n| format!("crate{n} v1.0.0\ncrate{n} v1.0.0 (*)\n");
        (0..count).map(line).collect::<Vec<_>>().concat()
    }

    #[test]
    fn fires_on_a_tree_that_is_too_large() {
        assert_eq!(
            check_size(&tree(40)).unwrap().to_string(),
            "crates/rehearsal/Cargo.toml:1: tree: the native dependency tree has 40 crates, expected fewer than 40"
        );
    }

    #[test]
    fn is_silent_on_a_small_tree() {
        assert_eq!(check_size(&tree(39)), None);
        assert_eq!(check_bans(&tree(39)), []);
    }

    #[test]
    fn fires_on_banned_crates() {
        let found = check_bans("rehearsal v0.1.0 (path)\nproptest v1.0.0\ntemporalio-sdk v1.1.1\n");

        assert_eq!(
            printed(&found),
            [
                "crates/rehearsal/Cargo.toml:1: tree: `proptest` is in the native dependency tree; \
                 it belongs behind a feature",
                "crates/rehearsal/Cargo.toml:1: tree: `temporalio-sdk` is in the native dependency tree; \
                 it belongs behind a feature",
            ]
        );
    }

    #[test]
    fn fires_on_proptest_without_a_feature() {
        let file =
            SourceFile::new("crates/a/Cargo.toml", "[dependencies]\nproptest.workspace = true\n");

        assert_eq!(
            printed(&check_optional(&[&file])),
            ["crates/a/Cargo.toml:2: tree: `proptest` must be `optional = true`"]
        );
    }

    #[test]
    fn is_silent_on_proptest_with_a_feature_or_for_tests() {
        let feature = "[dependencies]\nproptest = { workspace = true, optional = true }\n";
        let tests = "[dev-dependencies]\nproptest.workspace = true\n";
        let files = [feature, tests].map(|text| SourceFile::new("crates/a/Cargo.toml", text));

        assert_eq!(check_optional(&[&files[0], &files[1]]), []);
    }
}
