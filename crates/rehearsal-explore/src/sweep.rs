//! The sweep: one run for each cancellation point of the baseline, none left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_engine::{
    Check, ChoiceKey, ChoiceKind, Examined, Outcome, Patience, Place, Replays, Scenario, Seen,
    Tape, Unseen, examine,
};
use rehearsal_history::{SmolStr, Status};

use crate::faults::{FaultRun, add};
use crate::observe::{Choices, Observer};
use crate::pairs::Pairs;
use crate::points::{Target, Way, targets};

/// What a sweep came to.
#[derive(Debug)]
pub struct Sweep {
    /// The run without an injected cancel.
    pub baseline: Outcome,
    /// One run for each point, in the order of the points.
    pub runs: Vec<Swept>,
    /// How often all runs together were replayed.
    pub replays: Replays,
    /// Where a second cancel was tried; `None` if every execution is canceled in the baseline already.
    pub twice: Option<Twice>,
    /// The runs in which one fault strikes; `None` if it was not asked for them, or something is found in the baseline.
    pub faults: Option<Vec<FaultRun>>,
    /// The runs in which two things strike; `None` if it was not asked for them, or something is found in the baseline.
    pub pairs: Option<Pairs>,
    /// What none of the runs saw; empty if anything was found.
    pub unseen: Vec<Unseen>,
    /// Whether the observer ended it before all runs were made.
    pub stopped: bool,
}

/// Where a second cancel was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twice {
    /// In how many canceled runs, at every point of each: one for each way in which a first cancel can end, but at most
    /// 32 of each execution.
    pub runs: usize,
    /// How many such ways there are.
    pub ways: usize,
}

/// The most canceled runs in which a second cancel is tried.
const MOST_WAYS: usize = 32;

/// The run that was canceled at one point.
#[derive(Debug)]
pub struct Swept {
    /// The point.
    pub target: Target,
    /// The run, with its findings.
    pub outcome: Outcome,
}

/// What a sweep came to for one run of one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The execution, in the order of their starts, from 0.
    pub execution: u32,
    /// Which run of its chain, from 0.
    pub run: u32,
    /// The type of its workflow.
    pub workflow_type: SmolStr,
    /// Its id.
    pub workflow_id: SmolStr,
    /// A row for each kind of point that there are points of, in the order of [`Place::ALL`].
    pub rows: Vec<Row>,
}

/// How the runs of one kind of point ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The kind of point.
    pub place: Place,
    /// How many points of that kind there are.
    pub points: usize,
    /// How many of their runs ended in each way: the execution that was canceled. After the end a cancel has no effect, and
    /// counts for none of them.
    pub ended: Vec<(Status, usize)>,
    /// In how many of their runs something was found.
    pub findings: usize,
}

impl Sweep {
    /// A block for each run of each execution that was canceled anywhere, in the order of their starts.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let mut of_run: BTreeMap<(u32, u32), Vec<&Swept>> = BTreeMap::new();
        for run in &self.runs {
            of_run.entry((run.target.execution, run.target.run)).or_default().push(run);
        }
        let block = |((execution, run), runs): (_, Vec<&Swept>)| {
            // A run of a chain that only a canceled run has is not in the baseline.
            let mut outcomes =
                core::iter::once(&self.baseline).chain(runs.iter().map(|run| &run.outcome));
            let of = outcomes.find_map(|outcome| outcome.run_of(execution, run));
            Block {
                execution,
                run,
                workflow_type: of.map(|of| of.workflow_type.clone()).unwrap_or_default(),
                workflow_id: of.map(|of| of.workflow_id.clone()).unwrap_or_default(),
                rows: rows(&runs),
            }
        };
        of_run.into_iter().map(block).collect()
    }

    /// The runs in which something was found.
    pub fn failures(&self) -> impl Iterator<Item = (usize, &Swept)> {
        self.runs.iter().enumerate().filter(|(_, run)| !run.outcome.findings.is_empty())
    }
}

