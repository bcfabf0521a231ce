//! The campaign: many runs, some of each chooser, on as many threads as are wanted; what fails is shrunk. It ends at the first
//! run that fails, or goes on, and counts how often the same is wrong.
//!
//! Runs are made in generations. A run is a function of the campaign's seed, its number, and what its lane has learned in
//! earlier generations ([`lanes`](crate::lanes)); the first failure is the one with the lowest number. So the result depends
//! neither on the number of threads nor on what other shards do.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rehearsal_engine::{
    Check, Chooser, Code, Examined, Outcome, Patience, Replays, Scenario, Tape, Unseen,
    examine_choices,
};
use rehearsal_history::Status;

use crate::accepted::Accepted;
use crate::coverage::Coverage;
use crate::kinds::Kinds;
use crate::lanes::Lanes;
use crate::observe::{Choices, Observer};
use crate::portfolio::{ChosenBy, chooser};
use crate::saved::Saved;
use crate::search::Search;
use crate::seed::seed_of;
use crate::shard::Shard;
use crate::shrink::Shrunk;
use crate::sweep::observed;

/// How many runs are made, from which seed, on how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Campaign {
    /// How many runs.
    pub runs: u32,
    /// What all answers of all runs follow from.
    pub seed: u64,
    /// How many threads share the runs. The result is the same for any number.
    pub threads: NonZeroUsize,
    /// The one chooser of all runs; `None` for some of each, in turns, and variants of those that saw something new.
    pub only: Option<ChosenBy>,
    /// Which of these runs are made here.
    pub shard: Shard,
    /// After how many runs that saw nothing new it ends, at the end of a generation; `None` for never. What is new, a shard
    /// knows of its own runs alone.
    pub settles_after: Option<u32>,
    /// Whether it goes on when something is found, to the end of its runs: then all that is wrong is found once, and counted.
    pub past_findings: bool,
}

impl Campaign {
    /// This many runs of a scenario, some of each chooser, on one thread, with the seed that goes with its name.
    #[must_use]
    pub fn new(scenario: &Scenario, runs: u32) -> Self {
        Self {
            runs,
            seed: seed_of(scenario.name()),
            threads: NonZeroUsize::MIN,
            only: None,
            shard: Shard::WHOLE,
            settles_after: None,
            past_findings: false,
        }
    }
}

/// What a campaign begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Start {
    /// Nothing but the calm run.
    #[default]
    Calm,
    /// Runs that were kept of earlier campaigns: they are made first, and varied.
    Corpus(Vec<Tape>),
    /// Where the same campaign was stopped.
    Saved(Box<Saved>),
}

/// Why a campaign ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All its runs are made.
    All,
    /// This many runs, the last ones, saw nothing new.
    Settled(u32),
    /// Its observer had enough.
    Stopped,
    /// Something was found, and it does not go on past that.
    Found,
}

/// What a campaign came to.
#[derive(Debug)]
pub struct Explored {
    /// The calm run, which is made first. With findings in it nothing else is run. What some run must reach, and none
    /// has when all are made, is a finding of it too.
    pub baseline: Outcome,
    /// The runs, in the order of their numbers, up to the first in which something was found if it does not go on past that:
    /// but no more than the first 65,536, and without those that were made before it was stopped.
    pub runs: Vec<ExploredRun>,
    /// What is wrong, in the order in which it was found: one entry however many runs show it, and one at most unless the
    /// campaign goes on past findings. No more than 16: what comes beyond is counted only, by the words
    /// [`BEYOND`](crate::BEYOND) in [`Saved::counted`].
    pub found: Vec<Found>,
    /// How often the calm run and these were replayed.
    pub replays: Replays,
    /// In how many runs known defects of the SDK struck that the scenario accepts.
    pub accepted: Accepted,
    /// What none of the runs saw; empty if anything was found, and of a shard or a campaign that was stopped, which have
    /// not looked at all runs together.
    pub unseen: Vec<Unseen>,
    /// Where it stands at the end, with counts of all runs.
    pub saved: Saved,
    /// Those of the runs that saw something new, in order. None in which something was found is among them.
    pub corpus: Vec<Tape>,
    /// What all runs did together in which nothing was found.
    pub coverage: Coverage,
    /// Why it ended.
    pub end: End,
}

/// One run of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExploredRun {
    /// Its number, from 0.
    pub nth: u32,
    /// Who chose its answers.
    pub chosen_by: ChosenBy,
    /// The seed of its answers.
    pub seed: u64,
    /// Its answers.
    pub tape: Tape,
    /// How its first execution stood at the end.
    pub status: Status,
    /// What was found in it first.
    pub code: Option<Code>,
}

