//! The gates, in the order they run: what is quick and often wrong comes first.

use std::path::Path;

use crate::{
    error::Error,
    figures::{self, Mode},
    process::Step,
    tidy,
};

/// One gate, that `cargo xtask ci NAME` runs alone.
#[derive(Debug)]
struct Part {
    name: &'static str,
    work: Work,
}

#[derive(Debug)]
enum Work {
    /// Programs to run, one after another.
    Steps(&'static [Step]),
    /// [`tidy::run`].
    Tidy,
    /// [`figures::run`], checking.
    Figures,
}

const PARTS: &[Part] = &[
    Part { name: "fmt", work: Work::Steps(&[Step::new("cargo fmt --all --check")]) },
    Part {
        name: "clippy",
        work: Work::Steps(&[Step::new(
            "cargo clippy --workspace --all-targets --all-features -- -D warnings",
        )]),
    },
    Part {
        name: "doc",
        work: Work::Steps(&[Step {
            line: "cargo doc --workspace --no-deps --document-private-items",
            set: &[("RUSTDOCFLAGS", "-D warnings")],
            unset: &[],
        }]),
    },
    Part { name: "tidy", work: Work::Tidy },
    Part { name: "figures", work: Work::Figures },
    Part {
        name: "pure",
        work: Work::Steps(&[
            Step::new("cargo check --lib -p rehearsal-activation"),
            Step::new("cargo check --lib -p rehearsal-service"),
            Step::new("cargo check --lib -p rehearsal-worker"),
        ]),
    },
    // The digest of the campaign is committed, so an optimized build must come to the one of `cargo test`.
    Part {
        name: "release",
        work: Work::Steps(&[Step::new("cargo test --release -p rehearsal-explore --test it")]),
    },
    // Nothing that is generated and committed may be stale.
    Part { name: "diff", work: Work::Steps(&[Step::new("git --no-pager diff --exit-code")]) },
];

/// The names of the parts, in order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PARTS.iter().map(|part| part.name)
}

/// Runs every part and stops at the first that fails.
///
/// # Errors
///
/// That of the part.
pub(crate) fn all(root: &Path) -> Result<(), Error> {
    for part in PARTS {
        part.run(root)?;
    }
    println!("ci: all {} parts are fine", PARTS.len());
    Ok(())
}

/// Runs the part called `name`.
///
/// # Errors
///
/// [`Error::UnknownPart`], or that of the part.
pub(crate) fn part(root: &Path, name: &str) -> Result<(), Error> {
    match PARTS.iter().find(|part| part.name == name) {
        Some(part) => part.run(root),
        None => Err(Error::UnknownPart {
            part: name.to_owned(),
            parts: names().collect::<Vec<_>>().join(", "),
        }),
    }
}

impl Part {
    fn run(&self, root: &Path) -> Result<(), Error> {
        match self.work {
            Work::Steps(steps) => steps.iter().try_for_each(|step| step.run(root)),
            Work::Tidy => {
                println!("$ cargo xtask tidy");
                tidy::run(root)
            }
            Work::Figures => {
                println!("$ cargo xtask figures --check");
                figures::run(root, Mode::Check)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo;

    #[test]
    fn an_unknown_part_lists_the_known_ones() {
        let error = part(Path::new("."), "format").unwrap_err();

        assert_eq!(
            error.to_string(),
            "no part `format`, expected one of: fmt, clippy, doc, tidy, figures, pure, release, diff"
        );
    }

    #[test]
    fn the_workflow_calls_every_part_in_order() {
        let path = repo::root().join(".github/workflows/ci.yml");
        let workflow = std::fs::read_to_string(path).unwrap();
        let called: Vec<&str> = workflow
            .lines()
            .filter_map(|line| line.split_once("cargo xtask ci "))
            .map(|(_, part)| part)
            .collect();

        assert_eq!(called, names().collect::<Vec<_>>());
        assert!(workflow.contains("cargo test --workspace"), "the tests are not run");
    }
}
