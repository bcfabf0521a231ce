//! What the environment asks for: one run (`REHEARSAL_CASE`), a seed (`REHEARSAL_SEED`), a folder for cases
//! (`REHEARSAL_CASES`), how much a campaign may spend, which part of it is made and where its corpus is
//! (`REHEARSAL_BUDGET`, `REHEARSAL_SHARD`, `REHEARSAL_CAMPAIGN`), how patient the watchdog is (`REHEARSAL_WATCHDOG`), whether what no run saw is a finding
//! (`REHEARSAL_STRICT`). No other file reads the environment.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use rehearsal_engine::{Code, Finding, Outcome};
use rehearsal_explore::{Case, Choices, Shard, ShardError, run_choices};

use crate::campaign::Budget;
use crate::failure::Failure;
use crate::rerun::test_name;
use crate::scenario::Scenario;
use crate::watchdog;

/// Names one run: `SCENARIO/TAPE`, or the path of a case.
const CASE: &str = "REHEARSAL_CASE";

/// The seed of all random runs.
const SEED: &str = "REHEARSAL_SEED";

/// The folder in which runs that fail are kept.
pub(crate) const CASES: &str = "REHEARSAL_CASES";

/// How many seconds of real time user code may take for one poll; 0 for any number.
const WATCHDOG: &str = "REHEARSAL_WATCHDOG";

/// How much a campaign may spend: runs, or time.
const BUDGET: &str = "REHEARSAL_BUDGET";

/// Which part of a campaign is made here: `3/16`.
const SHARD: &str = "REHEARSAL_SHARD";

/// The folder of the runs that a campaign begins with, and in which it keeps those that saw something new.
const CAMPAIGN: &str = "REHEARSAL_CAMPAIGN";

/// 1 if what no run of a sweep or an exploration saw is a finding.
const STRICT: &str = "REHEARSAL_STRICT";

/// Long enough for a debug build on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says that a run is not the one that a case was written of.
const OTHER_WAY: &str = "not the run of the case any more:";

/// What the environment says; nothing if that is an empty text, as for a variable that a script passes on.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn knob(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// What the environment asks a scenario to run first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Requested {
    /// Nothing.
    Nothing,
    /// One run of it.
    Case(Case),
    /// One run of another scenario.
    Other { variable: String, case: Case },
}

/// The run that the environment asks for.
///
/// # Errors
///
/// A finding that says what is wrong with the variable.
pub(crate) fn requested(scenario: &str) -> Result<Requested, Box<Finding>> {
    let Some(variable) = knob(CASE) else { return Ok(Requested::Nothing) };
    let case = parse(&variable)?;
    Ok(if case.is_of(scenario) {
        Requested::Case(case)
    } else {
        Requested::Other { variable, case }
    })
}

/// Whether the command line asks for the test of this name and for no other, as `cargo test NAME -- --exact` does.
pub(crate) fn is_asked_for_alone(test: &str) -> bool {
    let (mut exact, mut names) = (false, 0);
    for argument in env::args().skip(1) {
        exact |= argument == "--exact";
        names += usize::from(argument == test);
    }
    exact && names == 1
}

fn parse(text: &str) -> Result<Case, Box<Finding>> {
    let refuse = |why: String| unreadable(CASE, text, &why);
    if Path::new(text).extension().is_some_and(|extension| extension == "case") {
        let text =
            fs::read_to_string(find(Path::new(text))).map_err(|error| refuse(chain(&error)))?;
        text.parse().map_err(|error| refuse(chain(&error)))
    } else {
        let (name, tape) = text
            .rsplit_once('/')
            .ok_or_else(|| refuse("expected `SCENARIO/TAPE`, found no `/`".to_owned()))?;
        Ok(Case::new(name, Choices::Tape(tape.parse().map_err(|error| refuse(chain(&error)))?)))
    }
}

/// The file of that path. `cargo test` runs tests in the folder of their package, and the path may have been written in
/// a folder above.
fn find(path: &Path) -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let found = here.ancestors().map(|folder| folder.join(path)).find(|path| path.is_file());
    found.unwrap_or_else(|| path.to_owned())
}

