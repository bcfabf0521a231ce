//! How the nearest run that is well differs from the one that is explained: both side by side.

use std::fmt::Write as _;
use std::sync::Arc;

use rehearsal_engine::{ChoiceKey, ChoiceKind, Execution, Finding, Outcome};
use rehearsal_explore::{Passing, Swept};
use rehearsal_history::{Event, History, Line, duration_text, side_by_side};

use super::beside::beside;
use super::{cut, shown, values, who, wrapped};
use crate::answers::{in_words, place_in_words};
use crate::paint::{Role, Text};

/// The most characters of what differs in one event.
const LONGEST: usize = 60;

/// The run in which nothing strikes, in which all is well.
pub(super) fn contrast_with_calm(
    page: &mut Text,
    finding: &Finding,
    run: &Outcome,
    calm: &Outcome,
) {
    let is = |kind| move |(key, _): (ChoiceKey, usize)| key.kind == kind;
    let (what, left) = if run.tape.iter().all(is(ChoiceKind::Cancel)) {
        ("Not canceled at all, all is well:", "not canceled")
    } else if run.tape.iter().any(is(ChoiceKind::Deploy)) {
        ("With the old code to the end, all is well:", "old code")
    } else {
        without(run)
    };
    if tells(finding, run, calm) {
        contrast(page, finding, (run, calm), what, left);
    }
}

/// The run that is canceled at another point, in which all is well.
pub(super) fn contrast_with_point(page: &mut Text, finding: &Finding, run: &Outcome, well: &Swept) {
    let Swept { target, outcome: other } = well;
    let who = who(other, target.execution, "Canceled");
    let point = other.record.point(target.execution, target.nth);
    let at = point.map_or(String::new(), |point| format!(" at {}", duration_text(point.at)));
    let place = place_in_words(target.place);
    let what = format!("{who}{at}, {place}, all is well; no such point is nearer:");
    if tells(finding, run, other) {
        contrast(page, finding, (run, other), &what, "canceled there");
    }
}

/// The run that has one answer less, in which all is well.
pub(super) fn contrast_with(page: &mut Text, finding: &Finding, run: &Outcome, well: &Passing) {
    let Passing { key, answer, outcome: other } = well;
    let one = format!("All is well without this one: {}:", in_words(*key, *answer, run));
    let (what, left) = without(run);
    let what = if run.tape.len() == 1 { what } else { &one };
    contrast(page, finding, (run, other), what, left);
}

/// Whether more differs than that, or where, it was canceled, which is known.
fn tells(finding: &Finding, run: &Outcome, other: &Outcome) -> bool {
    let there = counterpart(finding, run, other);
    let histories = shown(finding, run).zip(there);
    histories.is_some_and(|(here, there)| parted(&there.history, &here.history).is_some())
}

/// What a run is called in which it is not so that something strikes.
fn without(run: &Outcome) -> (&'static str, &'static str) {
    let one = run.tape.len() == 1;
    (
        if one { "Without that, all is well:" } else { "Without all that, all is well:" },
        "without it",
    )
}

/// What two runs do side by side; where that is the same, the first values that are not. Nothing is said if nothing differs.
fn contrast(
    page: &mut Text,
    finding: &Finding,
    (run, other): (&Outcome, &Outcome),
    what: &str,
    left: &str,
) {
    let (Some(here), Some(there)) = (shown(finding, run), counterpart(finding, run, other)) else {
        return;
    };
    let mut lines = Text::default();
    if !beside(&mut lines, left, (other, there), (run, here)) {
        let Some([there, here]) = parted(&there.history, &here.history) else { return };
        let _ = writeln!(lines, "{}", cut(&format!("    there {there}")));
        let _ = writeln!(lines, "{}", cut(&format!("    here  {here}")));
    }
    page.line(Role::Plain, "");
    page.line(Role::Plain, &wrapped(2, what));
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
