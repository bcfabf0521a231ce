//! The campaign: many runs, some of each chooser, on as many threads as are wanted; the first that fails is shrunk.
//!
//! A run is a function of the campaign's seed and its number, and the first failure is the one with the lowest number,
//! so the result does not depend on the number of threads.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rehearsal_engine::{
    Check, Chooser, Code, Examined, Finding, Outcome, Patience, Replays, Scenario, Seen, Tape,
    Unseen, examine_choices,
};
use rehearsal_history::Status;

use crate::accepted::Accepted;
use crate::minimal::{Again, Minimal};
use crate::observe::{Choices, Observer};
use crate::portfolio::{ChosenBy, Drawn, Portfolio, calm_questions, chooser};
use crate::seed::seed_of;
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
    /// The one chooser of all runs; `None` for some of each, in turns.
    pub only: Option<ChosenBy>,
}

impl Campaign {
    /// This many runs of a scenario, some of each chooser, on one thread, with the seed that goes with its name.
    #[must_use]
    pub fn new(scenario: &Scenario, runs: u32) -> Self {
        Self { runs, seed: seed_of(scenario.name()), threads: NonZeroUsize::MIN, only: None }
    }
}

/// What a campaign came to.
#[derive(Debug)]
pub struct Explored {
    /// The calm run, which is made first. With findings in it nothing else is run. What some run must reach, and none
    /// has when all are made, is a finding of it too.
    pub baseline: Outcome,
    /// The runs, in the order of their numbers, up to the first in which something was found.
    pub runs: Vec<ExploredRun>,
    /// The run in which something was found, shrunk.
    pub found: Option<Found>,
    /// How often the calm run and these were replayed.
    pub replays: Replays,
    /// In how many runs known defects of the SDK struck that the scenario accepts.
    pub accepted: Accepted,
    /// What none of the runs saw; empty if anything was found.
    pub unseen: Vec<Unseen>,
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

/// A run in which something was found.
#[derive(Debug)]
pub struct Found {
    /// The run as it was found; its tape may be long.
    pub run: ExploredRun,
    /// What its tape was shrunk to; `None` if the run was made again and nothing like it was found.
    pub shrunk: Option<Shrunk>,
    /// The run of the shrunk tape, with its findings; the first is like the one that was found first in the long run. If
    /// nothing was shrunk, the run as it was found; its findings say what was another when it was made again.
    pub outcome: Outcome,
    /// What else was wrong with the long run, each kind in a run of its own, shrunk, and first among its findings.
    pub others: Vec<Outcome>,
}

/// Makes the calm run, then others until something is found or all are made; then shrinks what was found.
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
    let Examined { outcome: baseline, replays } =
        observed(scenario, &Tape::calm(), Patience::MayStayOpen, checks, observer);
    let mut accepted = Accepted::default();
    accepted.note(&baseline.record);
    let mut explored =
        Explored { baseline, runs: Vec::new(), found: None, replays, accepted, unseen: Vec::new() };
    if !explored.baseline.findings.is_empty() {
        return explored;
    }
    let patience = patience_after(&explored.baseline);
    let search = Search {
        scenario,
        checks,
        campaign,
        observer,
        patience,
        portfolio: Portfolio::new(scenario, patience, campaign),
        first: AtomicU32::new(u32::MAX),
        seen: Mutex::new(Seen::new(scenario, checks)),
    };
    search.note(&explored.baseline);
    let mut runs = search.all();
    runs.sort_by_key(|made| made.run.nth);
    let failed = runs.iter().position(|made| made.failed.is_some());
    runs.truncate(failed.map_or(runs.len(), |at| at + 1));
    for Made { run, replays, accepted, failed } in runs {
        add(&mut explored.replays, replays);
        explored.accepted.add(accepted);
        explored.found = failed.map(|outcome| search.shrink(&run, *outcome));
        explored.runs.push(run);
    }
    if explored.found.is_none() {
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
    run_chosen(scenario, chooser(choices, || calm_questions(scenario)), checks)
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
fn patience_after(baseline: &Outcome) -> Patience {
    if baseline.record.horizon.is_some() { Patience::MayStayOpen } else { Patience::MustEnd }
}

pub(crate) fn add(sum: &mut Replays, more: Replays) {
    sum.from_start += more.from_start;
    sum.cold += more.cold;
    sum.tasks += more.tasks;
}

/// A run that was made.
struct Made {
    run: ExploredRun,
    replays: Replays,
    accepted: Accepted,
    /// What it came to, if something was found in it.
    failed: Option<Box<Outcome>>,
}

struct Search<'a> {
    scenario: &'a Scenario,
    checks: &'a [Arc<dyn Check>],
    campaign: &'a Campaign,
    observer: &'a dyn Observer,
    patience: Patience,
    portfolio: Portfolio<'a>,
    /// The lowest number of a run in which something was found so far.
    first: AtomicU32,
    /// What the runs have seen together.
    seen: Mutex<Seen<'a>>,
}

impl Search<'_> {
    /// All runs up to the first that fails, and perhaps some after it, in any order.
    fn all(&self) -> Vec<Made> {
        let threads = u32::try_from(self.campaign.threads.get()).unwrap_or(u32::MAX);
        if threads == 1 {
            return self.part(0, 1);
        }
        // The engine is single-threaded: a world is made, run and dropped inside of one thread.
        thread::scope(|scope| {
            let parts: Vec<_> = (0..threads.min(self.campaign.runs))
                .map(|part| scope.spawn(move || self.part(part, threads)))
                .collect();
            parts
                .into_iter()
                .flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        })
    }

