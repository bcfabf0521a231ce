//! Whether a run rehearses what it seems to rehearse: activities that are tried and never succeed.
//!
//! A workflow whose activity panics in every attempt is canceled at every point all the same, and all is well in each of
//! these runs: nothing ever happens in them. So the calm run is looked at, in which nothing keeps an activity from
//! succeeding but its own code.

use std::collections::BTreeSet;

use rehearsal_activation::Fault;
use rehearsal_history::{SmolStr, Status, duration_text};

use crate::activity::ActivityError;
use crate::check::end;
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::record::Call;
use crate::scenario::Scenario;

/// What tokio says of code that needs more of it than there is: no runtime, or none with timers or sockets.
const TOKIO: [&str; 2] = ["there is no reactor running", "Tokio 1.x"];

/// The activities that were tried in a calm run and succeeded in no attempt of any call, though nobody meant them to
/// fail (RH601).
///
/// Nobody means an activity to panic, or not to take the arguments that it is given. An error that its code returns is a
/// result like any other, unless the activity is still tried again when the run is given up: then the workflow never
/// gets any further. What a stub says, or the scenario, is meant.
pub(crate) fn never_succeeded(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    if !outcome.tape.is_empty() {
        return Vec::new();
    }
    let mut seen: BTreeSet<&SmolStr> = scenario.failing.iter().collect();
    let calls = outcome.record.calls.iter();
    calls
        .filter(|call| seen.insert(&call.activity))
        .filter_map(|call| activity(&call.activity, outcome))
        .collect()
}

fn activity(name: &str, outcome: &Outcome) -> Option<Finding> {
    let horizon = outcome.record.horizon;
    let in_time = |call: &&Call| horizon.is_none_or(|horizon| call.started <= horizon.at());
    let calls: Vec<&Call> = outcome.calls_named(name).filter(in_time).collect();
    if calls.iter().any(|call| matches!(call.result, Some(Ok(_)))) {
        return None;
    }
    let failed = |call: &&&Call| matches!(call.result, Some(Err(_)));
    let (last, error) = calls.iter().rev().find_map(|call| match &call.result {
        Some(Err(error)) => Some((*call, error)),
        Some(Ok(_)) | None => None,
    })?;
    let accident = |call: &&Call| match &call.result {
        Some(Err(error)) => error.fault().is_accident(),
        Some(Ok(_)) | None => false,
    };
    let goes_on = last.attempt > 1 && goes_on(last, outcome);
    let endless = goes_on && *error.fault() == Fault::Returned;
    if !endless && !calls.iter().any(accident) {
        return None;
    }
    let attempts = match calls.iter().filter(failed).count() {
        1 => "1 attempt was made and failed".to_owned(),
        count => format!("{count} attempts were made and failed"),
    };
    let headline = format!("activity {name} of {} never succeeded: {attempts}", last.workflow_id);
    let began = duration_text(last.started);
    let finding = Finding::new(Code::NeverSucceeded, headline).with_detail(format!(
        "attempt {}, which began at {began}, {}",
        last.attempt,
        how(error)
    ));
    let finding = if TOKIO.iter().any(|words| error.to_string().contains(words)) {
        finding.with_detail("it waits for the world outside (a runtime of tokio, a socket), which is no part of a run")
    } else {
        finding
    };
    let finding = if goes_on {
        finding.with_detail("it is tried again and again, so the workflow never gets any further")
    } else {
        finding
    };
    Some(finding.with_events(outcome.is_main(&last.run_id).then_some(last.scheduled.0)))
}

/// `panicked at src/shop.rs:12:5: nothing to pack`.
fn how(error: &ActivityError) -> String {
    format!("{}: {error}", error.fault())
}

/// Whether the run was given up while the activity was still to be tried again.
fn goes_on(call: &Call, outcome: &Outcome) -> bool {
    outcome.execution(&call.run_id).is_some_and(|execution| {
        execution.status == Status::Running && end(execution, call.scheduled).is_none()
    })
}
