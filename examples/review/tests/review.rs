//! The order, rehearsed as a user would: what it does in snapshots, and a change of it as the diff that a reviewer sees.

use rehearsal::{History, Outcome, Scenario};
use rehearsal_example_review::{FULFILL_ORDER, attended, unattended, v1, v2};
use similar::TextDiff;

fn before(scenario: Scenario) -> Scenario {
    scenario.workflow(FULFILL_ORDER, v1::fulfill_order)
}

fn after(scenario: Scenario) -> Scenario {
    scenario.workflow(FULFILL_ORDER, v2::fulfill_order)
}

/// The history of the order.
fn table(outcome: &Outcome) -> String {
    let main = outcome.main().expect("the order is started");
    History::new(main.history.clone()).expect("a history").table()
}

#[test]
fn an_approved_order_is_shipped() {
    insta::assert_snapshot!(table(&before(attended("order")).run()));
}

#[test]
fn an_order_that_nobody_approves_is_undone_at_the_deadline() {
    insta::assert_snapshot!(table(&before(unattended("order")).run()));
}

#[test]
fn an_order_that_is_canceled_anywhere_is_undone() {
    insta::assert_snapshot!(before(attended("order")).sweep().table());
}

/// One activity more is six events more: its own three, and those of the workflow task that it causes. Nothing else
/// changes, so that a reviewer sees the change and no noise.
#[test]
fn one_activity_more_is_a_small_diff() {
    let old = table(&before(attended("order")).run());
    let new = table(&after(attended("order")).run());
    let diff = diff(&old, &new);

    assert_eq!(changed(&diff), (0, 6), "{diff}");
    insta::assert_snapshot!(diff);

    let readme = include_str!("../../../README.md");
    assert!(
        readme.contains(&format!("```diff\n{diff}```")),
        "README shows another diff than\n{diff}"
    );
}

/// Without an approval the new activity is never reached.
#[test]
fn a_run_that_the_change_does_not_touch_has_no_diff() {
    assert_eq!(table(&before(unattended("order")).run()), table(&after(unattended("order")).run()));
}

#[test]
fn the_diff_of_the_sweep_is_one_of_counts() {
    let old = before(attended("order")).sweep().table();
    let new = after(attended("order")).sweep().table();

    insta::assert_snapshot!(diff(&old, &new));
}

/// The diff as `git` and `cargo insta review` show it.
fn diff(old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().context_radius(2).to_string()
}

/// How many lines of a diff went, and how many came.
fn changed(diff: &str) -> (usize, usize) {
    let count = |mark| diff.lines().filter(|line| line.starts_with(mark)).count();
    (count('-'), count('+'))
}
