//! Exhaustive search: every run that the bounds allow, or as many of them as may be made.
//!
//! When all were made and nothing is found, that is a proof for this scenario: of what is varied, and of what every run is
//! checked for.

mod bounds;
mod walk;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rehearsal_engine::{
    Check, ChoiceKind, Code, Finding, Outcome, Patience, Replays, Scenario, Seen, Tape, Unseen,
};
use rehearsal_history::{History, Status};

pub use self::bounds::Bounds;
use self::walk::{Path, Walker};
use crate::accepted::Accepted;
use crate::minimal::{Again, Minimal};
use crate::observe::Observer;
use crate::seed::seed_of;
use crate::sweep::observed;

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
    let patience = Patience::MustEnd;
    let mut seen = Seen::new(scenario, checks);
    let mut histories = BTreeSet::new();
    let path = Rc::new(RefCell::new(Path::new(bounds)));
    loop {
        if exhausted.runs + exhausted.cut >= bounds.runs() {
            break;
        }
        // Most runs that are cut are so early, and no run is examined that says nothing new.
        let ahead = scenario.run(Box::new(Walker(Rc::clone(&path))), patience);
        let (over, strayed) = (path.borrow().is_over(), path.borrow().has_strayed());
        if strayed {
            exhausted.baseline.findings.push(Finding::new(
                Code::NotRepeatable,
                "a run is not a function of its choices: with the same answers it is asked something else",
            ));
            break;
        }
        if over {
            exhausted.cut += 1;
        } else {
            let examined = observed(scenario, &ahead.tape, patience, checks, observer);
            exhausted.replays += examined.replays;
            exhausted.note(&examined.outcome, bounds);
            seen.note(&examined.outcome);
            histories.insert(seed_of(&text(&examined.outcome)));
            if let Some(first) = examined.outcome.findings.first().cloned() {
                let again = Again { scenario, checks, patience, observer };
                let minimal = again.minimal(examined.outcome, &first);
                exhausted.found = Some(Beaten { tape: ahead.tape, minimal });
                break;
            }
        }
        if !path.borrow_mut().advance() {
            exhausted.whole = true;
            break;
        }
    }
    let path = path.borrow();
    (exhausted.left_out, exhausted.longest) = (path.left_out, path.longest);
    exhausted.histories = histories.len();
    if exhausted.is_proof() {
        exhausted.baseline.findings.extend(seen.missing());
        if exhausted.baseline.findings.is_empty() {
            exhausted.unseen = seen.unseen();
        }
    }
    exhausted
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
