//! Law 5: one workflow, written natively and for the official SDK, gives one history.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]

use rehearsal::Profile;
use rehearsal_tests_official::parity::{ALL, Pair, compare_all};

/// At every cancellation point both sides have one history, but for what the table of differences explains. Every row of
/// the table is needed.
#[test]
fn native_and_official_workflows_give_one_history() {
    let parity = compare_all(ALL);
    println!("{parity}");
    assert!(parity.uncovered.is_empty(), "the sides differ where no rule says so; see above");
    let unused: Vec<_> = parity.unused().collect();
    assert!(unused.is_empty(), "rows of the table that nothing needs: {unused:?}");
    let idle: Vec<_> = parity.counts.iter().filter(|(_, count)| count.equal == 0).collect();
    assert!(idle.is_empty(), "workflows that are nowhere equal: {idle:?}");
}

/// The comparison sees when one side does something else: under the rules of Go what is skipped leaves a trail (C-35).
#[test]
fn under_the_rules_of_go_the_sample_differs() {
    let native = || (ALL[0].native)().profile(Profile::Go);
    let parity = compare_all(&[Pair { native, ..ALL[0] }]);
    assert!(!parity.uncovered.is_empty());
}

/// An order that is approved is not one that is forgotten, and so the points are not the same.
#[test]
fn other_points_are_noticed() {
    let parity = compare_all(&[Pair { native: ALL[2].native, ..ALL[1] }]);
    let [text] = parity.uncovered.as_slice() else { panic!("{parity}") };
    assert!(text.contains("the points are not the same"), "{text}");
}
