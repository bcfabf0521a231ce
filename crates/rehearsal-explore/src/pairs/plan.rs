//! Which pairs there are, and which of them come to the same.
//!
//! The first of a pair strikes in the baseline, the second in the run that the first makes of it, at a question that comes
//! after. So each run with two answers that are not calm is met once: the order in which they are asked is the order of
//! the pair.
//!
//! Two neighboring points at which a cancel [comes to the same](rehearsal_engine::Point::alike) are merged: the step between
//! them and the cancel do not see each other, so whichever is first, the world is in one state when both are over, and goes
//! on in one way. What strikes between the two, while only the first has come, is tried for each of them; what strikes
//! after both is tried once.

use std::collections::BTreeMap;

use rehearsal_engine::{
    ChoiceKey, ChoiceKind, Injection, Patience, Place, Question, Scenario, Tape,
};

use crate::faults::struck;
use crate::questions::{Heard, listen};
use crate::sweep::Sweep;

/// What strikes first, and what strikes then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PairKind {
    /// An execution is canceled, and once more.
    CanceledTwice,
    /// An execution is canceled, and then another one.
    CanceledBoth,
    /// An execution is canceled, and then a fault of this kind strikes.
    CancelThen(ChoiceKind),
    /// A fault of this kind strikes, and then an execution is canceled.
    ThenCancel(ChoiceKind),
}

/// Two things that strike in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) kind: PairKind,
    pub(super) first: (ChoiceKey, usize),
    pub(super) second: (ChoiceKey, usize),
}

impl Pair {
    pub(super) fn tape(&self) -> Tape {
        [self.first, self.second].into_iter().collect()
    }
}

/// All pairs of a scenario.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) pairs: Vec<Pair>,
    /// How many come to the same as one of these, by their kinds.
    pub(super) merged: BTreeMap<PairKind, usize>,
    /// How many things strike first in whose runs something is found. They are no part of any pair.
    pub(super) left_out: usize,
}

impl Plan {
    /// The pairs of which the first is one of the runs of a sweep, or one of `most` of them that are canceled.
    pub(super) fn of(sweep: &Sweep, scenario: &Scenario, most: Option<usize>) -> Self {
        let mut plan = Self::default();
        let baseline = listen(scenario, &Tape::calm(), Patience::MayStayOpen);
        let canceled = sweep.runs.iter().filter(|run| run.target.tape.len() == 1);
        let canceled = canceled.map(|run| {
            let (target, outcome) = (&run.target, &run.outcome);
            let key = cancel(target.execution, target.nth);
            (key, target.injection.answer(), outcome)
        });
        let struck = sweep.faults().map(|run| (run.key, run.answer, &run.outcome));
        let (firsts, failed): (Vec<_>, Vec<_>) =
            canceled.chain(struck).partition(|(_, _, outcome)| outcome.findings.is_empty());
        plan.left_out = failed.len();
        let taken = firsts.len().min(most.unwrap_or(usize::MAX));
        for nth in 0..taken {
            let (key, answer, _) = firsts[nth * firsts.len() / taken];
            let tape = Tape::calm().with(key, answer);
            let heard = listen(scenario, &tape, sweep.patience(&tape));
            plan.after((key, answer), &heard, &baseline);
        }
        // So that of each kind its share is tried, if not all are.
        plan.pairs.sort_by_key(|pair| pair.kind);
        plan
    }

    /// The pairs with this first.
    fn after(&mut self, first: (ChoiceKey, usize), heard: &Heard, baseline: &Heard) {
        let at = heard.questions.iter().position(|question| question.key == first.0);
        let Some(after) = at.and_then(|at| heard.questions.get(at + 1..)) else { return };
        let once = meeting(first, after, baseline).unwrap_or(usize::MAX);
        for (place, question) in after.iter().enumerate() {
            let Question { key: ChoiceKey { kind, execution, nth }, .. } = *question;
            if kind != ChoiceKind::Cancel {
                if first.0.kind == ChoiceKind::Cancel {
                    for second in struck(question) {
                        self.add(PairKind::CancelThen(kind), first, second, place >= once);
                    }
                }
                continue;
            }
            let Some(point) = heard.record.point(execution, nth) else { continue };
            let pair = match first.0 {
                ChoiceKey { kind: ChoiceKind::Cancel, execution: of, .. } if of == execution => {
                    PairKind::CanceledTwice
                }
                ChoiceKey { kind: ChoiceKind::Cancel, .. } => PairKind::CanceledBoth,
                ChoiceKey { kind, .. } => PairKind::ThenCancel(kind),
            };
            let last = heard.record.point(execution, nth + 1).is_none();
            let merged = place >= once || (point.alike && !last);
            let second = (question.key, Injection::Alone.answer());
            self.add(pair, first, second, merged);
            if point.joins && point.place != Place::SecondRequest {
                let second = (question.key, Injection::WithNext.answer());
                self.add(pair, first, second, place >= once);
            }
        }
    }

    fn add(
        &mut self,
        kind: PairKind,
        first: (ChoiceKey, usize),
        second: (ChoiceKey, usize),
        merged: bool,
    ) {
        if merged {
            *self.merged.entry(kind).or_default() += 1;
        } else {
            self.pairs.push(Pair { kind, first, second });
        }
    }
}

const fn cancel(execution: u32, nth: u32) -> ChoiceKey {
    ChoiceKey { kind: ChoiceKind::Cancel, execution, nth }
}

/// The place in `after`, what is asked behind a first cancel, from which on the world is in the state in which it is behind
/// a cancel at the next point: where the steps between the two points are over.
fn meeting(first: (ChoiceKey, usize), after: &[Question], baseline: &Heard) -> Option<usize> {
    let (ChoiceKey { kind, execution, nth }, answer) = first;
    let point = baseline.record.point(execution, nth).filter(|_| kind == ChoiceKind::Cancel)?;
    let next = cancel(execution, nth + 1);
    baseline.record.point(execution, nth + 1)?;
    if !point.alike || Injection::of(answer) != Injection::Alone {
        return None;
    }
    // Before each step the first execution is asked about, so its points count the steps.
    let is_step = |question: &&Question| {
        (question.key.kind, question.key.execution) == (ChoiceKind::Cancel, 0)
    };
    let from = baseline.questions.iter().position(|question| question.key == first.0)?;
    let to = baseline.questions.iter().position(|question| question.key == next)?;
    let steps = baseline.questions[from + 1..=to].iter().filter(is_step).count();
    let mut points = after.iter().enumerate().filter(|(_, question)| is_step(question));
    points.nth(steps).map(|(place, _)| place)
}
