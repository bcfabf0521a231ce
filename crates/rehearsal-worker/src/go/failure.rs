//! Failures in the shape that Go gives them.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use rehearsal_activation::Trouble;
use rehearsal_history::{
    ActivityFailureInfo, ApplicationFailureInfo, Event, EventKind, Failure, FailureInfo, SmolStr,
    TypeName, WorkflowTaskFailedCause,
};

use super::operation::{Activity, Operations, Refusal};
use crate::describe;
use crate::mismatch::Mismatch;

const SOURCE: &str = "GoSDK";

/// The part of an activity's closing event that its error repeats.
pub(super) struct Closing {
    pub(super) info: ActivityFailureInfo,
    pub(super) cause: Option<Failure>,
}

/// The error that workflow code sees when an activity did not complete (C-36, T-3b).
pub(super) fn activity_failure(activity: &Activity, closing: Closing) -> Failure {
    let info = ActivityFailureInfo {
        activity_type: TypeName::from(activity.name.clone()),
        activity_id: activity.id.clone(),
        ..closing.info
    };
    Failure {
        message: "activity error".into(),
        source: SOURCE.into(),
        cause: closing.cause.map(Box::new),
        info: Some(FailureInfo::Activity(info)),
        ..Failure::default()
    }
}

/// What fails a workflow task that is not replayed as it was recorded; `event` is the one in question.
///
/// Go finds such a thing in one of two ways, with different failures. An event for which it has no operation makes its
/// state machines panic; what they take is compared afterwards.
pub(crate) fn mismatch_failure(
    operations: &Operations,
    event: Option<&Event>,
    mismatch: &Mismatch,
) -> (WorkflowTaskFailedCause, Failure) {
    if let Some(Trouble::NotSimulated { what }) = &mismatch.trouble {
        return not_simulated(what);
    }
    let cause = WorkflowTaskFailedCause::NonDeterministicError;
    match event.and_then(|event| panic_text(operations, event)) {
        Some(text) => (cause, go_error(format!("[TMPRL1100] {text}"), "PanicError", true)),
        None => (cause, go_error(mismatch_text(mismatch), "historyMismatchError", false)),
    }
}

/// How Go's state machines panic at this event, if they do.
fn panic_text(operations: &Operations, event: &Event) -> Option<String> {
    let no_timer = |timer_id: &SmolStr| {
        format!(
            "During replay, a matching Timer command was expected in history event position {timer_id}. However, the \
             replayed code did not produce that. Possible causes are nondeterministic workflow definition code, or an \
             incompatible change in the workflow definition."
        )
    };
    match &event.kind {
        EventKind::ActivityTaskScheduled(scheduled)
            if !operations.by_scheduled.contains_key(&event.id) =>
        {
            Some(format!(
                "lookup failed for scheduledEventID to activityID: scheduleEventID: {}, activityID: {}",
                event.id, scheduled.activity_id
            ))
        }
        EventKind::ActivityTaskCompleted(_)
        | EventKind::ActivityTaskFailed(_)
        | EventKind::ActivityTaskTimedOut(_)
        | EventKind::ActivityTaskCanceled(_) => {
            Some(format!("unable to find activityID for the event: {}", describe::event(event)))
        }
        EventKind::TimerStarted(timer) if !operations.by_timer_id.contains_key(&timer.timer_id) => {
            Some(no_timer(&timer.timer_id))
        }
        EventKind::TimerFired(timer) => Some(no_timer(&timer.timer_id)),
        _ => None,
    }
}

/// How Go words what it found by comparing.
fn mismatch_text(mismatch: &Mismatch) -> String {
    let Mismatch { recorded, attempted, .. } = mismatch;
    let difference = if mismatch.is_missing() {
        format!("missing replay command for {recorded}")
    } else if mismatch.is_extra() {
        format!("extra replay command for {attempted}")
    } else {
        format!("history event is {recorded}, replay command is {attempted}")
    };
    format!("[TMPRL1100] nondeterministic workflow: {difference}")
}

fn not_simulated(what: &str) -> (WorkflowTaskFailedCause, Failure) {
    let failure = go_error(format!("not simulated: {what}"), "NotSimulated", true);
    (WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure, failure)
}

/// What fails a workflow task whose commands cannot be sent.
pub(crate) fn refusal_failure(refusal: &Refusal) -> (WorkflowTaskFailedCause, Failure) {
    match refusal {
        Refusal::NotSimulated(what) => not_simulated(what),
        Refusal::Illegal(message) => (
            WorkflowTaskFailedCause::NonDeterministicError,
            go_error(format!("[TMPRL1100] {message}"), "PanicError", true),
        ),
    }
}

fn go_error(message: impl Into<SmolStr>, kind: &str, non_retryable: bool) -> Failure {
    let info = ApplicationFailureInfo {
        kind: kind.into(),
        non_retryable,
        ..ApplicationFailureInfo::default()
    };
    Failure {
        message: message.into(),
        source: SOURCE.into(),
        info: Some(FailureInfo::Application(info)),
        ..Failure::default()
    }
}
