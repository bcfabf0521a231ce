//! Pairs: one run for each two things that can strike one after another.

mod plan;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_engine::{
    Check, ChoiceKey, Examined, Finding, Outcome, Replays, Scenario, Seen, Tape,
};
use rehearsal_history::Status;

pub use self::plan::PairKind;
use self::plan::{Pair, Plan};
use crate::accepted::Accepted;
use crate::faults::add;
use crate::observe::Observer;
use crate::sweep::{Cancels, Sweep, observed};
use crate::threads::parts;

/// How many pairs are tried, on how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairSweep {
    /// How many at most. Of more so many are tried, spread over all.
    pub most: usize,
    /// How many threads share the runs. The result is the same for any number.
    pub threads: NonZeroUsize,
    /// For suites of many scenarios: only so many cancels are the first of pairs, spread over all, and no fault strikes by
    /// itself. The rest is as in [`sweep()`](crate::sweep()).
    pub firsts: Option<usize>,
}

/// What pairs came to.
#[derive(Debug, Default)]
pub struct Pairs {
    /// How they ended, a row for each kind of pair.
    pub rows: Vec<PairRow>,
    /// How many pairs were run,
    pub made: usize,
    /// of how many there are, those that come to the same left out.
    pub of: usize,
    /// How many things strike first in whose runs something is found by itself. They are left out.
    pub left_out: usize,
    /// The runs in which something was found, in order.
    pub failed: Vec<FailedPair>,
    /// The first of these runs.
    pub first: Option<Box<Outcome>>,
    /// In how many of the runs known defects of the SDK struck that the scenario accepts.
    pub accepted: Accepted,
}

/// How the pairs of one kind ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairRow {
    /// The kind.
    pub kind: PairKind,
    /// How many were run.
    pub pairs: usize,
    /// How many more come to the same as one of these.
    pub merged: usize,
    /// How many ended in each way: the execution that is canceled, of two the first.
    pub ended: Vec<(Status, usize)>,
    /// In how many something was found.
    pub findings: usize,
}

/// A pair in whose run something was found.
#[derive(Debug, Clone)]
pub struct FailedPair {
    /// Which of the pairs that were run it is, from 0.
    pub nth: usize,
    /// What strikes first, and the answer by which it does.
    pub first: (ChoiceKey, usize),
    /// What strikes then.
    pub second: (ChoiceKey, usize),
    /// What was found.
    pub findings: Vec<Finding>,
}

impl FailedPair {
    /// The choices of the run.
    #[must_use]
    pub fn tape(&self) -> Tape {
        [self.first, self.second].into_iter().collect()
    }
}

/// One run for each cancel, one for each single fault, and one for each pair: each cancel with each fault that can strike
/// after it, each fault with each cancel that can strike after it, and each cancel with each other one that can, of the
/// same execution or of another. Pairs that provably come to the same are run once, and counted.
///
/// What strikes first is a run of its own already; if something is found there, it is left out of the pairs. With findings
/// in the baseline itself nothing else is run.
#[must_use]
pub fn sweep_pairs(
    scenario: &Scenario,
    checks: &[Arc<dyn Check>],
    settings: PairSweep,
    observer: &dyn Observer,
) -> Sweep {
    let cancels = if settings.firsts.is_some() { Cancels::Twice } else { Cancels::Once };
    let mut sweep = Sweep::of_cancels(scenario, checks, observer, cancels);
    if settings.firsts.is_none() {
        sweep.strike(scenario, checks, observer);
    }
    let mut seen = sweep.seen(scenario, checks);
    if sweep.baseline.findings.is_empty() {
        let plan = Plan::of(&sweep, scenario, settings.firsts);
        let all = Mutex::new(seen);
        let made =
            Runs { sweep: &sweep, scenario, checks, observer, seen: &all }.all(&plan, settings);
        seen = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        sweep.replays += made.replays;
        sweep.pairs = Some(made.pairs(plan, settings.most));
    }
    sweep.conclude(seen);
    sweep
}

