//! Checks of the close: when it comes, as what, and that nothing runs on behind it.

use std::time::Duration;

use rehearsal_history::{
    ContinueAsNewInitiator, EventKind, Failure, FailureInfo, History, Status, TimeoutType,
    duration_text,
};

use super::{Check, begins, closed, how_long, in_each, let_go, scheduled, started};
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::Call;

/// No code of an activity still runs when its workflow is closed (RH205).
///
/// An attempt that ends at the very nanosecond of the close is in time. Code that runs on after its attempt timed out
/// counts, whatever the history says of the attempt. Code that died with its worker runs no longer. An attempt of which a
/// fault has lost a heartbeat is not judged: no workflow can know that it is alive.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoActivityOutlivesClose;

impl Check for NoActivityOutlivesClose {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let mut findings = Vec::new();
        for execution in &outcome.executions {
            let Some((close, at)) = closed(execution, outcome) else { continue };
            let calls = outcome.calls_of(execution);
            let given_up = |call: &Call| outcome.record.beats_lost(call).next().is_some();
            for call in calls.filter(|call| outlives(call, at) && !given_up(call)) {
                let headline =
                    format!("{} still ran when {} closed", call.activity, execution.workflow_type);
                let finding = Finding::new(Code::ActivityOutlivesClose, headline);
                let finding =
                    why(call, execution, outcome).into_iter().fold(finding, Finding::with_cause);
                findings.push(
                    finding
                        .with_detail(format!(
                            "attempt {} began at {}, the workflow closed at {}, it {}",
                            call.attempt,
                            duration_text(call.started),
                            duration_text(at),
                            how_long(call)
                        ))
                        .with_events([close.0])
                        .of(&execution.run_id, outcome),
                );
            }
        }
        findings
    }
}

/// Why an attempt ran on, if its workflow did not cancel it.
fn why(call: &Call, execution: &Execution, outcome: &Outcome) -> Option<Cause> {
    let of = |event: &EventKind| match event {
        EventKind::ActivityTaskCancelRequested(request) => {
            (request.scheduled_event_id == call.scheduled).then_some(None)
        }
        EventKind::ActivityTaskTimedOut(end) => {
            (end.scheduled_event_id == call.scheduled).then_some(Some(Cause::GivenUp))
        }
        _ => None,
    };
    let known = execution.history.iter().find_map(|event| of(&event.kind));
    known.unwrap_or_else(|| {
        let abandoned = scheduled(execution).any(|(id, attributes)| {
            id == call.scheduled && let_go(execution, outcome, &attributes.activity_id)
        });
        Some(if abandoned { Cause::Abandoned } else { Cause::NotCanceled })
    })
}

/// Whether an attempt ran on after its workflow was closed at `close`.
fn outlives(call: &Call, close: Duration) -> bool {
    call.over().is_none_or(|over| over > close)
}

/// Every workflow ends soon: at most this long after its cancel was accepted, or after its start if it was not canceled
/// (RH207).
///
/// In virtual time; an end at exactly that distance is in time. Of several requests the first counts. Each run of a chain
/// is looked at by itself; one that is held back, by its start delay or its cron schedule, starts when that is over. A
/// workflow that is open at the end is another finding, or the horizon of a sweep, and not judged here.
#[derive(Debug, Clone, Copy)]
pub struct EndsWithin {
    /// At most this long.
    pub limit: Duration,
}

impl Check for EndsWithin {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        in_each(outcome, |execution| self.check_execution(execution, outcome))
    }
}

impl EndsWithin {
    fn check_execution(self, execution: &Execution, outcome: &Outcome) -> Option<Finding> {
        let (close, ended) = closed(execution, outcome)?;
        let cancel = outcome.cancel_of(execution);
        let (since, what) = match cancel {
            Some(cancel) => (cancel.at, "its cancel"),
            None => (begins(execution)?.since(outcome.record.began), "its start"),
        };
        let took = ended.saturating_sub(since);
        (took > self.limit).then(|| {
            let workflow = &execution.workflow_type;
            let finding = Finding::new(
                Code::EndsTooLate,
                format!(
                    "{workflow} ended {} after {what}, {} are allowed",
                    duration_text(took),
                    duration_text(self.limit)
                ),
            );
            let uncanceled = cancel.is_none().then_some(Cause::LongUncanceled);
            let finding = uncanceled.into_iter().fold(finding, Finding::with_cause);
            let waited = longest_wait(execution, outcome, since);
            waited.into_iter().fold(finding, Finding::with_detail).with_events([close.0])
        })
    }
}

/// What the run waited for most of the time from then on, in a line: the event behind the longest time without any.
fn longest_wait(execution: &Execution, outcome: &Outcome, since: Duration) -> Option<String> {
    let history = History::new(execution.history.clone()).ok()?;
    let (mut longest, mut ended_by, mut last) = (Duration::ZERO, None, since);
    for event in &execution.history {
        let at = event.time.since(outcome.record.began);
        if at.saturating_sub(last) > longest {
            (longest, ended_by) = (at.saturating_sub(last), Some(event.id));
        }
        last = last.max(at);
    }
    let line = history.lines().into_iter().find(|line| Some(line.id) == ended_by)?;
    let event = format!("event {} {} {}", line.id, line.name, line.details);
    Some(format!("{} of that passed before {}", duration_text(longest), event.trim_end()))
}

