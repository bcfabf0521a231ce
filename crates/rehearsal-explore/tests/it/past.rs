//! Campaigns that go on past what they find: each thing once, counted, and the same on any number of threads, in any number
//! of shards, and if they are stopped on the way.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use rehearsal_engine::{Check, Code, Finding, Outcome, Tape};
use rehearsal_explore::{
    Campaign, ChosenBy, End, Explored, Found, Observer, Progress, Saved, Start, Unobserved,
    WITH_FINDING, explore, explore_from,
};

use crate::order::scenario;

/// A generation, and some runs more.
const RUNS: u32 = 128 + 90;

/// Finds fault with every run that has one of these answers, and says which: so two things can be wrong with one run. And
/// once in a while with a number that is another in every run.
#[derive(Debug)]
struct Faults;

const FAULTS: [&str; 3] = ["report.0.1=2", "crash.0.0=", "die.0.0="];

impl Check for Faults {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let tape = outcome.tape.to_string();
        let has = FAULTS.iter().enumerate().filter(|(_, answer)| tape.contains(**answer));
        let finding = |(nth, answer): (usize, &&str)| {
            let which = ["the first", "the second", "the third"][nth];
            Finding::new(
                Code::Custom,
                format!("{which} fault, in a run of {} answers", outcome.tape.len()),
            )
            .with_detail(*answer)
        };
        has.map(finding).collect()
    }
}

fn campaign(shard: &str, threads: usize) -> Campaign {
    let threads = NonZeroUsize::new(threads).expect("a thread");
    let shard = shard.parse().expect("a shard");
    Campaign { threads, shard, past_findings: true, ..Campaign::new(&scenario(), RUNS) }
}

fn checks() -> [Arc<dyn Check>; 1] {
    [Arc::new(Faults)]
}

fn explored(shard: &str, threads: usize) -> Explored {
    explore(&scenario(), &checks(), &campaign(shard, threads), &Unobserved)
}

fn runs(explored: &Explored) -> BTreeMap<u32, String> {
    let text = |tape: &Tape, code| format!("{tape} {code:?}");
    explored.runs.iter().map(|run| (run.nth, text(&run.tape, run.code))).collect()
}

/// What is found, with the first run and the number of runs.
fn table(found: &[Found]) -> String {
    let line = |found: &Found| {
        let (nth, by, turn) = (found.run.nth, found.run.chosen_by.label(), found.turn);
        let Found { count, outcome, .. } = found;
        let headline = &outcome.findings[0].headline;
        format!("{headline}: {count} runs, first in {nth}, {turn} of {by}, {}\n", outcome.tape)
    };
    found.iter().map(line).collect()
}

#[test]
fn each_thing_is_found_once_and_counted() {
    let whole = explored("1/1", 2);
    assert_eq!((whole.end, whole.runs.len()), (End::All, RUNS as usize));
    insta::assert_snapshot!(table(&whole.found));
    for found in &whole.found {
        let answer = &found.outcome.findings[0].details[0];
        let showing = whole.runs.iter().filter(|run| run.tape.to_string().contains(answer));
        assert_eq!(found.count as usize, showing.count(), "{answer}");
        assert!(found.others.is_empty());
    }
    let with_finding = whole.runs.iter().filter(|run| run.code.is_some()).count();
    assert_eq!(whole.saved.counted(WITH_FINDING) as usize, with_finding);
    // What fails is not varied: no run that is kept has any of it.
    for tape in whole.corpus.iter().chain(whole.saved.kept.iter().map(|(_, tape)| tape)) {
        assert!(FAULTS.iter().all(|answer| !tape.to_string().contains(answer)), "{tape}");
    }
}

#[test]
fn threads_change_nothing() {
    let one = explored("1/1", 1);
    let other = explored("1/1", 3);
    assert_eq!((runs(&one), table(&one.found)), (runs(&other), table(&other.found)));
    assert_eq!(one.saved, other.saved);
}

