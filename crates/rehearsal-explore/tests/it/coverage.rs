//! What a run is known to have done.

use rehearsal_engine::{Patience, Tape};
use rehearsal_explore::Coverage;

use crate::order::scenario;

fn of(tape: &str) -> Coverage {
    let tape: Tape = tape.parse().expect("a tape");
    Coverage::of(&scenario().run(Box::new(tape), Patience::MustEnd))
}

#[test]
fn the_marks_of_the_calm_run() {
    let calm = of("");
    assert_eq!(calm, of(""), "the same run has the same marks");
    insta::assert_snapshot!(calm.marks().join("\n"));
}

#[test]
fn a_cancel_and_a_fault_leave_marks_that_the_calm_run_has_not() {
    let mut all = of("");
    let more = of("cancel.0.12=1,report.0.0=2");
    let calm: Vec<String> = all.marks().into_iter().map(str::to_owned).collect();
    let new: Vec<&str> =
        more.marks().into_iter().filter(|mark| !calm.iter().any(|old| old == mark)).collect();
    insta::assert_snapshot!(new.join("\n"));
    assert_eq!(all.add(&more), new.len());
    assert_eq!(all.add(&more), 0);
}
