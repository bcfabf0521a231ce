//! Reports: what a person reads after a sweep, and what a test prints when it fails.

use std::fmt::{self, Write as _};

use rehearsal_engine::{Finding, Horizon, Outcome, Place, Replays, Scenario, Unseen};
use rehearsal_explore::{Accepted, Block, Passing, Row, Sweep, Swept, Twice};
use rehearsal_history::{Status, duration_text};

use crate::occurrence::{Occurrence, told};
use crate::page::Where;
use crate::paint::{Color, Role, Text};

mod struck;

/// What a sweep came to.
#[derive(Debug)]
pub struct Report {
    scenario: String,
    sweep: Sweep,
    /// The run that the first one in which something was found is shown beside, if more than one thing strikes in it.
    nearest: Option<Passing>,
}

impl Report {
    pub(crate) fn new(scenario: &str, sweep: Sweep) -> Self {
        Self { scenario: scenario.to_owned(), sweep, nearest: None }
    }

    /// Shows the first run in which something was found beside this one, in which all is well.
    pub(crate) fn show_beside(&mut self, nearest: Option<Passing>) {
        self.nearest = nearest;
    }

    /// How many cancellation points there were; each was run.
    #[must_use]
    pub fn points(&self) -> usize {
        self.sweep.runs.len()
    }

    /// The run without an injected cancel.
    #[must_use]
    pub fn baseline(&self) -> &Outcome {
        &self.sweep.baseline
    }

    /// The canceled runs, in the order of their points: the kind of point, and the run.
    pub fn runs(&self) -> impl Iterator<Item = (Place, &Outcome)> {
        self.sweep.runs.iter().map(|run| (run.target.place, &run.outcome))
    }

    /// The runs in which one fault strikes and nothing else, in the order in which they were asked for; their tapes say
    /// which. None unless it is a report of [`Scenario::sweep_faults`](crate::Scenario::sweep_faults) or
    /// [`Scenario::sweep_pairs`](crate::Scenario::sweep_pairs).
    pub fn faults(&self) -> impl Iterator<Item = &Outcome> {
        self.sweep.faults().map(|run| &run.outcome)
    }