#[test]
fn shards_find_the_same_in_the_same_runs() {
    let whole = explored("1/1", 2);
    let parts: Vec<Explored> = (1..=3).map(|nth| explored(&format!("{nth}/3"), 1)).collect();
    let all: BTreeMap<u32, String> = parts.iter().flat_map(runs).collect();
    assert_eq!(all, runs(&whole));
    for found in &whole.found {
        let finding = &found.outcome.findings[0];
        let same = parts.iter().flat_map(|part| &part.found);
        let same = same.filter(|other| other.outcome.findings[0].is_like(finding));
        assert_eq!(same.map(|other| other.count).sum::<u32>(), found.count, "{finding}");
    }
}

/// Stops after a generation, and keeps where the campaign stood, and what it was told of.
#[derive(Default)]
struct AfterOne(Mutex<Option<Saved>>, Mutex<Vec<u32>>);

impl Observer for AfterOne {
    fn progressed(&self, progress: &Progress<'_>) {
        assert_eq!(progress.found, progress.saved.found.len());
        *self.0.lock().expect("no run panics") = Some(progress.saved.clone());
    }

    fn found(&self, found: &Found) {
        self.1.lock().expect("no run panics").push(found.run.nth);
    }

    fn goes_on(&self) -> bool {
        self.0.lock().expect("no run panics").is_none()
    }
}

#[test]
fn what_was_found_before_a_stop_is_not_lost() {
    let whole = explored("1/1", 2);
    let observer = AfterOne::default();
    let stopped = explore(&scenario(), &checks(), &campaign("1/1", 2), &observer);
    assert_eq!(stopped.end, End::Stopped);
    let told = observer.1.into_inner().expect("no run panics");
    assert_eq!(told, stopped.found.iter().map(|found| found.run.nth).collect::<Vec<_>>());
    let saved = observer.0.into_inner().expect("no run panics").expect("a generation");
    assert!(!saved.found.is_empty());
    let saved: Saved = saved.to_string().parse().expect("what it prints");
    let start = Start::Saved(Box::new(saved));
    let rest = explore_from(&scenario(), &checks(), &campaign("1/1", 2), start, &Unobserved);
    assert_eq!(rest.saved, whole.saved);
    assert_eq!(table(&rest.found), table(&whole.found));

    // Without the check there is nothing to be said of it any more.
    let saved = Box::new(rest.saved);
    let mended =
        explore_from(&scenario(), &[], &campaign("1/1", 2), Start::Saved(saved), &Unobserved);
    assert!(mended.found.is_empty());
}

/// Keeps what is superfluous of a corpus.
#[derive(Default)]
struct Superfluous(Mutex<Vec<usize>>);

impl Observer for Superfluous {
    fn begun(&self, superfluous: &[usize]) {
        superfluous.clone_into(&mut self.0.lock().expect("no run panics"));
    }
}

#[test]
fn of_a_corpus_those_stay_that_do_what_no_other_does() {
    let corpus: Vec<Tape> =
        ["cancel.0.3=1", "", "cancel.0.3=1,evict.0.0=1", "report.0.1=2", "cancel.0.900=1"]
            .iter()
            .map(|tape| tape.parse().expect("a tape"))
            .collect();
    let opened = |past_findings, corpus: &[Tape]| {
        let observer = Superfluous::default();
        let campaign = Campaign { past_findings, runs: 0, ..campaign("1/1", 1) };
        let start = Start::Corpus(corpus.to_vec());
        let explored = explore_from(&scenario(), &checks(), &campaign, start, &observer);
        (explored, observer.0.into_inner().expect("no run panics"))
    };
    let (explored, superfluous) = opened(true, &corpus);
    // The calm run is made anyway, and so is what is asked nowhere. What fails stays until it is mended.
    assert_eq!(superfluous, [0, 1, 4]);
    assert_eq!(explored.saved.corpus, corpus[2..3]);
    assert_eq!(explored.found.len(), 1);
    assert_eq!(explored.found[0].run.chosen_by, ChosenBy::Corpus);
    // What is left is enough.
    assert_eq!(opened(true, &explored.saved.corpus).0.coverage, explored.coverage);
    // One that ends at what it finds has not looked at all.
    let (ended, superfluous) = opened(false, &corpus);
    assert_eq!((ended.end, superfluous), (End::Found, Vec::new()));
}