/// The seed that the environment gives to every campaign.
///
/// # Errors
///
/// A finding that says what is wrong with the variable.
pub(crate) fn seed() -> Result<Option<u64>, Box<Finding>> {
    knob(SEED).map_or(Ok(None), |text| parse_seed(&text).map(Some))
}

fn parse_seed(text: &str) -> Result<u64, Box<Finding>> {
    let largest = u64::MAX;
    text.parse().map_err(|_| {
        unreadable(SEED, text, &format!("expected a whole number from 0 to {largest}"))
    })
}

/// The folder in which runs that fail are kept.
pub(crate) fn folder() -> Option<PathBuf> {
    knob(CASES).map(PathBuf::from)
}

/// Where the case of a run that the watchdog ends is left.
pub(crate) fn folder_of_last_resort() -> PathBuf {
    folder().unwrap_or_else(env::temp_dir)
}

/// How long user code may take for one poll; `None` for ever.
///
/// # Errors
///
/// A finding that says what is wrong with the variable.
pub(crate) fn patience() -> Result<Option<Duration>, Box<Finding>> {
    knob(WATCHDOG).map_or(Ok(Some(PATIENCE)), |text| parse_patience(&text))
}

fn parse_patience(text: &str) -> Result<Option<Duration>, Box<Finding>> {
    let refused = || unreadable(WATCHDOG, text, "expected seconds such as `30` or `0.5`, or `0`");
    let seconds: f64 = text.parse().map_err(|_| refused())?;
    let patience = Duration::try_from_secs_f64(seconds).map_err(|_| refused())?;
    Ok((!patience.is_zero()).then_some(patience))
}

/// Whether what no run saw is a finding everywhere.
///
/// # Errors
///
/// A finding that says what is wrong with the variable.
pub(crate) fn strict() -> Result<bool, Box<Finding>> {
    knob(STRICT).map_or(Ok(false), |text| parse_strict(&text))
}

fn parse_strict(text: &str) -> Result<bool, Box<Finding>> {
    match text {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(unreadable(STRICT, text, "expected `1` or `0`")),
    }
}

/// How much every campaign may spend, whatever its test says.
///
/// # Errors
///
/// A finding that says what is wrong with the variable.
pub(crate) fn budget() -> Result<Option<Budget>, Box<Finding>> {
    let read = |text: String| text.parse().map_err(|why| unreadable(BUDGET, &text, why));
    knob(BUDGET).map(read).transpose()
}

/// Which part of every campaign is made here.
///
/// # Errors
///
/// A finding that says what is wrong with the variable.
pub(crate) fn shard() -> Result<Shard, Box<Finding>> {
    let read = |text: String| {
        text.parse().map_err(|error: ShardError| unreadable(SHARD, &text, &error.to_string()))
    };
    knob(SHARD).map_or(Ok(Shard::WHOLE), read)
}

/// The folder of the runs that every campaign begins with.
pub(crate) fn corpus() -> Option<PathBuf> {
    knob(CAMPAIGN).map(PathBuf::from)
}

/// What is said of a folder that cannot be written to.
pub(crate) fn unwritable(what: &str, path: &Path, error: &std::io::Error) -> Finding {
    let path = path.display();
    Finding::new(Code::Setup, format!("{what}: {path} could not be written: {error}"))
}

