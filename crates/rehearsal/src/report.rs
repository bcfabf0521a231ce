//! Reports: what a person reads after a sweep, and what a test prints when it fails.

use std::fmt::{self, Write as _};

use rehearsal_engine::{ChoiceKind, Code, Finding, Horizon, Outcome, Place, Replays, seconds};
use rehearsal_explore::{Row, Sweep, Swept};
use rehearsal_history::{History, Line, Status};

/// How many lines of history stand before and after the events that a finding points at.
const AROUND: usize = 2;

/// What a sweep came to.
#[derive(Debug)]
pub struct Report {
    scenario: String,
    sweep: Sweep,
}

impl Report {
    pub(crate) fn new(scenario: &str, sweep: Sweep) -> Self {
        Self { scenario: scenario.to_owned(), sweep }
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

    /// Everything that was found, that of the baseline first.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        let swept = self.sweep.runs.iter().flat_map(|run| &run.outcome.findings);
        self.sweep.baseline.findings.iter().chain(swept)
    }

    /// The first run in which something was found; the baseline if there is none.
    pub(crate) fn first_failure(&self) -> &Outcome {
        self.sweep.failures().next().map_or(&self.sweep.baseline, |(_, run)| &run.outcome)
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
        let rows = self.sweep.rows();
        let mut statuses: Vec<Status> = Vec::new();
        for (status, _) in rows.iter().flat_map(|row| &row.ended) {
            if !statuses.contains(status) {
                statuses.push(*status);
            }
        }
        statuses.sort();
        let mut table = String::new();
        if let Some(line) = horizon(self.sweep.baseline.record.horizon) {
            let _ = writeln!(table, "{line}\n");
        }
        let mut head = format!("  {:<36} {:>6}", "where", "points");
        for status in &statuses {
            let _ = write!(head, "  {:>10}", format!("{status:?}"));
        }
        let _ = writeln!(table, "{head}  {:>9}  {:>8}", "no effect", "findings");
        for row in &rows {
            let no_effect = if row.place == Place::AfterClose { row.points } else { 0 };
            let counts: Vec<usize> = statuses.iter().map(|status| count(row, *status)).collect();
            table.push_str(&line(row.place.label(), row.points, &counts, no_effect, row.findings));
        }
        let total = |of: &dyn Fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
        let counts: Vec<usize> =
            statuses.iter().map(|status| total(&|row| count(row, *status))).collect();
        let no_effect = total(&|row| if row.place == Place::AfterClose { row.points } else { 0 });
        let label = format!("{} points, all run and replayed", self.points());
        table.push_str(&line(
            &label,
            self.points(),
            &counts,
            no_effect,
            total(&|row| row.findings),
        ));
        let _ = writeln!(table, "  {}", replays(self.sweep.replays));
        table
    }

    /// The finding of the first run that has one, explained; `None` if nothing was found.
    #[must_use]
    pub fn explanation(&self) -> Option<String> {
        let baseline = &self.sweep.baseline;
        if let Some(finding) = baseline.findings.first() {
            return Some(explain(finding, baseline, &Where::Baseline, &self.scenario));
        }
        let failures: Vec<(usize, &Swept)> = self.sweep.failures().collect();
        let (index, first) = failures.first()?;
        let finding = first.outcome.findings.first()?;
        let same =
            |run: &Swept| run.outcome.findings.iter().any(|other| other.code == finding.code);
        let place = Where::Point {
            run: first,
            index: *index,
            of: self.points(),
            others: failures.iter().filter(|(_, run)| same(run)).count() - 1,
            passing: self.sweep.runs[..*index]
                .iter()
                .rev()
                .find(|run| run.outcome.findings.is_empty()),
            baseline,
        };
        Some(explain(finding, &first.outcome, &place, &self.scenario))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(explanation) = self.explanation() {
            writeln!(f, "{explanation}")?;
        }
        if self.sweep.baseline.findings.is_empty() || self.points() > 0 {
            f.write_str(&self.table())
        } else {
            f.write_str(
                "  The run without a cancel fails already, so it was not canceled anywhere.\n",
            )
        }
    }
}

/// How the runs were replayed. A run with many workflow tasks is not replayed from a cold cache at each of them.
fn replays(replays: Replays) -> String {
    let Replays { cold, tasks, .. } = replays;
    if cold == tasks {
        "replayed from the start, and from a cold cache at every workflow task".to_owned()
    } else {
        format!(
            "replayed from the start, and from a cold cache at {cold} of {tasks} workflow tasks"
        )
    }
}

/// How many runs of a row ended with this status.
fn count(row: &Row, status: Status) -> usize {
    row.ended.iter().filter(|(ended, _)| *ended == status).map(|(_, count)| count).sum()
}

fn line(label: &str, points: usize, counts: &[usize], no_effect: usize, findings: usize) -> String {
    let cell = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    let mut line = format!("  {label:<36} {points:>6}");
    for count in counts {
        let _ = write!(line, "  {:>10}", cell(*count));
    }
    let _ = writeln!(line, "  {:>9}  {:>8}", cell(no_effect), cell(findings));
    line
}

fn horizon(horizon: Option<Horizon>) -> Option<String> {
    match horizon? {
        Horizon::AtRest(at) => Some(format!(
            "canceled at every point, up to {}: then the workflow is at rest, and only a client could move it",
            seconds(at)
        )),
        Horizon::Repeats(at) => Some(format!(
            "canceled at every point, up to {}: by then two full cycles have brought nothing new",
            seconds(at)
        )),
    }
}

