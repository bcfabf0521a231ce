//! How a bug is searched for, and what the search came to.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;

use rehearsal::{ChoiceKey, ChoiceKind, Code, Exploration, Failure, Outcome, Scenario, Tape};

use super::{Bug, Needs, Twin};
use crate::each::each;

/// How many runs a bug may take.
pub const BOUND: u32 = 5_000;

/// So many seeds each bug is searched for with, where the figure is full.
const SEEDS: u32 = 20;

/// The most answers of a shrunk case.
pub const SMALL: usize = 3;

/// The highest answer that is tried.
const HIGHEST: usize = 4;

/// How many runs each twin is to be silent in: what `REHEARSAL_FIND_RUNS` says, 20,000 for the full figure, or `by_default`.
///
/// # Panics
///
/// If `REHEARSAL_FIND_RUNS` is no number.
#[must_use]
pub fn runs(by_default: u32) -> u32 {
    asked().unwrap_or(by_default)
}

/// How many seeds each bug is searched for with: `by_default`, or one for each thousand runs that are asked for, 20 at most.
///
/// # Panics
///
/// If `REHEARSAL_FIND_RUNS` is no number.
#[must_use]
pub fn seeds(by_default: u32) -> u32 {
    asked().map_or(by_default, |runs| (runs / 1_000).clamp(by_default, SEEDS))
}

#[expect(clippy::disallowed_methods, reason = "the figure is made by hand")]
fn asked() -> Option<u32> {
    let asked = env::var("REHEARSAL_FIND_RUNS").ok()?;
    Some(asked.parse().expect("`REHEARSAL_FIND_RUNS` is a number of runs"))
}

/// What searching for a bug came to, over all seeds.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Which bug.
    pub bug: Bug,
    /// The number of the run in which it was found, for each seed that found it, sorted.
    pub runs: Vec<u32>,
    /// Who chose the answers of that run, as a report calls them, and how often.
    pub by: BTreeMap<String, u32>,
    /// How many answers the shrunk cases have, and how often.
    pub sizes: BTreeMap<usize, u32>,
    /// Whether some single choice shows it: all are tried.
    pub by_one: bool,
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

    /// Whether it is right, or it is known why not.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.is_right() || self.bug.known.is_some()
    }

    /// The figure, and a line for each bug.
    #[must_use]
    fn table(figure: &str, seeds: u32, of: &[Self]) -> String {
        let right = of.iter().filter(|bug| bug.is_right()).count();
        let more = of.iter().filter(|bug| !bug.by_one).count();
        let mut table = format!(
            "{figure}: {right} of {} ({more} need two choices or more), {seeds} seeds\n  {:<66} {:<6} n {:>6} {:>6} {:>4}",
            of.len(),
            "",
            "code",
            "median",
            "worst",
            "size"
        );
        for bug in of {
            let _ = write!(table, "\n{}", bug.line());
        }
        table
    }

    /// The fewest choices that are not calm of all runs that showed it: one that does is looked for among all single ones,
    /// more are those of the smallest shrunk case. `None` if it was never found.
    #[must_use]
    pub fn fewest(&self) -> Option<usize> {
        if self.by_one { Some(1) } else { self.sizes.keys().next().copied() }
    }

    /// Its line in the table.
    #[must_use]
    pub fn line(&self) -> String {
        let fewest = self.fewest().map_or("-".to_owned(), |fewest| fewest.to_string());
        let mut line = format!("  {:<66} {:<6} {fewest} ", self.bug.name, self.bug.code);
        let median = self.runs.get(self.runs.len() / 2).copied();
        let worst = self.runs.last().copied();
        let sizes = self.sizes.keys().last().copied();
        let _ = match (median, worst, sizes) {
            (Some(median), Some(worst), Some(size)) => {
                let mut by: Vec<_> = self.by.iter().collect();
                by.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
                let by: Vec<String> =
                    by.into_iter().map(|(label, times)| format!("{times} by {label}")).collect();
                let by = by.join(", ");
                write!(line, "{median:>6} {worst:>6} {size:>4}  {}  {by}", self.case)
            }
            _ => write!(line, "{:>6}", "never"),
        };
        if self.missed > 0 {
            let _ = write!(line, "  not found with {} seeds", self.missed);
        }
        let known = self.bug.known.filter(|_| !self.is_right());
        let lines = self.wrong.iter().chain(&self.large).map(String::as_str);
        for wrong in lines.chain(known) {
            let _ = write!(line, "\n      {wrong}");
        }
        line
    }
}

