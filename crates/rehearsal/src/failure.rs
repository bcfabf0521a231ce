//! Failures: what an unhappy run, sweep or exploration gives to a test.

use std::fmt;
use std::io;

use rehearsal_engine::{Code, Finding, LogLine, Outcome, Scenario, Tape};
use rehearsal_explore::{Case, Passing};

use crate::occurrence::Occurrence;
use crate::page::{Where, explain};
use crate::paint::{Color, Role, Text};
use crate::report::Report;
use crate::rerun::note_failed;
use crate::upgrade::UpgradeReport;

/// A run or a sweep in which something was found. Shows the report, in `Debug` too, so that `?` in a test reads well.
pub struct Failure {
    report: String,
    /// The report in its parts.
    text: Text,
    findings: Vec<Finding>,
    tape: Tape,
    run: Option<Box<Ran>>,
}

/// The first run in which something was found.
struct Ran {
    outcome: Outcome,
    /// The run as a text that can be kept.
    case: Case,
    /// Everything that was found in this run and all others.
    all: Vec<Occurrence>,
}

impl Failure {
    /// Of the calm run by itself, in which something was found.
    pub(crate) fn of_run(scenario: &Scenario, outcome: Outcome) -> Self {
        Self::of_one(scenario, outcome, &Where::Alone, "")
    }

    /// Of the calm run among others that were made, or would have been.
    pub(crate) fn of_baseline(scenario: &Scenario, outcome: Outcome) -> Self {
        Self::of_one(scenario, outcome, &Where::Baseline, "")
    }

    /// Of a run whose tape the test has given.
    pub(crate) fn of_given_run(scenario: &Scenario, outcome: Outcome) -> Self {
        Self::of_one(scenario, outcome, &Where::Given, "")
    }

    /// Of a run whose tape and input the test has drawn, with the nearest run that is well.
    #[cfg(feature = "proptest")]
    pub(crate) fn of_input(
        scenario: &Scenario,
        outcome: Outcome,
        nearest: Option<&Passing>,
    ) -> Self {
        Self::of_one(scenario, outcome, &Where::Input { nearest }, "")
    }

    /// Of the run that the environment asks for, with the nearest run that is well.
    pub(crate) fn of_rerun(
        scenario: &Scenario,
        outcome: Outcome,
        nearest: Option<&Passing>,
    ) -> Self {
        let what = "  One run, of REHEARSAL_CASE. What else the test asks for comes when nothing is found in it.\n";
        Self::of_one(scenario, outcome, &Where::Case { nearest }, what)
    }

    /// Of a run by itself. It is made once more to hear what user code logs. `what` is said of it at the end.
    fn of_one(scenario: &Scenario, mut outcome: Outcome, place: &Where<'_>, what: &str) -> Self {
        scenario.hear(&mut outcome);
        let mut text = Text::default();
        let alone = Where::Alone;
        for (nth, finding) in outcome.findings.iter().enumerate() {
            // What it is seen against is the same for all.
            let place = if nth > 0 && matches!(place, Where::Case { .. } | Where::Input { .. }) {
                &alone
            } else {
                place
            };
            text.append(&explain(finding, &outcome, place, scenario.name()));
            text.line(Role::Plain, "");
        }
        text.say(Role::Plain, what);
        Self::new(text, outcome.findings.clone(), scenario.name(), &outcome)
    }

    pub(crate) fn of_finding(finding: impl Into<Box<Finding>>) -> Self {
        let finding = *finding.into();
        let mut text = Text::default();
        say(&mut text, &finding);
        let report = text.to_string();
        note_failed(&report);
        Self { report, text, findings: vec![finding], tape: Tape::calm(), run: None }
    }

    /// Of a sweep in which something was found. The run that is explained is made once more.
    pub(crate) fn of_sweep(scenario: &Scenario, report: &mut Report) -> Self {
        report.hear(scenario);
        let findings = report.findings().cloned().collect();
        Self::new(report.text(), findings, report.scenario(), report.first_failure())
            .with_all(report.all())
    }

    /// Of the sweep of an upgrade in which something was found. The run that is explained is made once more.
    pub(crate) fn of_upgrade(scenario: &Scenario, report: &mut UpgradeReport) -> Self {
        report.hear(scenario);
        let all = report.all();
        let findings = all.iter().map(|occurrence| occurrence.finding.clone()).collect();
        let Some(first) = report.first_failure() else {
            let headline = "nothing was found, and that is reported";
            return Self::of_finding(Finding::new(Code::IllFormed, headline));
        };
        Self::new(report.text(), findings, report.scenario(), first).with_all(all)
    }

