//! Single faults: one run for each that the baseline can meet, none left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_engine::{Check, ChoiceKey, ChoiceKind, Outcome, Patience, Question, Scenario, Tape};
use rehearsal_history::Status;

use crate::observe::Observer;
use crate::questions::{listen, strikes};
use crate::sweep::{Cancels, Sweep};

/// The run in which one fault strikes.
#[derive(Debug)]
pub struct FaultRun {
    /// What was asked.
    pub key: ChoiceKey,
    /// The answer.
    pub answer: usize,
    /// The run, with its findings.
    pub outcome: Outcome,
}

/// How the runs of one kind of fault ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRow {
    /// The kind.
    pub kind: ChoiceKind,
    /// How many runs there are.
    pub runs: usize,
    /// How many of them ended in each way: the first execution.
    pub ended: Vec<(Status, usize)>,
    /// In how many of them something was found.
    pub findings: usize,
}

/// [`sweep()`](crate::sweep()), and then one run for each single fault that the baseline can meet: each answer but the calm
/// one to each question about a [fault](ChoiceKind::FAULTS), the death of a worker in a workflow task, or an eviction. So a
/// fault strikes wherever one can, once in each run, and nothing else does.
///
/// With findings in the baseline itself nothing else is run. Nor is it once the observer says that it does not
/// [go on](Observer::goes_on).
#[must_use]
pub fn sweep_faults(
    scenario: &Scenario,
    checks: &[Arc<dyn Check>],
    observer: &dyn Observer,
) -> Sweep {
    let mut sweep = Sweep::of_cancels(scenario, checks, observer, Cancels::Twice);
    sweep.strike(scenario, checks, observer);
    let seen = sweep.seen(scenario, checks);
    sweep.conclude(seen);
    sweep
}

/// The answers to a question by which something strikes.
pub(crate) fn struck(question: &Question) -> impl Iterator<Item = (ChoiceKey, usize)> + use<> {
    let Question { key, options } = *question;
    let ways = if strikes(key.kind) { 1..options } else { 0..0 };
    ways.map(move |answer| (key, answer))
}

impl Sweep {
    /// Makes one run for each single fault, unless something is found in the baseline, as long as the observer goes on.
    pub(crate) fn strike(
        &mut self,
        scenario: &Scenario,
        checks: &[Arc<dyn Check>],
        observer: &dyn Observer,
    ) {
        if !self.baseline.findings.is_empty() || self.stopped {
            return;
        }
        let asked = listen(scenario, &Tape::calm(), Patience::MayStayOpen).questions;
        let mut runs = Vec::new();
        for (key, answer) in asked.iter().flat_map(struck) {
            let tape = Tape::calm().with(key, answer);
            let outcome = self.run(scenario, checks, observer, &tape);
            self.stopped = !observer.goes_on();
            if self.stopped {
                break;
            }
            runs.push(FaultRun { key, answer, outcome });
        }
        self.faults = Some(runs);
    }

    /// A row for each kind of fault that strikes in any run.
    #[must_use]
    pub fn fault_rows(&self) -> Vec<FaultRow> {
        let mut rows: BTreeMap<ChoiceKind, FaultRow> = BTreeMap::new();
        for run in self.faults() {
            let kind = run.key.kind;
            let empty = FaultRow { kind, runs: 0, ended: Vec::new(), findings: 0 };
            let row = rows.entry(kind).or_insert(empty);
            row.runs += 1;
            row.findings += usize::from(!run.outcome.findings.is_empty());
            add(&mut row.ended, run.outcome.main_status(), 1);
        }
        rows.into_values().collect()
    }
}

/// Counts runs that ended with a status.
pub(crate) fn add(ended: &mut Vec<(Status, usize)>, status: Status, runs: usize) {
    match ended.iter_mut().find(|(known, _)| *known == status) {
        Some((_, count)) => *count += runs,
        None => ended.push((status, runs)),
    }
}
