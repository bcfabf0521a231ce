//! What fails a workflow task, in the shape that Go gives it.
//!
//! Go finds that a task is not replayed as it was recorded in one of two ways, with different failures. An event for
//! which it has no operation makes its state machines panic; what they take is compared afterwards.

use alloc::format;
use alloc::string::String;

use rehearsal_activation::{ServerCommand, Trouble, WorkerTaskFailure};
use rehearsal_history::{
    ApplicationFailureInfo, Event, Failure, FailureInfo, SmolStr, WorkflowTaskFailedCause,
};

use super::words;
use crate::describe;
use crate::mismatch::Mismatch;

/// The source of Go's failures.
pub(super) const SOURCE: &str = "GoSDK";

/// Why what an instance asks for cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing simulates it.
    NotSimulated(&'static str),
    /// Go's state machines would panic: it cancels what it never started, or uses the id of something that runs.
    Illegal(String),
}

impl Refusal {
    /// What fails the workflow task.
    pub(super) fn failure(&self) -> WorkerTaskFailure {
        match self {
            Self::NotSimulated(what) => not_simulated(what),
            Self::Illegal(message) => panicked(message),
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotSimulated(what) => Self::NotSimulated { what: what.into() },
            Refusal::Illegal(message) => Self::Nondeterminism { message },
        }
    }
}

/// What fails a task whose commands differ: with a panic in these words, or with what a comparison finds.
pub(super) fn not_replayed(
    panic: Option<String>,
    compared: impl FnOnce() -> String,
) -> WorkerTaskFailure {
    match panic {
        Some(text) => panicked(&text),
        None => nondeterminism(compared(), "historyMismatchError", false),
    }
}

/// How Go panics where it looks for an operation of this kind by its id and there is none (`getCommand`).
pub(super) fn unmatched(kind: &str, id: &str) -> String {
    format!(
        "During replay, a matching {kind} command was expected in history event position {id}. However, the \
         replayed code did not produce that. Possible causes are nondeterministic workflow definition code, or an \
         incompatible change in the workflow definition."
    )
}

/// What fails a task with an event that nothing takes, for this reason.
pub(super) fn not_taken(panic: Option<String>, event: &Event, why: &str) -> WorkerTaskFailure {
    not_replayed(panic, || differ(&describe::event(event), why))
}

/// How Go words what it found by comparing.
pub(super) fn difference(
    mismatch: &Mismatch,
    event: Option<&Event>,
    asked: Option<&ServerCommand>,
) -> String {
    let recorded = event.and_then(words::event);
    let recorded = recorded.as_ref().unwrap_or(&mismatch.recorded);
    let attempted = asked.and_then(words::command);
    let attempted = attempted.as_ref().unwrap_or(&mismatch.attempted);
    if mismatch.is_missing() {
        format!("nondeterministic workflow: missing replay command for {recorded}")
    } else if mismatch.is_extra() {
        format!("nondeterministic workflow: extra replay command for {attempted}")
    } else {
        differ(recorded, attempted)
    }
}

fn differ(recorded: &str, attempted: &str) -> String {
    format!("nondeterministic workflow: history event is {recorded}, replay command is {attempted}")
}

/// What fails a task that needs something that nothing simulates.
pub(super) fn not_simulated(what: &str) -> WorkerTaskFailure {
    WorkerTaskFailure {
        cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
        failure: go_error(format!("not simulated: {what}"), "NotSimulated", true),
    }
}

fn panicked(text: &str) -> WorkerTaskFailure {
    nondeterminism(text, "PanicError", true)
}

fn nondeterminism(
    text: impl core::fmt::Display,
    kind: &str,
    non_retryable: bool,
) -> WorkerTaskFailure {
    WorkerTaskFailure {
        cause: WorkflowTaskFailedCause::NonDeterministicError,
        failure: go_error(format!("[TMPRL1100] {text}"), kind, non_retryable),
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
