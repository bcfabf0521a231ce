//! Signals and cancels of other workflows.

use rehearsal_activation::{
    CancelExternalWorkflow, ExternalTarget, ServerCommand, SignalExternalWorkflow,
};
use rehearsal_history::{SmolStr, UserMetadata};
use temporalio_protos::temporal::api::command::v1::{
    RequestCancelExternalWorkflowExecutionCommandAttributes as ProtoCancel,
    SignalExternalWorkflowExecutionCommandAttributes as ProtoSignal,
};
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;

use super::check_namespace;
use crate::mirror::{ConvertError, Mirror};
use crate::refusal::{BadMessage, given};

#[expect(deprecated, reason = "Go still sets them")]
pub(super) fn signal_from_proto(
    proto: ProtoSignal,
    user_metadata: Option<Box<UserMetadata>>,
    namespace: &str,
) -> Result<ServerCommand, BadMessage> {
    let ProtoSignal {
        namespace: named,
        execution,
        signal_name,
        input,
        control,
        child_workflow_only,
        header,
    } = proto;
    check_namespace(&named, namespace)?;
    let WorkflowExecution { workflow_id, run_id } = execution.unwrap_or_default();
    Ok(ServerCommand::SignalExternalWorkflow(Box::new(SignalExternalWorkflow {
        target: target(workflow_id, run_id, child_workflow_only),
        name: signal_name.into(),
        input: Mirror::from_proto(input)?,
        header: Mirror::from_proto(header)?,
        control: control.into(),
        user_metadata,
    })))
}

#[expect(deprecated, reason = "Go still sets them")]
pub(super) fn cancel_from_proto(
    proto: ProtoCancel,
    user_metadata: Option<Box<UserMetadata>>,
    namespace: &str,
) -> Result<ServerCommand, BadMessage> {
    let ProtoCancel { namespace: named, workflow_id, run_id, control, child_workflow_only, reason } =
        proto;
    check_namespace(&named, namespace)?;
    Ok(ServerCommand::RequestCancelExternalWorkflow(Box::new(CancelExternalWorkflow {
        target: target(workflow_id, run_id, child_workflow_only),
        reason: reason.into(),
        control: control.into(),
        names_namespace: !named.is_empty(),
        user_metadata,
    })))
}

fn target(workflow_id: String, run_id: String, child_only: bool) -> ExternalTarget {
    ExternalTarget { workflow_id: workflow_id.into(), run_id: given(run_id), child_only }
}

fn text(text: Option<&SmolStr>) -> String {
    text.map_or_else(String::new, |text| text.as_str().to_owned())
}

#[expect(deprecated, reason = "Go still sets them")]
pub(super) fn signal_to_proto(
    signal: &SignalExternalWorkflow,
    namespace: &str,
) -> Result<ProtoSignal, ConvertError> {
    Ok(ProtoSignal {
        namespace: namespace.to_owned(),
        execution: Some(WorkflowExecution {
            workflow_id: signal.target.workflow_id.to_proto()?,
            run_id: text(signal.target.run_id.as_ref()),
        }),
        signal_name: signal.name.to_proto()?,
        input: signal.input.to_proto()?,
        control: signal.control.to_proto()?,
        child_workflow_only: signal.target.child_only,
        header: signal.header.to_proto()?,
    })
}

#[expect(deprecated, reason = "Go still sets them")]
pub(super) fn cancel_to_proto(
    cancel: &CancelExternalWorkflow,
    namespace: &str,
) -> Result<ProtoCancel, ConvertError> {
    Ok(ProtoCancel {
        namespace: if cancel.names_namespace { namespace.to_owned() } else { String::new() },
        workflow_id: cancel.target.workflow_id.to_proto()?,
        run_id: text(cancel.target.run_id.as_ref()),
        control: cancel.control.to_proto()?,
        child_workflow_only: cancel.target.child_only,
        reason: cancel.reason.to_proto()?,
    })
}
