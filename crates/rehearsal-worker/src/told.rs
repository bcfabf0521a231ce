//! What the profiles make of events in the same way.

use alloc::boxed::Box;
use alloc::string::String;

use rehearsal_activation::{Job, Signal};
use rehearsal_history::{Event, EventKind};

use crate::unsupported::not_simulated;

/// An event that the run cannot take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// It ends an operation that workflow code never started, or that has ended; says what is missing.
    NoSuchOperation(String),
    /// Nothing simulates it.
    NotSimulated(String),
}

/// What a client has asked of the workflow; `None` if `event` is no such request.
pub(crate) fn requested(event: &Event) -> Option<Job> {
    match &event.kind {
        EventKind::WorkflowExecutionCancelRequested(request) => {
            Some(Job::CancelWorkflow { reason: request.cause.clone() })
        }
        EventKind::WorkflowExecutionSignaled(signal) => {
            Some(Job::SignalWorkflow(Box::new(Signal {
                name: signal.signal_name.clone(),
                input: signal.input.clone(),
                header: signal.header.clone(),
                event: event.id,
            })))
        }
        _ => None,
    }
}

/// Whether an event of this kind may be left out, or else why it may not.
pub(crate) fn no_news(kind: &EventKind) -> Result<(), Misplaced> {
    match kind {
        EventKind::ActivityTaskStarted(_)
        | EventKind::WorkflowExecutionOptionsUpdated(_)
        | EventKind::WorkflowExecutionTimeSkippingTransitioned(_)
        | EventKind::WorkflowExecutionUpdateAdmitted(_)
        | EventKind::WorkflowExecutionTerminated(_)
        | EventKind::WorkflowExecutionTimedOut(_) => Ok(()),
        kind if kind.is_command() => Err(Misplaced::NoSuchOperation(
            "it stands apart from the completion that asked for it".into(),
        )),
        kind => {
            Err(Misplaced::NotSimulated(not_simulated(kind).unwrap_or_else(|| kind.name().into())))
        }
    }
}
