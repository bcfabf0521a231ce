//! The checks: what must hold in each run, and what at least one run must reach.
//!
//! A check reads the histories and the record of one run that is over. The check of what a cancel skips is here, with
//! what several checks ask of a history; each other one is a file below.

mod attempts;
mod cleanup;
mod close;
mod compensated;
mod completed;
mod course;
mod finally;
mod free;
mod heartbeats;
mod left;
mod observed;
mod only;
mod order;
mod reached;
mod recommended;
mod rounds;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_history::event::{ActivityTaskScheduled, WorkflowExecutionStarted};
use rehearsal_history::{EventId, EventKind, SmolStr, Status, Timestamp, duration_text};

pub use self::attempts::OneAttemptAtATime;
pub use self::cleanup::CleanupIffCanceled;
pub use self::close::{CancelOverWithin, EndsWithin, NoActivityOutlivesClose, StatusIn};
pub use self::compensated::Compensated;
pub use self::completed::CanceledMustNotComplete;
pub use self::finally::Finally;
pub use self::free::{Always, Eventually, Never, Sometimes};
pub use self::heartbeats::ActivityHeartbeatsWithin;
pub use self::left::{
    NoChildOrphanedAtClose, NoTimerLeftAtClose, NoWorkLostAtClose, NothingPendingAtClose,
};
pub use self::observed::CancelObservedOrCompletedFirst;
pub use self::only::IfCanceled;
pub use self::order::OverBefore;
pub use self::reached::Reached;
pub use self::recommended::Recommended;
pub use self::rounds::NoRoundSkipped;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome, start_of};
use crate::record::Call;

/// Something that must hold in every run.
pub trait Check: Send + Sync + fmt::Debug {
    /// What does not hold in this run; empty if all is well.
    fn check(&self, outcome: &Outcome) -> Vec<Finding>;

    /// The activities that the check is about, so that a misspelled name is an error and not a silent pass.
    fn activities(&self) -> Vec<SmolStr> {
        Vec::new()
    }

    /// Whether there is anything in this run for the check to judge. The answer of the trait: an activity that it is
    /// [about](Self::activities) was called, or it is about none.
    ///
    /// A sweep or an exploration says at its end which checks had nothing to judge in any run.
    fn judges(&self, outcome: &Outcome) -> bool {
        let activities = self.activities();
        activities.is_empty()
            || activities.iter().any(|name| outcome.calls_named(name).next().is_some())
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

/// A check that is shared is one. Every method is passed on: a provided one that is not would be the default here.
#[warn(clippy::missing_trait_methods, reason = "what is not passed on is lost without a word")]
impl<C: Check + ?Sized> Check for Arc<C> {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        (**self).check(outcome)
    }

    fn activities(&self) -> Vec<SmolStr> {
        (**self).activities()
    }

    fn judges(&self, outcome: &Outcome) -> bool {
        (**self).judges(outcome)
    }

    fn must_be_reached(&self) -> Option<&str> {
        (**self).must_be_reached()
    }

    fn reached(&self, outcome: &Outcome) -> bool {
        (**self).reached(outcome)
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
                    let finding = Finding::new(Code::SkippedNotCanceled, headline);
                    findings.push(finding.with_events([id.0]).of(&execution.run_id, outcome));
                } else if !reported_as_canceled(execution, id) {
                    let headline = format!("{name} was skipped, but not reported as canceled");
                    let finding = Finding::new(Code::SkippedNotCanceled, headline);
                    findings.push(finding.with_events([id.0]).of(&execution.run_id, outcome));
                }
            }
        }
        findings
    }
}

/// What is wrong with the executions of a run, each judged by itself.
fn in_each<'a>(
    outcome: &'a Outcome,
    mut check_execution: impl FnMut(&'a Execution) -> Option<Finding>,
) -> Vec<Finding> {
    let each = outcome.executions.iter();
    let each =
        each.filter_map(|it| check_execution(it).map(|finding| finding.of(&it.run_id, outcome)));
    each.collect()
}