    /// The runs of one thread: every `of`th, beginning with `part`. No run before the first failure is left out.
    fn part(&self, part: u32, of: u32) -> Vec<Made> {
        let mut runs = Vec::new();
        for nth in (part..self.campaign.runs).step_by(of as usize) {
            if nth > self.first.load(Ordering::Relaxed) {
                break;
            }
            let made = self.run(nth);
            if made.failed.is_some() {
                self.first.fetch_min(nth, Ordering::Relaxed);
            }
            runs.push(made);
        }
        runs
    }

    fn run(&self, nth: u32) -> Made {
        let Drawn { by, seed, choices } = self.portfolio.draw(nth, self.observer);
        self.observer.begins(&choices);
        let chooser = self.portfolio.chooser(&choices);
        let Examined { outcome, replays } =
            examine_choices(self.scenario, chooser, self.patience, self.checks);
        self.observer.ended(&choices, &outcome);
        self.note(&outcome);
        let status = outcome.main_status();
        let code = outcome.findings.first().map(|finding| finding.code);
        let tape = outcome.tape.clone();
        let run = ExploredRun { nth, chosen_by: by, seed, tape, status, code };
        let mut accepted = Accepted::default();
        accepted.note(&outcome.record);
        Made { run, replays, accepted, failed: code.map(|_| Box::new(outcome)) }
    }

    fn note(&self, outcome: &Outcome) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(outcome);
    }

    /// What is to be said of all runs together.
    fn missing(&self) -> Vec<Finding> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let unread = seen.never_read();
        if unread.is_empty() { seen.never_reached() } else { unread }
    }

    /// What no run has seen.
    fn unseen(&self) -> Vec<Unseen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).unseen()
    }

    /// Shrinks the run in which something was found first.
    fn shrink(&self, run: &ExploredRun, found: Outcome) -> Found {
        let again = Again {
            scenario: self.scenario,
            checks: self.checks,
            patience: self.patience,
            observer: self.observer,
        };
        let run = run.clone();
        match found.findings.first().cloned() {
            Some(finding) => {
                let Minimal { shrunk, outcome } = again.minimal(found.clone(), &finding);
                let others = again.others(&found, &outcome);
                Found { run, shrunk, outcome, others }
            }
            None => Found { run, shrunk: None, outcome: found, others: Vec::new() },
        }
    }
}
