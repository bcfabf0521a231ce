//! What the profiles make of events in the same way.

use alloc::boxed::Box;
use alloc::string::String;
use core::time::Duration;

use rehearsal_activation::{Initialize, Job, Signal};
use rehearsal_history::event::WorkflowExecutionStarted;
use rehearsal_history::{Event, EventKind, SmolStr};

use crate::slice::is_command_event;
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

/// What a run knows of itself from its first event.
pub(crate) fn initialize(
    workflow_id: &SmolStr,
    run_id: &SmolStr,
    event: &Event,
    started: &WorkflowExecutionStarted,
) -> Initialize {
    let limit = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
    Initialize {
        workflow_type: started.workflow_type.name.clone(),
        workflow_id: workflow_id.clone(),
        run_id: run_id.clone(),
        first_run_id: started.first_execution_run_id.clone(),
        input: started.input.clone(),
        header: started.header.clone(),
        task_queue: started.task_queue.name.clone(),
        attempt: u32::try_from(started.attempt).unwrap_or(1).max(1),
        execution_timeout: limit(started.workflow_execution_timeout),
        run_timeout: limit(started.workflow_run_timeout),
        task_timeout: limit(started.workflow_task_timeout).unwrap_or(DEFAULT_TASK_TIMEOUT),
        retry_policy: started.retry_policy.clone(),
        started_at: event.time,
    }
}

/// The server's default for one workflow task (W-4).
const DEFAULT_TASK_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether an event of this kind may be left out, or else why it may not.
pub(crate) fn no_news(kind: &EventKind) -> Result<(), Misplaced> {
    match kind {
        EventKind::ActivityTaskStarted(_)
        | EventKind::WorkflowExecutionOptionsUpdated(_)
        | EventKind::WorkflowExecutionTerminated(_)
        | EventKind::WorkflowExecutionTimedOut(_) => Ok(()),
        kind if is_command_event(kind) => Err(Misplaced::NoSuchOperation(
            "it stands apart from the completion that asked for it".into(),
        )),
        kind => {
            Err(Misplaced::NotSimulated(not_simulated(kind).unwrap_or_else(|| kind.name().into())))
        }
    }
}