/// Every workflow that is canceled is closed soon: at most this long after its cancel was accepted (RH216).
///
/// In virtual time; a close at exactly that distance is in time. Of several requests the first counts. How a workflow
/// ends that is not canceled is not looked at, and one that is open at the end is another finding.
#[derive(Debug, Clone, Copy)]
pub struct CancelOverWithin {
    /// At most this long.
    pub limit: Duration,
}

impl Check for CancelOverWithin {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let mut findings = Vec::new();
        for execution in &outcome.executions {
            let cancel = outcome.cancel_of(execution);
            let Some((cancel, (close, at))) = cancel.zip(closed(execution, outcome)) else {
                continue;
            };
            let took = at.saturating_sub(cancel.at);
            if took > self.limit {
                let headline = format!(
                    "the cancel of {} was over after {}, {} are allowed",
                    execution.workflow_type,
                    duration_text(took),
                    duration_text(self.limit)
                );
                let detail = format!(
                    "it was accepted at {}, the workflow closed as {:?} at {}",
                    duration_text(cancel.at),
                    execution.status,
                    duration_text(at)
                );
                let finding = Finding::new(Code::CancelOverLate, headline).with_detail(detail);
                let waited = longest_wait(execution, outcome, cancel.at);
                let finding = waited.into_iter().fold(finding, Finding::with_detail);
                findings.push(finding.with_events([close.0]).of(&execution.run_id, outcome));
            }
        }
        findings
    }
}

/// Every workflow that ends, ends in one of these ways (RH208).
///
/// A run that went on as new, or is tried again, is no end of its workflow: that of the last run of a chain counts. Each
/// round of a cron schedule is an end.
///
/// A workflow that is open at the end is another finding, or the horizon of a sweep, and not judged here.
#[derive(Debug, Clone)]
pub struct StatusIn {
    /// The ways that are allowed.
    pub allowed: Vec<Status>,
}

/// A finding with what the workflow failed with, or which timeout ended it.
fn explained(finding: Finding, execution: &Execution, close: &EventKind) -> Finding {
    let first = execution.history.first().map(|event| &event.kind);
    match (close, first) {
        (EventKind::WorkflowExecutionTimedOut(_), Some(EventKind::WorkflowExecutionStarted(e))) => {
            let limit = duration_text(e.workflow_run_timeout.unwrap_or_default());
            finding
                .with_detail(format!("its run timeout is {limit}"))
                .with_cause(Cause::RunTimedOut)
        }
        (EventKind::WorkflowExecutionFailed(failed), _) => {
            let links = failed.failure.iter().flat_map(Failure::chain);
            let mut finding = finding;
            for link in links {
                finding = match &link.info {
                    Some(FailureInfo::Timeout(info)) => finding
                        .with_detail(timed_out(execution, &info.timeout_type))
                        .with_cause(match info.timeout_type {
                            TimeoutType::ScheduleToStart => Cause::NotTaken,
                            _ => Cause::ActivityTimedOut,
                        }),
                    Some(FailureInfo::Activity(_)) => finding
                        .with_detail(format!("it failed with {:?}", link.message))
                        .with_cause(Cause::ActivityFailed),
                    _ => finding.with_detail(format!("it failed with {:?}", link.message)),
                };
            }
            finding
        }
        _ => finding,
    }
}

/// Which activity ran into a timeout of this kind last, and how long that was.
fn timed_out(execution: &Execution, kind: &TimeoutType) -> String {
    let ended = execution.history.iter().rev().find_map(|event| match &event.kind {
        EventKind::ActivityTaskTimedOut(end) => Some(end.scheduled_event_id),
        _ => None,
    });
    let activity =
        ended.and_then(|id| scheduled(execution).find(|(scheduled, _)| *scheduled == id));
    let Some((_, attributes)) = activity else { return format!("a timeout: {kind:?}") };
    let name = &attributes.activity_type.name;
    match attributes.timeout(kind) {
        Some(limit) => format!("{name} ran into its {kind:?} timeout of {}", duration_text(limit)),
        None => format!("{name} ran into its {kind:?} timeout"),
    }
}

impl Check for StatusIn {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let mut findings = Vec::new();
        for execution in &outcome.executions {
            let status = execution.status;
            let allowed = self.allowed.contains(&status);
            if status == Status::Running || allowed || goes_on(execution, outcome) {
                continue;
            }
            let allowed: Vec<String> =
                self.allowed.iter().map(|allowed| format!("{allowed:?}")).collect();
            let headline = format!(
                "{} closed as {status:?}, allowed is {}",
                execution.workflow_type,
                allowed.join(" or ")
            );
            let close = execution.history.last();
            let finding = Finding::new(Code::WrongStatus, headline)
                .with_events(close.map(|event| event.id.0))
                .of(&execution.run_id, outcome);
            let finding = if status == Status::Canceled && execution.saw_cancel() {
                finding.with_cause(Cause::CanceledAsAsked)
            } else {
                finding
            };
            findings.push(
                close.map_or(finding.clone(), |close| explained(finding, execution, &close.kind)),
            );
        }
        findings
    }
}

/// Whether a workflow goes on in another run, which is not only the next round of a cron schedule.
fn goes_on(execution: &Execution, outcome: &Outcome) -> bool {
    let next = execution.next_run_id().and_then(|next| outcome.execution(next));
    next.is_some_and(|next| match started(next).map(|started| &started.initiator) {
        Some(initiator) => *initiator != ContinueAsNewInitiator::CronSchedule,
        None => false,
    })
}
