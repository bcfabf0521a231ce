//! How a bug is searched for, and what the search came to.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;

use rehearsal::{ChoiceKey, ChoiceKind, Code, Exploration, Failure, Outcome, Scenario, Tape};

use super::{Bug, Needs, Twin};

/// How many runs a bug may take.
pub const BOUND: u32 = 5_000;

/// How many runs of a twin `cargo test` makes; `REHEARSAL_FIND_RUNS` says another number. 20,000 are the full figure.
const RUNS: u32 = 200;

/// So many seeds each bug is searched for with, where the figure is full.
const SEEDS: u32 = 20;

/// The most answers of a shrunk case.
pub const SMALL: usize = 3;

/// The highest answer that is tried.
const HIGHEST: usize = 4;

/// How many runs each twin is to be silent in.
///
/// # Panics
///
/// If `REHEARSAL_FIND_RUNS` is no number.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the figure is made by hand")]
pub fn runs() -> u32 {
    let asked = env::var("REHEARSAL_FIND_RUNS").ok();
    asked.map_or(RUNS, |runs| runs.parse().expect("`REHEARSAL_FIND_RUNS` is a number of runs"))
}

/// How many seeds each bug is searched for with: 2, or 20 for the full figure.
#[must_use]
pub fn seeds() -> u32 {
    (runs() / 1_000).clamp(2, SEEDS)
}

/// What searching for a bug came to, over all seeds.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Which bug.
    pub bug: Bug,
    /// The number of the run in which it was found, for each seed that found it, sorted.
    pub runs: Vec<u32>,
    /// How many answers the shrunk cases have, and how often.
    pub sizes: BTreeMap<usize, u32>,
    /// With how many seeds it was not found.
    pub missed: u32,
    /// What else is wrong with it: each in a line. Empty if it is as its table says.
    pub wrong: Vec<String>,
    /// The shrunk cases that are not small, or in which some answer is not needed.
    pub large: Vec<String>,
    /// The shrunk case of the first seed.
    pub case: Tape,
}

impl Measured {
    /// Whether every seed found it with its code and shrunk it.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.missed == 0 && self.wrong.is_empty() && self.large.is_empty()
    }

    /// Whether every seed found it with its code, or it is known why not.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        (self.wrong.is_empty() && self.missed == 0) || self.bug.known.is_some()
    }

    /// Its line in the table.
    #[must_use]
    pub fn line(&self) -> String {
        let needs = match self.bug.needs {
            Needs::One => 1,
            Needs::Two => 2,
        };
        let mut line = format!("  {:<66} {:<6} {needs} ", self.bug.name, self.bug.code);
        let median = self.runs.get(self.runs.len() / 2).copied();
        let worst = self.runs.last().copied();
        let sizes = self.sizes.keys().last().copied();
        let _ = match (median, worst, sizes) {
            (Some(median), Some(worst), Some(size)) => {
                write!(line, "{median:>6} {worst:>6} {size:>3}  {}", self.case)
            }
            _ => write!(line, "{:>6}", "never"),
        };
        if self.missed > 0 {
            let _ = write!(line, "  not found with {} seeds", self.missed);
        }
        let known = self.bug.known.filter(|_| self.missed > 0);
        let lines = self.wrong.iter().chain(&self.large).map(String::as_str);
        for wrong in lines.chain(known) {
            let _ = write!(line, "\n      {wrong}");
        }
        line
    }
}

/// Searches for a bug with so many seeds.
///
/// # Panics
///
/// If its calm run shows it: then nothing is searched for.
#[must_use]
pub fn measure(bug: Bug, seeds: u32) -> Measured {
    let scenario = (bug.scenario)();
    let calm = scenario.try_run(&Tape::calm());
    let calm =
        calm.unwrap_or_else(|failure| panic!("{} shows in the calm run: {failure}", bug.name));
    let mut measured = Measured {
        bug,
        runs: Vec::new(),
        sizes: BTreeMap::new(),
        missed: 0,
        wrong: Vec::new(),
        large: Vec::new(),
        case: Tape::calm(),
    };
    for seed in 1..=u64::from(seeds) {
        match scenario.try_explore(Exploration::new(BOUND).with_seed(seed)) {
            Ok(_) => measured.missed += 1,
            Err(failure) => note(&mut measured, &scenario, &failure),
        }
    }
    measured.runs.sort_unstable();
    measured.wrong.dedup();
    if bug.needs == Needs::Two
        && let Some((single, code)) = single(&scenario, &calm)
    {
        measured.wrong.push(format!("one choice is enough: {single} gives {code}"));
    }
    measured
}

fn note(measured: &mut Measured, scenario: &Scenario, failure: &Failure) {
    let (bug, tape) = (measured.bug, failure.tape());
    let code = failure.findings().first().map(|finding| finding.code);
    if code != Some(bug.code) {
        let code = code.map_or("nothing", Code::as_str);
        measured.wrong.push(format!("{code} instead of {}: {tape}", bug.code));
    }
    let Some(run) = run_of(failure) else {
        measured.wrong.push("the report does not say in which run it was found".to_owned());
        return;
    };
    if tape.len() > SMALL {
        measured.large.push(format!("the shrunk case has {} answers: {tape}", tape.len()));
    }
    if bug.needs == Needs::Two {
        for (left_out, _) in tape.iter() {
            let rest: Tape = tape.iter().filter(|(key, _)| *key != left_out).collect();
            let shows = |failure: &Failure| failure.findings().iter().any(|it| it.code == bug.code);
            if scenario.try_run(&rest.loose()).is_err_and(|failure| shows(&failure)) {
                measured.large.push(format!("{left_out} is not needed in {tape}"));
            }
        }
    }
    if measured.runs.is_empty() {
        measured.case = tape.clone();
    }
    measured.runs.push(run);
    *measured.sizes.entry(tape.len()).or_default() += 1;
}

/// The number of the run in which it was found, from 1, as the report says it.
fn run_of(failure: &Failure) -> Option<u32> {
    let (_, after) = failure.report().split_once("Found in run ")?;
    after.split(' ').next()?.parse().ok()
}

/// The first of all single choices that shows it, if one does, and what is found then.
fn single(scenario: &Scenario, calm: &Outcome) -> Option<(Tape, Code)> {
    let asked = calm.record.asked.iter().filter(|(kind, _)| **kind != ChoiceKind::Cancel);
    let of_main = asked.flat_map(|(&kind, &asked)| (0..asked).map(move |nth| (kind, 0, nth)));
    let first = (0..calm.record.points.len()).map(|nth| (0, nth));
    let others = calm.record.others.iter();
    let others = others.flat_map(|(&of, points)| (0..points.len()).map(move |nth| (of, nth)));
    let cancels = first.chain(others).filter_map(|(execution, nth)| {
        Some((ChoiceKind::Cancel, execution, u32::try_from(nth).ok()?))
    });
    let keys = of_main.chain(cancels);
    let keys = keys.map(|(kind, execution, nth)| ChoiceKey { kind, execution, nth });
    let tapes =
        keys.flat_map(|key| (1..=HIGHEST).map(move |answer| Tape::calm().with(key, answer)));
    tapes.into_iter().find_map(|tape| {
        let failure = scenario.try_run(&tape.clone().loose()).err()?;
        Some((tape, failure.findings().first()?.code))
    })
}

/// Runs a twin, and says what is found; `None` if it is silent.
#[must_use]
pub fn alarm(twin: Twin, runs: u32) -> Option<String> {
    let explored = (twin.scenario)().try_explore(Exploration::new(runs));
    explored.err().map(|failure| format!("{} is not silent:\n{failure}", twin.name))
}
