//! Findings with the runs in which they were made.

use std::time::Duration;

use rehearsal_engine::{Dialect, Finding, Outcome, Place, Tape};
use rehearsal_explore::{Sweep, Swept, Upgrade};

use crate::page::{Where, command, explain, is_of_all, wrapped};
use crate::paint::{Role, Text};

/// How many kinds of findings are listed beside the one that is explained.
const MOST_KINDS: usize = 5;

/// A finding, and the run in which it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occurrence {
    /// What is wrong.
    pub finding: Finding,
    /// The choices of the run: [`Scenario::try_run`](crate::Scenario::try_run) makes it again.
    pub tape: Tape,
    /// Where a sweep canceled the workflow; `None` for the run without a cancel, for one in which a fault strikes or two things
    /// do, and where nothing was swept.
    pub point: Option<CanceledAt>,
}

/// A point of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CanceledAt {
    /// Its number, from 1, as reports say it.
    pub number: usize,
    /// How many points there are.
    pub of: usize,
    /// Of which kind it is.
    pub place: Place,
    /// When it is, in virtual time since the run began.
    pub at: Duration,
}

impl Occurrence {
    /// The findings of a run by itself.
    pub(crate) fn of_run(outcome: &Outcome) -> impl Iterator<Item = Self> + '_ {
        Self::with(outcome, None)
    }

    /// All that a sweep found: that of the baseline first, then by point, by fault, and by pair.
    pub(crate) fn of_sweep(sweep: &Sweep) -> Vec<Self> {
        let of = sweep.runs.len();
        let swept = sweep.runs.iter().enumerate().flat_map(|(index, run)| {
            let point = CanceledAt { number: index + 1, of, place: run.target.place, at: at(run) };
            Self::with(&run.outcome, Some(point))
        });
        let struck = sweep.faults().flat_map(|run| Self::of_run(&run.outcome));
        let pairs = sweep.pairs.iter().flat_map(|pairs| &pairs.failed);
        let pairs = pairs.flat_map(|pair| {
            let tape = pair.tape();
            pair.findings.iter().cloned().map(move |finding| Self {
                finding,
                tape: tape.clone(),
                point: None,
            })
        });
        Self::of_run(&sweep.baseline).chain(swept).chain(struck).chain(pairs).collect()
    }

    /// All that the sweep of an upgrade found: that of the baseline first, then by moment.
    pub(crate) fn of_upgrade(upgrade: &Upgrade) -> Vec<Self> {
        let taken = upgrade.moments().flat_map(|taken| Self::of_run(&taken.outcome));
        upgrade.baseline.iter().flat_map(Self::of_run).chain(taken).collect()
    }

    fn with(outcome: &Outcome, point: Option<CanceledAt>) -> impl Iterator<Item = Self> + '_ {
        outcome.findings.iter().map(move |finding| Self {
            finding: finding.clone(),
            tape: outcome.tape.clone(),
            point,
        })
    }
}

/// The headline, and the first detail.
fn in_full(finding: &Finding) -> String {
    match finding.details.first() {
        Some(detail) => format!("{}: {detail}", finding.headline),
        None => finding.headline.clone(),
    }
}

/// When a run was canceled.
fn at(run: &Swept) -> Duration {
    let point = run.outcome.record.point(run.target.execution, run.target.nth);
    point.map_or(Duration::ZERO, |point| point.at)
}

/// The page of a finding, with what else was found.
pub(crate) fn told(
    finding: &Finding,
    outcome: &Outcome,
    place: &Where<'_>,
    all: &[Occurrence],
    scenario: &str,
) -> Text {
    let mut page = explain(finding, outcome, place, scenario);
    page.append(&besides(finding, all, scenario, outcome.dialect));
    page
}

/// What else was found beside `told`: a line for each kind, and one to run one of its runs. Two kinds that have one headline
/// say in their lines in what they differ; what differs in nothing that is said is one kind.
fn besides(told: &Finding, all: &[Occurrence], scenario: &str, dialect: Dialect) -> Text {
    let mut kinds: Vec<(&Occurrence, usize)> = Vec::new();
    for occurrence in all.iter().filter(|occurrence| !occurrence.finding.is_like(told)) {
        let same = |first: &Finding| {
            first.is_like(&occurrence.finding)
                || (first.code == occurrence.finding.code
                    && in_full(first) == in_full(&occurrence.finding))
        };
        match kinds.iter_mut().find(|(first, _)| same(&first.finding)) {
            Some((_, count)) => *count += 1,
            None => kinds.push((occurrence, 1)),
        }
    }
    let mut text = Text::default();
    if kinds.is_empty() {
        return text;
    }
    text.line(Role::Plain, "\n  Also found:");
    for (first, count) in kinds.iter().take(MOST_KINDS) {
        let Finding { code, headline, .. } = &first.finding;
        let times = if *count == 1 { String::new() } else { format!(", {count} times") };
        let others = kinds.iter().map(|(other, _)| &other.finding).chain([told]);
        let alike = others.filter(|other| (*code, headline) == (other.code, &other.headline));
        // One of them is itself.
        let line = if alike.count() > 1 { in_full(&first.finding) } else { headline.clone() };
        text.line(Role::Plain, &wrapped(4, &format!("{code}  {line}{times}")));
        if is_of_all(*code) {
            continue;
        }
        text.say(Role::Plain, "      ");
        text.line(Role::Command, &command(scenario, &first.tape, dialect));
    }
    if let Some(more) = kinds.len().checked_sub(MOST_KINDS + 1) {
        text.line(Role::Dim, &format!("    and {} more; `Failure::all` has everything", more + 1));
    }
    text
}
