//! The runs of a campaign: the same on any number of threads, in any number of shards, and if it is stopped on the way.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use rehearsal_engine::{Check, Code, Finding, Outcome, Tape};
use rehearsal_explore::{
    Campaign, ChosenBy, End, Explored, Observer, Progress, Saved, Shard, Start, Unobserved,
    explore, explore_from,
};

use crate::order::scenario;

/// Two generations, and some runs more.
const RUNS: u32 = 2 * 128 + 21;

fn campaign(runs: u32, shard: &str, threads: usize) -> Campaign {
    let threads = NonZeroUsize::new(threads).expect("a thread");
    let shard = shard.parse().expect("a shard");
    Campaign { threads, shard, ..Campaign::new(&scenario(), runs) }
}

fn explored(shard: &str, threads: usize) -> Explored {
    let explored = explore(&scenario(), &[], &campaign(RUNS, shard, threads), &Unobserved);
    assert_eq!((explored.end, explored.found.len()), (End::All, 0));
    explored
}

/// The runs by their numbers, as text.
fn runs(explored: &Explored) -> BTreeMap<u32, String> {
    let text = |run: &rehearsal_explore::ExploredRun| {
        format!("{} {} {:?}", run.chosen_by.label(), run.tape, run.status)
    };
    explored.runs.iter().map(|run| (run.nth, text(run))).collect()
}

#[test]
fn threads_change_nothing_also_where_runs_are_variants_of_others() {
    let one = explored("1/1", 1);
    assert_eq!(one.runs.len(), RUNS as usize);
    let variants = one.runs.iter().filter(|run| run.chosen_by == ChosenBy::Variant).count();
    assert!(variants > 40, "{variants} runs are variants");
    for threads in [2, 4] {
        let other = explored("1/1", threads);
        assert_eq!(runs(&one), runs(&other));
        assert_eq!(one.saved, other.saved);
        assert_eq!((&one.coverage, &one.corpus), (&other.coverage, &other.corpus));
    }
}

#[test]
fn shards_make_exactly_the_runs_of_the_whole() {
    let whole = explored("1/1", 2);
    for of in [1, 3, 16] {
        let parts: Vec<Explored> =
            (1..=of).map(|nth| explored(&format!("{nth}/{of}"), 1)).collect();
        let mut all = BTreeMap::new();
        for part in &parts {
            for (nth, run) in runs(part) {
                assert_eq!(all.insert(nth, run), None, "run {nth} is made by two of {of} shards");
            }
        }
        assert_eq!(all, runs(&whole), "{of} shards");

        let made: u32 = parts.iter().map(|part| part.saved.made).sum();
        let mut coverage = parts[0].coverage.clone();
        for part in &parts {
            coverage.add(&part.coverage);
        }
        assert_eq!((made, &coverage), (RUNS, &whole.coverage), "{of} shards");
    }
}

/// Keeps where the campaign stood after so many generations.
struct After(usize, Mutex<Vec<Saved>>);

impl Observer for After {
    fn progressed(&self, progress: &Progress<'_>) {
        self.1.lock().expect("no run panics").push(progress.saved.clone());
    }

    fn goes_on(&self) -> bool {
        self.1.lock().expect("no run panics").len() < self.0
    }
}

#[test]
fn a_campaign_that_is_stopped_goes_on_as_if_it_was_not() {
    for shard in ["1/1", "2/3"] {
        let whole = explored(shard, 2);
        for generations in [1, 2] {
            let observer = After(generations, Mutex::default());
            let campaign = campaign(RUNS, shard, 2);
            let stopped = explore(&scenario(), &[], &campaign, &observer);
            assert_eq!(stopped.end, End::Stopped);
            let saved = observer.1.into_inner().expect("no run panics").pop().expect("some runs");
            // As it is kept.
            let saved: Saved = saved.to_string().parse().expect("what it prints");

            let start = Start::Saved(Box::new(saved));
            let rest = explore_from(&scenario(), &[], &campaign, start, &Unobserved);
            assert_eq!(rest.saved, whole.saved, "{shard} after {generations}");
            assert_eq!(rest.coverage, whole.coverage);
            let all = runs(&whole);
            for (nth, run) in runs(&rest) {
                assert_eq!(all[&nth], run);
            }
        }
    }
}

#[test]
fn a_campaign_that_sees_nothing_new_ends_and_says_so() {
    let settled = |runs| {
        let campaign = Campaign {
            settles_after: Some(runs),
            ..campaign(100_000, Shard::WHOLE.to_string().as_str(), 2)
        };
        explore(&scenario(), &[], &campaign, &Unobserved)
    };
    let explored = settled(500);
    assert_eq!(explored.end, End::Settled(500));
    assert!(explored.saved.quiet >= 500 && explored.saved.made < 50_000, "{}", explored.saved.made);
    assert_eq!(explored.saved.made % 128, 0);
    assert!(explored.saved.made < settled(1_000).saved.made);
}

/// Finds fault with every run in which the end of an attempt comes twice.
#[derive(Debug)]
struct NeverTwice;

impl Check for NeverTwice {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let twice = outcome.tape.to_string().contains("report.0.1=2");
        twice.then(|| Finding::new(Code::Custom, "twice")).into_iter().collect()
    }
}

#[test]
fn a_campaign_begins_with_its_corpus() {
    let tapes = ["cancel.0.3=1", "cancel.0.900=1", "evict.0.0=1,report.0.1=2"];
    let corpus = |count: usize| -> Vec<Tape> {
        tapes[..count].iter().map(|tape| tape.parse().expect("a tape")).collect()
    };
    let checks: [Arc<dyn Check>; 1] = [Arc::new(NeverTwice)];
    let begun = |count, runs| {
        let start = Start::Corpus(corpus(count));
        explore_from(&scenario(), &checks, &campaign(runs, "1/1", 1), start, &Unobserved)
    };
    // The run that nobody asks for any more is the calm one.
    let explored = begun(2, 0);
    assert_eq!((explored.end, explored.saved.made), (End::All, 0));
    let canceled = explored.coverage.marks().iter().any(|mark| mark.starts_with("canceled at"));
    assert!(canceled, "what the corpus did counts: {:?}", explored.coverage.marks());
    // It is varied from the first generation on.
    let varied = begun(2, 8).runs.iter().filter(|run| run.chosen_by == ChosenBy::Variant).count();
    assert_eq!(varied, 3);

    let [found] = begun(3, 100).found.try_into().expect("the last one fails");
    assert_eq!(found.run.chosen_by, ChosenBy::Corpus);
    assert_eq!(found.shrunk.expect("it fails again").tape.to_string(), "report.0.1=2");
}
