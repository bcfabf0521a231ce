//! What `cargo xtask interop` has had played on our server by workers of other SDKs, compared with the recordings.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]
#![expect(clippy::disallowed_methods, reason = "the command says where it has put what was played")]

use std::path::Path;

use rehearsal_tests::golden;
use rehearsal_tests::golden::ports::ALL;

/// Each recorded scenario, run by the worker and the client of the Go SDK on our server, gives the recorded histories and
/// answers. Nothing is compared unless the command has played them: this takes a toolchain of Go. The names of those that
/// differ are left beside what was played, for the command to play them again.
#[test]
fn go() {
    let Ok(played) = std::env::var("REHEARSAL_INTEROP_GO") else { return };
    let names = std::env::var("REHEARSAL_INTEROP_NAMES").unwrap_or_default();
    let names: Vec<&str> = names.split_whitespace().collect();
    for name in &names {
        assert!(ALL.iter().any(|folder| folder.name == *name), "there is no scenario `{name}`");
    }
    let report = golden::compare_all(ALL, Path::new(&played), &names);
    println!("{report}, workers");
    let differ = report.scenarios.iter().filter(|(_, problems)| !problems.is_empty());
    let differ: String = differ.flat_map(|(folder, _)| [folder.name, "\n"]).collect();
    std::fs::write(Path::new(&played).join("differ.txt"), differ).expect("beside what was played");
}
