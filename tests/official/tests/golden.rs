//! Scenarios that were recorded from a real server with the official Rust SDK: their code, unmodified, rehearsed and
//! compared.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]

use rehearsal_tests::golden;
use rehearsal_tests_official::golden::ALL;

/// Each recorded scenario, simulated, gives the recorded histories, answers and results.
#[test]
fn rust() {
    let report = golden::run_all(ALL);
    println!("{report}");
    assert!(report.is_good(), "scenarios differ from their recordings; see above");
}

/// A recording in which any leaf is changed that is not scrubbed no longer compares equal to itself.
#[test]
fn every_leaf_counts() {
    let flips = golden::flip_all(ALL);
    println!("{flips}");
    assert!(flips.unnoticed.is_empty(), "changes that the comparison does not notice; see above");
}
