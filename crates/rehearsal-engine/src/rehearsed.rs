//! Whether a run rehearses what it seems to rehearse: activities that are tried and never succeed, or can never
//! be tried.
//!
//! A workflow whose activity panics in every attempt is canceled at every point all the same, and all is well in each of
//! these runs: nothing ever happens in them. So the calm run is looked at, in which nothing keeps an activity from
//! succeeding but its own code.

use std::collections::BTreeSet;

use rehearsal_activation::Misread;
use rehearsal_history::{EventKind, SmolStr, Status, duration_text};

use crate::activity::ActivityError;
use crate::check::end;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::Call;
use crate::scenario::{DEFAULT_QUEUE, Scenario};

/// What tokio says of code that needs more of it than there is: no runtime, or none with timers or sockets.
const TOKIO: [&str; 2] = ["there is no reactor running", "Tokio 1.x"];

/// Whether this is what tokio says of code that needs more of it than there is.
pub(crate) fn wants_tokio(said: &str) -> bool {
    TOKIO.iter().any(|words| said.contains(words))
}

/// The activities that were tried in a calm run and succeeded in no attempt of any call, though nobody meant them to
/// fail (RH601).
///
/// Nobody means an activity to panic, or not to take the arguments that it is given. An error that its code returns is a
/// result like any other, also if the activity is still tried again when the run is given up: it may poll, and have what
/// it polls for a day later. What a stub says, or the scenario, is meant.
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

/// The activities that an open workflow of a calm run still waits for, in a queue that no worker of the scenario takes
/// activities from at any time (RH502). One that is told of a time-out goes on, so that is a result like any other.
pub(crate) fn never_polled(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    if !outcome.tape.is_empty() {
        return Vec::new();
    }
    let workers = scenario.workers.iter().filter(|worker| worker.activities);
    let mut polled: BTreeSet<&str> = workers.map(|worker| &*worker.queue).collect();
    if scenario.workers.is_empty() {
        polled.insert(DEFAULT_QUEUE);
    }
    let open = |execution: &&Execution| execution.status == Status::Running;
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut findings = Vec::new();
    for execution in outcome.executions.iter().filter(open) {
        for event in &execution.history {
            let EventKind::ActivityTaskScheduled(scheduled) = &event.kind else { continue };
            let (name, queue) = (&scheduled.activity_type.name, &*scheduled.task_queue.name);
            let waits = !polled.contains(queue)
                && !scenario.failing.contains(name)
                && end(execution, event.id).is_none();
            if !waits || !seen.insert((name, queue)) {
                continue;
            }
            let id = &execution.workflow_id;
            let headline = format!(
                "activity {name} of {id} can never run: no worker takes activities from queue \"{queue}\""
            );
            let names: Vec<&str> = polled.iter().copied().collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let finding = Finding::new(Code::Setup, headline)
                .with_detail(format!("queues that are polled for activities: {names}"))
                .with_events([event.id.0])
                .of(&execution.run_id, outcome);
            findings.push(finding);
        }
    }
    findings
}

/// The results of activities that a workflow could not read (RH109), in every run in which that happens. Nobody means an
/// activity to return what nobody can read, unless the scenario says that it fails.
pub(crate) fn misread(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let unmeant = outcome.record.misread.iter();
    unmeant
        .filter(|(_, misread)| !scenario.failing.contains(&misread.activity))
        .filter_map(|(run_id, Misread { activity, why })| {
            let id = &outcome.execution(run_id)?.workflow_id;
            let headline = format!("the result of {activity} of {id} could not be read: {why}");
            let told = "the workflow is told of an error instead, though the activity completed";
            Some(Finding::new(Code::ResultUnreadable, headline).with_detail(told))
        })
        .collect()
}

fn activity(name: &str, outcome: &Outcome) -> Option<Finding> {
    let horizon = outcome.record.horizon;
    let in_time = |call: &&Call| horizon.is_none_or(|horizon| call.started <= horizon.at());
    let calls: Vec<&Call> = outcome.calls_named(name).filter(in_time).collect();
    if calls.iter().any(|call| succeeded(call, outcome)) {
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
    if !calls.iter().any(accident) {
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
    let finding = if wants_tokio(&error.to_string()) {
        finding.with_detail("it waits for the world outside (a runtime of tokio, a socket), which is no part of a run")
    } else {
        finding
    };
    let finding = if goes_on {
        finding.with_detail("it was still tried again when the run was given up, so the workflow was not told of it")
    } else {
        finding
    };
    Some(finding.with_events([last.scheduled.0]).of(&last.run_id, outcome))
}

/// Whether the service took what an attempt returned. The answer of one that took longer than its time-outs allow is
/// refused, whatever it is. One whose workflow closed meanwhile has nobody to tell: its code did all that is asked of it
/// if it did it in its time.
pub(crate) fn succeeded(call: &Call, outcome: &Outcome) -> bool {
    let execution = outcome.execution(&call.run_id);
    if call.outside {
        let end = execution.and_then(|execution| end(execution, call.scheduled));
        return matches!(end, Some(EventKind::ActivityTaskCompleted(_)));
    }
    let (Some(Ok(_)), Some(ended)) = (&call.result, call.ended) else { return false };
    let Some(execution) = execution else { return true };
    match end(execution, call.scheduled) {
        Some(EventKind::ActivityTaskCompleted(_)) => return true,
        Some(_) => return false,
        None if execution.status == Status::Running => return false,
        None => {}
    }
    let scheduled = execution.history.iter().find_map(|event| match &event.kind {
        EventKind::ActivityTaskScheduled(scheduled) if event.id == call.scheduled => {
            Some(scheduled)
        }
        _ => None,
    });
    let limit = scheduled.and_then(|scheduled| scheduled.start_to_close_timeout);
    limit.is_none_or(|limit| ended.saturating_sub(call.started) < limit)
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
