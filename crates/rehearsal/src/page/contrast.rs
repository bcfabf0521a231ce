//! How the nearest run that is well differs from the one that is explained.

use std::fmt::Write as _;
use std::sync::Arc;

use rehearsal_engine::{ChoiceKey, ChoiceKind, Execution, Finding, Outcome};
use rehearsal_explore::{Passing, Swept};
use rehearsal_history::{Event, History, Line, side_by_side};

use super::beside::beside;
use super::{cut, shown, values, wrapped};
use crate::answers::in_words;
use crate::paint::{Role, Text};

/// The most characters of what differs in one event.
const LONGEST: usize = 60;

/// What the nearest run in which all is well does where this one goes wrong. Nothing is said if nothing differs.
pub(super) fn contrast(
    page: &mut Text,
    run: &Outcome,
    passing: Option<&Swept>,
    baseline: &Outcome,
) {
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
    if let Some([there, here]) = parted(&there.history, &here.history) {
        let _ = writeln!(page, "\n  {who}:");
        let _ = writeln!(page, "{}", cut(&format!("    there {there}")));
        let _ = writeln!(page, "{}", cut(&format!("    here  {here}")));
    }
}

/// What both runs do side by side, where the other has one answer less and all is well in it. Nothing is said if nothing
/// differs.
pub(super) fn contrast_with(page: &mut Text, finding: &Finding, run: &Outcome, well: &Passing) {
    let Passing { key, answer, outcome: other } = well;
    let (Some(here), Some(there)) = (shown(finding, run), counterpart(finding, run, other)) else {
        return;
    };
    let mut lines = Text::default();
    if !beside(&mut lines, (other, there), (run, here)) {
        return contrast(page, run, None, other);
    }
    page.line(Role::Plain, "");
    let what = if run.tape.len() == 1 {
        "Without that, all is well:".to_owned()
    } else {
        format!("All is well without this one: {}:", in_words(*key, *answer, run))
    };
    page.line(Role::Plain, &wrapped(2, &what));
    page.line(Role::Plain, "");
    page.append(&lines);
}

/// The execution of another run that stands where the one stands that a finding points at.
fn counterpart<'a>(finding: &Finding, run: &Outcome, other: &'a Outcome) -> Option<&'a Execution> {
    let of = shown(finding, run)?;
    let same = |it: &&Execution| it.workflow_id == of.workflow_id;
    let nth = run.executions.iter().filter(same).position(|it| it.run_id == of.run_id)?;
    other.executions.iter().filter(same).nth(nth).or_else(|| other.main())
}

/// What the calm run is called, seen from this one.
fn nothing_strikes(run: &Outcome) -> &'static str {
    let is = |kind| move |(key, _): (ChoiceKey, usize)| key.kind == kind;
    if run.tape.iter().all(is(ChoiceKind::Cancel)) {
        "not canceled at all"
    } else if run.tape.iter().any(is(ChoiceKind::Deploy)) {
        "with the old code to the end"
    } else {
        "with nothing of that"
    }
}

/// The first thing that two runs do otherwise; then the first that they do at another time, then the first that they do
/// with other values.
fn parted(there: &[Arc<Event>], here: &[Arc<Event>]) -> Option<[String; 2]> {
    let (there, here) = (telling(there)?, telling(here)?);
    let pairs = || there.iter().zip(&here);
    let split = pairs().position(|(a, b)| a.name != b.name);
    let split = split.or_else(|| (there.len() != here.len()).then(|| there.len().min(here.len())));
    if let Some(split) = split {
        let describe = |lines: &[Line]| match lines.get(split) {
            Some(line) => event(line, &line.details),
            None => "nothing more".to_owned(),
        };
        return Some([describe(&there), describe(&here)]);
    }
    if let Some((a, b)) = pairs().find(|(a, b)| a.time != b.time) {
        let at = |line: &Line| format!("{} at {}", event(line, &line.details), line.time);
        return Some([at(a), at(b)]);
    }
    let (a, b) = pairs().find(|(a, b)| !values(&a.details).eq(values(&b.details)))?;
    let [left, right] = side_by_side(&a.details, &b.details, LONGEST);
    Some([event(a, &left), event(b, &right)])
}

fn event(line: &Line, details: &str) -> String {
    format!("event {} {} {details}", line.id, line.name).trim_end().to_owned()
}

/// The events that tell what a run does: that it was canceled is known, and workflow tasks come with all the others.
fn telling(history: &[Arc<Event>]) -> Option<Vec<Line>> {
    let tells = |line: &Line| {
        !line.name.starts_with("WorkflowTask") && line.name != "WorkflowExecutionCancelRequested"
    };
    let lines = History::new(history.to_vec()).ok()?.whole_lines();
    Some(lines.into_iter().filter(tells).collect())
}
