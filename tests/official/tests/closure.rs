//! What sweeps of all scenarios come to. False alarms: in workflows that are right nothing is found. Closure: what is
//! simulated is accepted by the official replayer, and refused with another id or type in it.
//!
//! The scenarios are swept once for all of it, which is most of what it costs.
//!
//! A run that meets a defect of the SDK (C-37, C-39a; src/closure.rs names the scenarios) ends in a workflow task that
//! fails again and again. No replayer judges that one, so these histories are accepted too and none is left out.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::sync::LazyLock;
use std::time::Duration;

use rehearsal_history::History;
use rehearsal_tests::golden::Alarms;
use rehearsal_tests_official::closure::{Simulated, all, changed};
use rehearsal_tests_official::golden;
use rehearsal_tests_official::judge::{Judge, Verdict};
use rehearsal_worker::{Profile, ReplayOptions, ReplayVerdict, replay};
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;

/// What is found, and all histories, simulated once for all tests.
fn swept() -> &'static (Alarms, Vec<Simulated>) {
    static ALL: LazyLock<(Alarms, Vec<Simulated>)> = LazyLock::new(|| all().unwrap());
    &ALL
}

fn histories() -> &'static [Simulated] {
    &swept().1
}

fn official() -> Judge {
    Judge::new(env!("CARGO_BIN_EXE_official-replayer"))
}

/// How many histories are judged together at most.
const TOGETHER: usize = 64;

/// What the official replayer says of histories, each with its suite, in their order.
fn theirs(judge: &mut Judge, histories: &[(&str, History)]) -> Vec<Verdict> {
    let of_one_suite = histories.chunk_by(|(one, _), (other, _)| one == other);
    let together = of_one_suite.flat_map(|histories| histories.chunks(TOGETHER));
    let verdicts = together.flat_map(|histories| {
        let together: Vec<History> = histories.iter().map(|(_, history)| history.clone()).collect();
        judge.judge_all(histories[0].0, &together).unwrap()
    });
    verdicts.collect()
}

/// What our replayer says.
fn ours(suite: &str, history: &History) -> ReplayVerdict {
    let workflow_type = &*history.started().workflow_type.name;
    let workflows = (golden::hosted(suite).unwrap().define)();
    let definition =
        workflows.iter().find(|found| found.descriptor().workflow_type == workflow_type);
    let options = ReplayOptions { profile: Profile::Core, ..ReplayOptions::default() };
    replay(history.events(), &**definition.unwrap(), options)
}

/// The flags of the first completed task, where a core reads how strictly it must compare.
fn flags(history: &History) -> Option<Vec<u32>> {
    let proto = rehearsal_temporal::history::to_proto(history).unwrap();
    proto.events.into_iter().find_map(|event| match event.attributes {
        Some(Attributes::WorkflowTaskCompletedEventAttributes(completed)) => {
            Some(completed.sdk_metadata.unwrap_or_default().core_used_flags)
        }
        _ => None,
    })
}

/// No scenario, swept and explored with the recommended checks, gives a finding but those that it was recorded for.
#[test]
fn nothing_is_found_in_workflows_that_are_right() {
    let (alarms, _) = swept();
    println!("{alarms}");
    assert!(alarms.false_alarms.is_empty(), "findings in workflows that are right; see above");
    assert!(alarms.unused.is_empty(), "rows that nothing uses; see above");
}

/// Both replayers agree: the official one because of the rules, ours without any difference.
#[test]
fn simulated_histories_are_accepted() {
    let all = histories();
    let judged: Vec<_> = all.iter().map(|it| (it.suite, it.history.clone())).collect();
    let theirs = theirs(&mut official(), &judged);
    assert_eq!(theirs.len(), all.len());
    let mut good = 0;
    for (Simulated { name, suite, history }, theirs) in all.iter().zip(theirs) {
        // None if it was terminated before.
        assert!(flags(history).is_none_or(|flags| flags == [1, 2, 3]), "{name}");
        let ours = ours(suite, history).map(|replayed| replayed.differences);
        if theirs == Verdict::Accepted && ours == Ok(Vec::new()) {
            good += 1;
        } else {
            println!("{name}: {theirs:?}, ours {ours:?}\n{}", history.print());
        }
    }
    println!("closure: {good} of {}", all.len());
    assert_eq!(good, all.len(), "histories are refused; see above");
    assert!(good > 1000, "only {good} histories");
}

/// Both replayers refuse another id or another type.
#[test]
fn changed_histories_are_refused() {
    let changes = histories().iter().flat_map(|Simulated { name, suite, history }| {
        let changes = changed(history).into_iter();
        changes.map(move |(change, history)| ((name, change), (*suite, history)))
    });
    let (names, judged): (Vec<_>, Vec<_>) = changes.unzip();
    let theirs = theirs(&mut official(), &judged);
    let count = theirs.len();
    assert_eq!(count, names.len());
    let mut good = 0;
    for (((name, change), (suite, history)), theirs) in names.iter().zip(&judged).zip(theirs) {
        let ours = ours(suite, history);
        if matches!(theirs, Verdict::Refused(_)) && ours.is_err() {
            good += 1;
        } else {
            println!("{name}, {change:?}: {theirs:?}, ours {ours:?}\n{}", history.print());
        }
    }
    println!("closure, changed: {good} of {count}");
    assert_eq!(good, count, "changed histories are accepted; see above");
    assert!(count > 1500, "only {count} changes");
}

/// What is judged together gets the verdicts that each history gets by itself, refused ones among accepted ones.
#[test]
fn what_is_judged_together_is_told_apart() {
    let of_one_suite = histories().iter().filter(|it| it.suite == "saga").take(8);
    let mut together = Vec::new();
    for Simulated { history, .. } in of_one_suite {
        together.push(history.clone());
        together.extend(changed(history).into_values());
    }
    let mut judge = official();
    let verdicts = judge.judge_all("saga", &together).unwrap();
    let alone: Vec<_> =
        together.iter().map(|history| judge.judge("saga", history).unwrap()).collect();
    assert_eq!(verdicts, alone);
    assert!(verdicts.contains(&Verdict::Accepted) && verdicts.len() > 16, "{verdicts:?}");
    assert!(verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(_))));
}

/// The child is no part of the verdict: one that dies or hangs is told, and the next history gets a new one.
#[test]
fn a_child_that_says_nothing_is_replaced() {
    let Simulated { suite, history, .. } = &histories()[0];
    let mut judge = official();
    assert_eq!(judge.judge("no such suite", history), Ok(Verdict::Silent));
    assert_eq!(judge.judge(suite, history), Ok(Verdict::Accepted));
    // Nothing is replayed in no time.
    let mut hasty = official().with_patience(Duration::ZERO);
    assert_eq!(hasty.judge(suite, history), Ok(Verdict::Silent));
    assert!(Judge::new("no such program").judge(suite, history).is_err());
}
