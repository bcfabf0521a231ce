//! Signals and cancels of other workflows.

use rehearsal_activation::{CancelExternal, ExternalTarget, Seq, SignalExternal, WorkflowCommand};
use rehearsal_proto::{from_header, from_list};
use temporalio_protos::coresdk::common::NamespacedWorkflowExecution;
use temporalio_protos::coresdk::workflow_commands::signal_external_workflow_execution::Target;
use temporalio_protos::coresdk::workflow_commands::{
    RequestCancelExternalWorkflowExecution, SignalExternalWorkflowExecution,
};

use super::{Refusal, given, same_namespace};

pub(super) fn signal(signal: SignalExternalWorkflowExecution) -> Result<WorkflowCommand, Refusal> {
    let target = match signal.target {
        Some(Target::WorkflowExecution(target)) => other(target)?,
        Some(Target::ChildWorkflowId(id)) => {
            ExternalTarget { workflow_id: id.into(), run_id: None, child_only: true }
        }
        None => return Err(Refusal::Malformed("a signal to no workflow".into())),
    };
    Ok(WorkflowCommand::SignalExternalWorkflow(Box::new(SignalExternal {
        seq: Seq(signal.seq),
        target,
        name: signal.signal_name.into(),
        input: from_list(signal.args)?,
        header: from_header(signal.headers)?,
    })))
}

pub(super) fn cancel(
    cancel: RequestCancelExternalWorkflowExecution,
) -> Result<WorkflowCommand, Refusal> {
    let target = cancel
        .workflow_execution
        .ok_or_else(|| Refusal::Malformed("a cancel of no workflow".into()))?;
    Ok(WorkflowCommand::RequestCancelExternalWorkflow(Box::new(CancelExternal {
        seq: Seq(cancel.seq),
        target: other(target)?,
        reason: cancel.reason.into(),
    })))
}

fn other(target: NamespacedWorkflowExecution) -> Result<ExternalTarget, Refusal> {
    same_namespace(&target.namespace)?;
    Ok(ExternalTarget {
        workflow_id: target.workflow_id.into(),
        run_id: given(target.run_id),
        child_only: false,
    })
}
