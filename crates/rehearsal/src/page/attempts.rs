//! The attempts of activities that were struck: no history tells of one that was lost.

use std::fmt::Write as _;

use rehearsal_engine::{Call, Finding, Outcome};
use rehearsal_history::{SmolStr, duration_text};

use super::{cut, shown};
use crate::paint::{Role, Text};

/// The most attempts that are shown.
const MOST: usize = 6;

/// Shows the attempts of the activities of one execution that were struck, each with what became of it.
pub(super) fn attempts(page: &mut Text, finding: &Finding, outcome: &Outcome) {
    let Some(execution) = shown(finding, outcome) else { return };
    let of_run = outcome.record.strikes.iter().filter_map(|strike| strike.what.attempt());
    let struck: Vec<&SmolStr> = of_run
        .filter(|of| of.run_id == execution.run_id)
        .map(|of| &of.activity)
        .chain(outcome.calls_of(execution).filter(|it| it.lost.is_some()).map(|it| &it.activity))
        .collect();
    let calls = outcome.calls_of(execution).filter(|call| struck.contains(&&call.activity));
    let calls: Vec<&Call> = calls.collect();
    if calls.is_empty() {
        return;
    }
    page.line(Role::Plain, "\n  attempts:");
    for call in calls.iter().take(MOST) {
        let role = if call.lost.is_some() { Role::Mark } else { Role::Dim };
        page.line(role, &cut(&format!("     {}", in_words(call, outcome))));
    }
    if let Some(more) = calls.len().checked_sub(MOST).filter(|more| *more > 0) {
        page.line(Role::Dim, &format!("     … {more} more"));
    }
}

/// `Charge 1  at 1s, returned at 2s; the worker dies before it says so`.
fn in_words(call: &Call, outcome: &Outcome) -> String {
    let Call { activity, attempt, .. } = call;
    let mut text = format!("{activity} {attempt}  at {}", duration_text(call.started));
    let how = match &call.result {
        Some(Ok(_)) => "returned",
        Some(Err(error)) if error.is_canceled() => "ended as canceled",
        Some(Err(_)) => "failed",
        None if call.outside => "left its end to others",
        None => "ended",
    };
    let _ = match (call.ended, call.lost) {
        (None, _) if call.hung => Ok(()),
        (Some(ended), _) => write!(text, ", {how} at {}", duration_text(ended)),
        (None, Some(lost)) => write!(text, ", lost at {}", duration_text(lost)),
        (None, None) => write!(text, ", still runs"),
    };
    let strikes = outcome.record.strikes.iter();
    for strike in strikes.filter(|strike| strike.what.attempt().is_some_and(|of| of.is(call))) {
        let _ = write!(text, "; {}", strike.what.in_short());
    }
    text
}
