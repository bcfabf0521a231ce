//! Sweeps both sides of each pair, compares run by run, and counts.

use std::fmt;

use rehearsal::{Outcome, Report, Scenario};

use super::Pair;
use super::compare::compare;
use super::table::DIFFERENCES;

/// How many pairs of runs with trouble are shown in full.
const SHOWN: usize = 4;

/// Of how many cancellation points what is true.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// All that were compared.
    pub points: usize,
    /// Both sides have one history.
    pub equal: usize,
    /// The table explains what differs.
    pub explained: usize,
}

/// What a comparison of all pairs came to.
#[derive(Debug, Default)]
pub struct Parity {
    /// How many cancellation points were compared, by pair.
    pub counts: Vec<(&'static str, Count)>,
    /// In how many runs each row of the table was needed.
    pub uses: Vec<usize>,
    /// What no row covers, a text for each pair of runs.
    pub uncovered: Vec<String>,
}

impl Parity {
    /// The rows that nothing needs.
    pub fn unused(&self) -> impl Iterator<Item = &'static str> {
        let rows = DIFFERENCES.iter().zip(&self.uses);
        rows.filter(|(_, uses)| **uses == 0).map(|(row, _)| row.rule)
    }

    /// All pairs together.
    #[must_use]
    pub fn total(&self) -> Count {
        self.counts.iter().fold(Count::default(), |sum, (_, count)| Count {
            points: sum.points + count.points,
            equal: sum.equal + count.equal,
            explained: sum.explained + count.explained,
        })
    }

    fn add(&mut self, label: &str, workflow: &str, native: &Outcome, official: &Outcome) -> Count {
        let compared = compare(workflow, native, official);
        for row in &compared.rows {
            self.uses[*row] += 1;
        }
        let covered = compared.uncovered.is_empty();
        let equal = covered && compared.rows.is_empty();
        if !compared.uncovered.is_empty() {
            self.uncovered
                .push(format!("{workflow}, {label}:\n  {}", compared.uncovered.join("\n  ")));
        }
        Count { points: 1, equal: usize::from(equal), explained: usize::from(covered && !equal) }
    }

    fn sweep(&mut self, pair: &Pair) {
        let native = match (pair.native)().try_sweep() {
            Ok(report) => report,
            Err(failure) => {
                self.uncovered.push(format!("{}, native:\n{}", pair.name, failure.report()));
                return;
            }
        };
        let official = match official_runs(&(pair.official)(), &native) {
            Ok(runs) => runs,
            Err(trouble) => {
                self.uncovered.push(format!("{}: {trouble}", pair.name));
                return;
            }
        };
        self.add("not canceled", pair.name, native.baseline(), &official.baseline);
        let mut count = Count::default();
        for (nth, ((place, left), right)) in native.runs().zip(&official.canceled).enumerate() {
            let label = format!("point {nth} ({}), {}", left.tape, place.label());
            let one = self.add(&label, pair.name, left, right);
            count.points += one.points;
            count.equal += one.equal;
            count.explained += one.explained;
        }
        self.counts.push((pair.name, count));
    }
}

impl fmt::Display for Parity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for text in self.uncovered.iter().take(SHOWN) {
            writeln!(f, "{text}\n")?;
        }
        if self.uncovered.len() > SHOWN {
            writeln!(f, "and {} more", self.uncovered.len() - SHOWN)?;
        }
        let Count { points, equal, explained } = self.total();
        writeln!(f, "parity: {} of {points}", equal + explained)?;
        writeln!(f, "  {:<16} {:>6}  {:>6}  {:>9}", "workflow", "points", "equal", "explained")?;
        for (name, Count { points, equal, explained }) in &self.counts {
            writeln!(f, "  {name:<16} {points:>6}  {equal:>6}  {explained:>9}")?;
        }
        for (row, uses) in DIFFERENCES.iter().zip(&self.uses) {
            writeln!(
                f,
                "  {:<6} {uses:>4} runs of {}: {}",
                row.rule,
                row.workflows.join(", "),
                row.why
            )?;
        }
        Ok(())
    }
}

/// Sweeps both sides of each pair and compares run by run.
#[must_use]
pub fn compare_all(pairs: &[Pair]) -> Parity {
    let mut parity = Parity { uses: vec![0; DIFFERENCES.len()], ..Parity::default() };
    for pair in pairs {
        parity.sweep(pair);
    }
    parity
}

/// The runs of the official side.
struct Runs {
    baseline: Outcome,
    canceled: Vec<Outcome>,
}

/// Sweeps the official side: the runs that match those of `native`.
///
/// Of a sweep in which something is found there is no report. Its runs are then made one by one, with the tapes of the
/// native ones; that the points are the same is seen when the runs are compared.
fn official_runs(scenario: &Scenario, native: &Report) -> Result<Runs, String> {
    let Ok(report) = scenario.try_sweep() else {
        let baseline = run(scenario, native.baseline())?;
        let canceled =
            native.runs().map(|(_, native)| run(scenario, native)).collect::<Result<_, _>>()?;
        return Ok(Runs { baseline, canceled });
    };
    let points = |report: &Report| -> Vec<_> {
        report.runs().map(|(place, outcome)| (place, outcome.tape.clone())).collect()
    };
    let (left, right) = (points(native), points(&report));
    if left != right {
        let first = left.iter().zip(&right).position(|(left, right)| left != right);
        return Err(format!(
            "the points are not the same: native {}, official {}, first other one {first:?}\n{}\n{}",
            left.len(),
            right.len(),
            native.table(),
            report.table()
        ));
    }
    let canceled = report.runs().map(|(_, outcome)| outcome.clone()).collect();
    Ok(Runs { baseline: report.baseline().clone(), canceled })
}

/// The run of `scenario` with the tape of `native`, whatever is found in it.
fn run(scenario: &Scenario, native: &Outcome) -> Result<Outcome, String> {
    match scenario.try_run(&native.tape) {
        Ok(outcome) => Ok(outcome),
        Err(failure) => failure.outcome().cloned().ok_or_else(|| failure.report().to_owned()),
    }
}
