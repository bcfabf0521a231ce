//! Failures in the shape that core gives them, and what makes a workflow task fail.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use rehearsal_activation::{Trouble, WorkerTaskFailure};
use rehearsal_history::event::{ActivityTaskCanceled, ActivityTaskFailed, ActivityTaskTimedOut};
use rehearsal_history::{
    ActivityFailureInfo, ApplicationFailureInfo, Event, Failure, FailureInfo, RetryState, TypeName,
    WorkflowTaskFailedCause,
};

use super::machines::Activity;

/// Why core cannot go on with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Workflow code does not do what is recorded.
    Nondeterminism(String),
    /// A state machine has no transition for what happened.
    Fatal(String),
    /// The same, and no workflow code could prevent it: a defect of core.
    Defect {
        /// The rule that describes it.
        id: &'static str,
        message: String,
    },
    /// Workflow code does not come to an end in one workflow task.
    Endless(u32),
    /// Nothing simulates it.
    NotSimulated(String),
}

impl Fault {
    /// What is wrong, for the report, if it is more than a difference.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Nondeterminism(_) | Self::Fatal(_) => None,
            Self::Defect { id, message } => {
                Some(Trouble::SdkDefect { id, message: message.clone() })
            }
            Self::Endless(activations) => Some(Trouble::Endless { activations: *activations }),
            Self::NotSimulated(what) => Some(Trouble::NotSimulated { what: what.clone() }),
        }
    }

    /// In one line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Nondeterminism(message) | Self::Fatal(message) | Self::Defect { message, .. } => {
                message.clone()
            }
            Self::Endless(activations) => {
                format!("{}", Trouble::Endless { activations: *activations })
            }
            Self::NotSimulated(what) => format!("not simulated: {what}"),
        }
    }

    /// What fails the workflow task (R-12; recorded: `abandon-activity-fails-late`).
    pub(crate) fn failure(&self) -> WorkerTaskFailure {
        let unhandled = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
        let (cause, message) = match self {
            Self::Nondeterminism(message) => (
                WorkflowTaskFailedCause::NonDeterministicError,
                format!("[TMPRL1100] Nondeterminism error: {message}"),
            ),
            Self::Fatal(message) | Self::Defect { message, .. } => {
                (unhandled, format!("Fatal error in workflow machines: {message}"))
            }
            Self::Endless(_) | Self::NotSimulated(_) => (unhandled, self.message()),
        };
        let failure = Failure {
            message: message.into(),
            info: Some(FailureInfo::Application(ApplicationFailureInfo::default())),
            ..Failure::default()
        };
        WorkerTaskFailure { cause, failure }
    }
}

/// How core prints an event.
pub(super) fn printed(event: &Event) -> String {
    format!("HistoryEvent(id: {}, {})", event.id, event.kind.name())
}

/// A machine in this state has no transition for `event`.
pub(super) fn no_transition(machine: &str, state: impl core::fmt::Debug, event: &Event) -> String {
    format!(
        "{machine} in state {state:?} says the transition is invalid during event EventInfo {{ event_id: {}, event_type: {} }}",
        event.id,
        event.kind.name()
    )
}

/// The error that workflow code sees when an activity failed (C-36).
pub(super) fn activity_failed(activity: &Activity, failed: &ActivityTaskFailed) -> Failure {
    let info = ActivityFailureInfo {
        identity: failed.identity.clone(),
        retry_state: failed.retry_state.clone(),
        started_event_id: failed.started_event_id,
        scheduled_event_id: failed.scheduled_event_id,
        ..ActivityFailureInfo::default()
    };
    activity_failure("Activity task failed", activity, info, failed.failure.clone())
}

/// The error that workflow code sees when an activity timed out (T-3b).
pub(super) fn activity_timed_out(activity: &Activity, timed_out: &ActivityTaskTimedOut) -> Failure {
    let info = ActivityFailureInfo {
        retry_state: timed_out.retry_state.clone(),
        started_event_id: timed_out.started_event_id,
        scheduled_event_id: timed_out.scheduled_event_id,
        ..ActivityFailureInfo::default()
    };
    activity_failure("Activity task timed out", activity, info, timed_out.failure.clone())
}

/// The error that workflow code sees when an activity was canceled. Without an event, that is at once, it names no
/// events (C-36).
pub(super) fn activity_canceled(
    activity: &Activity,
    canceled: Option<&ActivityTaskCanceled>,
) -> Failure {
    let details = canceled.and_then(|canceled| canceled.details.clone());
    let info = canceled.map_or_else(ActivityFailureInfo::default, |canceled| ActivityFailureInfo {
        identity: canceled.identity.clone(),
        started_event_id: canceled.started_event_id,
        scheduled_event_id: canceled.scheduled_event_id,
        ..ActivityFailureInfo::default()
    });
    let info = ActivityFailureInfo { retry_state: RetryState::CancelRequested, ..info };
    activity_failure("Activity cancelled", activity, info, Some(Failure::canceled("", details)))
}

fn activity_failure(
    message: &'static str,
    activity: &Activity,
    info: ActivityFailureInfo,
    cause: Option<Failure>,
) -> Failure {
    let info = ActivityFailureInfo {
        activity_type: TypeName::from(activity.name.clone()),
        activity_id: activity.id.clone(),
        ..info
    };
    Failure {
        message: message.into(),
        cause: cause.map(Box::new),
        info: Some(FailureInfo::Activity(info)),
        ..Failure::default()
    }
}
