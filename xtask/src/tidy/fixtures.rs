//! Rule: a golden scenario is complete.

use std::collections::BTreeSet;

use super::Finding;

const RULE: &str = "fixtures";

/// The folders of scenarios, each with what a scenario there consists of.
const FOLDERS: [(&str, &[&str]); 2] = [
    ("fixtures/golden/go/", &["scenario.toml", "workflow.go", "native.rs", "history.json"]),
    ("fixtures/golden/rust/", &["scenario.toml", "workflow.rs", "history.json"]),
];

/// Looks for the files of each scenario; `paths` is every file of the repository.
pub(super) fn check(paths: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, all) in FOLDERS {
        let scenarios: BTreeSet<&str> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(folder)?.split_once('/'))
            .map(|(name, _)| name)
            .collect();
        for scenario in scenarios {
            for needed in all {
                let path = format!("{folder}{scenario}/{needed}");
                if !paths.contains(&path) {
                    findings.push(Finding::new(
                        &path,
                        1,
                        RULE,
                        format!("scenario `{scenario}` has no `{needed}`"),
                    ));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    fn folder(files: &[&str]) -> BTreeSet<String> {
        files.iter().map(|file| format!("fixtures/golden/{file}")).collect()
    }

    #[test]
    fn fires_on_an_incomplete_scenario() {
        let paths = folder(&[
            "go/a/scenario.toml",
            "go/a/workflow.go",
            "go/a/history.2.json",
            "rust/b/scenario.toml",
            "rust/b/history.json",
        ]);

        assert_eq!(
            printed(&check(&paths)),
            [
                "fixtures/golden/go/a/native.rs:1: fixtures: scenario `a` has no `native.rs`",
                "fixtures/golden/go/a/history.json:1: fixtures: scenario `a` has no `history.json`",
                "fixtures/golden/rust/b/workflow.rs:1: fixtures: scenario `b` has no `workflow.rs`",
            ]
        );
    }

    #[test]
    fn is_silent_on_a_complete_one_and_on_files_beside() {
        let paths = folder(&[
            "go/a/scenario.toml",
            "go/a/workflow.go",
            "go/a/native.rs",
            "go/a/history.json",
            "go/go.mod",
            "rust/b/scenario.toml",
            "rust/b/workflow.rs",
            "rust/b/history.json",
        ]);

        assert_eq!(check(&paths), []);
    }
}
