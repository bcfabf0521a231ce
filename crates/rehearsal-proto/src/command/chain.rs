//! To go on in a new run.

use rehearsal_activation::{ContinueAsNewWorkflow, ServerCommand};
use rehearsal_history::TypeName;
use temporalio_protos::temporal::api::command::v1::ContinueAsNewWorkflowExecutionCommandAttributes as Proto;

use super::{normal, queue};
use crate::mirror::{ConvertError, Mirror};
use crate::refusal::{BadMessage, refuse};
use crate::time::{given_time, stated};

#[expect(deprecated, reason = "both SDKs still say which build they want")]
pub(super) fn from_proto(proto: Proto) -> Result<ServerCommand, BadMessage> {
    let Proto {
        workflow_type,
        task_queue,
        input,
        workflow_run_timeout,
        workflow_task_timeout,
        backoff_start_interval,
        retry_policy,
        initiator,
        failure,
        last_completion_result,
        cron_schedule,
        header,
        memo,
        search_attributes,
        inherit_build_id,
        initial_versioning_behavior,
    } = proto;
    refuse! {
        cron_schedule => "a cron schedule of a run that continues another",
        initial_versioning_behavior => "worker deployments",
    }
    Ok(ServerCommand::ContinueAsNew(Box::new(ContinueAsNewWorkflow {
        workflow_type: TypeName::from_proto(workflow_type)?.name,
        task_queue: queue(task_queue),
        input: Mirror::from_proto(input)?,
        header: Mirror::from_proto(header)?,
        run_timeout: stated(workflow_run_timeout, "workflow_run_timeout")?,
        task_timeout: stated(workflow_task_timeout, "workflow_task_timeout")?,
        backoff: given_time(backoff_start_interval, "backoff_start_interval")?,
        retry_policy: Mirror::from_proto(retry_policy)?,
        initiator: Mirror::from_proto(initiator)?,
        failure: Mirror::from_proto(failure)?,
        last_completion_result: Mirror::from_proto(last_completion_result)?,
        memo: Mirror::from_proto(memo)?,
        search_attributes: Mirror::from_proto(search_attributes)?,
        inherit_build_id,
    })))
}

#[expect(deprecated, reason = "both SDKs still say which build they want")]
pub(super) fn to_proto(next: &ContinueAsNewWorkflow) -> Result<Proto, ConvertError> {
    Ok(Proto {
        workflow_type: TypeName::from(next.workflow_type.clone()).to_proto()?,
        task_queue: normal(&next.task_queue)?,
        input: next.input.to_proto()?,
        workflow_run_timeout: next.run_timeout.to_proto()?,
        workflow_task_timeout: next.task_timeout.to_proto()?,
        backoff_start_interval: next.backoff.to_proto()?,
        retry_policy: next.retry_policy.to_proto()?,
        initiator: next.initiator.to_proto()?,
        failure: next.failure.to_proto()?,
        last_completion_result: next.last_completion_result.to_proto()?,
        cron_schedule: String::new(),
        header: next.header.to_proto()?,
        memo: next.memo.to_proto()?,
        search_attributes: next.search_attributes.to_proto()?,
        inherit_build_id: next.inherit_build_id,
        initial_versioning_behavior: 0,
    })
}
