//! Checks of what a workflow leaves behind when its main routine returns: work that was asked for, timers that run, children.

mod across;
mod pending;

use std::collections::BTreeSet;
use std::time::Duration;

use rehearsal_activation::Asked;
use rehearsal_history::{EventId, EventKind, Status, duration_text};

pub use self::across::NoChildOrphanedAtClose;
pub use self::pending::NothingPendingAtClose;
use super::course::Course;
use super::{Check, closed, let_go, scheduled};
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome, summary};
use crate::record::Call;

/// What the timer of a wait with a timeout says of itself, as in Go (`AwaitWithTimeout` in `internal/workflow.go`, Go SDK
/// 1.47).
const WAIT_TIMEOUT: &str = "AwaitWithTimeout";

/// Nothing that was asked for is lost because the workflow returned: every activity that was scheduled has ended, and
/// every handler of a signal or an update; every child is started, and none is terminated by its parent close policy;
/// every signal to another workflow and every cancel of it is sent (RH214).
///
/// Looked at are workflows that closed as Completed, Failed, Canceled or `ContinuedAsNew`. Of one that was terminated or
/// timed out, nobody returned.
///
/// An activity that the workflow canceled is not lost, whether or not it waited for the answer, or told it at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWorkLostAtClose;

impl Check for NoWorkLostAtClose {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        of_returned(outcome, |execution| lost(execution, outcome))
    }
}

/// What is found in each run whose workflow has returned, each of its own run.
fn of_returned(outcome: &Outcome, find: impl Fn(&Execution) -> Vec<Finding>) -> Vec<Finding> {
    let returned = outcome.executions.iter().filter(|execution| returned(execution.status));
    returned
        .flat_map(|of| find(of).into_iter().map(|found| found.of(&of.run_id, outcome)))
        .collect()
}

fn lost(execution: &Execution, outcome: &Outcome) -> Vec<Finding> {
    let Execution { workflow_type: workflow, status, .. } = execution;
    let canceled: BTreeSet<EventId> = execution
        .history
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ActivityTaskCancelRequested(request) => Some(request.scheduled_event_id),
            _ => None,
        })
        .collect();
    let Some((close, at)) = closed(execution, outcome) else { return Vec::new() };
    let mut findings = Vec::new();
    let kept = scheduled(execution).filter(|(id, attributes)| {
        !canceled.contains(id) && !let_go(execution, outcome, &attributes.activity_id)
    });
    for (id, attributes) in kept {
        // In which state it was then is another thing in every run, and no other mistake.
        let detail = match Course::of(execution, outcome, id) {
            Course::NotStarted(None) => "it had not been started".to_owned(),
            Course::Open(call) => state(call, at),
            Course::Skipped
            | Course::NotStarted(Some(_))
            | Course::Broken(..)
            | Course::Completed => continue,
        };
        let name = &attributes.activity_type.name;
        let headline = format!("{name} was not over when {workflow} closed as {status:?}");
        let finding = Finding::new(Code::WorkLost, headline).with_detail(detail);
        findings.push(finding.with_events([id.0]));
    }
    let handlers = outcome.record.unfinished.iter().filter(|left| left.run_id == execution.run_id);
    for left in handlers {
        let headline = format!(
            "the handler of {} had not ended when {workflow} closed as {status:?}",
            left.handler
        );
        findings.push(Finding::new(Code::WorkLost, headline).with_events([close.0]));
    }
    findings.extend(across::lost(execution));
    findings
}

/// How far the last attempt of an activity was when its workflow closed at `closed`.
fn state(call: &Call, closed: Duration) -> String {
    let attempt = call.attempt;
    let Some(over) = call.over().filter(|over| *over <= closed) else {
        return format!(
            "attempt {attempt} began at {}, and still ran",
            duration_text(call.started)
        );
    };
    let waited = if call.outside { "to be completed from outside" } else { "for its next attempt" };
    format!(
        "attempt {attempt} ended at {}, and at {} it waited {waited}",
        duration_text(over),
        duration_text(closed)
    )
}

/// No timer still runs when its workflow closes: each has fired or was canceled (RH217).
///
/// Looked at are workflows that closed as Completed, Failed, Canceled or `ContinuedAsNew`. The server drops the timers
/// of a closed workflow, so that one which is left does no harm by itself: it shows a deadline that somebody forgot.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTimerLeftAtClose;

impl Check for NoTimerLeftAtClose {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        of_returned(outcome, |execution| timers(execution, outcome))
    }
}

fn timers(execution: &Execution, outcome: &Outcome) -> Vec<Finding> {
    let ended: BTreeSet<EventId> =
        execution.history.iter().filter_map(|event| event.kind.ends()).collect();
    let Some((_, closed)) = closed(execution, outcome) else { return Vec::new() };
    let mut findings = Vec::new();
    for event in execution.history.iter().filter(|event| !ended.contains(&event.id)) {
        let EventKind::TimerStarted(timer) = &event.kind else { continue };
        let after = timer.start_to_fire_timeout.unwrap_or_default();
        let summary = summary(event);
        let of_wait = summary.as_deref() == Some(WAIT_TIMEOUT);
        let of = if of_wait { " of a `wait_timeout`" } else { "" };
        let headline = format!(
            "timer {}{of} still ran when {} closed as {:?}",
            timer.timer_id, execution.workflow_type, execution.status
        );
        let started = event.time.since(outcome.record.began);
        let detail = format!(
            "it was started at {} for {}, the workflow closed at {}",
            duration_text(started),
            duration_text(after),
            duration_text(closed)
        );
        let finding = Finding::new(Code::TimerLeft, headline).with_detail(detail);
        let place = outcome.record.asked_at(&Asked::Timer { after, summary });
        let place = place.map(|place| format!("workflow code asks for it at {place}"));
        let finding = place.into_iter().fold(finding, Finding::with_detail);
        let cause = of_wait.then_some(Cause::WaitTimeout);
        let finding = cause.into_iter().fold(finding, Finding::with_cause);
        findings.push(finding.with_events([event.id.0]));
    }
    findings
}

/// Whether a workflow closed because its main routine returned.
const fn returned(status: Status) -> bool {
    match status {
        Status::Completed | Status::Failed | Status::Canceled | Status::ContinuedAsNew => true,
        Status::Running | Status::TimedOut | Status::Terminated => false,
    }
}
