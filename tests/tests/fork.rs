//! Forks of what a real server recorded: from every moment at which a history stood, it goes on in the simulated world.

#![expect(clippy::print_stdout, reason = "the figure is what the suite is for")]

use std::collections::BTreeMap;

use rehearsal::{Code, Failure, ForkError, History, Outcome, Recorded, Tape, replay};
use rehearsal_tests::golden::ports::ALL;
use rehearsal_tests::golden::{self, Folder, Recording};

/// The scenarios whose forks stay open (RH301), and why: what their clients do is no part of a history.
const STAY_OPEN: [(&str, &str); 8] = [
    ("async-completed-during-backoff", "the client completes the activity"),
    ("async-failed-for-good", "the client fails the activity"),
    ("async-failed-then-retried", "the client completes the activity"),
    ("async-not-started", "the client completes the activity, whose queue nobody polls"),
    ("async-token-of-old-attempt", "the client completes the activity"),
    (
        "child-continues-as-new-then-canceled",
        "the client cancels the child, which goes on as new for ever",
    ),
    ("external-signal-unknown-run", "the client cancels the other workflow"),
    ("update-in-flight-at-continue-as-new", "the client sends the signal that ends it"),
];

/// What the moments of recorded histories came to.
#[derive(Debug, Default)]
struct Forks {
    histories: usize,
    moments: usize,
    /// The moments that go on to the events that were recorded.
    as_recorded: usize,
    /// Those that go on to others: other activities, or a client that is not there.
    otherwise: usize,
    /// What cannot be rebuilt, by its words, with how many moments.
    refused: BTreeMap<String, usize>,
    /// What is found beside what the scenarios were recorded for, and beside those that stay open.
    found: Vec<String>,
    /// The scenarios that stay open, with how many moments.
    open: BTreeMap<&'static str, usize>,
}

impl Forks {
    fn of(&mut self, folder: &Folder, recording: &Recording, text: &str) {
        let register = folder.register.expect("every scenario has code");
        let scenario = golden::scenario(folder, recording.script.clone(), register);
        let recorded = replay(text);
        let history = recorded.history().expect("a history").clone();
        // The others that were recorded with it: its children, and who else it has to do with.
        let others = recording.histories.values().filter(|other| *other != text);
        let others: Vec<Recorded> = others.map(replay).collect();
        self.histories += 1;
        for at in history.boundaries() {
            self.moments += 1;
            let found = match scenario.fork_with(&recorded, at, &others) {
                Ok(fork) => fork.try_run(&Tape::calm()),
                Err(error) => {
                    *self.refused.entry(in_short(&error)).or_default() += 1;
                    continue;
                }
            };
            let outcome = match &found {
                Ok(outcome) => outcome,
                Err(failure) => {
                    self.note(folder, &format!("event {at}"), failure);
                    failure.outcome().expect("a run")
                }
            };
            if names(outcome)
                == history.events().iter().map(|it| it.kind.name()).collect::<Vec<_>>()
            {
                self.as_recorded += 1;
            } else {
                self.otherwise += 1;
            }
        }
    }

    fn note(&mut self, folder: &Folder, at: &str, failure: &Failure) {
        let findings = failure.findings().iter();
        for finding in findings.filter(|it| !golden::is_expected(folder, it.code.as_str())) {
            let stays_open = STAY_OPEN.iter().any(|(name, _)| *name == folder.name);
            if stays_open && finding.code == Code::Hang {
                *self.open.entry(folder.name).or_default() += 1;
            } else {
                self.found.push(format!("{} {at}: {finding}", folder.name));
            }
        }
    }
}

fn names(outcome: &Outcome) -> Vec<&str> {
    let main = outcome.main().expect("the run that was recorded");
    main.history.iter().map(|event| event.kind.name()).collect()
}

/// Without numbers and names.
fn in_short(error: &ForkError) -> String {
    match error {
        ForkError::CannotRestore(refused) => {
            let text = refused.to_string();
            let text = text.split_once(": ").map_or(text.as_str(), |(_, what)| what);
            text.split(' ')
                .map(|word| if word.starts_with('`') { "_" } else { word })
                .collect::<Vec<_>>()
                .join(" ")
        }
        other => other.to_string(),
    }
}

/// No moment ends in a panic, in a history that is not well formed, or in one that does not replay; and none in a run that
/// stays open, but where the client is missed.
#[test]
fn every_recorded_history_goes_on_from_every_moment_at_which_it_stood() {
    let mut forks = Forks::default();
    for folder in ALL {
        let recording = Recording::read(folder).unwrap_or_else(|problem| panic!("{problem}"));
        for text in recording.histories.values() {
            forks.of(folder, &recording, text);
        }
    }
    println!("{forks:#?}");
    assert!(forks.found.is_empty(), "findings where nothing is wrong; see above");
    assert!(forks.open.keys().eq(STAY_OPEN.iter().map(|(name, _)| name)), "rows without a use");
}

/// Whatever a file is, it is refused in one line, or it goes on.
#[test]
fn hostile_histories_end_in_one_line() {
    for folder in ALL.iter().step_by(5) {
        let recording = Recording::read(folder).unwrap_or_else(|problem| panic!("{problem}"));
        let register = folder.register.expect("every scenario has code");
        let scenario = golden::scenario(folder, recording.script.clone(), register);
        let text = &recording.histories["history.json"];
        let whole = History::from_json(text).expect("a history");
        for event in whole.events() {
            // Cut behind any event, and without any event.
            let cut = replay(whole.until(event.id).to_json());
            for at in [event.id, event.id.plus(1)] {
                if let Err(error) = scenario.fork(&cut, at) {
                    assert!(!error.to_string().is_empty());
                }
            }
            let mut events = whole.events().to_vec();
            events.remove(events.iter().position(|it| it.id == event.id).expect("it is there"));
            for (id, event) in (1..).zip(&mut events) {
                std::sync::Arc::make_mut(event).id = rehearsal::EventId(id);
            }
            let Ok(without) = History::new(events) else { continue };
            for at in without.boundaries() {
                if let Ok(fork) = scenario.fork(&replay(without.to_json()), at) {
                    let _whatever = fork.try_run(&Tape::calm());
                }
            }
        }
    }
}
