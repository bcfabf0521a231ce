//! What exploring finds is 1-minimal, on real scenarios: no answer can be left out, made smaller or asked earlier.

#![expect(clippy::print_stdout, reason = "the figure is what the suite is for")]

use rehearsal::{ChoiceKey, Choices, Exploration, Failure, Finding, Scenario, Tape};
use rehearsal_tests::mutations;

/// How many seeds each mistake is explored with.
const SEEDS: u64 = 5;

/// The most random runs until a mistake is found.
const RUNS: u32 = 2_000;

/// The mistakes, with how many answers it takes to show each.
const BUGS: [(&str, usize); 6] = [
    ("key of each attempt", 1),
    ("compensation tried once", 2),
    ("cleanup on the canceled context", 1),
    ("one step not undone", 1),
    ("signal waited for beyond the cancel", 1),
    ("continue-as-new deaf to its cancel", 1),
];

fn scenario(name: &str) -> Scenario {
    let all = mutations::all().into_iter().chain(mutations::BY_FAULTS.iter().copied());
    let named = all.into_iter().find(|mutation| mutation.name == name);
    (named.unwrap_or_else(|| panic!("no mutation `{name}`")).scenario)()
}

/// Whether a run still shows what was found.
fn shows(scenario: &Scenario, tape: &Tape, found: &Finding) -> bool {
    let failed = scenario.try_run(&tape.clone().loose()).err();
    failed.is_some_and(|failure| failure.findings().iter().any(|it| it.is_like(found)))
}

/// A tape that is smaller by one step, and shows the same.
fn smaller(scenario: &Scenario, failure: &Failure) -> Option<Tape> {
    let tape = failure.tape();
    let found = failure.findings().first()?;
    let mut steps: Vec<Tape> = Vec::new();
    for (key, answer) in tape.iter() {
        let without = tape.clone().with(key, 0);
        steps.extend((1..answer).map(|less| tape.clone().with(key, less)));
        let earlier = (0..key.nth).map(|nth| ChoiceKey { nth, ..key });
        let free = earlier.filter(|earlier| tape.iter().all(|(taken, _)| taken != *earlier));
        steps.extend(free.map(|earlier| without.clone().with(earlier, answer)));
        steps.push(without);
    }
    steps.into_iter().find(|step| shows(scenario, step, found))
}

#[test]
fn what_is_found_is_one_minimal() {
    let (mut needless, mut explorations, mut more, mut table) = (0, 0, 0, String::new());
    for (name, least) in BUGS {
        let scenario = scenario(name);
        for seed in 0..SEEDS {
            let explored = scenario.try_explore(Exploration::new(RUNS).with_seed(seed));
            let Err(failure) = explored else {
                println!("{name}, seed {seed}: not found");
                continue;
            };
            let tape = failure.tape();
            let case = failure.case().expect("a run");
            assert_eq!(case.choices(), &Choices::Tape(tape.clone()), "the shrunk case is kept");
            assert_eq!(case.finding(), Some(failure.findings()[0].code.as_str()));
            assert!(tape.len() <= 3, "{name}: {tape}");
            explorations += 1;
            needless += usize::from(tape.len() > least);
            let next = smaller(&scenario, &failure);
            more += usize::from(next.is_some());
            let next = next.map(|next| format!(" -> {next}")).unwrap_or_default();
            let line = format!("  {name:<40} {seed} {:>2}  {tape}{next}\n", tape.len());
            table += &line;
        }
    }
    println!("{table}");
    println!("needless answers are left in {needless} of {explorations} explorations");
    assert_eq!(more, 0, "not minimal:\n{table}");
}