    /// The failure that is shown by the run `outcome`.
    pub(crate) fn new(
        text: Text,
        findings: Vec<Finding>,
        scenario: &str,
        outcome: &Outcome,
    ) -> Self {
        let run = Ran {
            outcome: outcome.clone(),
            case: Case::of(scenario, outcome),
            all: Occurrence::of_run(outcome).collect(),
        };
        let (tape, run) = (outcome.tape.clone(), Some(Box::new(run)));
        let report = text.to_string();
        note_failed(&report);
        Self { report, text, findings, tape, run }
    }

    /// This with everything that was found, in whichever run.
    pub(crate) fn with_all(mut self, all: Vec<Occurrence>) -> Self {
        if let Some(run) = &mut self.run {
            run.all = all;
        }
        self
    }

    /// This with a table of what was run before.
    pub(crate) fn with_table(mut self, table: &Text) -> Self {
        self.text.line(Role::Plain, "");
        self.text.append(table);
        self.report = self.text.to_string();
        self
    }

    /// Adds something that was found beside the run.
    pub(crate) fn add(&mut self, finding: Finding) {
        self.text.line(Role::Plain, "");
        say(&mut self.text, &finding);
        self.text.line(Role::Plain, "");
        self.report = self.text.to_string();
        note_failed(&self.report);
        self.findings.push(finding);
    }

    /// Panics with the report, with colors if standard error is a terminal.
    #[track_caller]
    pub(crate) fn panic(&self) -> ! {
        panic!("{}", self.paint(Color::of(&io::stderr())))
    }

    /// The report.
    #[must_use]
    pub fn report(&self) -> &str {
        &self.report
    }

    /// The report, painted with colors or plain.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Color, Scenario, StartOptions, Tape};
    ///
    /// let nobody_home = Scenario::new("nobody-home").client(|world| {
    ///     world.start_workflow(StartOptions::new("Unknown", "order-7")).unwrap();
    /// });
    /// let failure = nobody_home.try_run(&Tape::calm()).unwrap_err();
    /// assert_eq!(failure.paint(Color::Never), failure.report());
    /// assert!(failure.paint(Color::Always).starts_with("\u{1b}[1;31mRH502"));
    /// ```
    #[must_use]
    pub fn paint(&self, color: Color) -> String {
        self.text.paint(color)
    }

    /// Everything that was found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Everything that was found, each with the point at which the workflow was canceled and the choices of its run.
    /// Empty if nothing was run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, secs};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// /// Never wakes up if it is canceled.
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let slept = ctx.sleep(secs(60)).await;
    ///     ctx.disconnected().wait(|| slept.is_ok()).await
    /// }
    ///
    /// let scenario = Scenario::new("nap")
    ///     .workflow(NAP, nap)
    ///     .client(|world| {
    ///         world.start(NAP, "nap-1", ());
    ///     });
    /// let failure = scenario.try_sweep().unwrap_err();
    /// let last = failure.all().last().unwrap();
    /// let point = last.point.unwrap();
    /// assert!(point.number <= point.of);
    /// // That run alone.
    /// let again = scenario.try_run(&last.tape).unwrap_err();
    /// assert_eq!(again.findings()[0].code, last.finding.code);
    /// ```
    #[must_use]
    pub fn all(&self) -> &[Occurrence] {
        self.run.as_deref().map_or(&[], |run| &run.all)
    }

    /// The choices of the first run in which something was found.
    #[must_use]
    pub fn tape(&self) -> &Tape {
        &self.tape
    }

    /// The first run in which something was found, as a text that can be kept; `None` if nothing was run.
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
    /// let case = failure.case().unwrap();
    /// assert_eq!(case.finding(), Some("RH502"));
    /// assert!(case.to_string().starts_with("rehearsal case 1\n"));
    /// ```
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        self.run.as_deref().map(|run| &run.case)
    }

    /// What workflow, activity and client code logged in that run, as data; the first 1,000 lines. With the features
    /// `tracing` and `log`; empty without.
    #[must_use]
    pub fn logs(&self) -> &[LogLine] {
        self.outcome().map_or(&[], |outcome| &outcome.record.logs)
    }

    /// The first run in which something was found; `None` if nothing was run.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.run.as_deref().map(|run| &run.outcome)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl std::error::Error for Failure {}

/// A finding with no run to show it by.
fn say(text: &mut Text, finding: &Finding) {
    let (code, headline) = (finding.code.as_str(), &finding.headline);
    text.say(Role::Bad, code);
    text.say(Role::Plain, "  ");
    text.say(Role::Headline, headline);
    for detail in &finding.details {
        text.say(Role::Plain, &format!("\n  {detail}"));
    }
}