/// How long the code of an attempt ran, for the middle of a sentence about it.
pub(crate) fn how_long(call: &Call) -> String {
    match (call.ended, call.lost) {
        (Some(ended), Some(_)) => {
            format!("ended at {}, of which the service never heard", duration_text(ended))
        }
        (Some(ended), None) => format!("ended at {}", duration_text(ended)),
        (None, Some(lost)) if call.hung => format!("hung from {} on", duration_text(lost)),
        (None, Some(lost)) => format!("died with its worker at {}", duration_text(lost)),
        (None, None) => "had not ended when the run was over".to_owned(),
    }
}

/// The event that closed an execution, and when that was since the run began; `None` if it is open.
fn closed(execution: &Execution, outcome: &Outcome) -> Option<(EventId, Duration)> {
    let last = execution.history.last().filter(|_| execution.status != Status::Running)?;
    Some((last.id, last.time.since(outcome.record.began)))
}

/// What a run was started with.
fn started(execution: &Execution) -> Option<&WorkflowExecutionStarted> {
    start_of(&execution.history)
}

/// When a run begins: at its start, or as long after that as its first workflow task is held back.
fn begins(execution: &Execution) -> Option<Timestamp> {
    let held = started(execution)?.first_workflow_task_backoff.unwrap_or_default();
    Some(execution.history.first()?.time + held)
}

fn scheduled(execution: &Execution) -> impl Iterator<Item = (EventId, &ActivityTaskScheduled)> {
    execution.history.iter().filter_map(|event| match &event.kind {
        EventKind::ActivityTaskScheduled(attributes) => Some((event.id, attributes.as_ref())),
        _ => None,
    })
}

/// The cancel request, if a workflow task that was accepted delivered it.
pub(crate) fn cancel_delivered(execution: &Execution) -> Option<EventId> {
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

/// The cancel request, if the workflow was canceled: a workflow task that was accepted delivered it, and the workflow was
/// not [done by then](completed_first).
fn canceled(execution: &Execution) -> Option<EventId> {
    cancel_delivered(execution).filter(|request| !completed_first(execution, *request))
}

/// Whether the work was done when a workflow was told of its cancel: the first task that knew of it closed the workflow as
/// Completed or `ContinuedAsNew`, and neither canceled nor started an activity or a child. Temporal does not call that one canceled.
fn completed_first(execution: &Execution, request: EventId) -> bool {
    let told = execution.history.iter().position(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(task) => task.started_event_id > request,
        _ => false,
    });
    let answer = told.map_or(&[][..], |told| &execution.history[told + 1..]);
    matches!(execution.status, Status::Completed | Status::ContinuedAsNew)
        && answer.iter().all(|event| match &event.kind {
            EventKind::ActivityTaskScheduled(_)
            | EventKind::ActivityTaskCancelRequested(_)
            | EventKind::StartChildWorkflowExecutionInitiated(_)
            | EventKind::RequestCancelExternalWorkflowExecutionInitiated(_)
            // There was another task.
            | EventKind::WorkflowTaskScheduled(_) => false,
            _ => true,
        })
}

/// The activities that were started on a canceled context: scheduled and canceled by the same workflow task (C-35).
fn skipped(execution: &Execution) -> BTreeSet<EventId> {
    let skipped = execution.skipped();
    scheduled(execution).map(|(id, _)| id).filter(|id| skipped.contains(id)).collect()
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
    kinds.find(|kind| kind.ends() == Some(id))
}

/// Whether the workflow canceled an activity that is not told of it, with `Abandon`. Its history does not say so.
fn let_go(execution: &Execution, outcome: &Outcome, activity_id: &str) -> bool {
    let mut canceled = outcome.record.abandonable.iter().filter(|of| of.canceled);
    canceled.any(|of| of.run_id == execution.run_id && of.activity_id == activity_id)
}