/// Searches for all of these bugs, on all cores: the table with its figure, and the lines of those that are not as expected.
///
/// # Panics
///
/// As [`measure`].
#[must_use]
pub fn search(figure: &str, bugs: &[Bug], seeds: u32) -> (String, Vec<String>) {
    let measured = each(bugs, |bug| measure(*bug, seeds));
    let wrong = measured.iter().filter(|bug| !bug.is_as_expected());
    (Measured::table(figure, seeds, &measured), wrong.map(Measured::line).collect())
}

/// Runs all of these twins, on all cores: a line with the figure, and what is found.
#[must_use]
pub fn alarms(figure: &str, twins: &[Twin], runs: u32) -> (String, Vec<String>) {
    let alarms: Vec<String> =
        each(twins, |twin| alarm(*twin, runs)).into_iter().flatten().collect();
    let silent = twins.len() - alarms.len();
    (format!("{figure}: {silent} silent of {}, {runs} runs each", twins.len()), alarms)
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
    let single = singles(&scenario, &calm).next();
    let mut measured = Measured {
        bug,
        runs: Vec::new(),
        by: BTreeMap::new(),
        sizes: BTreeMap::new(),
        by_one: single.is_some(),
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
    match (bug.needs, single) {
        (Needs::More, Some((single, code))) => {
            measured.wrong.push(format!("one choice is enough: {single} gives {code}"));
        }
        (Needs::One, None) => {
            measured.wrong.push("no single choice shows it, and one is said to".to_owned());
        }
        (Needs::One, Some(_)) | (Needs::More, None) => {}
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
    let Some((run, by)) = run_of(failure) else {
        measured.wrong.push("the report does not say in which run it was found".to_owned());
        return;
    };
    if tape.len() > SMALL {
        measured.large.push(format!("the shrunk case has {} answers: {tape}", tape.len()));
    }
    if bug.needs == Needs::More {
        for (left_out, _) in tape.iter() {
            let rest: Tape = tape.iter().filter(|(key, _)| *key != left_out).collect();
            let first = failure.findings().first();
            let shows = |failure: &Failure| {
                failure.findings().iter().any(|other| first.is_some_and(|it| it.is_like(other)))
            };
            if scenario.try_run(&rest.loose()).is_err_and(|failure| shows(&failure)) {
                measured.large.push(format!("{left_out} is not needed in {tape}"));
            }
        }
    }
    if measured.runs.is_empty() {
        measured.case = tape.clone();
    }
    measured.runs.push(run);
    *measured.by.entry(by).or_default() += 1;
    *measured.sizes.entry(tape.len()).or_default() += 1;
}

/// The number of the run in which it was found, from 1, and who chose its answers, as the report says both.
fn run_of(failure: &Failure) -> Option<(u32, String)> {
    let (_, after) = failure.report().split_once("Found in run ")?;
    let (line, _) = after.split_once('\n')?;
    let run = line.split(' ').next()?.parse().ok()?;
    let (_, by) = line.trim_end_matches('.').rsplit_once(" of the ")?;
    Some((run, by.to_owned()))
}

/// All single choices at which a bug shows.
///
/// # Panics
///
/// If its calm run shows it.
#[must_use]
pub fn shows_at(bug: Bug) -> Vec<Tape> {
    let scenario = (bug.scenario)();
    let calm = scenario.try_run(&Tape::calm()).expect("the calm run is well");
    singles(&scenario, &calm).map(|(tape, _)| tape).collect()
}

/// Of all single choices those that show it, with what is found then.
fn singles<'a>(
    scenario: &'a Scenario,
    calm: &'a Outcome,
) -> impl Iterator<Item = (Tape, Code)> + 'a {
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
    tapes.filter_map(|tape| {
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