    /// How many runs were made in which two things strike.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.sweep.pairs.as_ref().map_or(0, |pairs| pairs.made)
    }

    /// How many more pairs come to the same as one of those, and were not run.
    #[must_use]
    pub fn merged(&self) -> usize {
        self.sweep.pairs.iter().flat_map(|pairs| &pairs.rows).map(|row| row.merged).sum()
    }

    /// What none of the runs saw: awaits that none got past, signals that none read, checks that had nothing to judge. Empty
    /// if anything was found, as it is then told what to look at.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Code, Report};
    ///
    /// fn timeouts_are_rehearsed(report: &Report) -> bool {
    ///     !report.unseen().iter().any(|unseen| unseen.code == Code::NeverPassed)
    /// }
    /// ```
    #[must_use]
    pub fn unseen(&self) -> &[Unseen] {
        &self.sweep.unseen
    }

    /// Everything that was found, that of the baseline first.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        let pairs = self.sweep.pairs.iter().flat_map(|pairs| &pairs.failed);
        let found = self.sweep.outcomes().flat_map(|outcome| &outcome.findings);
        let found = found.chain(pairs.flat_map(|pair| &pair.findings));
        self.sweep.baseline.findings.iter().chain(found)
    }

    /// The first run in which something was found; the baseline if there is none.
    pub(crate) fn first_failure(&self) -> &Outcome {
        let first = self.sweep.outcomes().find(|outcome| !outcome.findings.is_empty());
        let pair = self.sweep.pairs.as_ref().and_then(|pairs| pairs.first.as_deref());
        first.or(pair).unwrap_or(&self.sweep.baseline)
    }

    /// Notes what user code logs in the first run in which something was found.
    pub(crate) fn hear(&mut self, scenario: &Scenario) {
        let Sweep { baseline, runs, faults, pairs, .. } = &mut self.sweep;
        let struck = faults.iter_mut().flatten().map(|run| &mut run.outcome);
        let mut outcomes = runs.iter_mut().map(|run| &mut run.outcome).chain(struck);
        let first = outcomes.find(|outcome| !outcome.findings.is_empty());
        let pair = pairs.as_mut().and_then(|pairs| pairs.first.as_deref_mut());
        scenario.hear(first.or(pair).unwrap_or(baseline));
    }

    /// Everything that was found, with its runs.
    pub(crate) fn all(&self) -> Vec<Occurrence> {
        Occurrence::of_sweep(&self.sweep)
    }

    pub(crate) fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    pub(crate) fn scenario(&self) -> &str {
        &self.scenario
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings().next().is_none()
    }

    /// How many points of each kind there were, how their runs ended, and in how many something was found. The same
    /// for every sweep of the same scenario, so that it can be a snapshot.
    #[must_use]
    pub fn table(&self) -> String {
        self.rows(Places::Hidden).to_string()
    }

    fn rows(&self, places: Places) -> Text {
        let blocks = self.sweep.blocks();
        let rows: Vec<&Row> = blocks.iter().flat_map(|block| &block.rows).collect();
        let ended = rows.iter().flat_map(|row| &row.ended).map(|(status, _)| *status);
        let mut statuses: Vec<Status> = ended.chain(struck::statuses(&self.sweep)).collect();
        statuses.sort();
        statuses.dedup();
        let mut table = Text::default();
        if let Some(line) = horizon(self.sweep.baseline.record.horizon) {
            let _ = writeln!(table, "{line}\n");
        }
        let mut head = format!("  {:<36} {:>6}", "where", "points");
        for status in &statuses {
            let _ = write!(head, "  {:>10}", format!("{status:?}"));
        }
        let _ = write!(head, "  {:>9}  {:>8}", "no effect", "findings");
        table.line(Role::Dim, &head);
        for block in &blocks {
            if blocks.len() > 1 {
                table.line(Role::Plain, &format!("  {}", named(block, &blocks)));
            }
            for row in &block.rows {
                let no_effect = if row.place == Place::AfterClose { row.points } else { 0 };
                let counts: Vec<usize> =
                    statuses.iter().map(|status| count(row, *status)).collect();
                line(&mut table, row.place.label(), row.points, &counts, no_effect, row.findings);
            }
        }
        let total = |of: &dyn Fn(&Row) -> usize| rows.iter().map(|row| of(row)).sum::<usize>();
        let counts: Vec<usize> =
            statuses.iter().map(|status| total(&|row| count(row, *status))).collect();
        let no_effect = total(&|row| if row.place == Place::AfterClose { row.points } else { 0 });
        let all = match self.sweep {
            Sweep { stopped: true, .. } => "then it was stopped",
            Sweep { replays: Replays { from_start: 0, .. }, .. } => "all run",
            Sweep { .. } => "all run and replayed",
        };
        let label = format!("{} points, {all}", self.points());
        let findings = total(&|row| row.findings);
        line(&mut table, &label, self.points(), &counts, no_effect, findings);
        // It says what nothing was found in. Runs with a finding are not canceled once more.
        if let Some(twice) = self.sweep.twice.filter(|_| self.is_clean() && !self.sweep.stopped) {
            table.line(Role::Dim, &format!("  {}", canceled_twice(twice)));
        }
        struck::rows(&mut table, &self.sweep, &statuses);
        table.line(Role::Dim, &format!("  {}", replays(self.sweep.replays)));
        for line in accepted_lines(&self.accepted()) {
            table.line(Role::Mark, &format!("  {line}"));
        }
        for line in unseen_lines(&self.sweep.unseen, places) {
            table.line(Role::Dim, &format!("  {line}"));
        }
        table
    }

    /// In how many runs a known defect of the SDK struck that the scenario accepts, and why it does.
    fn accepted(&self) -> Accepted {
        let mut accepted =
            self.sweep.pairs.as_ref().map(|pairs| pairs.accepted.clone()).unwrap_or_default();
        let outcomes = self.sweep.outcomes().chain([&self.sweep.baseline]);
        outcomes.for_each(|run| accepted.note(&run.record));
        accepted
    }

    /// The finding of the first run that has one, explained; `None` if nothing was found.
    #[must_use]
    pub fn explanation(&self) -> Option<String> {
        self.page().map(|page| page.to_string())
    }

    /// The whole report, as `Display` shows it, painted with colors or plain.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Color, Report};
    ///
    /// fn show(report: &Report) {
    ///     println!("{}", report.paint(Color::of(&std::io::stdout())));
    /// }
    /// ```
    #[must_use]
    pub fn paint(&self, color: Color) -> String {
        self.text().paint(color)
    }

    /// The report in its parts.
    pub(crate) fn text(&self) -> Text {
        let mut text = Text::default();
        if let Some(page) = self.page() {
            text.append(&page);
            text.line(Role::Plain, "");
        }
        if self.sweep.baseline.findings.is_empty() || self.points() > 0 {
            text.append(&self.rows(Places::Shown));
        } else {
            text.line(
                Role::Plain,
                "  The run without a cancel fails already, so it was not canceled anywhere.",
            );
        }
        text
    }

    fn page(&self) -> Option<Text> {
        let baseline = &self.sweep.baseline;
        let all = Occurrence::of_sweep(&self.sweep);
        if let Some(finding) = baseline.findings.first() {
            return Some(told(finding, baseline, &Where::Baseline, &all, &self.scenario));
        }
        let failures: Vec<(usize, &Swept)> = self.sweep.failures().collect();
        let Some((index, first)) = failures.first() else {
            let (outcome, how) = struck::first(&self.sweep)?;
            let finding = outcome.findings.first()?;
            let nearest = self.nearest.as_ref();
            let place = Where::Explored { how, nearest, calm: baseline };
            return Some(told(finding, outcome, &place, &all, &self.scenario));
        };
        let finding = first.outcome.findings.first()?;
        let same = |run: &Swept| run.outcome.findings.iter().any(|other| other.is_like(finding));
        let place = Where::Point {
            run: first,
            index: *index,
            of: self.points(),
            others: failures.iter().filter(|(_, run)| same(run)).count() - 1,
            passing: self.nearest_point(*index),
            nearest: self.nearest.as_ref(),
            baseline,
        };
        Some(told(finding, &first.outcome, &place, &all, &self.scenario))
    }
}