/// A row for each kind of point that there are points of.
fn rows(runs: &[&Swept]) -> Vec<Row> {
    let mut by_place: BTreeMap<Place, Vec<&Swept>> = BTreeMap::new();
    for run in runs {
        by_place.entry(run.target.place).or_default().push(run);
    }
    let row = |place: Place| {
        let runs = by_place.get(&place)?;
        let mut ended: Vec<(Status, usize)> = Vec::new();
        for run in runs.iter().filter(|_| place != Place::AfterClose) {
            let status = run.outcome.status_of(run.target.execution);
            add(&mut ended, status, 1);
        }
        let findings = runs.iter().filter(|run| !run.outcome.findings.is_empty()).count();
        Some(Row { place, points: runs.len(), ended, findings })
    };
    Place::ALL.into_iter().filter_map(row).collect()
}

/// Runs the baseline, then once more for each of its cancellation points, canceling there; and, if that execution is not
/// canceled in the baseline already, once for each point at which a second cancel of it can strike. So it goes for each
/// execution of the baseline, one after another: the one that the client starts first, its children, and all others.
///
/// The second cancels are injected into canceled runs: one for each way in which a first cancel can end, by the kind of
/// point that it strikes at, the operations that are pending there, and how the workflow closes. Of the runs that end in
/// one way it is the last, in which the workflow had got furthest before it had to clean up. Of more than 32 ways 32 are
/// tried, spread over all. If the baseline never closes, the points after the end are those of the last run.
///
/// With findings in the baseline itself nothing else is run. Nor is it once the observer says that it does not
/// [go on](Observer::goes_on): what was not seen is not told then, as one of the others may have seen it.
#[must_use]
pub fn sweep(scenario: &Scenario, checks: &[Arc<dyn Check>], observer: &dyn Observer) -> Sweep {
    let mut sweep = Sweep::of_cancels(scenario, checks, observer, Cancels::Twice);
    let seen = sweep.seen(scenario, checks);
    sweep.conclude(seen);
    sweep
}

/// How often an execution is canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancels {
    Once,
    /// Once, and in some of these runs twice.
    Twice,
}

impl Sweep {
    /// The baseline, and one run for each cancel.
    pub(crate) fn of_cancels(
        scenario: &Scenario,
        checks: &[Arc<dyn Check>],
        observer: &dyn Observer,
        cancels: Cancels,
    ) -> Self {
        let Examined { outcome: baseline, replays } =
            observed(scenario, &Tape::calm(), Patience::MayStayOpen, checks, observer);
        let mut sweep = Self {
            baseline,
            runs: Vec::new(),
            replays,
            twice: None,
            faults: None,
            pairs: None,
            unseen: Vec::new(),
            stopped: false,
        };
        if !sweep.baseline.findings.is_empty() {
            return sweep;
        }
        let executions: Vec<u32> =
            core::iter::once(0).chain(sweep.baseline.record.others.keys().copied()).collect();
        for execution in executions {
            let from = sweep.runs.len();
            let first = targets(&sweep.baseline.record, execution, &Tape::calm());
            let canceled_in_baseline =
                first.iter().any(|target| target.place == Place::SecondRequest);
            sweep.cancel_at(scenario, checks, observer, first);
            if !canceled_in_baseline && cancels == Cancels::Twice {
                let second = sweep.second_requests(from);
                sweep.cancel_at(scenario, checks, observer, second);
            }
        }
        sweep
    }

    /// Makes a run for each of these points, as long as the observer goes on. A run behind which it does not is none that
    /// counts.
    fn cancel_at(
        &mut self,
        scenario: &Scenario,
        checks: &[Arc<dyn Check>],
        observer: &dyn Observer,
        targets: Vec<Target>,
    ) {
        for target in targets {
            if self.stopped {
                return;
            }
            let outcome = self.run(scenario, checks, observer, &target.tape);
            self.stopped = !observer.goes_on();
            if self.stopped {
                return;
            }
            self.runs.push(Swept { target, outcome });
        }
    }

    /// Makes the run of a tape, and counts its replays.
    pub(crate) fn run(
        &mut self,
        scenario: &Scenario,
        checks: &[Arc<dyn Check>],
        observer: &dyn Observer,
        tape: &Tape,
    ) -> Outcome {
        let Examined { outcome, replays } =
            observed(scenario, tape, self.patience(tape), checks, observer);
        self.replays += replays;
        outcome
    }

    /// What it means that a run stays open in which this strikes. What goes on for ever by itself does so whatever strikes,
    /// and whoever else is canceled.
    pub(crate) fn patience(&self, tape: &Tape) -> Patience {
        let cancels = |key: ChoiceKey| (key.kind, key.execution) == (ChoiceKind::Cancel, 0);
        if self.baseline.record.horizon.is_some() && !tape.iter().any(|(key, _)| cancels(key)) {
            Patience::MayStayOpen
        } else {
            Patience::MustEnd
        }
    }

