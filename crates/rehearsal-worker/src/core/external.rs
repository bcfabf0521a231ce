//! Signals to other workflows, and cancels of them: what is known of them, and what their commands and events make of it.

pub(super) mod machine;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;

use rehearsal_activation::{
    CancelExternal, CancelExternalWorkflow, ExternalTarget, Job, Seq, ServerCommand,
    SignalExternal, SignalExternalWorkflow,
};
use rehearsal_history::{
    ApplicationFailureInfo, CancelExternalFailedCause, CanceledFailureInfo, Event, EventId,
    EventKind, Failure, FailureInfo, SignalExternalFailedCause, SmolStr, UserMetadata,
};

use self::machine::{ExternalInput, ExternalReaction, ExternalState};
use super::failure::{Breakdown, blamed, invalid, missing, no_transition, unhandled, unknown};
use super::machine::Machine;
use super::out::Out;
use crate::run_info::RunInfo;

/// The signals and cancels of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Externals {
    signals: BTreeMap<Seq, ExternalState>,
    /// Cancels, those of children included, in the order in which they were asked for.
    cancels: BTreeMap<u32, Cancel>,
    /// By the events that recorded them.
    by_event: BTreeMap<EventId, Machine>,
}

/// A cancel of another workflow.
#[derive(Debug, Clone)]
struct Cancel {
    state: ExternalState,
    of: Canceled,
}

/// Who asked for a cancel.
#[derive(Debug, Clone, Copy)]
enum Canceled {
    /// Workflow code, which is told.
    External(Seq),
    /// Core itself, for a child.
    Child(Seq),
}

impl Externals {
    /// Workflow code signals another workflow.
    pub(super) fn signal(&mut self, command: SignalExternal, out: &mut Out) {
        let seq = command.seq;
        self.signals.insert(seq, ExternalState::CommandCreated);
        let header = command.header.filter(|header| !header.fields.is_empty());
        let command = SignalExternalWorkflow {
            target: command.target,
            name: command.name,
            input: command.input,
            header,
            control: SmolStr::default(),
            user_metadata: None,
        };
        let command = ServerCommand::SignalExternalWorkflow(Box::new(command));
        out.queue.push(Machine::Signal(seq), command);
    }

    /// Workflow code takes a signal back: what is not sent yet never is, what was sent goes on (C-46).
    pub(super) fn cancel_signal(&mut self, seq: Seq, out: &mut Out) -> Result<(), Breakdown> {
        let state = self.signals.get_mut(&seq).ok_or_else(|| missing("SignalExternal", seq))?;
        let failed = *state == ExternalState::Failed;
        let refused = |_| if failed { blamed("C-46a") } else { invalid() };
        let (next, reaction) = state.on(ExternalInput::Withdraw).map_err(refused)?;
        *state = next;
        if reaction == ExternalReaction::Suppress {
            out.queue.withdraw(Machine::Signal(seq));
            let failure = Some(Box::new(withdrawn()));
            let cause = SignalExternalFailedCause::Unspecified;
            out.jobs.push(Job::ResolveSignalExternal { seq, failure, cause });
        }
        Ok(())
    }

    /// Workflow code asks another workflow to cancel. The reason says who does.
    pub(super) fn cancel(&mut self, command: CancelExternal, run: &RunInfo, out: &mut Out) {
        let CancelExternal { seq, target, reason } = command;
        let reason = format!(
            "Cancel requested by workflow with run id {} with reason: {reason}",
            run.run_id
        );
        let command = CancelExternalWorkflow {
            target,
            reason: reason.into(),
            names_namespace: true,
            ..CancelExternalWorkflow::default()
        };
        self.push_cancel(Canceled::External(seq), command, out);
    }

    /// A child is to be asked to cancel.
    pub(super) fn cancel_child(
        &mut self,
        child: Seq,
        target: ExternalTarget,
        reason: SmolStr,
        user_metadata: Option<Box<UserMetadata>>,
        out: &mut Out,
    ) {
        let command = CancelExternalWorkflow {
            target,
            reason,
            user_metadata,
            ..CancelExternalWorkflow::default()
        };
        self.push_cancel(Canceled::Child(child), command, out);
    }

    fn push_cancel(&mut self, of: Canceled, command: CancelExternalWorkflow, out: &mut Out) {
        let number = u32::try_from(self.cancels.len()).unwrap_or(u32::MAX);
        self.cancels.insert(number, Cancel { state: ExternalState::CommandCreated, of });
        let command = ServerCommand::RequestCancelExternalWorkflow(Box::new(command));
        out.queue.push(Machine::Cancel(number), command);
    }

    /// This event records the command of a machine of these.
    pub(super) fn record(&mut self, machine: Machine, event: EventId) {
        if let Some(state) = self.state(machine)
            && let Ok((next, _)) = state.on(ExternalInput::Initiated)
        {
            *state = next;
            self.by_event.insert(event, machine);
        }
    }

    fn state(&mut self, machine: Machine) -> Option<&mut ExternalState> {
        match machine {
            Machine::Signal(seq) => self.signals.get_mut(&seq),
            Machine::Cancel(number) => self.cancels.get_mut(&number).map(|it| &mut it.state),
            Machine::Activity(_)
            | Machine::Timer(_)
            | Machine::Child(_)
            | Machine::Patch(_)
            | Machine::Properties(_)
            | Machine::Update(_)
            | Machine::Local(_)
            | Machine::Close(_) => None,
        }
    }

