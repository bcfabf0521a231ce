//! Signals to other workflows, and cancels of them.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use rehearsal_activation::{
    CancelExternal, CancelExternalWorkflow, Job, Seq, ServerCommand, SignalExternal,
    SignalExternalWorkflow,
};
use rehearsal_history::{
    CancelExternalFailedCause, EventId, Failure, SignalExternalFailedCause, SmolStr,
};

use super::child::go_error;
use super::failure::unmatched;
use super::outbox::{Outbox, number};
use crate::told::Misplaced;

/// The signals and cancels of a run. Go knows each by a number that it sends along as `control`.
#[derive(Debug, Clone, Default)]
pub(super) struct Externals {
    /// By the events that record them.
    signals: BTreeMap<EventId, Seq>,
    cancels: BTreeMap<EventId, Seq>,
}

impl Externals {
    /// Workflow code signals another workflow.
    pub(super) fn signal(&mut self, command: SignalExternal, out: &mut Outbox) {
        let event = out.next_event();
        self.signals.insert(event, command.seq);
        out.push(ServerCommand::SignalExternalWorkflow(Box::new(SignalExternalWorkflow {
            target: command.target,
            name: command.name,
            input: command.input,
            header: Some(command.header.unwrap_or_default()),
            control: number(event),
            user_metadata: None,
        })));
    }

    /// Workflow code asks another workflow to cancel.
    pub(super) fn cancel(&mut self, command: CancelExternal, out: &mut Outbox) {
        let event = out.next_event();
        self.cancels.insert(event, command.seq);
        out.push(ServerCommand::RequestCancelExternalWorkflow(Box::new(CancelExternalWorkflow {
            target: command.target,
            reason: command.reason,
            control: number(event),
            names_namespace: true,
            user_metadata: None,
        })));
    }

    /// A signal has arrived, or not.
    pub(super) fn signaled(
        &mut self,
        initiated: EventId,
        cause: Option<&SignalExternalFailedCause>,
    ) -> Result<Job, Misplaced> {
        let seq = self.signals.remove(&initiated).ok_or_else(|| never_sent("signal", initiated))?;
        let failure = cause.map(|cause| match cause {
            SignalExternalFailedCause::ExternalWorkflowExecutionNotFound => unknown_workflow(),
            SignalExternalFailedCause::NamespaceNotFound => no_namespace(),
            other => unknown_cause("signal", other.as_str()),
        });
        let cause = cause.cloned().unwrap_or_default();
        Ok(Job::ResolveSignalExternal { seq, failure: failure.map(Box::new), cause })
    }

    /// A cancel that is none of a child has arrived, or not; `None` if it is one of a child.
    pub(super) fn canceled(
        &mut self,
        initiated: EventId,
        cause: Option<&CancelExternalFailedCause>,
    ) -> Option<Job> {
        let seq = self.cancels.remove(&initiated)?;
        let failure = cause.map(|cause| match cause {
            CancelExternalFailedCause::ExternalWorkflowExecutionNotFound => unknown_workflow(),
            CancelExternalFailedCause::NamespaceNotFound => no_namespace(),
            other => unknown_cause("cancel", other.as_str()),
        });
        let cause = cause.cloned().unwrap_or_default();
        Some(Job::ResolveCancelExternal { seq, failure: failure.map(Box::new), cause })
    }

    /// How Go panics where a signal is recorded that it does not know.
    pub(super) fn unknown_signal(&self, event: EventId, control: &SmolStr) -> Option<String> {
        (!self.signals.contains_key(&event)).then(|| unmatched("Signal", control))
    }

    /// How Go panics where a cancel is recorded that it does not know.
    pub(super) fn unknown_cancel(&self, event: EventId, control: &SmolStr) -> Option<String> {
        (!self.cancels.contains_key(&event)).then(|| unmatched("Cancellation", control))
    }
}

/// How Go panics at the end of a signal that it does not know (`getSignalID`).
pub(super) fn no_signal(initiated: EventId) -> String {
    format!("unable to find signalID for initiatedEventID: {initiated}")
}

fn never_sent(what: &str, initiated: EventId) -> Misplaced {
    Misplaced::NoSuchOperation(format!("no {what} was ever sent as event {initiated}"))
}

fn unknown_workflow() -> Failure {
    go_error("unknown external workflow execution", "UnknownExternalWorkflowExecutionError")
}

fn no_namespace() -> Failure {
    go_error("namespace not found", "NamespaceNotFoundError")
}

fn unknown_cause(what: &str, cause: &str) -> Failure {
    let text = format!("unable to {what} external workflow for unknown cause: {cause}");
    go_error(text, "")
}
