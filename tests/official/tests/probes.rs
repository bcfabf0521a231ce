//! Probes: what the official replayer and ours say of hand-made histories.
//!
//! The official verdict is asked for, not remembered: the probes are what semantics were read off, and the snapshot
//! holds what was said. The last ones are histories of workflows that were changed afterwards. The official replayer
//! lets most of them pass, since they need not crash a worker; ours tells what a workflow now does otherwise.
//!
//! Left out are the probes of child workflows (`k1` to `k7d` where they were made): recordings in `fixtures/golden/rust`
//! and the closure suite have children.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]

use std::fmt::Write as _;

use rehearsal_tests_official::judge::{Judge, Verdict};
use rehearsal_tests_official::probes;
use rehearsal_worker::{Grade, Profile, ReplayOptions, ReplayVerdict, replay};

/// What each probe is about, by the ids of rules that code and tests cite; a name stands for all that begin with it.
const RULES: &[(&str, &str)] = &[
    ("a1", "SC-1"),
    ("a2", "R-11"),
    ("a3", "R-11"),
    ("a4", "R-11"),
    ("b1", "SC-10"),
    ("b2", "C-37"),
    ("b3", "C-37"),
    ("c", "SC-11"),
    ("d1", "SC-2"),
    ("d2", "SC-5"),
    ("d3", "R-11"),
    ("d4", "C-37"),
    ("e1", "SC-19"),
    ("e2", "SC-19"),
    ("e3", "SC-20"),
    ("p1", "SB-19"),
    ("p2", "SB-18"),
    ("q1", "SC-17"),
    ("q2", "SB-20"),
    ("q3", "SB-4"),
    ("r", "SD-11"),
    ("s1", "SB-21"),
    ("s2", "SB-22"),
    ("s3", "SB-22"),
    ("s4", "SB-23"),
    ("s5", "SB-18"),
    ("t1", "SD-1"),
    ("t2", "C-39a"),
    ("t3", "SD-4"),
    ("t4", "SD-2"),
    ("w0", "R-8"),
    ("x15", "SC-13"),
    ("x16", "SC-15"),
    ("x13", "SC-11"),
    ("x1", "SC-4"),
    ("x3", "SC-3"),
    ("x7", "SC-6"),
    ("x8", "SC-7"),
    ("x9", "SC-8"),
    ("y3", "R-9"),
    ("y", "R-8"),
    ("z1b", "R-8"),
    ("z1", "R-18"),
    ("z2", "SC-21"),
    ("z3", "C-21"),
    ("z4", "SD-9"),
];

#[test]
fn no_probe_is_judged_less_strictly_than_by_the_official_replayer() {
    let mut judge = Judge::new(env!("CARGO_BIN_EXE_official-replayer"));
    let probes = probes::all().unwrap();
    let mut table = String::from("probe | rule | official | ours | that is\n");
    let mut good = 0;
    for (name, history) in &probes {
        let (_, rule) = RULES.iter().find(|(probe, _)| name.starts_with(probe)).unwrap();
        let definition = probes::definition(&history.started().workflow_type.name).unwrap();
        let options = ReplayOptions { profile: Profile::Core, ..ReplayOptions::default() };
        let ours = replay(history.events(), &*definition, options);
        let theirs = judge.judge(probes::SUITE, history).unwrap();
        let relation = relation(&theirs, &ours);
        good += usize::from(["the same", "stricter"].contains(&relation));
        let (theirs, ours) = (official(&theirs), our(&ours));
        writeln!(table, "{name} | {rule} | {theirs} | {ours} | {relation}").unwrap();
    }
    println!("{table}\nprobes: {good} of {}", probes.len());
    insta::assert_snapshot!(table);
    assert_eq!(good, probes.len(), "probes are judged wrongly; see above");
}

/// How our verdict stands to the official one. To call broken what a worker takes is wrong too.
fn relation(theirs: &Verdict, ours: &ReplayVerdict) -> &'static str {
    match (theirs, ours) {
        (Verdict::Accepted, Ok(replayed)) if replayed.differences.is_empty() => "the same",
        (Verdict::Accepted, Ok(_)) => "stricter",
        (Verdict::Refused(_), Err(_)) => "the same",
        (Verdict::Refused(_), Ok(_)) => "LESS STRICT",
        (Verdict::Accepted, Err(_)) => "A FALSE ALARM",
        (Verdict::Silent, _) => "UNKNOWN",
    }
}

/// What the official replayer says, as far as it does not repeat itself.
fn official(verdict: &Verdict) -> String {
    let Verdict::Refused(why) = verdict else {
        return format!("{verdict:?}").to_lowercase();
    };
    let message = why.split_once("message: \"").map_or(&**why, |(_, message)| message);
    let message = message.split_once("\", source").map_or(message, |(message, _)| message);
    let message = message.split_once("\\n").map_or(message, |(message, _)| message);
    format!("refused: {message}")
}

/// What our replayer says: how bad it is and where. What is different about the values of a run's end is only named.
fn our(verdict: &ReplayVerdict) -> String {
    match verdict {
        Ok(replayed) => {
            let mut words = vec!["accepted".to_owned()];
            for difference in &replayed.differences {
                let what = if difference.recorded.starts_with("WorkflowExecution") {
                    "how the run closed".to_owned()
                } else {
                    format!("{} -> {}", difference.recorded, difference.attempted)
                };
                words.push(format!("{}: {what}", difference.grade));
            }
            words.join("; ")
        }
        Err(mismatch) => {
            assert_eq!(mismatch.grade, Grade::BreaksProduction);
            let at = mismatch.at.map_or_else(String::new, |at| format!(", event {at}"));
            format!("refused at task {}{at}: {}", mismatch.task, mismatch.attempted)
        }
    }
}