impl Report {
    /// The nearest point to one of this index at which the same execution is canceled and all is well; of two that are as near
    /// the earlier one. Behind the end a cancel changes nothing, and a second one is another matter.
    fn nearest_point(&self, index: usize) -> Option<&Swept> {
        let of = self.sweep.runs.get(index)?.target.execution;
        let is_well = |(_, run): &(usize, &Swept)| {
            run.target.execution == of
                && !matches!(run.target.place, Place::AfterClose | Place::SecondRequest)
                && run.outcome.findings.is_empty()
        };
        let well = self.sweep.runs.iter().enumerate().filter(is_well);
        well.min_by_key(|(at, _)| at.abs_diff(index)).map(|(_, run)| run)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text())
    }
}

/// What a block is called: the workflow that is canceled, and which run if it is one of a chain.
fn named(block: &Block, blocks: &[Block]) -> String {
    let Block { workflow_type, workflow_id, run, .. } = block;
    let of_chain = blocks.iter().filter(|other| other.execution == block.execution).count() > 1;
    if of_chain || *run > 0 {
        format!("{workflow_type} ({workflow_id}), run {}:", run + 1)
    } else {
        format!("{workflow_type} ({workflow_id}):")
    }
}

/// In which canceled runs a second cancel was tried.
fn canceled_twice(Twice { runs, ways }: Twice) -> String {
    match (runs, ways) {
        (1, 1) => "a second cancel at every point of a canceled run: all first ones end in one way"
            .to_owned(),
        (runs, ways) if runs == ways => format!(
            "a second cancel at every point of {runs} canceled runs, one for each way a first one ends"
        ),
        (runs, ways) => format!(
            "a second cancel at every point of {runs} canceled runs, for {runs} of {ways} ways a first one ends"
        ),
    }
}

/// How the runs were replayed. A run with many workflow tasks is not replayed from a cold cache at each of them.
fn replays(replays: Replays) -> String {
    let Replays { cold, tasks, from_start, .. } = replays;
    if from_start == 0 {
        "not replayed: the code is outside".to_owned()
    } else if cold == tasks {
        "replayed from the start, and from a cold cache at every workflow task".to_owned()
    } else {
        format!(
            "replayed from the start, and from a cold cache at {cold} of {tasks} workflow tasks"
        )
    }
}

/// The known defects that were accepted, a line each.
pub(crate) fn accepted_lines(accepted: &Accepted) -> Vec<String> {
    let line =
        |(defect, runs, reason)| format!("known defect {defect} accepted, runs: {runs} ({reason})");
    accepted.iter().map(line).collect()
}

/// The most lines about what was not seen.
const MOST_UNSEEN: usize = 8;

/// Whether lines of code are named. A table is kept as a snapshot, which should not change with each line above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    Shown,
    Hidden,
}

/// What no run saw, as the last lines of a report.
pub(crate) fn unseen_lines(unseen: &[Unseen], places: Places) -> Vec<String> {
    let line = |Unseen { what, at, .. }: &Unseen| match at {
        Some(at) if places == Places::Shown => {
            format!("not seen in any run: {what}, asked for at {at}")
        }
        Some(_) | None => format!("not seen in any run: {what}"),
    };
    let mut lines: Vec<String> = unseen.iter().take(MOST_UNSEEN).map(line).collect();
    if unseen.len() > MOST_UNSEEN {
        lines.push(format!("not seen in any run: {} things more", unseen.len() - MOST_UNSEEN));
    }
    lines
}

/// How many runs of a row ended with this status.
fn count(row: &Row, status: Status) -> usize {
    ended_with(&row.ended, status)
}

/// How many of these ended with this status.
pub(crate) fn ended_with(ended: &[(Status, usize)], status: Status) -> usize {
    ended.iter().filter(|(ended, _)| *ended == status).map(|(_, count)| count).sum()
}

fn line(
    table: &mut Text,
    label: &str,
    points: usize,
    counts: &[usize],
    no_effect: usize,
    findings: usize,
) {
    let _ = write!(table, "  {label:<36} {points:>6}");
    for count in counts {
        let _ = write!(table, "  {:>10}", cell(*count));
    }
    let _ = write!(table, "  {:>9}  ", cell(no_effect));
    let role = if findings == 0 { Role::Plain } else { Role::Bad };
    table.line(role, &format!("{:>8}", cell(findings)));
}

/// A number in a table.
pub(crate) fn cell(count: usize) -> String {
    if count == 0 { "-".to_owned() } else { count.to_string() }
}

fn horizon(horizon: Option<Horizon>) -> Option<String> {
    match horizon? {
        Horizon::AtRest(at) => Some(format!(
            "canceled at every point, up to {}: then the workflow is at rest, and only a client could move it",
            duration_text(at)
        )),
        Horizon::Repeats(at) => Some(format!(
            "canceled at every point, up to {}: by then two full cycles have brought nothing new",
            duration_text(at)
        )),
    }
}
