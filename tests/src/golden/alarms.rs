//! False alarms: what a team that starts with the recommended checks is told of workflows that are right.
//!
//! Every golden scenario is swept, with some or all of its pairs, and explored. Most of them are right as they stand; what is
//! found in the others is what they were recorded for, and has a row in `fixtures/golden/findings.toml` with its cause. A row
//! that nothing uses is wrong as well.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;
use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs};

use rehearsal::{Exploration, Failure, Outcome, Pairs, Place, Report, Scenario, check};
use serde::Deserialize;

use super::{Folder, Recording, scenario};
use crate::each::each;

/// How many random runs are made of each scenario unless the environment says something else in
/// `REHEARSAL_ALARM_RUNS`.
const RUNS: u32 = 5;

/// How many pairs are tried of each scenario, and of how many canceled runs, unless the environment says something else in
/// `REHEARSAL_ALARM_PAIRS`.
const PAIRS: [usize; 2] = [4, 2];

/// Something that is rightly found in scenarios of one SDK.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The code of the finding.
    pub code: String,
    /// The rule of the semantics that makes it so.
    pub rule: String,
    /// Why it is right.
    pub cause: String,
    /// The SDK they were recorded with.
    pub sdk: String,
    /// The scenarios in which it is found.
    pub scenarios: Vec<String>,
    /// Those in which a random run or a pair may find it, and need not: too few of them are made by default. `*` is any, if
    /// the report names the rule, as it does with a defect of an SDK.
    #[serde(default)]
    pub random: Vec<String>,
}

impl Expected {
    fn is_of(&self, folder: &Folder, code: &str, report: &str) -> bool {
        let mut scenarios = self.scenarios.iter().chain(&self.random);
        let named = report.contains(&format!("({})", self.rule));
        self.sdk == folder.sdk
            && self.code == code
            && scenarios.any(|scenario| scenario == folder.name || scenario == "*" && named)
    }
}

/// `fixtures/golden/findings.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    finding: Vec<Expected>,
}

/// What was found in the scenarios of one SDK. Displays as what should not have been, and a line
/// `false alarms, go: N of M`.
#[derive(Debug, Default)]
pub struct Alarms {
    sdk: &'static str,
    scenarios: usize,
    made: Made,
    /// The scenarios in which something was found that has no row, each with its reports.
    pub false_alarms: Vec<(&'static str, Vec<String>)>,
    /// What has a row and was not found, in lines for people.
    pub unused: Vec<String>,
}

/// How many runs were made.
#[derive(Debug, Default)]
struct Made {
    swept: usize,
    faults: usize,
    pairs: usize,
    merged: usize,
    explored: usize,
}

impl Made {
    fn of(report: &Report) -> Self {
        Self {
            swept: report.points(),
            faults: report.faults().count(),
            pairs: report.pairs(),
            merged: report.merged(),
            explored: 0,
        }
    }
}

impl AddAssign for Made {
    fn add_assign(&mut self, other: Self) {
        let Self { swept, faults, pairs, merged, explored } = other;
        self.swept += swept;
        self.faults += faults;
        self.pairs += pairs;
        self.merged += merged;
        self.explored += explored;
    }
}

impl fmt::Display for Alarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, reports) in &self.false_alarms {
            writeln!(f, "{}/{name}:", self.sdk)?;
            reports.iter().try_for_each(|report| writeln!(f, "{report}"))?;
        }
        self.unused.iter().try_for_each(|row| writeln!(f, "a row that nothing uses: {row}"))?;
        let Made { swept, faults, pairs, merged, explored } = self.made;
        writeln!(
            f,
            "{swept} runs swept, {faults} struck by a fault, {pairs} pairs, {merged} merged"
        )?;
        writeln!(f, "{explored} runs at random")?;
        let false_alarms = self.false_alarms.len();
        write!(f, "false alarms, {}: {false_alarms} of {}", self.sdk, self.scenarios)
    }
}

/// Sweeps and explores scenarios of one SDK with the recommended checks.
///
/// # Panics
///
/// Panics if `fixtures/golden/findings.toml` or a scenario cannot be read.
#[must_use]
pub fn false_alarms(folders: &'static [Folder]) -> Alarms {
    false_alarms_and(folders, |_, _, _| ()).0
}

/// The same, with what somebody else makes of each scenario and its sweep, so that all are swept once only. The scenario
/// is without checks, and so is the sweep if the checks find something.
///
/// # Panics
///
/// As [`false_alarms`].
pub fn false_alarms_and<T: Send>(
    folders: &'static [Folder],
    other: impl Fn(&Folder, &Scenario, Result<Report, Failure>) -> T + Sync,
) -> (Alarms, Vec<T>) {
    let mut alarms = Alarms::default();
    let expected = expected();
    let mut used = BTreeSet::new();
    let looked_at = each(folders, |folder| Found::of(folder, &other));
    let (found, others): (Vec<Found>, Vec<T>) = looked_at.into_iter().unzip();
    for (folder, found) in folders.iter().zip(found) {
        alarms.sdk = folder.sdk;
        alarms.scenarios += 1;
        alarms.made += found.made;
        let mut reports = Vec::new();
        for (code, report) in found.codes {
            if expected.iter().any(|row| row.is_of(folder, code, &report)) {
                used.insert((code, folder.name));
            } else {
                reports.push(report);
            }
        }
        if !reports.is_empty() {
            alarms.false_alarms.push((folder.name, reports));
        }
    }
    for row in expected.iter().filter(|row| row.sdk == alarms.sdk) {
        let unused =
            row.scenarios.iter().filter(|name| !used.contains(&(row.code.as_str(), name.as_str())));
        alarms.unused.extend(unused.map(|name| format!("{}/{name}, {}", row.sdk, row.code)));
    }
    (alarms, others)
}

