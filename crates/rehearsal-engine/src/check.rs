//! The checks: what must hold in each run, and what at least one run must reach.
//!
//! A check reads the histories and the record of one run that is over. Those of cancellation are here; each other one
//! is a file below.

mod close;
mod compensated;
mod free;
mod heartbeats;
mod observed;
mod reached;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use rehearsal_history::event::ActivityTaskScheduled;
use rehearsal_history::{EventId, EventKind, SmolStr, Status};

pub use self::close::{EndsWithin, NoActivityOutlivesClose, StatusIn};
pub use self::compensated::CompensatedExactlyOnce;
pub use self::free::{Always, Eventually, Sometimes};
pub use self::heartbeats::ActivityHeartbeatsWithin;
pub use self::observed::CancelObservedOrCompletedFirst;
pub use self::reached::Reached;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// Something that must hold in every run.
pub trait Check: Send + Sync + fmt::Debug {
    /// What does not hold in this run; empty if all is well.
    fn check(&self, outcome: &Outcome) -> Vec<Finding>;

    /// The activities that the check is about, so that a misspelled name is an error and not a silent pass.
    fn activities(&self) -> Vec<SmolStr> {
        Vec::new()
    }

    /// What at least one of many runs must reach, by the name that a report gives it; `None` if the check is about each
    /// run alone.
    ///
    /// A sweep or an exploration in which nothing else is found and no run [reached](Self::reached) it ends with RH210.
    /// A run by itself is not judged.
    fn must_be_reached(&self) -> Option<&str> {
        None
    }

    /// Whether this run reached what [`must_be_reached`](Self::must_be_reached) names. Not asked if that is `None`.
    fn reached(&self, _outcome: &Outcome) -> bool {
        true
    }
}

/// Cleanup runs if and only if the workflow was canceled: the activity is scheduled exactly when a workflow task that
/// was accepted delivered the cancel request.
#[derive(Debug, Clone)]
pub struct CleanupIffCanceled {
    /// The activity that cleans up.
    pub activity: SmolStr,
}

impl Check for CleanupIffCanceled {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        outcome
            .executions
            .iter()
            .filter_map(|execution| self.check_execution(execution, outcome))
            .collect()
    }

    fn activities(&self) -> Vec<SmolStr> {
        vec![self.activity.clone()]
    }
}

impl CleanupIffCanceled {
    fn check_execution(&self, execution: &Execution, outcome: &Outcome) -> Option<Finding> {
        let Self { activity } = self;
        let workflow = &execution.workflow_type;
        let scheduled: Vec<EventId> = scheduled(execution)
            .filter(|(_, attributes)| attributes.activity_type.name == *activity)
            .map(|(id, _)| id)
            .collect();
        let delivered = cancel_delivered(execution);
        match (delivered, scheduled.first()) {
            (Some(request), None) if execution.status != Status::Running => Some(
                Finding::new(
                    Code::CleanupMissing,
                    format!("{activity} was not scheduled although {workflow} was canceled"),
                )
                .with_events([request.0]),
            ),
            (Some(_), Some(&first)) => {
                let ran = outcome.calls_named(activity).any(|call| call.run_id == execution.run_id);
                let skipped = skipped(execution);
                let lost = !ran && scheduled.iter().all(|id| skipped.contains(id));
                lost.then(|| {
                    let events = execution
                        .history
                        .iter()
                        .filter(|event| concerns(&event.kind, first) && event.id != first)
                        .map(|event| event.id.0);
                    Finding::new(
                        Code::CleanupMissing,
                        format!("{activity} did not run although {workflow} was canceled"),
                    )
                    .with_events(events)
                })
            }
            (None, Some(first)) => Some(
                Finding::new(
                    Code::CleanupUncalled,
                    format!("{activity} was scheduled although {workflow} saw no cancel"),
                )
                .with_events([first.0]),
            ),
            (Some(_) | None, None) => None,
        }
    }
}

/// Every activity that is started on a canceled context is reported as canceled, and its code is never entered.
#[derive(Debug, Clone, Copy, Default)]
pub struct SkippedReportedAsCanceled;

