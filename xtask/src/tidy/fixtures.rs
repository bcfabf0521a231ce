//! Rule: a golden scenario is complete.

use std::collections::BTreeSet;

use super::Finding;

const RULE: &str = "fixtures";

const FOLDER: &str = "fixtures/golden/go/";

const NEEDED: &[&str] = &["scenario.toml", "workflow.go", "native.rs", "history.json"];

/// Looks for the files of each scenario; `paths` is every file of the repository.
pub(super) fn check(paths: &BTreeSet<String>) -> Vec<Finding> {
    let scenarios: BTreeSet<&str> = paths
        .iter()
        .filter_map(|path| path.strip_prefix(FOLDER)?.split_once('/'))
        .map(|(name, _)| name)
        .collect();

    let mut findings = Vec::new();
    for scenario in scenarios {
        for needed in NEEDED {
            let path = format!("{FOLDER}{scenario}/{needed}");
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
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::printed;

    fn folder(files: &[&str]) -> BTreeSet<String> {
        files.iter().map(|file| format!("{FOLDER}{file}")).collect()
    }

    #[test]
    fn fires_on_an_incomplete_scenario() {
        let paths = folder(&["a/scenario.toml", "a/workflow.go", "a/history.2.json"]);

        assert_eq!(
            printed(&check(&paths)),
            [
                "fixtures/golden/go/a/native.rs:1: fixtures: scenario `a` has no `native.rs`",
                "fixtures/golden/go/a/history.json:1: fixtures: scenario `a` has no `history.json`",
            ]
        );
    }

    #[test]
    fn is_silent_on_a_complete_one_and_on_files_beside() {
        let paths = folder(&[
            "a/scenario.toml",
            "a/workflow.go",
            "a/native.rs",
            "a/history.json",
            "go.mod",
        ]);

        assert_eq!(check(&paths), []);
    }
}
