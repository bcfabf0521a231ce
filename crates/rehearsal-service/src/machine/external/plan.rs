//! What the commands about other workflows come to (W-15).

use alloc::boxed::Box;

use rehearsal_activation::{CancelExternalWorkflow, ExternalTarget, SignalExternalWorkflow};
use rehearsal_history::event::{
    RequestCancelExternalWorkflowExecutionInitiated, SignalExternalWorkflowExecutionInitiated,
};
use rehearsal_history::{EventId, Execution};

use super::External;
use crate::refusal::BadAcross;
use crate::words::{Across, Decision, Origin, Table, Transfer};

/// A command about another workflow.
#[derive(Debug)]
pub(crate) enum ExternalCommand {
    /// Signal it.
    Signal(Box<SignalExternalWorkflow>),
    /// Ask it to cancel.
    Cancel(Box<CancelExternalWorkflow>),
}

impl ExternalCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Signal(_) => "SignalExternalWorkflowExecution",
            Self::Cancel(_) => "RequestCancelExternalWorkflowExecution",
        }
    }
}

/// What `command` causes among `externals`; changes nothing. `is_new` tells the ids of children that this completion
/// starts.
///
/// # Errors
///
/// [`BadAcross`] if it does not hold.
pub(crate) fn plan(
    command: ExternalCommand,
    origin: &Origin<'_>,
    externals: &impl Table<EventId, External>,
    is_new: impl FnOnce(&str) -> bool,
    out: &mut Decision,
) -> Result<(), BadAcross> {
    match command {
        ExternalCommand::Signal(command) => plan_signal(*command, origin, externals, out),
        ExternalCommand::Cancel(command) => plan_cancel(*command, origin, externals, is_new, out),
    }
}

fn plan_signal(
    command: SignalExternalWorkflow,
    origin: &Origin<'_>,
    externals: &impl Table<EventId, External>,
    out: &mut Decision,
) -> Result<(), BadAcross> {
    if command.target.workflow_id.is_empty() {
        return Err(BadAcross::NoSignalTarget {
            namespace: origin.namespace.clone(),
            run_id: command.target.run_id.unwrap_or_default(),
            signal_name: command.name,
        });
    }
    if command.name.is_empty() {
        return Err(BadAcross::NoSignalName {
            workflow_id: command.target.workflow_id,
            namespace: origin.namespace.clone(),
            run_id: command.target.run_id.unwrap_or_default(),
        });
    }
    let pending = externals.all().filter(|external| external.is_signal()).count();
    let limit = origin.limits.pending_signals;
    if pending >= limit {
        return Err(BadAcross::TooManySignals { pending, limit });
    }
    let child_workflow_only = command.target.child_only;
    out.record(
        origin.now,
        Box::new(SignalExternalWorkflowExecutionInitiated {
            workflow_task_completed_event_id: origin.task,
            namespace: origin.namespace.clone(),
            workflow_execution: execution(command.target),
            signal_name: command.name,
            input: command.input,
            control: command.control,
            child_workflow_only,
            header: command.header,
            ..SignalExternalWorkflowExecutionInitiated::default()
        }),
    );
    out.annotate(command.user_metadata);
    out.transfer(Transfer::Across(Across::SignalExternal { initiated: origin.next }));
    Ok(())
}

fn plan_cancel(
    command: CancelExternalWorkflow,
    origin: &Origin<'_>,
    externals: &impl Table<EventId, External>,
    is_new: impl FnOnce(&str) -> bool,
    out: &mut Decision,
) -> Result<(), BadAcross> {
    let namespace = if command.names_namespace { origin.namespace.clone() } else { "".into() };
    let run_id = command.target.run_id.clone().unwrap_or_default();
    if command.target.workflow_id.is_empty() {
        return Err(BadAcross::NoCancelTarget { namespace, run_id });
    }
    if is_new(&command.target.workflow_id) {
        let workflow_id = command.target.workflow_id;
        return Err(BadAcross::StartedAndCanceled { workflow_id, run_id, namespace });
    }
    let pending = externals.all().filter(|external| !external.is_signal()).count();
    let limit = origin.limits.pending_cancels;
    if pending >= limit {
        return Err(BadAcross::TooManyCancels { pending, limit });
    }
    let child_workflow_only = command.target.child_only;
    out.record(
        origin.now,
        Box::new(RequestCancelExternalWorkflowExecutionInitiated {
            workflow_task_completed_event_id: origin.task,
            namespace,
            workflow_execution: execution(command.target),
            control: command.control,
            child_workflow_only,
            reason: command.reason,
            ..RequestCancelExternalWorkflowExecutionInitiated::default()
        }),
    );
    out.annotate(command.user_metadata);
    out.transfer(Transfer::Across(Across::CancelExternal { initiated: origin.next }));
    Ok(())
}

fn execution(target: ExternalTarget) -> Execution {
    Execution {
        workflow_id: target.workflow_id,
        run_id: target.run_id.unwrap_or_default(),
        ..Execution::default()
    }
}
