//! What makes a workflow task fail, in core's words.

use alloc::format;
use alloc::string::String;

use rehearsal_activation::{Seq, Trouble, WorkerTaskFailure};
use rehearsal_history::{
    ApplicationFailureInfo, Event, Failure, FailureInfo, WorkflowTaskFailedCause,
};

/// Why core cannot go on with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Breakdown {
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
    /// The same, where core takes it for a fault of the workflow code.
    Blamed {
        /// The rule that describes it.
        id: &'static str,
        message: String,
    },
    /// Workflow code does not come to an end in one workflow task.
    Endless(u32),
    /// Nothing simulates it.
    NotSimulated(String),
}

impl Breakdown {
    /// What is wrong, for the report, if it is more than a difference.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Nondeterminism(_) | Self::Fatal(_) => None,
            Self::Defect { id, message } | Self::Blamed { id, message } => {
                Some(Trouble::SdkDefect { id, message: message.clone() })
            }
            Self::Endless(activations) => Some(Trouble::Endless { activations: *activations }),
            Self::NotSimulated(what) => Some(Trouble::NotSimulated { what: what.clone() }),
        }
    }

    /// In one line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Nondeterminism(message)
            | Self::Fatal(message)
            | Self::Defect { message, .. }
            | Self::Blamed { message, .. } => message.clone(),
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
            Self::Nondeterminism(message) | Self::Blamed { message, .. } => (
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

/// Workflow code asks something of an operation, of this kind and number, that is not there.
pub(super) fn missing(operation: &str, seq: Seq) -> Breakdown {
    Breakdown::Nondeterminism(format!("Missing associated machine for {operation}({seq})"))
}

/// Workflow code asks something of an operation that it cannot do in its state.
pub(super) fn invalid() -> Breakdown {
    Breakdown::Nondeterminism(INVALID.into())
}

/// The same, where no workflow code could know: the defect that this rule describes.
pub(super) fn blamed(id: &'static str) -> Breakdown {
    Breakdown::Blamed { id, message: INVALID.into() }
}

const INVALID: &str = "Invalid transition in state machine";

/// No operation is known that `event` could be about.
pub(super) fn unknown(event: &Event) -> Breakdown {
    Breakdown::Nondeterminism(format!(
        "During event handling, this event had an initial command ID but we could not find a matching command for it: {}",
        printed(event)
    ))
}

/// Workflow code asks for nothing that `event` could record.
pub(super) fn unasked(event: &Event) -> Breakdown {
    Breakdown::Nondeterminism(format!("No command scheduled for event {}", printed(event)))
}

/// Workflow code asks for something that an event of another kind than this records.
pub(super) fn unhandled(machine: &str, event: &Event) -> Breakdown {
    Breakdown::Nondeterminism(format!(
        "{machine} machine does not handle this event: {}",
        printed(event)
    ))
}

/// A machine in this state has no transition for `event`.
pub(super) fn no_transition(machine: &str, state: impl core::fmt::Debug, event: &Event) -> String {
    format!(
        "{machine} in state {state:?} says the transition is invalid during event EventInfo {{ event_id: {}, event_type: {} }}",
        event.id,
        event.kind.name()
    )
}
