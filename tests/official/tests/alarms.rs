//! What is found in workflows that are right: nothing.

#![expect(clippy::print_stdout, reason = "the figure is what the suite is for")]

use rehearsal_tests::golden;
use rehearsal_tests_official::golden::ALL;

/// No scenario, swept and explored with the recommended checks, gives a finding but those that it was recorded for.
#[test]
fn rust() {
    let alarms = golden::false_alarms(ALL);
    println!("{alarms}");
    assert!(alarms.false_alarms.is_empty(), "findings in workflows that are right; see above");
    assert!(alarms.unused.is_empty(), "rows that nothing uses; see above");
}