impl Check for SkippedReportedAsCanceled {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let mut findings = Vec::new();
        for execution in &outcome.executions {
            for id in skipped(execution) {
                let name = scheduled(execution)
                    .find(|(scheduled, _)| *scheduled == id)
                    .map(|(_, attributes)| attributes.activity_type.name.clone())
                    .unwrap_or_default();
                if outcome.calls_of(execution).any(|call| call.scheduled == id) {
                    let headline =
                        format!("{name} ran although it was started on a canceled context");
                    findings
                        .push(Finding::new(Code::SkippedNotCanceled, headline).with_events([id.0]));
                } else if !reported_as_canceled(execution, id) {
                    let headline = format!("{name} was skipped, but not reported as canceled");
                    findings
                        .push(Finding::new(Code::SkippedNotCanceled, headline).with_events([id.0]));
                }
            }
        }
        findings
    }
}

/// The event that closed an execution, and when that was since the run began; `None` if it is open.
fn closed(execution: &Execution, outcome: &Outcome) -> Option<(EventId, Duration)> {
    let last = execution.history.last().filter(|_| execution.status != Status::Running)?;
    Some((last.id, last.time.since(outcome.record.began)))
}

fn scheduled(execution: &Execution) -> impl Iterator<Item = (EventId, &ActivityTaskScheduled)> {
    execution.history.iter().filter_map(|event| match &event.kind {
        EventKind::ActivityTaskScheduled(attributes) => Some((event.id, attributes.as_ref())),
        _ => None,
    })
}

/// The cancel request, if a workflow task that was accepted delivered it.
fn cancel_delivered(execution: &Execution) -> Option<EventId> {
    let request = execution
        .history
        .iter()
        .find(|event| matches!(event.kind, EventKind::WorkflowExecutionCancelRequested(_)))?
        .id;
    execution
        .history
        .iter()
        .any(|event| match &event.kind {
            EventKind::WorkflowTaskCompleted(completed) => completed.started_event_id > request,
            _ => false,
        })
        .then_some(request)
}

/// The activities that were started on a canceled context: scheduled and canceled by the same workflow task (C-35).
fn skipped(execution: &Execution) -> BTreeSet<EventId> {
    let mut skipped = BTreeSet::new();
    for event in &execution.history {
        if let EventKind::ActivityTaskCancelRequested(request) = &event.kind {
            let same_task = scheduled(execution).any(|(id, attributes)| {
                id == request.scheduled_event_id
                    && attributes.workflow_task_completed_event_id
                        == request.workflow_task_completed_event_id
            });
            if same_task {
                skipped.insert(request.scheduled_event_id);
            }
        }
    }
    skipped
}

/// Whether the history says that the activity was canceled without having started. A workflow that closes in the task
/// that skipped it loses that event (H-5).
fn reported_as_canceled(execution: &Execution, id: EventId) -> bool {
    match end(execution, id) {
        Some(EventKind::ActivityTaskCanceled(end)) => end.started_event_id.is_none(),
        Some(_) => false,
        None => execution.status != Status::Running,
    }
}

/// The event that ended an activity, if it has ended.
pub(crate) fn end(execution: &Execution, id: EventId) -> Option<&EventKind> {
    let mut kinds = execution.history.iter().map(|event| &event.kind);
    kinds.find(|kind| match kind {
        EventKind::ActivityTaskCanceled(end) => end.scheduled_event_id == id,
        EventKind::ActivityTaskCompleted(end) => end.scheduled_event_id == id,
        EventKind::ActivityTaskFailed(end) => end.scheduled_event_id == id,
        EventKind::ActivityTaskTimedOut(end) => end.scheduled_event_id == id,
        _ => false,
    })
}

fn concerns(kind: &EventKind, scheduled: EventId) -> bool {
    match kind {
        EventKind::ActivityTaskCancelRequested(event) => event.scheduled_event_id == scheduled,
        EventKind::ActivityTaskCanceled(event) => event.scheduled_event_id == scheduled,
        _ => false,
    }
}