/// What came of one scenario.
#[derive(Default)]
struct Found {
    made: Made,
    /// The codes that are found, each with the first report that shows it.
    codes: Vec<(&'static str, String)>,
}

impl Found {
    fn of<T>(
        folder: &Folder,
        other: &impl Fn(&Folder, &Scenario, Result<Report, Failure>) -> T,
    ) -> (Self, T) {
        let register = folder.register.expect("every scenario has code");
        let recording = Recording::read(folder).unwrap_or_else(|problem| panic!("{problem}"));
        let plain = scenario(folder, recording.script, register);
        let scenario = plain.clone().check(check::recommended());
        let mut found = Self::default();
        let (pairs, is_whole_sweep) = pairs();
        let swept = scenario.try_sweep_pairs(pairs);
        match &swept {
            Ok(report) => {
                assert_alike(report, folder.name);
                found.made += Made::of(report);
            }
            Err(failure) => found.note(&scenario, failure, "swept"),
        }
        let swept = match swept {
            Ok(report) if is_whole_sweep => Ok(report),
            // With a finding in its calm run a scenario is not swept, so the checks hide what else would be found.
            Ok(_) | Err(_) => plain.try_sweep(),
        };
        if let Err(failure) = &swept {
            found.note(&plain, failure, "swept without the checks");
        }
        // What a scenario was recorded for must not hide what else would be found in it.
        let exploration = Exploration::new(runs()).past_findings();
        if let Err(failure) = scenario.try_explore(exploration) {
            found.note(&scenario, &failure, "at random");
        }
        found.made.explored += runs() as usize;
        let other = other(folder, &plain, swept);
        (found, other)
    }

    fn note(&mut self, scenario: &Scenario, failure: &Failure, how: &str) {
        let codes: BTreeSet<&str> =
            failure.findings().iter().map(|finding| finding.code.as_str()).collect();
        for code in codes {
            if !self.codes.iter().any(|(known, _)| *known == code) {
                let of = failure.all().iter().find(|it| it.finding.code.as_str() == code);
                let alone = of.and_then(|it| scenario.try_run(&it.tape).err());
                let report = alone.as_ref().unwrap_or(failure).report();
                self.codes.push((code, format!("{code}, {how}\n{report}")));
            }
        }
    }
}

/// Canceled at neighboring points that are said to come to the same, a scenario does the same.
fn assert_alike(report: &Report, name: &str) {
    let points = &report.baseline().record.points;
    let alone = |(place, outcome): (Place, &'_ Outcome)| {
        let (key, answer) = outcome.tape.iter().next().filter(|_| outcome.tape.len() == 1)?;
        (place != Place::WithJobBefore && key.execution == 0 && answer == 1).then_some(key.nth)
    };
    let canceled: Vec<(u32, &Outcome)> =
        report.runs().filter_map(|run| Some((alone(run)?, run.1))).collect();
    for pair in canceled.windows(2) {
        let [(nth, one), (next, other)] = pair else { continue };
        if points[*nth as usize].alike && *next == nth + 1 {
            for (a, b) in one.executions.iter().zip(&other.executions) {
                assert!(a.history == b.history, "{name}: canceled at points {nth} and {next}");
            }
            assert!(one.record.calls == other.record.calls, "{name}: {nth} and {next}");
        }
    }
}

/// Whether a finding of this code in this scenario has a row in `fixtures/golden/findings.toml`.
///
/// # Panics
///
/// Panics if that file cannot be read.
#[must_use]
pub fn is_expected(folder: &Folder, code: &str) -> bool {
    expected().iter().any(|row| row.is_of(folder, code, ""))
}

/// How many random runs of each scenario are asked for.
#[expect(clippy::disallowed_methods, reason = "how thorough the suite is, as with PROPTEST_CASES")]
fn runs() -> u32 {
    let asked = env::var("REHEARSAL_ALARM_RUNS").ok();
    asked.map_or(RUNS, |runs| runs.parse().expect("`REHEARSAL_ALARM_RUNS` is a number of runs"))
}

/// How many pairs of each scenario are asked for, all up to the number that the environment says, or few; and whether
/// that is a whole sweep besides.
#[expect(clippy::disallowed_methods, reason = "how thorough the suite is, as with PROPTEST_CASES")]
fn pairs() -> (Pairs, bool) {
    let [most, firsts] = PAIRS;
    let few = (Pairs::default().at_most(most).of_firsts(firsts), true);
    let asked = env::var("REHEARSAL_ALARM_PAIRS").ok();
    asked.map_or(few, |most| {
        let most = most.parse().expect("`REHEARSAL_ALARM_PAIRS` is a number of pairs");
        (Pairs::default().at_most(most), false)
    })
}

/// The table of what is rightly found.
fn expected() -> &'static [Expected] {
    static ROWS: LazyLock<Vec<Expected>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/findings.toml");
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let table: Table =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        table.finding
    });
    &ROWS
}
