//! One run again: the case that `REHEARSAL_CASE` names comes before whatever else a test asks of its scenario, and no
//! test passes that has not run it.
//!
//! libtest runs each test on a thread of its own, which is named after the test. So a report can name the test that a
//! run belongs to, and "in this test" means: on this thread.
//!
//! Which case a test runs is known only when it runs it, since a test may have several scenarios. A test that was asked
//! for by its full name is given until its end; it is then the only one that runs, and the process can end with it. Among
//! others a scenario of another name fails at once.

use std::cell::{Cell, RefCell};
use std::io::{self, Write as _};
use std::sync::PoisonError;
use std::thread;

use rehearsal_activation::quiet::{self, Said};
use rehearsal_engine::{Cause, ChoiceKey, ChoiceKind, Code, Finding, Outcome, Tape};
use rehearsal_explore::Case;

use crate::case::{self, Requested};
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::scenario::Scenario;

/// The exit code of a process whose only test did not run the case: that of a test run that failed.
const EXIT: i32 = 101;

thread_local! {
    static TEST: Test = const {
        Test { ran: Cell::new(false), owed: RefCell::new(None), said: RefCell::new(None) }
    };
}

/// What a test has done about the case so far.
struct Test {
    ran: Cell<bool>,
    /// What is said if it ends without having run it.
    owed: RefCell<Option<Finding>>,
    /// The last report that was given to it while that is so, or its last panic.
    said: RefCell<Option<Said>>,
}

/// When the thread of a test ends, so does the test.
impl Drop for Test {
    fn drop(&mut self) {
        let Some(finding) = self.owed.take().filter(|_| !self.ran.get()) else { return };
        // What the test failed with is held back by its harness, and would be lost.
        let before = self.said.take().and_then(|said| said.lock().ok()?.take());
        let before = before.map(|said| format!("{}\n\n", said.trim_end())).unwrap_or_default();
        // Not `eprintln!`, which a test harness captures. Nobody is left to be told of an error.
        let _told = io::stderr().write_all(format!("\n{before}{finding}\n\n").as_bytes());
        std::process::exit(EXIT);
    }
}

impl Scenario {
    /// Runs the case that the environment names, if it is one of this scenario. If nothing is found in it, whatever the
    /// test asks for comes next, as ever: a test that is green with the variable is green without it.
    pub(crate) fn case_first(&self) -> Result<(), Failure> {
        let name = self.inner.name();
        match case::requested(name).map_err(Failure::of_finding)? {
            Requested::Nothing => Ok(()),
            Requested::Case(case) => {
                TEST.with(|test| test.ran.set(true));
                let outcome = self.examine_case(&case);
                if outcome.findings.is_empty() {
                    return Ok(());
                }
                let nearest = self.nearest_passing(&outcome);
                let failure = Failure::of_rerun(&self.inner, outcome, nearest.as_ref());
                Err(Keeper::new(name).keep(failure))
            }
            Requested::Other { variable, case } => self.not_the_case(&variable, &case),
        }
    }

    /// What it means that this scenario runs while the case is one of another.
    fn not_the_case(&self, variable: &str, case: &Case) -> Result<(), Failure> {
        TEST.with(|test| {
            if test.ran.get() {
                return Ok(());
            }
            let (named, name) = (case.scenario(), self.inner.name());
            let alone = test_name().filter(|name| case::is_asked_for_alone(name));
            if let Some(this) = alone {
                let headline =
                    format!("REHEARSAL_CASE names scenario `{named}`, which {this} did not run");
                let finding = Finding::new(Code::Setup, headline)
                    .with_detail(format!("it ran scenario `{name}`"))
                    .with_detail("a misspelled name, or another test's: so nothing was run again");
                test.owed.borrow_mut().get_or_insert(finding);
                quiet::overhear(test.said.borrow_mut().get_or_insert_default());
                return Ok(());
            }
            let headline =
                format!("REHEARSAL_CASE names scenario `{named}`, and this test runs `{name}`");
            let finding = Finding::new(Code::Setup, headline)
                .with_detail("no test passes without having run the case")
                .with_detail(format!(
                    "to run the test of that scenario alone:  {} cargo test NAME -- --exact",
                    assignment(variable)
                ));
            Err(Failure::of_finding(finding))
        })
    }
}

