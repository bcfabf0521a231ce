//! Forks of what a real server recorded: from every moment at which a history stood, it goes on in the simulated world.

#![expect(clippy::print_stdout, reason = "the figure is what the suite is for")]

use std::collections::BTreeMap;

use rehearsal::{Code, Failure, ForkError, History, Outcome, Recorded, Tape, replay};
use rehearsal_tests::golden::ports::ALL;
use rehearsal_tests::golden::{self, Folder, Recording};

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
    /// The codes of what is found beside what the scenarios were recorded for, with the first moment that shows it, and how
    /// many do.
    found: BTreeMap<&'static str, (String, usize)>,
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
            let first = format!("{} {at}: {}", folder.name, finding.headline);
            self.found.entry(finding.code.as_str()).or_insert((first, 0)).1 += 1;
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

/// No moment ends in a panic, in a history that is not well formed, or in one that does not replay.
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
    for code in [Code::IllFormed, Code::NotRepeatable, Code::Nondeterminism] {
        assert!(!forks.found.contains_key(code.as_str()), "{code}");
    }
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
