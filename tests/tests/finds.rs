//! Finding power: seeded bugs that no calm run shows are found by the default settings, in so many runs; their twins are
//! silent.
//!
//! A bug counts if every seed finds it within the bound and shrinks it to three answers at most, of which each is needed. That
//! is asserted of every one, other than where it is known why not. For each is printed in which run it was found (median and
//! worst of the seeds), the size of its largest shrunk case, one such case, and whose runs found it; and the fewest choices
//! that are not calm of all runs that showed it, `n`: 1 if any single choice does, all of which are tried.
//!
//! `cargo test` searches with two seeds and runs each twin 200 times. `REHEARSAL_FIND_RUNS=20000` gives the full figure: 20
//! seeds for each bug, and 20,000 runs of each twin.

#![expect(clippy::print_stdout, reason = "the figure is what the suite is for")]

use rehearsal::{ChoiceKind, Tape};
use rehearsal_tests::finds::measure::{alarms, runs, search, seeds, shows_at};
use rehearsal_tests::finds::{Needs, all, invoice, relay, twins};

/// With so many seeds `cargo test` searches.
const SEEDS: u32 = 2;

/// How many runs of a twin it makes.
const RUNS: u32 = 200;

#[test]
fn seeded_bugs_are_found() {
    let (table, wrong) = search("seeded bugs", &all(), seeds(SEEDS));
    println!("{table}");
    assert!(wrong.is_empty(), "not found as they should be:\n{}", wrong.join("\n"));
}

#[test]
fn at_least_forty_and_twenty_that_one_choice_does_not_show() {
    let (all, more) = (all(), all().iter().filter(|bug| bug.needs == Needs::More).count());
    assert!(
        all.len() >= 40 && more >= 20,
        "{} bugs, {more} that one choice does not show",
        all.len()
    );
}

/// No other single fault, no cancel and no other order shows these.
#[test]
fn an_attempt_that_hangs_and_a_client_that_is_not_answered_show_what_nothing_else_does() {
    let [hangs, _] = relay::BUGS else { panic!("the first of two") };
    let [unanswered] = invoice::BUGS else { panic!("the only one") };
    for (bug, fault) in [(hangs, (ChoiceKind::Slow, 2)), (unanswered, (ChoiceKind::Reply, 1))] {
        let tapes = shows_at(*bug);
        let is_fault = |tape: &Tape| tape.iter().all(|(key, answer)| (key.kind, answer) == fault);
        assert!(!tapes.is_empty() && tapes.iter().all(is_fault), "{}: {tapes:?}", bug.name);
    }
}

#[test]
fn twins_are_silent() {
    let (line, alarms) = alarms("twins", &twins(), runs(RUNS));
    println!("{line}");
    assert!(alarms.is_empty(), "{}", alarms.join("\n\n"));
}
