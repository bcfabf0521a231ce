//! Mutations: each mistake gives its one code, and the workflow without it is silent.

#![expect(clippy::print_stdout, reason = "the figure is what the suite is for")]

use std::collections::BTreeMap;
use std::env;

use rehearsal::{Code, Exploration, Failure, Pairs};
use rehearsal_tests::mutations::{self, CALM, Mutation, Twin};

/// How many random runs each twin is silent in, unless the environment says something else in `REHEARSAL_TWIN_RUNS`.
const RANDOM_RUNS: u32 = 1_000;

/// What a mutation gave: the codes, each once, and where it showed first.
fn given(failure: &Failure) -> (Vec<Code>, String) {
    let mut codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    codes.sort();
    codes.dedup();
    let place = failure.report().lines().find_map(|line| {
        let (place, _) = line.strip_prefix("  Canceled at ")?.split_once(": point ")?;
        place.split_once(", ").map(|(_, place)| place.to_owned())
    });
    (codes, place.unwrap_or_else(|| CALM.to_owned()))
}

#[test]
fn each_mistake_gives_its_code_and_no_other() {
    let mut table = String::new();
    let mut right = 0;
    let mutations = mutations::all();
    for Mutation { name, scenario, code, at } in &mutations {
        let found = scenario().try_sweep().err().map(|failure| {
            let report = failure.report();
            let page = report.lines().take_while(|line| !line.starts_with("  where "));
            assert!(page.count() < 40, "{name}: the report is too long\n{report}");
            insta::assert_snapshot!(name.replace([' ', '\''], "_"), report);
            given(&failure)
        });
        let line = match found {
            None => format!("  {name:<40} nothing\n"),
            Some((codes, place)) => {
                right += usize::from(codes == [*code] && place == *at);
                let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
                format!("  {name:<40} {:<7} {place}\n", codes.join(", "))
            }
        };
        table.push_str(&line);
    }
    println!("mutations: {right} of {}", mutations.len());
    insta::assert_snapshot!("table", table);
    assert_eq!(right, mutations.len(), "a mistake gives something else than it should\n{table}");
}

/// What no cancel shows. The report says in words what struck.
#[test]
fn what_only_a_fault_shows_is_found_at_random() {
    for Mutation { name, scenario, code, .. } in mutations::BY_FAULTS {
        if let Err(failure) = scenario().try_sweep() {
            panic!("{name} is found without a fault: {failure}");
        }
        let explored = scenario().try_explore(Exploration::new(2_000));
        let failure = explored.expect_err(name);
        assert_eq!(given(&failure).0, [*code], "{name}: {failure}");
        assert!(failure.tape().len() <= 3, "{name}: {failure}");
        insta::assert_snapshot!(name.replace(' ', "_"), failure.report());
    }
}

/// What one fault shows is found where single faults are swept, what a cancel and a fault show where pairs are; each with
/// no more than that.
#[test]
fn what_a_fault_shows_is_found_by_sweeps() {
    let mut found = BTreeMap::new();
    for Mutation { name, scenario, code, .. } in mutations::BY_FAULTS {
        let faults = scenario().try_sweep_faults();
        let pairs = || scenario().try_sweep_pairs(Pairs::default().with_threads(2));
        let (how, failure) = match faults {
            Err(failure) => ("a fault", failure),
            Ok(_) => ("a pair", pairs().expect_err(name)),
        };
        assert_eq!(given(&failure).0, [*code], "{name}: {failure}");
        insta::assert_snapshot!(format!("{}_swept", name.replace(' ', "_")), failure.report());
        found.insert(*name, (how, failure.tape().len()));
        let again = scenario().try_run(failure.tape()).expect_err(name);
        assert_eq!(given(&again).0, [*code], "{name}: {again}");
    }
    let found: Vec<String> =
        found.iter().map(|(name, (how, tape))| format!("{name}: {how}, {tape}")).collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    compensation tried once: a pair, 2
    key of each attempt: a fault, 1
    ");
}

/// Nothing is the same twice, so no replay agrees.
#[test]
fn the_real_clock_and_the_real_hash_order_are_found() {
    for scenario in [mutations::real::clock(), mutations::real::hash_order()] {
        let (codes, at) = given(&scenario.try_sweep().unwrap_err());
        assert_eq!(codes, [Code::Nondeterminism], "{scenario:?}");
        assert_eq!(at, CALM);
    }
}

#[expect(clippy::disallowed_methods, reason = "this test owns the knob")]
fn random_runs() -> u32 {
    let asked = env::var("REHEARSAL_TWIN_RUNS").ok();
    asked.map_or(RANDOM_RUNS, |runs| {
        runs.parse().expect("`REHEARSAL_TWIN_RUNS` is a number of runs")
    })
}

/// The twin of that index, over its sweep and the random runs.
fn silent(index: usize) {
    let Twin { name, scenario } = mutations::TWINS[index];
    let scenario = scenario();
    if let Err(failure) = scenario.try_sweep() {
        panic!("{name} is not silent when it is swept: {failure}");
    }
    if let Err(failure) = scenario.try_explore(Exploration::new(random_runs())) {
        panic!("{name} is not silent in random runs: {failure}");
    }
}

#[test]
fn the_sample_is_silent() {
    silent(0);
}

#[test]
fn the_saga_is_silent() {
    silent(1);
}

#[test]
fn the_saga_whose_cleanup_fails_is_silent() {
    silent(2);
}

#[test]
fn the_approval_is_silent() {
    silent(3);
}

#[test]
fn the_approval_that_nobody_gives_is_silent() {
    silent(4);
}

#[test]
fn the_print_job_is_silent() {
    silent(5);
}

#[test]
fn the_deployment_is_silent() {
    silent(6);
}

#[test]
fn the_deployment_of_a_loop_is_silent() {
    silent(7);
}

#[test]
fn the_patch_that_is_phased_out_is_silent() {
    silent(8);
}

#[test]
fn the_order_that_is_confirmed_from_outside_is_silent() {
    silent(9);
}

#[test]
fn the_cart_is_silent() {
    silent(10);
}

#[test]
fn the_sale_is_silent() {
    silent(11);
}

#[test]
fn the_till_is_silent() {
    silent(12);
}

#[test]
fn the_backup_is_silent() {
    silent(13);
}

#[test]
fn the_desk_is_silent() {
    silent(14);
}

#[test]
fn the_import_is_silent() {
    silent(15);
}

#[test]
fn the_purchase_is_silent() {
    silent(16);
    let report = (mutations::TWINS[16].scenario)().sweep_pairs();
    insta::assert_snapshot!("purchase_in_pairs", report.table());
}