    /// Whether anything was found in any run but the baseline.
    fn has_failed(&self) -> bool {
        self.outcomes().any(|outcome| !outcome.findings.is_empty())
            || self.pairs.as_ref().is_some_and(|pairs| !pairs.failed.is_empty())
    }

    /// The runs in which one fault strikes, in the order in which they were asked for.
    pub fn faults(&self) -> impl Iterator<Item = &FaultRun> {
        self.faults.iter().flatten()
    }

    /// The runs of the points, then those in which one fault strikes, in their order. Neither the baseline nor the runs of
    /// pairs are among them.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let swept = self.runs.iter().map(|run| &run.outcome);
        swept.chain(self.faults().map(|run| &run.outcome))
    }

    /// What is seen in the baseline.
    pub(crate) fn seen<'a>(
        &self,
        scenario: &'a Scenario,
        checks: &'a [Arc<dyn Check>],
    ) -> Seen<'a> {
        let mut seen = Seen::new(scenario, checks);
        seen.note(&self.baseline);
        seen
    }

    /// What is to be said of all runs together is a finding of the baseline. What some run must reach, and none has, is
    /// one only if no other finding was made: that one may be why. `seen` has what was seen in the baseline, and in pairs.
    /// With findings in the baseline nothing else was run.
    pub(crate) fn conclude(&mut self, mut seen: Seen<'_>) {
        if !self.baseline.findings.is_empty() || self.stopped {
            return;
        }
        self.outcomes().for_each(|outcome| seen.note(outcome));
        let mut findings = seen.never_read();
        if findings.is_empty() && !self.has_failed() {
            findings = seen.never_reached();
        }
        if findings.is_empty() && !self.has_failed() {
            self.unseen = seen.unseen();
        }
        self.baseline.findings.extend(findings);
    }

    /// The cancels of an execution that are injected into runs in which it has been canceled once: those from `from` on.
    fn second_requests(&mut self, from: usize) -> Vec<Target> {
        let (chosen, ways) = one_of_each_way(&self.runs[from..]);
        let twice = self.twice.get_or_insert(Twice { runs: 0, ways: 0 });
        twice.runs += chosen.len();
        twice.ways += ways;
        let closes = self.runs[from..].iter().any(|run| run.target.place == Place::AfterClose);
        let mut seconds = Vec::new();
        for &index in &chosen {
            let Swept { target, outcome } = &self.runs[from + index];
            let after_close = !closes && Some(&index) == chosen.last();
            seconds.extend(
                targets(&outcome.record, target.execution, &target.tape).into_iter().filter(
                    |target| {
                        target.place == Place::SecondRequest
                            || (target.place == Place::AfterClose && after_close)
                    },
                ),
            );
        }
        seconds
    }
}

/// Of canceled runs without a finding, by their places, one of each way in which they end, but at most 32; and how many ways
/// there are.
pub(crate) fn one_of_each_way(runs: &[Swept]) -> (Vec<usize>, usize) {
    let mut last_of: BTreeMap<Way, usize> = BTreeMap::new();
    for (index, Swept { target, outcome }) in runs.iter().enumerate() {
        let open = target.place != Place::AfterClose && outcome.findings.is_empty();
        if let Some(way) = Way::of(target, outcome).filter(|_| open) {
            last_of.insert(way, index);
        }
    }
    let ways = last_of.len();
    let mut last: Vec<usize> = last_of.into_values().collect();
    last.sort_unstable();
    let runs = ways.min(MOST_WAYS);
    let chosen = (1..=runs).map(|nth| last[nth * ways / runs - 1]).collect();
    (chosen, ways)
}

/// Runs and examines one tape, and says so before and after.
pub(crate) fn observed(
    scenario: &Scenario,
    tape: &Tape,
    patience: Patience,
    checks: &[Arc<dyn Check>],
    observer: &dyn Observer,
) -> Examined {
    let choices = Choices::Tape(tape.clone());
    observer.begins(&choices);
    let examined = examine(scenario, tape, patience, checks);
    observer.ended(&choices, &examined.outcome);
    examined
}