/// Keeps what a test is told of, in case it ends without having run the case.
pub(crate) fn note_failed(report: &str) {
    let note = |test: &Test| {
        if let Some(said) = &*test.said.borrow() {
            said.lock().unwrap_or_else(PoisonError::into_inner).replace(report.to_owned());
        }
    };
    // On a thread that is being torn down there is nobody to be told.
    let _torn_down = TEST.try_with(note);
}

/// The test that runs on this thread, by its full name; `None` on any other thread.
pub(crate) fn test_name() -> Option<String> {
    let name = thread::current().name()?.to_owned();
    // The names of threads that are not libtest's, and those of examples in documentation, are seldom paths.
    let is_path = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':');
    (is_path && name != "main").then_some(name)
}

/// The command that runs one run again, in that test; `case` is what the variable is set to.
pub(crate) fn command(case: &str, test: Option<&str>) -> String {
    format!("{} {}", assignment(case), cargo_test(test))
}

/// The command that runs that test with these variables.
pub(crate) fn command_with(variables: &str, test: Option<&str>) -> String {
    format!("{variables} {}", cargo_test(test))
}

pub(crate) fn cargo_test(test: Option<&str>) -> String {
    let only = test.map_or(String::new(), |test| format!(" {test} -- --exact"));
    format!("cargo test{only}")
}

/// The same in code, with the scenario that was run.
pub(crate) fn in_code(tape: &Tape) -> String {
    if tape.is_empty() {
        "scenario.run()".to_owned()
    } else {
        format!("scenario.try_run(&\"{tape}\".parse()?)")
    }
}

/// The variable, as a shell takes it.
pub(crate) fn assignment(case: &str) -> String {
    format!("REHEARSAL_CASE='{}'", case.replace('\'', r"'\''"))
}

/// What is to be said of a tape of which the run did not use all answers: it is another run than the one that is meant.
/// A [loose](Tape::loose) tape need not be used up.
pub(crate) fn unasked(tape: &Tape, outcome: &Outcome) -> Option<Finding> {
    if tape.is_loose() {
        return None;
    }
    let used: Vec<_> = outcome.tape.iter().collect();
    let mut unused = tape.iter().filter(|answer| !used.contains(answer)).peekable();
    let (first, answer) = *unused.peek()?;
    let count = |key: &ChoiceKey| match key.execution {
        0 => outcome.record.asked.get(&key.kind).copied().unwrap_or(0),
        other if key.kind == ChoiceKind::Cancel => {
            u32::try_from(outcome.record.points_of(other).len()).unwrap_or(u32::MAX)
        }
        _ => 0,
    };
    let asked = first.nth < count(&first);
    let finding = if asked {
        Finding::new(Code::Setup, format!("`{first}={answer}` is no answer that {first} can have"))
    } else {
        let headline = format!("the run does not ask {first}, which its tape answers");
        Finding::new(Code::Setup, headline)
    };
    let finding = unused.fold(finding, |finding, (key, answer)| {
        let of = format!("{}.{}", key.kind, key.execution);
        let detail = match count(&key) {
            0 => format!("`{key}={answer}`: no such question is asked"),
            1 => format!("`{key}={answer}`: one such question is asked, {of}.0"),
            many => format!("`{key}={answer}`: {many} are asked, {of}.0 to {of}.{}", many - 1),
        };
        finding.with_detail(detail)
    });
    let finding = finding
        .with_detail("so it is not the run that is meant: the code or the scenario has changed");
    Some(finding.with_cause(Cause::OtherRun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_test_that_it_is_for() {
        assert_eq!(
            test_name().as_deref(),
            Some("rerun::tests::a_command_names_the_test_that_it_is_for")
        );
        assert_eq!(
            command("order/cancel.0.3=1", Some("shop::an_order")),
            "REHEARSAL_CASE='order/cancel.0.3=1' cargo test shop::an_order -- --exact"
        );
        assert_eq!(
            command_with("REHEARSAL_SEED=7", Some("shop::order")),
            "REHEARSAL_SEED=7 cargo test shop::order -- --exact"
        );
        assert_eq!(command_with("REHEARSAL_SEED=7", None), "REHEARSAL_SEED=7 cargo test");
        assert_eq!(command("ada's/", None), r"REHEARSAL_CASE='ada'\''s/' cargo test");
    }

    #[test]
    fn a_run_again_in_code() {
        assert_eq!(in_code(&Tape::calm()), "scenario.run()");
        let tape: Tape = "cancel.0.3=1,evict.0.0=1".parse().unwrap();
        assert_eq!(in_code(&tape), "scenario.try_run(&\"cancel.0.3=1,evict.0.0=1\".parse()?)");
    }
}
