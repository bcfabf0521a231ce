//! The check that what was begun is undone, once.

use rehearsal_history::event::ActivityTaskScheduled;
use rehearsal_history::{EventId, EventKind, SmolStr, Status};

use super::{Check, canceled, end, in_each, scheduled, skipped};
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// A step that took place is undone if its workflow does not complete (RH211, RH212).
///
/// A step is one activity that the workflow scheduled, whatever the number of its attempts; one that was skipped because
/// its context was canceled is none. In each execution:
///
/// | the step | the workflow closed as Failed or Canceled |
/// |---|---|
/// | completed; or its code ran, and it was canceled, timed out or was still open at the close | undone exactly once |
/// | failed, or its code never ran | undone once or not at all |
/// | never scheduled, or skipped | the code of the compensation does not run |
///
/// If the workflow Completed or `ContinuedAsNew`, the code of the compensation does not run, unless it was canceled before
/// its work was done, as [`CleanupIffCanceled`](super::CleanupIffCanceled) has it: then a step may be undone, or not. If it
/// was terminated, timed out or is open, nothing can be missing, but the compensation must not come too often.
///
/// A step counts as undone when the compensation completed before the close. With several steps of one name the numbers
/// are compared: as many compensations as steps that took place.
///
/// *At least once* asks for less: that a compensation comes too often, or without a step, is no finding, as it finds
/// nothing to undo. Only one of a step that took place, in a workflow that completed and was not canceled, is.
#[derive(Debug, Clone)]
pub struct Compensated {
    step: SmolStr,
    compensation: SmolStr,
    /// Whether an undo does no harm where nothing was done.
    harmless: bool,
}

impl Compensated {
    /// `compensation` undoes `step`, and must not come without need or too often.
    pub fn exactly_once(step: impl Into<SmolStr>, compensation: impl Into<SmolStr>) -> Self {
        Self { step: step.into(), compensation: compensation.into(), harmless: false }
    }

    /// `compensation` undoes `step`, and does no harm where nothing was done.
    pub fn at_least_once(step: impl Into<SmolStr>, compensation: impl Into<SmolStr>) -> Self {
        Self { harmless: true, ..Self::exactly_once(step, compensation) }
    }
}

impl Check for Compensated {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        in_each(outcome, |execution| self.check_execution(execution, outcome))
    }

    fn activities(&self) -> Vec<SmolStr> {
        vec![self.step.clone(), self.compensation.clone()]
    }
}

/// What became of an activity that was scheduled and not skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It completed.
    Done,
    /// Its code ran, and how far it came is not known.
    Halfway,
    /// Its last attempt failed.
    Failed,
    /// Its code never ran.
    NotBegun,
}

impl Compensated {
    fn check_execution(&self, execution: &Execution, outcome: &Outcome) -> Option<Finding> {
        let Self { step, compensation, harmless } = self;
        let (workflow, status) = (&execution.workflow_type, execution.status);
        let steps = fates(execution, outcome, step);
        let undone = fates(execution, outcome, compensation);

        let took_place = with_fate(&steps, &[Fate::Done, Fate::Halfway]);
        let ran = with_fate(&undone, &[Fate::Done, Fate::Halfway, Fate::Failed]);
        let completed = with_fate(&undone, &[Fate::Done]);
        let closed = execution.history.last().map(|event| event.id);

        let uncalled = |why: String| {
            Finding::new(Code::CompensationUncalled, format!("{compensation} ran although {why}"))
        };
        let finding = match status {
            Status::Completed | Status::ContinuedAsNew
                if canceled(execution).is_none()
                    && !(ran.is_empty() || *harmless && took_place.is_empty()) =>
            {
                uncalled(format!("{workflow} closed as {status:?}")).with_events(ids(ran))
            }
            _ if !harmless && steps.is_empty() && !ran.is_empty() => {
                uncalled(format!("{workflow} did not begin {step}")).with_events(ids(ran))
            }
            _ if !harmless && completed.len() > steps.len() => {
                let headline = format!(
                    "{compensation} completed {}, {step} was scheduled {}",
                    times(completed.len()),
                    times(steps.len())
                );
                Finding::new(Code::CompensationUncalled, headline).with_events(ids(completed))
            }
            Status::Failed | Status::Canceled if completed.len() < took_place.len() => {
                let headline = format!(
                    "{compensation} did not undo {step}, and {workflow} closed as {status:?}"
                );
                let detail = format!(
                    "steps that took place: {}; compensations scheduled: {}, completed: {}",
                    took_place.len(),
                    undone.len(),
                    completed.len()
                );
                let finding = Finding::new(Code::CompensationMissing, headline)
                    .with_detail(detail)
                    .with_events(ids(took_place.into_iter().chain(closed)));
                if undone.iter().any(|(id, fate)| broke(execution, *id, *fate)) {
                    finding.with_cause(Cause::FailedForGood)
                } else {
                    finding
                }
            }
            _ => return None,
        };
        Some(finding)
    }
}

/// The activities of that name which were scheduled and not skipped, and what became of each.
fn fates(execution: &Execution, outcome: &Outcome, name: &str) -> Vec<(EventId, Fate)> {
    let skipped = skipped(execution);
    let named = |attributes: &ActivityTaskScheduled| attributes.activity_type.name == name;
    scheduled(execution)
        .filter(|(id, attributes)| named(attributes) && !skipped.contains(id))
        .map(|(id, _)| (id, fate(execution, outcome, id)))
        .collect()
}

fn fate(execution: &Execution, outcome: &Outcome, id: EventId) -> Fate {
    let entered = outcome.calls_of(execution).any(|call| call.scheduled == id);
    match end(execution, id) {
        Some(EventKind::ActivityTaskCompleted(_)) => Fate::Done,
        Some(EventKind::ActivityTaskFailed(_)) => Fate::Failed,
        _ if entered => Fate::Halfway,
        _ => Fate::NotBegun,
    }
}

/// Whether an activity ended by an error of its own, and not because it was canceled.
fn broke(execution: &Execution, id: EventId, fate: Fate) -> bool {
    match fate {
        Fate::Failed => true,
        Fate::Halfway => matches!(end(execution, id), Some(EventKind::ActivityTaskTimedOut(_))),
        Fate::Done | Fate::NotBegun => false,
    }
}

fn with_fate(activities: &[(EventId, Fate)], fates: &[Fate]) -> Vec<EventId> {
    activities.iter().filter(|(_, fate)| fates.contains(fate)).map(|(id, _)| *id).collect()
}

fn ids(events: impl IntoIterator<Item = EventId>) -> impl Iterator<Item = u64> {
    events.into_iter().map(|id| id.0)
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}