    /// A signal has arrived, or not.
    pub(super) fn signaled(
        &mut self,
        event: &Event,
        initiated: EventId,
        cause: Option<&SignalExternalFailedCause>,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let machine = self.resolve(event, initiated, cause.is_some())?;
        let Machine::Signal(seq) = machine else { return Err(unknown(event)) };
        let failure = cause.map(|cause| {
            let reason = match cause {
                SignalExternalFailedCause::ExternalWorkflowExecutionNotFound
                | SignalExternalFailedCause::NamespaceNotFound => "it was not found",
                SignalExternalFailedCause::SignalCountLimitExceeded => {
                    "The per-workflow signal limit was exceeded"
                }
                _ => "unknown",
            };
            Box::new(undelivered("signal", reason, variant(cause)))
        });
        let cause = cause.cloned().unwrap_or_default();
        out.jobs.push(Job::ResolveSignalExternal { seq, failure, cause });
        Ok(())
    }

    /// A cancel has arrived, or not; gives the child that it is of, if it is of one. Nobody is told of those.
    pub(super) fn canceled(
        &mut self,
        event: &Event,
        initiated: EventId,
        cause: Option<&CancelExternalFailedCause>,
        out: &mut Out,
    ) -> Result<Option<Seq>, Breakdown> {
        let machine = self.resolve(event, initiated, cause.is_some())?;
        let Machine::Cancel(number) = machine else { return Err(unknown(event)) };
        let Some(cancel) = self.cancels.get(&number) else { return Err(unknown(event)) };
        match cancel.of {
            Canceled::Child(seq) => Ok(Some(seq)),
            Canceled::External(seq) => {
                let failure = cause.map(|cause| {
                    let reason = match cause {
                        CancelExternalFailedCause::ExternalWorkflowExecutionNotFound
                        | CancelExternalFailedCause::NamespaceNotFound => "not found",
                        _ => "unknown",
                    };
                    Box::new(undelivered("cancel", reason, variant(cause)))
                });
                let cause = cause.cloned().unwrap_or_default();
                out.jobs.push(Job::ResolveCancelExternal { seq, failure, cause });
                Ok(None)
            }
        }
    }

    fn resolve(
        &mut self,
        event: &Event,
        initiated: EventId,
        failed: bool,
    ) -> Result<Machine, Breakdown> {
        let machine = *self.by_event.get(&initiated).ok_or_else(|| unknown(event))?;
        let name = name(machine);
        let state = self.state(machine).ok_or_else(|| unknown(event))?;
        let (next, _) = state
            .on(if failed { ExternalInput::Failed } else { ExternalInput::Resolved })
            .map_err(|_| Breakdown::Fatal(no_transition(name, *state, event)))?;
        *state = next;
        Ok(machine)
    }

    /// Why a machine of these does not take `event` as the record of its command.
    pub(super) fn refusal(machine: Machine, event: &Event) -> Breakdown {
        let is_signal = matches!(machine, Machine::Signal(_));
        match &event.kind {
            EventKind::ExternalWorkflowExecutionSignaled(_)
            | EventKind::SignalExternalWorkflowExecutionFailed(_)
                if is_signal =>
            {
                Breakdown::Fatal(no_transition(name(machine), ExternalState::CommandCreated, event))
            }
            EventKind::ExternalWorkflowExecutionCancelRequested(_)
            | EventKind::RequestCancelExternalWorkflowExecutionFailed(_)
                if !is_signal =>
            {
                Breakdown::Fatal(no_transition(name(machine), ExternalState::CommandCreated, event))
            }
            _ if is_signal => unhandled("Signal external WF", event),
            _ => unhandled("Cancel external WF", event),
        }
    }
}

/// The name of core's machine.
const fn name(machine: Machine) -> &'static str {
    match machine {
        Machine::Signal(_) => "SignalExternalMachine",
        Machine::Cancel(_)
        | Machine::Activity(_)
        | Machine::Timer(_)
        | Machine::Child(_)
        | Machine::Patch(_)
        | Machine::Properties(_)
        | Machine::Update(_)
        | Machine::Local(_)
        | Machine::Close(_) => "CancelExternalMachine",
    }
}

/// The name of a cause's variant in core's protobuf, as its `to_string` gives it.
fn variant(cause: &impl core::fmt::Debug) -> SmolStr {
    format!("{cause:?}").into()
}

fn undelivered(what: &str, reason: &str, kind: SmolStr) -> Failure {
    let info = ApplicationFailureInfo { kind, ..ApplicationFailureInfo::default() };
    Failure {
        message: format!("Unable to {what} external workflow because {reason}").into(),
        info: Some(FailureInfo::Application(info)),
        ..Failure::default()
    }
}

fn withdrawn() -> Failure {
    Failure {
        message: "Signal was cancelled before being sent".into(),
        info: Some(FailureInfo::Canceled(CanceledFailureInfo::default())),
        ..Failure::default()
    }
}