/// What runs came to.
#[derive(Debug, Default)]
struct Made {
    rows: BTreeMap<PairKind, PairRow>,
    failed: Vec<FailedPair>,
    first: Option<(usize, Box<Outcome>)>,
    accepted: Accepted,
    replays: Replays,
}

struct Runs<'a, 'b> {
    sweep: &'a Sweep,
    scenario: &'a Scenario,
    checks: &'a [Arc<dyn Check>],
    observer: &'a dyn Observer,
    seen: &'a Mutex<Seen<'b>>,
}

impl Runs<'_, '_> {
    fn all(&self, plan: &Plan, settings: PairSweep) -> Made {
        let runs = plan.pairs.len().min(settings.most);
        // Without a run there is still one part, which goes over none of them in steps of one.
        let threads = settings.threads.get().min(runs).max(1);
        let parts = parts(threads, |part| self.part(plan, runs, part, threads));
        let mut made = parts.into_iter().fold(Made::default(), Made::with);
        made.failed.sort_by_key(|failed| failed.nth);
        made
    }

    /// The runs of one thread: every `of`th, beginning with `part`.
    fn part(&self, plan: &Plan, runs: usize, part: usize, of: usize) -> Made {
        let mut made = Made::default();
        for nth in (part..runs).step_by(of) {
            let pair = &plan.pairs[nth * plan.pairs.len() / runs];
            let tape = pair.tape();
            let patience = self.sweep.patience(&tape);
            let Examined { outcome, replays } =
                observed(self.scenario, &tape, patience, self.checks, self.observer);
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(&outcome);
            made.note(nth, pair, outcome, replays);
        }
        made
    }
}

impl Made {
    fn note(&mut self, nth: usize, pair: &Pair, outcome: Outcome, replays: Replays) {
        let row = self.row(pair.kind);
        row.pairs += 1;
        row.findings += usize::from(!outcome.findings.is_empty());
        let execution = match pair.kind {
            PairKind::ThenCancel(_) => pair.second.0.execution,
            PairKind::CanceledTwice | PairKind::CanceledBoth | PairKind::CancelThen(_) => {
                pair.first.0.execution
            }
        };
        add(&mut row.ended, outcome.status_of(execution), 1);
        self.accepted.note(&outcome.record);
        self.replays += replays;
        if !outcome.findings.is_empty() {
            let Pair { first, second, .. } = *pair;
            self.failed.push(FailedPair { nth, first, second, findings: outcome.findings.clone() });
            self.first.get_or_insert_with(|| (nth, Box::new(outcome)));
        }
    }

    fn row(&mut self, kind: PairKind) -> &mut PairRow {
        let empty = PairRow { kind, pairs: 0, merged: 0, ended: Vec::new(), findings: 0 };
        self.rows.entry(kind).or_insert(empty)
    }

    /// With what other runs came to.
    fn with(mut self, other: Self) -> Self {
        for (kind, more) in other.rows {
            let row = self.row(kind);
            row.pairs += more.pairs;
            row.findings += more.findings;
            more.ended.into_iter().for_each(|(status, runs)| add(&mut row.ended, status, runs));
        }
        self.failed.extend(other.failed);
        self.first = self.first.into_iter().chain(other.first).min_by_key(|(nth, _)| *nth);
        self.accepted.add(other.accepted);
        self.replays += other.replays;
        self
    }

    fn pairs(mut self, plan: Plan, most: usize) -> Pairs {
        for (kind, merged) in plan.merged {
            self.row(kind).merged = merged;
        }
        for row in self.rows.values_mut() {
            row.ended.sort_by_key(|(status, _)| *status);
        }
        Pairs {
            rows: self.rows.into_values().collect(),
            made: plan.pairs.len().min(most),
            of: plan.pairs.len(),
            left_out: plan.left_out,
            failed: self.failed,
            first: self.first.map(|(_, outcome)| outcome),
            accepted: self.accepted,
        }
    }
}