/// Which run a finding is of.
pub(crate) enum Where<'a> {
    Baseline,
    /// A random run; `calm` is the run in which nothing strikes.
    Explored {
        how: String,
        calm: &'a Outcome,
    },
    Point {
        run: &'a Swept,
        index: usize,
        of: usize,
        others: usize,
        passing: Option<&'a Swept>,
        baseline: &'a Outcome,
    },
}

/// The page for one finding: what, where, the lines of history around it, how the nearest run differs in which it is
/// not so, the usual cause, and how to have exactly this run again.
pub(crate) fn explain(
    finding: &Finding,
    outcome: &Outcome,
    place: &Where<'_>,
    scenario: &str,
) -> String {
    let mut page = format!("{}  {}\n", finding.code, finding.headline);
    if let Where::Explored { how, .. } = place {
        let _ = write!(page, "\n{how}");
    }
    if let Where::Point { run, index, of, others, .. } = place {
        let point = outcome.record.points.get(run.target.nth as usize);
        let at = point.map_or(String::new(), |point| format!(" at {}", seconds(point.at)));
        let _ = write!(
            page,
            "\n  Canceled{at}, {}: point {} of {of}.",
            run.target.place.label(),
            index + 1
        );
        match others {
            0 => page.push('\n'),
            1 => page.push_str(" The same happens at 1 other.\n"),
            others => {
                let _ = writeln!(page, " The same happens at {others} others.");
            }
        }
    }
    if !finding.details.is_empty() {
        page.push('\n');
        for detail in &finding.details {
            let _ = writeln!(page, "  {detail}");
        }
    }
    excerpt(&mut page, finding, outcome);
    match place {
        Where::Baseline => {}
        Where::Explored { calm, .. } => contrast(&mut page, outcome, None, calm),
        Where::Point { passing, baseline, .. } => {
            contrast(&mut page, outcome, *passing, baseline);
        }
    }
    let _ = writeln!(page, "\n  Usually: {}.", finding.code.usual_cause());
    let _ = writeln!(page, "  More: docs/diagnostics.md, {}", finding.code);
    if finding.code == Code::NeverReached {
        page.push_str("\n  No single run shows this: make all of them again, with cargo test.\n");
        return page;
    }
    let tape = &outcome.tape;
    let _ = writeln!(
        page,
        "\n  Run exactly this again:  REHEARSAL_CASE='{scenario}/{tape}' cargo test"
    );
    page
}

/// The lines of history around the events that a finding points at; the last lines if it points at none.
fn excerpt(page: &mut String, finding: &Finding, outcome: &Outcome) {
    let Some(lines) = outcome.main().and_then(|main| lines(&main.history)) else { return };
    let marked = |line: &Line| finding.events.contains(&line.id.0);
    let first = lines.iter().position(marked).unwrap_or(lines.len().saturating_sub(3));
    let last = lines.iter().rposition(marked).unwrap_or(lines.len().saturating_sub(1));
    let range = first.saturating_sub(AROUND)..(last + AROUND + 1).min(lines.len());
    page.push('\n');
    let shown = &lines[range];
    let name_width = shown.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let time_width = shown.iter().map(|line| line.time.len()).max().unwrap_or(0);
    for line in shown {
        let mark = if marked(line) { '>' } else { ' ' };
        let text = format!(
            "  {mark} {:>3}  {:<time_width$}  {:<name_width$}  {}",
            line.id.0, line.time, line.name, line.details
        );
        page.push_str(&cut(text.trim_end()));
        page.push('\n');
    }
}

/// A line of a report, no wider than 100 columns.
fn cut(line: &str) -> String {
    const WIDEST: usize = 100;
    if line.chars().count() <= WIDEST {
        return line.to_owned();
    }
    line.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// What the nearest run in which all is well does where this one goes wrong.
fn contrast(page: &mut String, run: &Outcome, passing: Option<&Swept>, baseline: &Outcome) {
    let (who, other) = match passing {
        Some(passing) => (
            format!(
                "canceled {} instead, the nearest run before it that is well",
                passing.target.place.label()
            ),
            &passing.outcome,
        ),
        None => (format!("{}, all is well", nothing_strikes(run)), baseline),
    };
    let (Some(here), Some(there)) = (run.main(), other.main()) else { return };
    let (Some(here), Some(there)) = (lines(&here.history), lines(&there.history)) else { return };
    let same = |a: &Line, b: &Line| a.name == b.name;
    let split = here
        .iter()
        .zip(&there)
        .position(|(a, b)| !same(a, b))
        .unwrap_or(here.len().min(there.len()));
    let _ = writeln!(page, "\n  {who}:");
    let describe = |lines: &[Line]| match lines.get(split) {
        Some(line) => format!("{} {} {}", line.id.0, line.name, line.details).trim_end().to_owned(),
        None => "nothing more".to_owned(),
    };
    let _ = writeln!(page, "    there event {}", describe(&there));
    let _ = writeln!(page, "    here  event {}", describe(&here));
}

/// What the calm run is called, seen from this one.
fn nothing_strikes(run: &Outcome) -> &'static str {
    let cancels_only = run.tape.iter().all(|(key, _)| key.kind == ChoiceKind::Cancel);
    if cancels_only { "not canceled at all" } else { "with nothing of that" }
}

fn lines(history: &[std::sync::Arc<rehearsal_history::Event>]) -> Option<Vec<Line>> {
    History::new(history.to_vec()).ok().map(|history| history.lines())
}
