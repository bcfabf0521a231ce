//! Proofs: of small workflows without a mistake every run there is was made, and nothing is found. In those with a mistake
//! it is found.

#![expect(clippy::print_stdout, reason = "the figure is what the suite is for")]

use rehearsal::{Bounds, Failure};
use rehearsal_tests::mutations::{self, Mutation, Twin};

/// More than any of these needs.
const RUNS: u32 = 10_000;

/// What is said of a twin in the table: the first lines of its report, in one.
fn line(name: &str, report: &str) -> String {
    let mut lines = report.lines();
    let verdict = lines.next().unwrap_or_default();
    let numbers = lines.take(3).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.join(" ")
    });
    let numbers = numbers.collect::<Vec<_>>().join("; ");
    format!("{name}: {verdict}\n    {numbers}\n")
}

/// The sample goes on until it is canceled, so there is no end to its runs.
#[test]
fn every_twin_that_ends_is_proved() {
    let (mut table, mut proofs) = (String::new(), 0);
    for Twin { name, scenario } in mutations::TWINS {
        let report = match scenario().try_prove(Bounds::new(RUNS)) {
            Ok(report) => report,
            Err(failure) => panic!("{name} is not silent: {failure}"),
        };
        proofs += usize::from(report.is_proof());
        assert_eq!(report.is_proof(), name != "sample", "{name}: {report}");
        table.push_str(&line(name, &report.to_string()));
    }
    println!("{table}proofs: {proofs} of {}", mutations::TWINS.len());
    insta::assert_snapshot!("proofs", table);
}

/// With one fault in any place, and any order.
#[test]
fn three_twins_are_proved_with_faults() {
    let mut table = String::new();
    for wanted in ["approval that nobody gives", "order that is confirmed from outside", "purchase"]
    {
        let twin = mutations::TWINS.into_iter().find(|twin| twin.name == wanted).expect(wanted);
        let bounds = Bounds::new(RUNS).with_cancels(0).with_faults(1);
        let report = (twin.scenario)().try_prove(bounds).unwrap();
        assert!(report.is_proof(), "{wanted}: {report}");
        table.push_str(&line(wanted, &report.to_string()));
    }
    println!("{table}");
    insta::assert_snapshot!("proofs_with_faults", table);
}

/// What only a fault shows: of one of the two mistakes also with a cancel.
#[test]
fn a_mistake_is_found_whatever_it_takes() {
    for (Mutation { name, scenario, code, .. }, cancels) in mutations::BY_FAULTS.iter().zip([0, 1])
    {
        let orders = Bounds::new(RUNS);
        assert!(scenario().try_prove(orders).is_ok_and(|report| report.is_proof()), "{name}");
        let bounds = orders.with_cancels(cancels).with_faults(1);
        let failure: Failure = scenario().try_prove(bounds).expect_err(name);
        assert!(
            failure.findings().iter().any(|finding| finding.code == *code),
            "{name}: {failure}"
        );
        println!("{name}: {}", failure.tape());
    }
}
