//! The sweep: one run for each cancellation point of the baseline, none left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_engine::{
    Check, Examined, Outcome, Patience, Place, Replays, Scenario, Seen, Tape, examine,
};
use rehearsal_history::Status;

use crate::observe::{Choices, Observer};
use crate::points::{Target, targets};

/// What a sweep came to.
#[derive(Debug)]
pub struct Sweep {
    /// The run without an injected cancel.
    pub baseline: Outcome,
    /// One run for each point, in the order of the points.
    pub runs: Vec<Swept>,
    /// How often all runs together were replayed.
    pub replays: Replays,
}

/// The run that was canceled at one point.
#[derive(Debug)]
pub struct Swept {
    /// The point.
    pub target: Target,
    /// The run, with its findings.
    pub outcome: Outcome,
}

/// How the runs of one kind of point ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The kind of point.
    pub place: Place,
    /// How many points of that kind there are.
    pub points: usize,
    /// How many of their runs ended in each way; after the end a cancel has no effect, and counts for none of them.
    pub ended: Vec<(Status, usize)>,
    /// In how many of their runs something was found.
    pub findings: usize,
}

impl Sweep {
    /// A row for each kind of point that there are points of, in the order of [`Place::ALL`].
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let mut by_place: BTreeMap<Place, Vec<&Swept>> = BTreeMap::new();
        for run in &self.runs {
            by_place.entry(run.target.place).or_default().push(run);
        }
        Place::ALL
            .into_iter()
            .filter_map(|place| {
                let runs = by_place.get(&place)?;
                let mut ended: Vec<(Status, usize)> = Vec::new();
                for run in runs.iter().filter(|_| place != Place::AfterClose) {
                    let status = run.outcome.main().map_or(Status::Running, |main| main.status);
                    match ended.iter_mut().find(|(known, _)| *known == status) {
                        Some((_, count)) => *count += 1,
                        None => ended.push((status, 1)),
                    }
                }
                let findings = runs.iter().filter(|run| !run.outcome.findings.is_empty()).count();
                Some(Row { place, points: runs.len(), ended, findings })
            })
            .collect()
    }

    /// The runs in which something was found.
    pub fn failures(&self) -> impl Iterator<Item = (usize, &Swept)> {
        self.runs.iter().enumerate().filter(|(_, run)| !run.outcome.findings.is_empty())
    }
}

/// Runs the baseline, then once more for each of its cancellation points, canceling there; and, if the baseline is not
/// canceled by its own client, once for each point at which a second cancel can strike.
///
/// The second cancels are injected into one canceled run: the one that was canceled alone at the last point at which
/// the workflow was open. That is the run in which the workflow had got furthest before it had to clean up. If the
/// baseline never closes, the point after the end is that run's too.
///
/// With findings in the baseline itself nothing else is run.
#[must_use]
pub fn sweep(scenario: &Scenario, checks: &[Arc<dyn Check>], observer: &dyn Observer) -> Sweep {
    let Examined { outcome: baseline, replays } =
        observed(scenario, &Tape::calm(), Patience::MayStayOpen, checks, observer);
    let mut sweep = Sweep { baseline, runs: Vec::new(), replays };
    if !sweep.baseline.findings.is_empty() {
        return sweep;
    }
    let first = targets(&sweep.baseline.record, &Tape::calm());
    let canceled_by_client = first.iter().any(|target| target.place == Place::SecondRequest);
    for target in first {
        sweep.cancel(scenario, checks, observer, target);
    }
    if !canceled_by_client {
        for target in sweep.second_requests() {
            sweep.cancel(scenario, checks, observer, target);
        }
    }
    sweep.check_seen(scenario, checks);
    sweep
}

impl Sweep {
    fn cancel(
        &mut self,
        scenario: &Scenario,
        checks: &[Arc<dyn Check>],
        observer: &dyn Observer,
        target: Target,
    ) {
        let Examined { outcome, replays } =
            observed(scenario, &target.tape, Patience::MustEnd, checks, observer);
        self.replays.from_start += replays.from_start;
        self.replays.cold += replays.cold;
        self.replays.tasks += replays.tasks;
        self.runs.push(Swept { target, outcome });
    }

    /// What is to be said of all runs together is a finding of the baseline. What some run must reach, and none has, is
    /// one only if no other finding was made: that one may be why.
    fn check_seen(&mut self, scenario: &Scenario, checks: &[Arc<dyn Check>]) {
        let mut seen = Seen::new(scenario, checks);
        seen.note(&self.baseline);
        self.runs.iter().for_each(|run| seen.note(&run.outcome));
        let mut findings = seen.never_read();
        if findings.is_empty() && self.failures().next().is_none() {
            findings = seen.never_reached();
        }
        self.baseline.findings.extend(findings);
    }

    fn second_requests(&self) -> Vec<Target> {
        let open = |run: &&Swept| {
            run.target.place != Place::AfterClose
                && run.target.place != Place::WithJobBefore
                && run.outcome.findings.is_empty()
        };
        let Some(last) = self.runs.iter().rev().find(open) else { return Vec::new() };
        let closes = self.runs.iter().any(|run| run.target.place == Place::AfterClose);
        targets(&last.outcome.record, &last.target.tape)
            .into_iter()
            .filter(|target| match target.place {
                Place::SecondRequest => true,
                Place::AfterClose => !closes,
                _ => false,
            })
            .collect()
    }
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
