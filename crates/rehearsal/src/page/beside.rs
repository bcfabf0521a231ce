//! Two runs side by side: what both do first, then what each of them does.

use std::time::Duration;

use rehearsal_engine::{Call, Execution, OfAttempt, Outcome, Struck};
use rehearsal_history::{EventId, History, duration_text};

use super::{WIDEST, cut_to, values};
use crate::paint::{Role, Text};

/// How many lines that both have in common are shown, the last ones.
const COMMON: usize = 2;

/// The most lines of each after that.
const APART: usize = 6;

/// How wide a column is: two of them, the margin and what stands between fit into a line.
const COLUMN: usize = (WIDEST - 4 - 3) / 2;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    at: Duration,
    what: String,
    /// Whether a fault struck.
    struck: bool,
}

/// Shows what two runs do side by side, from a little before they part, the other one on the left under its name. Returns
/// whether they part: nothing is shown if not.
pub(super) fn beside(
    page: &mut Text,
    name: &str,
    (there, well): (&Outcome, &Execution),
    (here, fails): (&Outcome, &Execution),
) -> bool {
    let (left, right) = (rows(there, well), rows(here, fails));
    let pairs = left.iter().zip(&right);
    let shared = pairs.take_while(|(a, b)| (a.at, &a.what) == (b.at, &b.what)).count();
    if shared == left.len() && shared == right.len() {
        return false;
    }
    let first = shared.saturating_sub(COMMON);
    let last = (shared + APART).min(left.len().max(right.len()));
    let shown = |rows: &[Row]| -> Vec<Row> {
        rows.iter().skip(first).take(last - first).cloned().collect()
    };
    let more = [&left, &right].map(|rows| if rows.len() > last { "…" } else { "" });
    let (left, right) = (shown(&left), shown(&right));
    let times = left.iter().chain(&right).map(|row| duration_text(row.at).len());
    let width = times.max().unwrap_or(0);
    line(page, Role::Dim, name, (Role::Dim, "here"));
    for nth in 0..last - first {
        let common = first + nth < shared;
        let text = |rows: &[Row], of: &Outcome| match rows.get(nth) {
            Some(row) => format!("{:<width$}  {}", duration_text(row.at), row.what),
            None if nth > 0 && rows.get(nth - 1).is_none() => String::new(),
            None if of.record.horizon.is_some() => "and so it goes on".to_owned(),
            None => "nothing more".to_owned(),
        };
        let role = match right.get(nth) {
            _ if common => Role::Dim,
            Some(row) if row.struck => Role::Bad,
            _ => Role::Mark,
        };
        let left_role = if common { Role::Dim } else { Role::Plain };
        line(page, left_role, &text(&left, there), (role, &text(&right, here)));
    }
    if more != ["", ""] {
        line(page, Role::Dim, more[0], (Role::Dim, more[1]));
    }
    true
}

fn line(page: &mut Text, role: Role, left: &str, (right_role, right): (Role, &str)) {
    page.say(Role::Plain, "    ");
    let right = cut_to(right, COLUMN);
    let left = cut_to(left, COLUMN);
    page.say(role, &format!("{left:<COLUMN$}"));
    page.say(Role::Dim, if right.is_empty() { " |" } else { " | " });
    page.line(right_role, &right);
}

/// What happened to one execution and to the attempts of its activities, in the order of time.
///
/// That a workflow task went as it should is left out, and where an activity started, since its attempts say so, those too
/// that no event tells of. What is of the same instant stands behind the event that it follows from.
fn rows(outcome: &Outcome, execution: &Execution) -> Vec<Row> {
    let mut keyed: Vec<((Duration, EventId, u32), Row)> = Vec::new();
    let mut add = |at, event, order, what: String, struck| {
        keyed.push(((at, event, order), Row { at, what, struck }));
    };
    let began = outcome.record.began;
    let lines = History::new(execution.history.clone()).map(|it| it.lines()).unwrap_or_default();
    for (line, event) in lines.iter().zip(&execution.history) {
        if is_telling(&line.name) {
            let said = format!("{} {}", line.name, without_numbers(&line.details));
            add(event.time.since(began), event.id, 0, said.trim_end().to_owned(), false);
        }
    }
    for call in outcome.calls_of(execution) {
        let (activity, attempt) = (&call.activity, call.attempt);
        let order = attempt.saturating_mul(4);
        let begins = format!("{activity}, attempt {attempt}, begins");
        add(call.started, call.scheduled, order, begins, false);
        // Where a fault has it fail, that is said.
        if let Some(at) = call.ended.filter(|_| !fails_by_fault(outcome, call)) {
            let how = match &call.result {
                Some(Ok(_)) => "returns",
                Some(Err(error)) if error.is_canceled() => "says that it was canceled",
                Some(Err(_)) => "fails",
                None => "leaves its end to others",
            };
            let what = format!("{activity}, attempt {attempt}, {how}");
            add(at, call.scheduled, order.saturating_add(2), what, false);
        }
    }
    for strike in &outcome.record.strikes {
        let of: Option<&OfAttempt> = strike.what.attempt();
        if of.is_some_and(|of| of.run_id != execution.run_id) {
            continue;
        }
        let last = (EventId(u64::MAX), 0);
        let order = |of: &OfAttempt| (of.scheduled, of.attempt.saturating_mul(4).saturating_add(3));
        let (event, order) = of.map_or(last, order);
        add(strike.at, event, order, strike.what.in_short(), true);
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// Whether a fault had an attempt fail instead of running its code.
fn fails_by_fault(outcome: &Outcome, call: &Call) -> bool {
    let of_call = |of: &OfAttempt| {
        (&of.run_id, of.scheduled, of.attempt) == (&call.run_id, call.scheduled, call.attempt)
    };
    let fails = |what: &Struck| matches!(what, Struck::Failed(of) if of_call(of));
    outcome.record.strikes.iter().any(|strike| fails(&strike.what))
}

/// Whether an event tells what a run does.
fn is_telling(name: &str) -> bool {
    const SILENT: [&str; 4] = [
        "WorkflowTaskScheduled",
        "WorkflowTaskStarted",
        "WorkflowTaskCompleted",
        "ActivityTaskStarted",
    ];
    !SILENT.contains(&name)
}

/// Details without the numbers of other events, which move with every event that comes before, and with the bare names of
/// what they are about.
fn without_numbers(details: &str) -> String {
    let bare = |word: &str| -> String {
        let name = ["type=", "activity="].iter().find_map(|key| word.strip_prefix(key));
        name.unwrap_or(word).to_owned()
    };
    values(details).map(bare).collect::<Vec<_>>().join(" ")
}
