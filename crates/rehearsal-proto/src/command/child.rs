//! Child workflows to start.

use rehearsal_activation::{ServerCommand, StartChildWorkflow};
use rehearsal_history::{TypeName, UserMetadata};
use temporalio_protos::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes as Proto;

use super::{check_namespace, normal, queue};
use crate::mirror::{ConvertError, Mirror};
use crate::refusal::{BadMessage, refuse};
use crate::time::stated;

#[expect(deprecated, reason = "both SDKs still set them")]
pub(super) fn from_proto(
    proto: Proto,
    user_metadata: Option<Box<UserMetadata>>,
    namespace: &str,
) -> Result<ServerCommand, BadMessage> {
    let Proto {
        namespace: named,
        workflow_id,
        workflow_type,
        task_queue,
        input,
        workflow_execution_timeout,
        workflow_run_timeout,
        workflow_task_timeout,
        parent_close_policy,
        control,
        workflow_id_reuse_policy,
        retry_policy,
        cron_schedule,
        header,
        memo,
        search_attributes,
        inherit_build_id,
        priority,
        versioning_override,
    } = proto;
    check_namespace(&named, namespace)?;
    refuse! {
        control => "the control field of a child workflow",
        versioning_override => "worker deployments",
    }
    Ok(ServerCommand::StartChildWorkflow(Box::new(StartChildWorkflow {
        workflow_id: workflow_id.into(),
        workflow_type: TypeName::from_proto(workflow_type)?.name,
        task_queue: queue(task_queue),
        input: Mirror::from_proto(input)?,
        header: Mirror::from_proto(header)?,
        execution_timeout: stated(workflow_execution_timeout, "workflow_execution_timeout")?,
        run_timeout: stated(workflow_run_timeout, "workflow_run_timeout")?,
        task_timeout: stated(workflow_task_timeout, "workflow_task_timeout")?,
        parent_close_policy: Mirror::from_proto(parent_close_policy)?,
        id_reuse_policy: Mirror::from_proto(workflow_id_reuse_policy)?,
        retry_policy: Mirror::from_proto(retry_policy)?,
        cron_schedule: cron_schedule.into(),
        memo: Mirror::from_proto(memo)?,
        search_attributes: Mirror::from_proto(search_attributes)?,
        inherit_build_id,
        priority: Mirror::from_proto(priority)?,
        user_metadata,
    })))
}

#[expect(deprecated, reason = "both SDKs still set them")]
pub(super) fn to_proto(child: &StartChildWorkflow, namespace: &str) -> Result<Proto, ConvertError> {
    Ok(Proto {
        namespace: namespace.to_owned(),
        workflow_id: child.workflow_id.to_proto()?,
        workflow_type: TypeName::from(child.workflow_type.clone()).to_proto()?,
        task_queue: normal(&child.task_queue)?,
        input: child.input.to_proto()?,
        workflow_execution_timeout: child.execution_timeout.to_proto()?,
        workflow_run_timeout: child.run_timeout.to_proto()?,
        workflow_task_timeout: child.task_timeout.to_proto()?,
        parent_close_policy: child.parent_close_policy.to_proto()?,
        control: String::new(),
        workflow_id_reuse_policy: child.id_reuse_policy.to_proto()?,
        retry_policy: child.retry_policy.to_proto()?,
        cron_schedule: child.cron_schedule.to_proto()?,
        header: child.header.to_proto()?,
        memo: child.memo.to_proto()?,
        search_attributes: child.search_attributes.to_proto()?,
        inherit_build_id: child.inherit_build_id,
        priority: child.priority.to_proto()?,
        versioning_override: None,
    })
}
