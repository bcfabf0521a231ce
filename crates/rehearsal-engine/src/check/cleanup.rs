//! The check that cleanup runs if and only if the workflow was canceled.

use rehearsal_history::{EventId, EventKind, SmolStr, Status};

use super::course::{Course, Ran};
use super::{Check, cancel_delivered, completed_first, in_each, scheduled};
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// Cleanup runs if and only if the workflow was canceled (RH201, RH202).
///
/// A workflow was canceled if a workflow task that was accepted delivered the cancel request. One that comes too late
/// for the workflow to see it asks for nothing. Neither does one that comes when the work is done: the first task that
/// delivers it closes the workflow as Completed or `ContinuedAsNew`, and neither cancels nor starts an activity. Temporal
/// does not call that workflow canceled, and [`Compensated`](super::Compensated) does not either. Neither does a workflow
/// that is open when the run is over, which is another finding, or that was terminated: its code is not told.
///
/// *Ran* means, unless something else is asked for, that the code of the activity was entered and that it ended before
/// the workflow closed. It completed, or it ended in another way and the workflow closed as Failed, so that its end
/// tells of it. One that was skipped, since it was started on a canceled context, never ran.
///
/// A workflow that is told of its cancel in its first workflow task has begun nothing, so nothing need be undone: cleanup
/// may be left out. If it is asked for all the same, it must run.
#[derive(Debug, Clone)]
pub struct CleanupIffCanceled {
    activity: SmolStr,
    ran: Ran,
    /// Also if nothing was begun.
    always: bool,
    /// Also if the work was done.
    done: bool,
}

impl CleanupIffCanceled {
    /// `activity` is the one that cleans up.
    pub fn new(activity: impl Into<SmolStr>) -> Self {
        Self { activity: activity.into(), ran: Ran::default(), always: false, done: false }
    }

    /// It is enough that cleanup was scheduled and not skipped; what becomes of it is not looked at.
    #[must_use]
    pub fn scheduled(mut self) -> Self {
        self.ran = Ran::Scheduled;
        self
    }

    /// It is enough that the code of cleanup was entered: it may fail, or be left alone at the close.
    #[must_use]
    pub fn started(mut self) -> Self {
        self.ran = Ran::Started;
        self
    }

    /// Cleanup must complete. A workflow that fails because its cleanup failed is found too.
    #[must_use]
    pub fn completed(mut self) -> Self {
        self.ran = Ran::Completed;
        self
    }

    /// Cleanup must also run where the workflow is told of its cancel in its first workflow task, before it has begun
    /// anything.
    #[must_use]
    pub fn even_if_nothing_began(mut self) -> Self {
        self.always = true;
        self
    }

    /// Cleanup must also run where the work is done when the workflow is told of its cancel, and it closes as Completed at
    /// once: a workflow is canceled if it is told so, however it closes.
    #[must_use]
    pub fn even_if_completed(mut self) -> Self {
        self.done = true;
        self
    }

    fn check_execution(&self, execution: &Execution, outcome: &Outcome) -> Option<Finding> {
        let Self { activity, ran, always, done } = self;
        let Execution { workflow_type: workflow, status, .. } = execution;
        let cleanups: Vec<EventId> = scheduled(execution)
            .filter(|(_, attributes)| attributes.activity_type.name == *activity)
            .map(|(id, _)| id)
            .collect();
        let Some(request) = cancel_delivered(execution) else {
            let first = cleanups.first()?;
            let headline = format!("{activity} was scheduled although {workflow} saw no cancel");
            return Some(Finding::new(Code::CleanupUncalled, headline).with_events([first.0]));
        };
        if !done && completed_first(execution, request) {
            return None;
        }
        if matches!(status, Status::Running | Status::Terminated) {
            return None;
        }
        let because = format!("although {workflow} was canceled");
        match Course::furthest(execution, outcome, cleanups) {
            Some((_, course)) if course.is(*ran, *status) => None,
            Some((id, course)) => {
                let run = (execution, outcome);
                Some(course.finding(Code::CleanupMissing, run, id, (activity, &because)))
            }
            None if *always || !told_at_once(execution, request) => {
                let headline = format!("{activity} was not scheduled {because}");
                let cause = match status {
                    Status::TimedOut => Cause::RunTimedOut,
                    _ => Cause::Unreached,
                };
                let finding = Finding::new(Code::CleanupMissing, headline).with_cause(cause);
                Some(finding.with_events([request.0]))
            }
            None => None,
        }
    }
}

impl Check for CleanupIffCanceled {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        in_each(outcome, |execution| self.check_execution(execution, outcome))
    }

    fn activities(&self) -> Vec<SmolStr> {
        vec![self.activity.clone()]
    }
}

/// Whether the first workflow task that was accepted delivered the cancel `request`.
fn told_at_once(execution: &Execution, request: EventId) -> bool {
    let first = execution.history.iter().find_map(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => Some(completed.started_event_id),
        _ => None,
    });
    first.is_some_and(|started| started > request)
}