fn unreadable(knob: &str, text: &str, why: &str) -> Box<Finding> {
    Box::new(Finding::new(Code::Setup, format!("{knob}={text} could not be read: {why}")))
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Scenario {
    /// Runs the run of a case again and checks it.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found, as it should be for as long as the mistake is there. If the
    /// run goes another way than it did when the case was written, the report says where. If nothing is found, that is
    /// an error only when another version of the harness wrote the case and the run goes another way: then nothing is
    /// known of the mistake (RH502). RH502 too if the run does not ask all that its tape answers, and for a case of
    /// another scenario.
    ///
    /// As with [`try_run`](Self::try_run), one run is made, so that the report does not have the nearest one in which all is
    /// well.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Scenario, StartOptions, Tape};
    ///
    /// let nobody_home = Scenario::new("nobody-home").client(|world| {
    ///     world.start_workflow(StartOptions::new("Unknown", "order-7")).unwrap();
    /// });
    /// let failure = nobody_home.try_run(&Tape::calm()).unwrap_err();
    /// let again = nobody_home.try_case(failure.case().unwrap()).unwrap_err();
    /// assert_eq!(again.case(), failure.case());
    /// ```
    pub fn try_case(&self, case: &Case) -> Result<Outcome, Failure> {
        self.ready()?;
        let name = self.inner.name();
        if !case.is_of(name) {
            let headline = format!("a case of scenario `{}`, run as `{name}`", case.scenario());
            return Err(Failure::of_finding(Finding::new(Code::Setup, headline)));
        }
        let outcome = self.examine_case(case);
        if outcome.findings.is_empty() {
            Ok(outcome)
        } else {
            Err(Failure::of_given_run(&self.inner, outcome))
        }
    }

    /// Runs the run of a case; among the findings is what is to be said of the case itself.
    pub(crate) fn examine_case(&self, case: &Case) -> Outcome {
        watchdog::begins(case.scenario(), case.choices(), test_name());
        let mut outcome = run_choices(&self.inner, case.choices(), &self.checks).outcome;
        watchdog::ended();
        let tape = match case.choices() {
            Choices::Tape(tape) => Some(tape),
            Choices::Seed(_) | Choices::Pct(_) => None,
        };
        let calm = outcome.tape.is_empty();
        self.judge_alone(&mut outcome, calm, tape);
        let Some(difference) = case.difference(&outcome) else { return outcome };
        let findings = &mut outcome.findings;
        if findings.is_empty() && !case.is_of_this_harness() {
            let headline = format!(
                "the case is of rehearsal {}, and this version runs it another way",
                case.harness()
            );
            findings.push(Finding::new(Code::Setup, headline));
        }
        if let Some(finding) = findings.first_mut() {
            finding.details.push(OTHER_WAY.to_owned());
            let lines = difference.to_string();
            finding.details.extend(lines.lines().map(|line| format!("  {line}")));
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_engine::{Injection, Tape};

    use super::*;

    #[test]
    fn a_case_is_a_scenario_and_a_tape() {
        let tape = Tape::calm().with_cancel(3, Injection::Alone);
        let case = Case::new("order", Choices::Tape(tape));
        assert!(case.is_of("order") && !case.is_of("cancellation"));
        assert_eq!(parse("order/cancel.0.3=1"), Ok(case));
        assert!(Case::new("two\nlines", Choices::Tape(Tape::calm())).is_of("two\nlines"));
    }

    #[test]
    fn a_case_that_cannot_be_read_is_a_finding() {
        let finding = parse("order/cancel").unwrap_err();
        assert_eq!(
            finding.headline,
            "REHEARSAL_CASE=order/cancel could not be read: expected an answer such as `cancel.0.17=1`, found `cancel`"
        );
        assert!(parse("order").is_err());
        assert!(parse("no/such/file.case").is_err());
    }

    #[test]
    fn patience_is_a_number_of_seconds() {
        assert_eq!(parse_patience("30"), Ok(Some(Duration::from_secs(30))));
        assert_eq!(parse_patience("0.2"), Ok(Some(Duration::from_millis(200))));
        assert_eq!(parse_patience("0"), Ok(None));
        for text in ["", "off", "-1", "NaN", "1e99"] {
            let headline = parse_patience(text).unwrap_err().headline;
            let begins = format!("REHEARSAL_WATCHDOG={text} could not be read: expected seconds");
            assert!(headline.starts_with(&begins), "{headline}");
        }
    }

    #[test]
    fn strictness_is_on_or_off() {
        assert_eq!(["1", "0"].map(parse_strict), [Ok(true), Ok(false)]);
        let headline = parse_strict("yes").unwrap_err().headline;
        assert_eq!(headline, "REHEARSAL_STRICT=yes could not be read: expected `1` or `0`");
    }

    #[test]
    fn a_seed_is_a_whole_number() {
        assert_eq!(parse_seed("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(
            parse_seed("0x7").unwrap_err().headline,
            "REHEARSAL_SEED=0x7 could not be read: expected a whole number from 0 to 18446744073709551615"
        );
    }
}
