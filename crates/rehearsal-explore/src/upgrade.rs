//! The sweep of an upgrade: new code takes over before every workflow task of runs of the old code.

use std::sync::Arc;

use rehearsal_engine::{
    Check, ChoiceKey, ChoiceKind, Examined, Grade, Moment, Outcome, Patience, Place, Scenario,
    Tape, examine_recorded,
};
use rehearsal_history::History;

use crate::observe::Observer;
use crate::points::targets;
use crate::sweep::{Swept, observed, one_of_each_way};

/// What the sweep of an upgrade came to.
#[derive(Debug)]
pub struct Upgrade {
    /// The run of the old code without an injected cancel; `None` if its runs were recorded.
    pub baseline: Option<Outcome>,
    /// The runs of the old code that the new code took over: recorded ones, or first the baseline, then canceled ones. None if something was
    /// found in the baseline.
    pub runs: Vec<OldRun>,
    /// How many canceled runs of the old code have findings of their own. They are left out.
    pub left_out: usize,
}

/// A run of the old code.
#[derive(Debug)]
pub struct OldRun {
    /// Where it comes from.
    pub origin: Origin,
    /// The run to its end, if it was made here.
    pub outcome: Option<Outcome>,
    /// The moments at which the new code took over, in order.
    pub moments: Vec<TakenOver>,
}

/// Where a run of the old code comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was made, without an injected cancel.
    Calm,
    /// It was made, and canceled at a point of this kind.
    Canceled(Place),
    /// It was recorded, and is called so.
    Recorded(String),
}

/// A moment of a recorded run.
#[derive(Debug)]
pub struct Stood {
    /// The moment.
    pub moment: Moment,
    /// The history as it stood then.
    pub history: History,
    /// The scenario that goes on from there; `None` if something goes on that cannot be rebuilt, and the history is only
    /// replayed.
    pub goes_on: Option<Scenario>,
}

/// A run that new code has taken over at one moment.
#[derive(Debug)]
pub struct TakenOver {
    /// The moment.
    pub moment: Moment,
    /// How what the old code had recorded replays.
    pub verdict: Verdict,
    /// The run, with all that was found in it.
    pub outcome: Outcome,
}

/// How what the old code has recorded replays with the new code. The worst of it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Without a difference.
    Replays,
    /// With a difference of this grade.
    Differs(Grade),
}

impl Upgrade {
    /// The moments, over all runs, in order.
    pub fn moments(&self) -> impl Iterator<Item = &TakenOver> {
        self.runs.iter().flat_map(|run| &run.moments)
    }

    /// The moments at which something was found, each with its place among all.
    pub fn failures(&self) -> impl Iterator<Item = (usize, &TakenOver)> {
        self.moments().enumerate().filter(|(_, taken)| !taken.outcome.findings.is_empty())
    }
}

/// Runs the old code, then once more for each workflow task, before which the new code takes over; and the same for runs
/// of the old code that were canceled: one for each way in which a cancel can end, as the second cancels of a
/// [`sweep()`](crate::sweep()) are chosen, from the first workflow task after the cancel on.
///
/// A run that has been taken over goes on with the new code, and is examined as any run. With findings in the baseline
/// nothing else is run.
#[must_use]
pub fn upgrade(scenario: &Scenario, checks: &[Arc<dyn Check>], observer: &dyn Observer) -> Upgrade {
    let run = |tape: &Tape, patience| observed(scenario, tape, patience, checks, observer);
    let baseline = run(&Tape::calm(), Patience::MayStayOpen).outcome;
    let found = !baseline.findings.is_empty();
    let mut upgrade = Upgrade { baseline: Some(baseline.clone()), runs: Vec::new(), left_out: 0 };
    if found {
        return upgrade;
    }
    // What ended with the old code must end with the new.
    let patience = match baseline.record.horizon {
        Some(_) => Patience::MayStayOpen,
        None => Patience::MustEnd,
    };
    let moments = take_over(&baseline, 0, |tape| run(tape, patience));
    let targets = targets(&baseline.record, 0, &Tape::calm());
    upgrade.runs.push(OldRun { origin: Origin::Calm, outcome: Some(baseline), moments });
    let canceled: Vec<Swept> = targets
        .into_iter()
        .map(|target| {
            let outcome = run(&target.tape, Patience::MustEnd).outcome;
            Swept { target, outcome }
        })
        .collect();
    upgrade.left_out = canceled.iter().filter(|run| !run.outcome.findings.is_empty()).count();
    for index in one_of_each_way(&canceled).0 {
        let Swept { target, outcome } = &canceled[index];
        let after = target.nth as usize;
        let moments = take_over(outcome, after, |tape| run(tape, Patience::MustEnd));
        let (origin, outcome) = (Origin::Canceled(target.place), Some(outcome.clone()));
        upgrade.runs.push(OldRun { origin, outcome, moments });
    }
    upgrade
}

/// The run `old` again for each of its moments that comes after so many points.
fn take_over(old: &Outcome, after: usize, run: impl Fn(&Tape) -> Examined) -> Vec<TakenOver> {
    let moments = (0..).zip(&old.record.moments).filter(|(_, moment)| moment.points > after);
    moments
        .map(|(nth, moment)| {
            let key = ChoiceKey { kind: ChoiceKind::Deploy, execution: 0, nth };
            TakenOver::new(moment.clone(), run(&old.tape.clone().with(key, 1)))
        })
        .collect()
}

/// The same for a recorded run, which is called so: it goes on from each of these moments in the simulated world, with the
/// code of the scenarios. With `patience` its runs may stay open, as those may that had not closed when they were recorded.
#[must_use]
pub fn upgrade_recorded(
    name: String,
    stood: Vec<Stood>,
    scenario: &Scenario,
    patience: Patience,
    checks: &[Arc<dyn Check>],
    observer: &dyn Observer,
) -> OldRun {
    let moments = stood.into_iter().map(|Stood { moment, history, goes_on }| {
        let examined = match goes_on {
            Some(fork) => observed(&fork, &Tape::calm(), patience, checks, observer),
            None => examine_recorded(scenario, &history),
        };
        TakenOver::new(moment, examined)
    });
    OldRun { origin: Origin::Recorded(name), outcome: None, moments: moments.collect() }
}

impl TakenOver {
    fn new(moment: Moment, Examined { outcome, replays }: Examined) -> Self {
        let worst = outcome.findings.iter().filter_map(|finding| finding.grade).max();
        let grade = worst.or_else(|| (replays.cosmetic > 0).then_some(Grade::Cosmetic));
        let verdict = grade.map_or(Verdict::Replays, Verdict::Differs);
        Self { moment, verdict, outcome }
    }

    /// The event at which the replay differs, if one shows it.
    #[must_use]
    pub fn differs_at(&self) -> Option<u64> {
        let finding = self.outcome.findings.iter().find(|finding| finding.grade.is_some())?;
        finding.events.first().copied()
    }
}
