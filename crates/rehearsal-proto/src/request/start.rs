//! Workflows to start.

use rehearsal_history::{Payloads, SmolStr, TimeSkippingConfig, TypeName, UserMetadata};
use rehearsal_service::StartWorkflow;
use temporalio_protos::temporal::api::common::v1 as proto;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    SignalWithStartWorkflowExecutionRequest, StartWorkflowExecutionRequest,
};

use crate::mirror::Mirror;
use crate::refusal::{BadMessage, refuse, required};
use crate::time::{given_time, stated};

/// A workflow to start, without the id of its run.
///
/// # Errors
///
/// [`BadMessage`] names what is not set, not simulated, or cannot be read.
pub fn start(request: StartWorkflowExecutionRequest) -> Result<StartWorkflow, BadMessage> {
    let StartWorkflowExecutionRequest {
        namespace: _,
        workflow_id,
        workflow_type,
        task_queue,
        input,
        workflow_execution_timeout,
        workflow_run_timeout,
        workflow_task_timeout,
        identity,
        request_id,
        workflow_id_reuse_policy,
        workflow_id_conflict_policy,
        retry_policy,
        cron_schedule,
        memo,
        search_attributes,
        header,
        request_eager_execution,
        continued_failure,
        last_completion_result,
        workflow_start_delay,
        completion_callbacks,
        user_metadata,
        links,
        versioning_override,
        on_conflict_options,
        priority,
        eager_worker_deployment_options: _,
        time_skipping_config,
    } = request;
    refuse! {
        continued_failure => "a failure that a new workflow continues",
        last_completion_result => "a result that a new workflow continues",
        completion_callbacks => "completion callbacks",
        links => "links",
        versioning_override => "worker deployments",
        on_conflict_options => "options for a workflow id in use",
    }
    Ok(StartWorkflow {
        workflow_id: set(workflow_id, "WorkflowId")?,
        run_id: SmolStr::default(),
        workflow_type: workflow_type_of(workflow_type)?,
        task_queue: queue(task_queue)?,
        input: Mirror::from_proto(input)?,
        header: Mirror::from_proto(header)?,
        identity: identity.into(),
        request_id: request_id.into(),
        execution_timeout: stated(workflow_execution_timeout, "workflow_execution_timeout")?,
        run_timeout: stated(workflow_run_timeout, "workflow_run_timeout")?,
        task_timeout: stated(workflow_task_timeout, "workflow_task_timeout")?,
        start_delay: given_time(workflow_start_delay, "workflow_start_delay")?,
        retry_policy: Mirror::from_proto(retry_policy)?,
        memo: Mirror::from_proto(memo)?,
        search_attributes: Mirror::from_proto(search_attributes)?,
        cron_schedule: cron_schedule.into(),
        priority: Mirror::from_proto(priority)?,
        user_metadata: Option::<UserMetadata>::from_proto(user_metadata)?.map(Box::new),
        time_skipping: skipping(time_skipping_config)?,
        id_reuse_policy: Mirror::from_proto(workflow_id_reuse_policy)?,
        id_conflict_policy: Mirror::from_proto(workflow_id_conflict_policy)?,
        eager: request_eager_execution,
    })
}

/// A signal, and how the workflow is started that it is for: the name of the signal, and its arguments.
///
/// # Errors
///
/// As [`start`].
#[expect(deprecated, reason = "it may be set, and is refused")]
pub fn signal_with_start(
    request: SignalWithStartWorkflowExecutionRequest,
) -> Result<(StartWorkflow, SmolStr, Option<Payloads>), BadMessage> {
    let SignalWithStartWorkflowExecutionRequest {
        namespace: _,
        workflow_id,
        workflow_type,
        task_queue,
        input,
        workflow_execution_timeout,
        workflow_run_timeout,
        workflow_task_timeout,
        identity,
        request_id,
        workflow_id_reuse_policy,
        workflow_id_conflict_policy,
        signal_name,
        signal_input,
        control,
        retry_policy,
        cron_schedule,
        memo,
        search_attributes,
        header,
        workflow_start_delay,
        user_metadata,
        links,
        versioning_override,
        priority,
        time_skipping_config,
    } = request;
    refuse! {
        control => "the control field of a signal",
    }
    let start = start(StartWorkflowExecutionRequest {
        workflow_id,
        workflow_type,
        task_queue,
        input,
        workflow_execution_timeout,
        workflow_run_timeout,
        workflow_task_timeout,
        identity,
        request_id,
        workflow_id_reuse_policy,
        workflow_id_conflict_policy,
        retry_policy,
        cron_schedule,
        memo,
        search_attributes,
        header,
        workflow_start_delay,
        user_metadata,
        links,
        versioning_override,
        priority,
        time_skipping_config,
        ..StartWorkflowExecutionRequest::default()
    })?;
    Ok((start, set(signal_name, "SignalName")?, Mirror::from_proto(signal_input)?))
}

fn set(text: String, what: &'static str) -> Result<SmolStr, BadMessage> {
    if text.is_empty() { Err(BadMessage::NotSet { what }) } else { Ok(text.into()) }
}

/// What is asked of the time of a workflow. A fast-forward of less than nothing is refused as one of nothing is.
pub(super) fn skipping(
    config: Option<proto::TimeSkippingConfig>,
) -> Result<Option<Box<TimeSkippingConfig>>, BadMessage> {
    let Some(mut config) = config else { return Ok(None) };
    if let Some(forward) = &mut config.fast_forward_config {
        forward.duration = forward.duration.filter(|by| by.seconds >= 0 && by.nanos >= 0);
    }
    Ok(Option::<TimeSkippingConfig>::from_proto(Some(config))?.map(Box::new))
}

fn workflow_type_of(
    proto: Option<temporalio_protos::temporal::api::common::v1::WorkflowType>,
) -> Result<SmolStr, BadMessage> {
    let name = TypeName::from_proto(required(proto, "WorkflowType")?)?.name;
    if name.is_empty() { Err(BadMessage::NotSet { what: "WorkflowType" }) } else { Ok(name) }
}

fn queue(proto: Option<TaskQueue>) -> Result<SmolStr, BadMessage> {
    set(required(proto, "TaskQueue")?.name, "TaskQueue")
}
