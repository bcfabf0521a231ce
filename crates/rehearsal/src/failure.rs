//! Failures: what an unhappy run, sweep or exploration gives to a test.

use std::fmt::{self, Write as _};

use rehearsal_engine::{Finding, Outcome, Tape};
use rehearsal_explore::Case;

use crate::report::{Report, Where, explain};

/// A run or a sweep in which something was found. Shows the report, in `Debug` too, so that `?` in a test reads well.
pub struct Failure {
    report: String,
    findings: Vec<Finding>,
    tape: Tape,
    /// The run, and as a text that can be kept.
    run: Option<Box<(Outcome, Case)>>,
}

impl Failure {
    pub(crate) fn of_run(scenario: &str, outcome: &Outcome) -> Self {
        let mut report = String::new();
        for finding in &outcome.findings {
            report.push_str(&explain(finding, outcome, &Where::Baseline, scenario));
            report.push('\n');
        }
        Self::new(report, outcome.findings.clone(), scenario, outcome)
    }

    pub(crate) fn of_finding(finding: Finding) -> Self {
        let report = finding.to_string();
        Self { report, findings: vec![finding], tape: Tape::calm(), run: None }
    }

    pub(crate) fn of_sweep(report: &Report) -> Self {
        let text = report.to_string();
        let findings = report.findings().cloned().collect();
        Self::new(text, findings, report.scenario(), report.first_failure())
    }

    /// The failure that is shown by the run `outcome`.
    pub(crate) fn new(
        report: String,
        findings: Vec<Finding>,
        scenario: &str,
        outcome: &Outcome,
    ) -> Self {
        let run = Some(Box::new((outcome.clone(), Case::of(scenario, outcome))));
        Self { report, findings, tape: outcome.tape.clone(), run }
    }

    /// Adds something that was found beside the run.
    pub(crate) fn add(&mut self, finding: Finding) {
        let _ = writeln!(self.report, "\n{finding}");
        self.findings.push(finding);
    }

    /// The report.
    #[must_use]
    pub fn report(&self) -> &str {
        &self.report
    }

    /// Everything that was found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
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
        self.run.as_deref().map(|(_, case)| case)
    }

    /// The first run in which something was found; `None` if nothing was run.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.run.as_deref().map(|(outcome, _)| outcome)
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
