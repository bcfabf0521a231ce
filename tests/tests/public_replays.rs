//! Recordings of other projects, replayed against native ports with the verdict that those projects' tests give.

#![expect(clippy::print_stdout, reason = "the figure is what a person wants to see of this test")]

use std::path::{Path, PathBuf};

use rehearsal_tests::public;

#[test]
fn public_replays() {
    let Some(folder) = folder() else {
        println!("public replays: skipped, there are no recordings");
        return;
    };
    let report = public::run(&folder);
    println!("{report}");
    assert!(report.problems.is_empty(), "recordings with another verdict; see above");
}

/// Where the recordings are, if they are anywhere.
fn folder() -> Option<PathBuf> {
    let shared = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/histories");
    let folder = std::env::var_os("REHEARSAL_CORPUS").map_or_else(shared, PathBuf::from);
    folder.is_dir().then_some(folder)
}
