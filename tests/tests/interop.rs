//! What `cargo xtask interop` has had played on our server by workers of other SDKs, compared with the recordings.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]
#![expect(clippy::disallowed_methods, reason = "the command says where it has put what was played")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rehearsal::{EventKind, History, Outcome};
use rehearsal_tests::golden;
use rehearsal_tests::golden::ports::ALL;
use rehearsal_tests::golden::{Folder, Recording};

/// Each recorded scenario, run by the worker and the client of the Go SDK on our server, gives the recorded histories and
/// answers. Nothing is compared unless the command has played them: this takes a toolchain of Go. The names of those that
/// differ are left beside what was played, for the command to play them again.
#[test]
fn go() {
    let Ok(played) = std::env::var("REHEARSAL_INTEROP_GO") else { return };
    let names = std::env::var("REHEARSAL_INTEROP_NAMES").unwrap_or_default();
    let names: Vec<&str> = names.split_whitespace().collect();
    for name in &names {
        assert!(ALL.iter().any(|folder| folder.name == *name), "there is no scenario `{name}`");
    }
    let report = golden::compare_all(ALL, Path::new(&played), &names);
    println!("{report}, workers");
    let differ = report.scenarios.iter().filter(|(_, problems)| !problems.is_empty());
    let differ: String = differ.flat_map(|(folder, _)| [folder.name, "\n"]).collect();
    fs::write(Path::new(&played).join("differ.txt"), differ).expect("beside what was played");
}

/// Leaves the histories of all scenarios, canceled at each of their points and with each fault at each of its places, for Go's
/// own replayer to look at. Scenarios with several codes are left out: a replayer has one.
#[test]
fn closure() {
    let Ok(left) = std::env::var("REHEARSAL_CLOSURE_GO") else { return };
    let (_, counts) = golden::false_alarms_and(ALL, |folder, scenario, swept| {
        if has_codes(folder) {
            return 0;
        }
        let mut seen = BTreeSet::new();
        for report in [swept, scenario.try_sweep_faults()].iter().flatten() {
            let runs = report.runs().map(|(_, outcome)| outcome);
            seen.extend([report.baseline()].into_iter().chain(runs).flat_map(replayable));
        }
        let of = Path::new(&left).join(folder.name);
        fs::create_dir_all(&of).expect("the command has made the folder");
        for (number, history) in seen.iter().enumerate() {
            fs::write(of.join(format!("{number:05}.json")), history).expect("a file in it");
        }
        seen.len()
    });
    let count: usize = counts.iter().sum();
    assert!(count > 5_000, "only {count} histories");
}

fn has_codes(folder: &Folder) -> bool {
    let recording = Recording::read(folder).expect("a recorded scenario");
    recording.script.workers.iter().any(|worker| worker.code.is_some())
}

/// The histories of a run in which workflow code has done something.
fn replayable(outcome: &Outcome) -> Vec<String> {
    let told = outcome.executions.iter().map(|execution| &execution.history);
    let completed = told.filter(|events| {
        events.iter().any(|event| matches!(event.kind, EventKind::WorkflowTaskCompleted(_)))
    });
    completed.filter_map(|events| Some(History::new(events.clone()).ok()?.to_json())).collect()
}
