//! How far an activity had come when its workflow closed, and what is wrong with one that should have run.

use std::time::Duration;

use rehearsal_history::{EventId, EventKind, Status, duration_text};

use super::{closed, end, skipped};
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::Call;

/// What must have become of an activity so that it counts as one that ran.
///
/// One that was skipped, since it was started on a canceled context, never ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ran {
    /// The workflow asked for it.
    Scheduled,
    /// Its code was entered.
    Started,
    /// Its code was entered and it ended before the close: it completed; or it ended in another way and its workflow
    /// closed as Failed, so that somebody is told.
    #[default]
    Ended,
    /// It completed before the close.
    Completed,
}

/// How far an activity came.
#[derive(Debug, Clone, Copy)]
pub(super) enum Course<'a> {
    /// It was started on a canceled context, and never began.
    Skipped,
    /// Its code was never entered; the event that ended it, if one did.
    NotStarted(Option<&'a EventKind>),
    /// Its code was entered, and it had not ended when the run was over; the last attempt.
    Open(&'a Call),
    /// Its code was entered, and it ended in another way than by completing; the last attempt, and the event.
    Broken(&'a Call, &'a EventKind),
    /// It completed.
    Completed,
}

impl<'a> Course<'a> {
    /// That of the activity that event `id` scheduled.
    pub(super) fn of(execution: &'a Execution, outcome: &'a Outcome, id: EventId) -> Self {
        let last = outcome.calls_of(execution).filter(|call| call.scheduled == id).last();
        match (end(execution, id), last) {
            (Some(EventKind::ActivityTaskCompleted(_)), _) => Self::Completed,
            (Some(end), Some(call)) => Self::Broken(call, end),
            (None, Some(call)) => Self::Open(call),
            (_, None) if skipped(execution).contains(&id) => Self::Skipped,
            (end, None) => Self::NotStarted(end),
        }
    }

    /// The course of that activity among several that came furthest; the later one of two that came as far.
    pub(super) fn furthest(
        execution: &'a Execution,
        outcome: &'a Outcome,
        ids: impl IntoIterator<Item = EventId>,
    ) -> Option<(EventId, Self)> {
        let courses = ids.into_iter().map(|id| (id, Self::of(execution, outcome, id)));
        courses.max_by_key(|(_, course)| match course {
            Self::Skipped => 0,
            Self::NotStarted(_) => 1,
            Self::Open(_) => 2,
            Self::Broken(..) => 3,
            Self::Completed => 4,
        })
    }

    /// Whether the activity ran, in a workflow that is closed as `status`.
    pub(super) fn is(&self, ran: Ran, status: Status) -> bool {
        match self {
            Self::Skipped => false,
            Self::NotStarted(_) => ran == Ran::Scheduled,
            Self::Open(_) => matches!(ran, Ran::Scheduled | Ran::Started),
            Self::Broken(..) => match ran {
                Ran::Scheduled | Ran::Started => true,
                Ran::Ended => status == Status::Failed,
                Ran::Completed => false,
            },
            Self::Completed => true,
        }
    }

    /// What an activity of this course lacks, for the middle of a headline.
    const fn lacks(&self) -> &'static str {
        match self {
            Self::Skipped => "did not run",
            Self::NotStarted(_) => "was never started",
            Self::Open(_) => "had not ended at the close",
            Self::Broken(..) => "did not complete",
            Self::Completed => "completed",
        }
    }

    /// Why, in a line.
    fn why(&self, execution: &Execution, outcome: &Outcome) -> Option<String> {
        let Execution { workflow_type: workflow, status, .. } = execution;
        let close = closed(execution, outcome).map(|(_, at)| at).unwrap_or_default();
        let at = duration_text(close);
        match self {
            Self::Skipped | Self::Completed => None,
            Self::NotStarted(None) => Some(format!(
                "{workflow} closed as {status:?} at {at}, and no worker had taken it by then"
            )),
            Self::NotStarted(Some(end)) => Some(format!("before a worker took it, {}", how(end))),
            Self::Open(call) => Some(format!(
                "attempt {} {}, {workflow} closed as {status:?} at {at}",
                call.attempt,
                so_far(call, close)
            )),
            Self::Broken(call, end) => Some(format!(
                "{} in attempt {}, and {workflow} closed as {status:?}",
                how(end),
                call.attempt
            )),
        }
    }

    /// What is behind it, in a workflow that is closed as `status`; `None` if the activity was canceled, as it is in
    /// what the code of the finding says.
    const fn cause(&self, status: Status) -> Option<Cause> {
        match self {
            Self::NotStarted(None) | Self::Open(_) => Some(match status {
                Status::TimedOut => Cause::RunTimedOut,
                _ => Cause::NotAwaited,
            }),
            Self::Skipped
            | Self::Completed
            | Self::NotStarted(Some(EventKind::ActivityTaskCanceled(_)))
            | Self::Broken(_, EventKind::ActivityTaskCanceled(_)) => None,
            Self::NotStarted(Some(_)) => Some(Cause::NotTaken),
            Self::Broken(..) => Some(Cause::FailedForGood),
        }
    }

    /// The finding on the activity of event `id`, which should have run; `because` ends the headline.
    pub(super) fn finding(
        &self,
        code: Code,
        (execution, outcome): (&Execution, &Outcome),
        id: EventId,
        (activity, because): (&str, &str),
    ) -> Finding {
        let headline = format!("{activity} {} {because}", self.lacks());
        let finding = Finding::new(code, headline);
        let finding = self.why(execution, outcome).into_iter().fold(finding, Finding::with_detail);
        let finding = self.cause(execution.status).into_iter().fold(finding, Finding::with_cause);
        let later = execution.history.iter().filter(|event| event.kind.opener() == Some(id));
        let scheduled = (!matches!(self, Self::Skipped)).then_some(id.0);
        finding.with_events(scheduled.into_iter().chain(later.map(|event| event.id.0)))
    }
}

/// How far the last attempt of an activity had come when its workflow closed.
fn so_far(call: &Call, close: Duration) -> String {
    match call.over() {
        Some(over) if over <= close && call.lost.is_some() && call.ended.is_some() => {
            format!(
                "ended at {}, its end was lost, and it was not followed by another",
                duration_text(over)
            )
        }
        Some(over) if over <= close && call.hung => {
            format!("hung from {} on, and was not followed by another", duration_text(over))
        }
        Some(over) if over <= close && call.lost.is_some() => {
            format!(
                "died with its worker at {}, and was not followed by another",
                duration_text(over)
            )
        }
        Some(over) if over <= close && call.outside => {
            format!("left its end to somebody outside at {}", duration_text(over))
        }
        Some(over) if over <= close => {
            format!("ended at {}, and was not followed by another", duration_text(over))
        }
        Some(over) => format!(
            "began at {} and ran until {}",
            duration_text(call.started),
            duration_text(over)
        ),
        None => format!("began at {}", duration_text(call.started)),
    }
}

/// How an activity ended that did not complete.
pub(super) fn how(end: &EventKind) -> String {
    let words = |failure: &Option<rehearsal_history::Failure>| {
        failure.as_ref().map(|failure| failure.message.to_string()).unwrap_or_default()
    };
    match end {
        EventKind::ActivityTaskFailed(end) => format!("it failed with `{}`", words(&end.failure)),
        EventKind::ActivityTaskTimedOut(end) => {
            format!("it timed out with `{}`", words(&end.failure))
        }
        EventKind::ActivityTaskCanceled(_) => "it was canceled".to_owned(),
        _ => "it ended".to_owned(),
    }
}
