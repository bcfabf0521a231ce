//! Exhaustive search: every run that the bounds allow, or as many of them as may be made.
//!
//! When all were made and nothing is found, that is a proof for this scenario: of what is varied, and of what every run is
//! checked for.

mod bounds;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rehearsal_engine::{
    Check, ChoiceKind, Code, Examined, Finding, Outcome, Patience, Replays, Scenario, Seen, Tape,
    Unseen,
};
use rehearsal_history::{History, Status};

pub use self::bounds::Bounds;
use self::walk::{Ahead, End, Walk};
use crate::accepted::Accepted;
use crate::minimal::{Again, Minimal};
use crate::observe::Observer;
use crate::seed::seed_of;
use crate::sweep::observed;
use crate::threads::parts;

/// How many runs each thread has ahead of it.
const AHEAD: usize = 16;

/// What an exhaustive search came to.
#[derive(Debug)]
pub struct Exhausted {
    /// The calm run, which is made first. With findings in it nothing else is run. What some run must reach, and none
    /// has when all are made, is a finding of it too.
    pub baseline: Outcome,
    /// How many runs were made and examined, the calm one among them.
    pub runs: u32,
    /// How many runs were begun, and left where nothing new could come.
    pub cut: u32,
    /// How many answers were not tried, since they lead to what was seen in another order: each is one run at least.
    pub left_out: u64,
    /// Whether every run that the bounds allow was made, or leads to what was seen.
    pub whole: bool,
    /// How many different histories there were: those of all executions together, as texts with their times.
    pub histories: usize,
    /// The most questions with several answers in one run.
    pub longest: usize,
    /// How many runs ended in each way.
    pub ended: BTreeMap<Status, u32>,
    /// The kinds of questions that were asked and answered calmly, as they are not varied.
    pub calm: BTreeSet<ChoiceKind>,
    /// The run in which something was found first.
    pub found: Option<Beaten>,
    /// How often all runs together were replayed.
    pub replays: Replays,
    /// In how many runs known defects of the SDK struck that the scenario accepts.
    pub accepted: Accepted,
    /// What none of the runs saw; empty if it is no proof, since then not all were made.
    pub unseen: Vec<Unseen>,
}

/// The run in which something was found.
#[derive(Debug)]
pub struct Beaten {
    /// Its answers, as it was found.
    pub tape: Tape,
    /// The calmest run in which the same is wrong.
    pub minimal: Minimal,
}

impl Exhausted {
    /// Whether it is a proof: nothing is found, and every run was made.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.whole && self.found.is_none() && self.baseline.findings.is_empty()
    }
}