/// Something that is wrong, and the runs that show it.
#[derive(Debug)]
pub struct Found {
    /// The run in which it was found first; its tape may be long. If that was before the campaign was stopped, its tape is
    /// the shrunk one.
    pub run: ExploredRun,
    /// Which one of the runs of its chooser that was, from 1.
    pub turn: u32,
    /// How many answers that run had.
    pub long: usize,
    /// How many runs show it. Runs in which something else was found too count for both.
    pub count: u32,
    /// What its tape was shrunk to; `None` if the run was made again and nothing like it was found.
    pub shrunk: Option<Shrunk>,
    /// The run of the shrunk tape, with its findings; the first is like the one that was found first in the long run. If
    /// nothing was shrunk, the run as it was found; its findings say what was another when it was made again.
    pub outcome: Outcome,
    /// What else was wrong with the long run, each kind in a run of its own, shrunk, and first among its findings. Empty in a
    /// campaign that goes on past findings, where they have entries of their own.
    pub others: Vec<Outcome>,
}

/// Makes the calm run, then others until something is found or all are made, or until all are made whatever is found; and
/// shrinks what was found.
///
/// A scenario whose calm run never ends may stay open in another run too, unless it is canceled there; any other must
/// end in every run, or it is a hang (RH301).
///
/// # Panics
///
/// Panics if a run does, which is a bug of ours: panics of workflow, activity and client code are findings.
#[must_use]
pub fn explore(
    scenario: &Scenario,
    checks: &[Arc<dyn Check>],
    campaign: &Campaign,
    observer: &dyn Observer,
) -> Explored {
    explore_from(scenario, checks, campaign, Start::Calm, observer)
}

/// The same, with a corpus or from where the same campaign was stopped. What a saved one needs of its runs is made again.
///
/// # Panics
///
/// As [`explore`].
#[must_use]
pub fn explore_from(
    scenario: &Scenario,
    checks: &[Arc<dyn Check>],
    campaign: &Campaign,
    start: Start,
    observer: &dyn Observer,
) -> Explored {
    let Examined { outcome: baseline, replays } =
        observed(scenario, &Tape::calm(), Patience::MayStayOpen, checks, observer);
    let mut accepted = Accepted::default();
    accepted.note(&baseline.record);
    let is_whole = campaign.shard.is_whole() && !matches!(start, Start::Saved(_));
    let saved = match start {
        Start::Calm => Saved::new(scenario.name(), campaign.seed, campaign.shard),
        Start::Corpus(corpus) => {
            Saved { corpus, ..Saved::new(scenario.name(), campaign.seed, campaign.shard) }
        }
        Start::Saved(saved) => *saved,
    };
    let mut explored = Explored {
        baseline,
        runs: Vec::new(),
        found: Vec::new(),
        replays,
        accepted,
        unseen: Vec::new(),
        saved,
        corpus: Vec::new(),
        coverage: Coverage::default(),
        end: End::Found,
    };
    if !explored.baseline.findings.is_empty() {
        return explored;
    }
    let search = Search::new(scenario, checks, campaign, observer, &explored.baseline);
    let mut lanes = Lanes::new();
    lanes.begin(&explored.baseline.tape, &Coverage::of(&explored.baseline));
    let mut kinds = Kinds::default();
    explored.end = search
        .begin(&mut lanes, &mut kinds, &mut explored)
        .unwrap_or_else(|| search.generations(&mut lanes, &mut kinds, &mut explored));
    explored.found = kinds.into_found();
    explored.corpus = lanes.corpus().to_vec();
    explored.coverage = lanes.all().clone();
    if explored.found.is_empty() && is_whole {
        explored.baseline.findings.extend(search.missing());
        if explored.baseline.findings.is_empty() {
            explored.unseen = search.unseen();
        }
    }
    explored
}

/// Runs one run again and examines it as a sweep or a campaign would.
#[must_use]
pub fn run_choices(scenario: &Scenario, choices: &Choices, checks: &[Arc<dyn Check>]) -> Examined {
    let (calm, asked) = scenario.run_and_list(&Tape::calm(), Patience::MayStayOpen);
    examine_choices(scenario, chooser(choices, || asked), patience_after(&calm), checks)
}

/// The same with answers that somebody else gives.
#[must_use]
pub fn run_chosen(
    scenario: &Scenario,
    chooser: Box<dyn Chooser>,
    checks: &[Arc<dyn Check>],
) -> Examined {
    let calm = scenario.run(Box::new(Tape::calm()), Patience::MayStayOpen);
    examine_choices(scenario, chooser, patience_after(&calm), checks)
}

/// What it means that a run stays open, if the calm one is as `baseline`.
pub(crate) fn patience_after(baseline: &Outcome) -> Patience {
    if baseline.record.horizon.is_some() { Patience::MayStayOpen } else { Patience::MustEnd }
}
