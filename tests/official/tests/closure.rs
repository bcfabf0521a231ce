//! Closure: what is simulated is accepted by the official replayer, and refused with another id or type in it.
//!
//! A run that meets a defect of the SDK (C-37, C-39a; src/closure.rs names the scenarios) ends in a workflow task that
//! fails again and again. No replayer judges that one, so these histories are accepted too and none is left out.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]
#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

use std::sync::LazyLock;
use std::time::Duration;

use rehearsal_history::History;
use rehearsal_tests_official::closure::{Simulated, all, changed};
use rehearsal_tests_official::golden;
use rehearsal_tests_official::judge::{Judge, Verdict};
use rehearsal_worker::{Profile, ReplayOptions, ReplayVerdict, replay};
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;

/// All histories, simulated once for all tests.
fn histories() -> &'static [Simulated] {
    static ALL: LazyLock<Vec<Simulated>> = LazyLock::new(|| all().unwrap());
    &ALL
}

fn official() -> Judge {
    Judge::new(env!("CARGO_BIN_EXE_official-replayer"))
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

/// Both replayers agree: the official one because of the rules, ours without any difference.
#[test]
fn simulated_histories_are_accepted() {
    let (mut judge, all) = (official(), histories());
    let mut good = 0;
    for Simulated { name, suite, history } in all {
        // None if it was terminated before.
        assert!(flags(history).is_none_or(|flags| flags == [1, 2, 3]), "{name}");
        let theirs = judge.judge(suite, history).unwrap();
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
    let (mut judge, all) = (official(), histories());
    let (mut good, mut count) = (0, 0);
    for Simulated { name, suite, history } in all {
        for (change, history) in changed(history) {
            count += 1;
            let (theirs, ours) = (judge.judge(suite, &history).unwrap(), ours(suite, &history));
            if matches!(theirs, Verdict::Refused(_)) && ours.is_err() {
                good += 1;
            } else {
                println!("{name}, {change:?}: {theirs:?}, ours {ours:?}\n{}", history.print());
            }
        }
    }
    println!("closure, changed: {good} of {count}");
    assert_eq!(good, count, "changed histories are accepted; see above");
    assert!(count > 1500, "only {count} changes");
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