/// Makes every run that `bounds` allow, the calm one first, until something is found, or as many of them as may be made.
///
/// Where the calm run never ends by itself there is no end to all runs either: then it is the only one.
///
/// Which run comes next follows from the runs before it, so they are made in order, on the thread of the caller. Looking at
/// a run takes several times as long: that is what the threads of the bounds share. It is told in the order of the runs, so
/// the result is the same for any number of them.
///
/// # Panics
///
/// Panics if a run does, which is a bug of ours: panics of workflow, activity and client code are findings.
#[must_use]
pub fn exhaust(
    scenario: &Scenario,
    checks: &[Arc<dyn Check>],
    bounds: Bounds,
    observer: &dyn Observer,
) -> Exhausted {
    let calm = observed(scenario, &Tape::calm(), Patience::MayStayOpen, checks, observer);
    let mut exhausted = Exhausted {
        baseline: calm.outcome,
        runs: 0,
        cut: 0,
        left_out: 0,
        whole: false,
        histories: 0,
        longest: 0,
        ended: BTreeMap::new(),
        calm: BTreeSet::new(),
        found: None,
        replays: Replays::default(),
        accepted: Accepted::default(),
        unseen: Vec::new(),
    };
    let endless = exhausted.baseline.record.horizon.is_some();
    if endless || !exhausted.baseline.findings.is_empty() {
        return exhausted;
    }
    let looked = Looked { scenario, checks, observer };
    let threads = bounds.threads();
    let most = if threads == 1 { 1 } else { threads * AHEAD };
    let mut seen = Seen::new(scenario, checks);
    let mut histories = BTreeSet::new();
    let mut walk = Walk::new(scenario, bounds);
    let mut stood = None;
    while exhausted.found.is_none() {
        let ahead: Vec<Ahead> = walk.by_ref().take(most).collect();
        if ahead.is_empty() {
            break;
        }
        let mut examined = looked.at(&ahead, threads).into_iter();
        for ahead in ahead {
            let Ahead::Run { tape, stood: at } = ahead else {
                exhausted.cut += 1;
                continue;
            };
            let Some(Examined { outcome, replays }) = examined.next() else { break };
            exhausted.replays += replays;
            exhausted.note(&outcome, bounds);
            seen.note(&outcome);
            histories.insert(seed_of(&text(&outcome)));
            if let Some(first) = outcome.findings.first().cloned() {
                exhausted.found = Some(Beaten { tape, minimal: looked.minimal(outcome, &first) });
                stood = Some(at);
                break;
            }
        }
    }
    if exhausted.found.is_none() {
        match walk.end() {
            Some(End::Whole) => exhausted.whole = true,
            Some(End::Strayed) => exhausted.baseline.findings.push(Finding::new(
                Code::NotRepeatable,
                "a run is not a function of its choices: with the same answers it is asked something else",
            )),
            Some(End::Enough) | None => {}
        }
    }
    let stood = stood.unwrap_or_else(|| walk.stood());
    (exhausted.left_out, exhausted.longest) = (stood.left_out, stood.longest);
    exhausted.histories = histories.len();
    if exhausted.is_proof() {
        exhausted.baseline.findings.extend(seen.missing());
        if exhausted.baseline.findings.is_empty() {
            exhausted.unseen = seen.unseen();
        }
    }
    exhausted
}

/// How runs are looked at.
struct Looked<'a> {
    scenario: &'a Scenario,
    checks: &'a [Arc<dyn Check>],
    observer: &'a dyn Observer,
}

impl Looked<'_> {
    /// What the runs that were made ahead come to, in order, up to the first in which something is found at least.
    fn at(&self, ahead: &[Ahead], threads: usize) -> Vec<Examined> {
        // Most runs that are cut are so early, and no run is examined that says nothing new.
        let tapes = ahead.iter().filter_map(|ahead| match ahead {
            Ahead::Run { tape, .. } => Some(tape),
            Ahead::Cut => None,
        });
        let tapes: Vec<&Tape> = tapes.collect();
        let (next, first) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        let part = |_| {
            let mut examined = Vec::new();
            loop {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                // None before the first in which something is found is left out.
                if nth >= tapes.len() || nth > first.load(Ordering::Relaxed) {
                    return examined;
                }
                let patience = Patience::MustEnd;
                let one = observed(self.scenario, tapes[nth], patience, self.checks, self.observer);
                if !one.outcome.findings.is_empty() {
                    first.fetch_min(nth, Ordering::Relaxed);
                }
                examined.push((nth, one));
            }
        };
        let mut examined: Vec<(usize, Examined)> =
            parts(threads.min(tapes.len()), part).into_iter().flatten().collect();
        examined.sort_by_key(|(nth, _)| *nth);
        examined.into_iter().map(|(_, examined)| examined).collect()
    }

    /// The calmest run in which the same is wrong.
    fn minimal(&self, outcome: Outcome, first: &Finding) -> Minimal {
        let &Self { scenario, checks, observer } = self;
        Again { scenario, checks, patience: Patience::MustEnd, observer }.minimal(outcome, first)
    }
}

impl Exhausted {
    fn note(&mut self, outcome: &Outcome, bounds: Bounds) {
        self.runs += 1;
        *self.ended.entry(outcome.main_status()).or_default() += 1;
        let asked = outcome.record.asked.keys().copied();
        self.calm.extend(asked.filter(|kind| !bounds.varies(*kind)));
        self.accepted.note(&outcome.record);
    }
}

/// The histories of all executions as one text.
fn text(outcome: &Outcome) -> String {
    let print = |history: History| history.print();
    let histories = outcome.executions.iter().map(|execution| execution.history.clone());
    histories.map(|events| History::new(events).map_or(String::new(), print) + "\n").collect()
}
