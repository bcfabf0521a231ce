//! The check that what was begun is followed by what must come after it.

use rehearsal_history::{EventId, SmolStr, Status};

use super::course::{Course, Ran};
use super::{Check, in_each, scheduled};
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};

/// Whenever one activity began, another ran to its end before the workflow closed, however it closed (RH213).
///
/// The first began when its code was entered, whatever became of it then. The second must have been scheduled after the
/// last one that began, its code must have been entered, and it must have ended before the close: it completed, or it
/// ended in another way and the workflow closed as Failed, so that its end tells of it.
///
/// A workflow that is open when the run is over is another finding, and not judged here. Neither is one that was
/// terminated: its code is not told.
#[derive(Debug, Clone)]
pub struct Finally {
    /// The activity that begins something.
    pub begins: SmolStr,
    /// The activity that must follow.
    pub follows: SmolStr,
}

impl Check for Finally {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        in_each(outcome, |execution| self.check_execution(execution, outcome))
    }

    fn activities(&self) -> Vec<SmolStr> {
        vec![self.begins.clone(), self.follows.clone()]
    }
}

impl Finally {
    fn check_execution(&self, execution: &Execution, outcome: &Outcome) -> Option<Finding> {
        let Self { begins, follows } = self;
        if matches!(execution.status, Status::Running | Status::Terminated) {
            return None;
        }
        let begun = outcome.calls_of(execution).filter(|call| call.activity == *begins);
        let last = begun.map(|call| call.scheduled).max()?;
        let named = |id: &EventId, name: &SmolStr| name == follows && *id > last;
        let after = scheduled(execution)
            .filter(|(id, attributes)| named(id, &attributes.activity_type.name))
            .map(|(id, _)| id);
        let because = format!("although {begins} had begun");
        match Course::furthest(execution, outcome, after) {
            Some((_, course)) if course.is(Ran::Ended, execution.status) => None,
            Some((id, course)) => {
                let run = (execution, outcome);
                Some(course.finding(Code::NotFollowed, run, id, (follows, &because)))
            }
            None => {
                let headline = format!("{follows} was not scheduled {because}");
                let workflow = &execution.workflow_type;
                let detail = format!(
                    "event {last} scheduled {begins}, {workflow} closed as {:?}",
                    execution.status
                );
                let close = execution.history.last().map(|event| event.id.0);
                let finding = Finding::new(Code::NotFollowed, headline).with_detail(detail);
                let finding = finding.with_cause(Cause::Unreached);
                Some(finding.with_events(close))
            }
        }
    }
}
