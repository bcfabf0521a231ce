//! The page for one finding: what, where, the lines of history around it, how the nearest run differs
//! in which it is not so, the usual cause, and how to have exactly this run again.

use std::fmt::Write as _;

use rehearsal_engine::{ChoiceKind, Code, Finding, Outcome, seconds};
use rehearsal_explore::Swept;
use rehearsal_history::{History, Line};

use crate::paint::{Role, Text};

/// How many lines of history stand before and after the events that a finding points at.
const AROUND: usize = 2;

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

/// The page for a finding.
pub(crate) fn explain(
    finding: &Finding,
    outcome: &Outcome,
    place: &Where<'_>,
    scenario: &str,
) -> Text {
    let mut page = Text::default();
    page.say(Role::Bad, finding.code.as_str());
    page.say(Role::Plain, "  ");
    page.line(Role::Headline, &finding.headline);
    if let Where::Explored { how, .. } = place {
        let _ = write!(page, "\n{how}");
    }
    if let Where::Point { run, index, of, others, .. } = place {
        canceled(&mut page, outcome, run, *index, *of, *others);
    }
    if !finding.details.is_empty() {
        page.line(Role::Plain, "");
        for detail in &finding.details {
            let _ = writeln!(page, "  {detail}");
        }
    }
    excerpt(&mut page, finding, outcome);
    page.append(&rest(finding, outcome, place, scenario));
    page
}

/// At which point the workflow was canceled.
fn canceled(
    page: &mut Text,
    outcome: &Outcome,
    run: &Swept,
    index: usize,
    of: usize,
    others: usize,
) {
    let point = outcome.record.points.get(run.target.nth as usize);
    let at = point.map_or(String::new(), |point| format!(" at {}", seconds(point.at)));
    let (label, nth) = (run.target.place.label(), index + 1);
    let _ = write!(page, "\n  Canceled{at}, {label}: point {nth} of {of}.");
    let _ = match others {
        0 => writeln!(page),
        1 => writeln!(page, " The same happens at 1 other."),
        others => writeln!(page, " The same happens at {others} others."),
    };
}

/// What stands below the excerpt.
fn rest(finding: &Finding, outcome: &Outcome, place: &Where<'_>, scenario: &str) -> Text {
    let mut page = Text::default();
    match place {
        Where::Baseline => {}
        Where::Explored { calm, .. } => contrast(&mut page, outcome, None, calm),
        Where::Point { passing, baseline, .. } => {
            contrast(&mut page, outcome, *passing, baseline);
        }
    }
    let _ = writeln!(page, "\n  Usually: {}.", finding.code.usual_cause());
    page.line(Role::Dim, &format!("  More: docs/diagnostics.md, {}", finding.code));
    if finding.code == Code::NeverReached {
        page.line(
            Role::Plain,
            "\n  No single run shows this: make all of them again, with cargo test.",
        );
        return page;
    }
    page.say(Role::Plain, "\n  Run exactly this again:  ");
    let tape = &outcome.tape;
    page.line(Role::Command, &format!("REHEARSAL_CASE='{scenario}/{tape}' cargo test"));
    page
}

/// The lines of history around the events that a finding points at; the last lines if it points at none.
fn excerpt(page: &mut Text, finding: &Finding, outcome: &Outcome) {
    let Some(lines) = outcome.main().and_then(|main| lines(&main.history)) else { return };
    let marked = |line: &Line| finding.events.contains(&line.id.0);
    let first = lines.iter().position(marked).unwrap_or(lines.len().saturating_sub(3));
    let last = lines.iter().rposition(marked).unwrap_or(lines.len().saturating_sub(1));
    let range = first.saturating_sub(AROUND)..(last + AROUND + 1).min(lines.len());
    page.line(Role::Plain, "");
    let shown = &lines[range];
    let name_width = shown.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let time_width = shown.iter().map(|line| line.time.len()).max().unwrap_or(0);
    for line in shown {
        let (mark, role) = if marked(line) { ('>', Role::Mark) } else { (' ', Role::Dim) };
        let text = format!(
            "  {mark} {:>3}  {:<time_width$}  {:<name_width$}  {}",
            line.id.0, line.time, line.name, line.details
        );
        page.line(role, &cut(text.trim_end()));
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
fn contrast(page: &mut Text, run: &Outcome, passing: Option<&Swept>, baseline: &Outcome) {
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
