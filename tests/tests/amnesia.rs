//! Amnesia, at every workflow task of every golden scenario: a worker that forgets the workflow, and one that dies.

#![expect(clippy::print_stdout, reason = "the figures are what the suite is for")]

use std::collections::BTreeSet;
use std::sync::Arc;

use rehearsal::{ChoiceKey, ChoiceKind, Code, History, Outcome, Scenario, Tape};
use rehearsal_history::{Event, scrub};
use rehearsal_tests::each::each;
use rehearsal_tests::golden::ports::ALL;
use rehearsal_tests::golden::{self, Recording};
use rehearsal_tests::laws::earlier::Stood;

/// What must not be found in any run: these are promises of ours and not of the workflow.
const OURS: [Code; 4] =
    [Code::Nondeterminism, Code::NotRepeatable, Code::CancelLost, Code::IllFormed];

/// What a run came to, whether anything was found or not.
fn run(scenario: &Scenario, tape: &Tape) -> Outcome {
    scenario.try_run(tape).unwrap_or_else(|failure| {
        failure.outcome().unwrap_or_else(|| panic!("nothing was run: {failure}")).clone()
    })
}

fn codes(outcome: &Outcome) -> BTreeSet<Code> {
    outcome.findings.iter().map(|finding| finding.code).collect()
}

fn events(outcome: &Outcome) -> &[Arc<Event>] {
    outcome.main().map_or(&[], |main| &main.history)
}

/// Strikes at every question of a kind that a scenario with a port is asked, one run for each. Returns how often it
/// struck, and what is wrong.
fn at_every_task(
    kind: ChoiceKind,
    check: impl Fn(u32, &Outcome, &Outcome) -> Option<String> + Sync,
) -> (usize, Vec<String>) {
    let of_all = each(ALL, |folder| {
        let (mut runs, mut problems) = (0, Vec::new());
        let register = folder.register.expect("every scenario has code");
        let recording = Recording::read(folder).expect("the golden suite reads it");
        let scenario = golden::scenario(folder, recording.script, register);
        let calm = run(&scenario, &Tape::calm());
        for nth in 0.. {
            // The last is that of a question which is not asked any more.
            let tape = Tape::calm().with(ChoiceKey { kind, execution: 0, nth }, 1).loose();
            let struck = run(&scenario, &tape);
            if struck.tape.is_empty() {
                break;
            }
            runs += 1;
            let problem = check(nth, &calm, &struck);
            problems.extend(problem.map(|problem| format!("{} {tape}: {problem}", folder.name)));
        }
        (runs, problems)
    });
    let (runs, problems): (Vec<usize>, Vec<Vec<String>>) = of_all.into_iter().unzip();
    (runs.into_iter().sum(), problems.into_iter().flatten().collect())
}

/// The history without what differs from run to run, such as which worker last said what it is.
fn scrubbed(outcome: &Outcome) -> Option<impl PartialEq + use<>> {
    History::new(events(outcome).to_vec()).ok().map(|history| {
        let scrubbed = scrub(&history);
        (scrubbed.json, scrubbed.times)
    })
}

/// Whether Go notes flag 4 for an update behind a marker depends on whether the event before it was taken live or replayed
/// (`IsReplayEvent`, `TryUse`): a worker that forgets says so.
const NOTED_BY_CACHE: &str = "program-update-unknown-behind-marker";

#[test]
fn a_worker_that_forgets_changes_nothing() {
    let (runs, problems) = at_every_task(ChoiceKind::Evict, |_, calm, struck| {
        // A query that changes the workflow does so until it is evicted: that is what is found.
        if codes(calm).contains(&Code::QueryMeddled) {
            return None;
        }
        if codes(struck) != codes(calm) {
            return Some(format!("found {:?}, calm {:?}", codes(struck), codes(calm)));
        }
        if scrubbed(struck) == scrubbed(calm) {
            return None;
        }
        let known = calm.main().is_some_and(|main| main.workflow_id == NOTED_BY_CACHE);
        (!known).then(|| "another history".to_owned())
    });
    println!("amnesia: {} of {runs} evictions change nothing", runs - problems.len());
    assert!(runs > 0 && problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_worker_that_dies_changes_nothing_earlier_and_the_run_replays() {
    let (runs, problems) = at_every_task(ChoiceKind::Crash, |nth, calm, struck| {
        let known = codes(calm);
        let new =
            codes(struck).into_iter().find(|code| OURS.contains(code) && !known.contains(code));
        if let Some(code) = new {
            return Some(format!("found {code}"));
        }
        let stood = Stood::before_task(calm, nth)?;
        (!stood.is_alike(calm, struck)).then(|| format!("something before is another: {stood:?}"))
    });
    println!("amnesia: {} of {runs} crashes change nothing earlier", runs - problems.len());
    assert!(runs > 0 && problems.is_empty(), "{}", problems.join("\n"));
}
