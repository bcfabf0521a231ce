//! Activity tasks: what a worker gets.

use rehearsal_history::TypeName;
use rehearsal_service::ActivityTask;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::workflowservice::v1::PollActivityTaskQueueResponse;

use crate::mirror::{ConvertError, Mirror};
use crate::workflow_task::Hand;

/// The attempt of an activity as a poll answers it.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn delivery(
    task: &ActivityTask,
    hand: Hand<'_>,
    namespace: &str,
) -> Result<PollActivityTaskQueueResponse, ConvertError> {
    Ok(PollActivityTaskQueueResponse {
        task_token: hand.token.to_vec(),
        workflow_namespace: namespace.to_owned(),
        workflow_type: TypeName::from(task.workflow_type.clone()).to_proto()?,
        workflow_execution: Some(WorkflowExecution {
            workflow_id: task.workflow_id.to_proto()?,
            run_id: hand.run_id.to_owned(),
        }),
        activity_type: TypeName::from(task.activity_type.clone()).to_proto()?,
        activity_id: task.activity_id.to_proto()?,
        header: task.header.to_proto()?,
        input: task.input.to_proto()?,
        heartbeat_details: task.heartbeat_details.to_proto()?,
        scheduled_time: Some(task.scheduled_at.to_proto()?),
        current_attempt_scheduled_time: Some(task.attempt_scheduled_at.to_proto()?),
        started_time: Some(task.started_at.to_proto()?),
        attempt: i32::try_from(task.attempt).unwrap_or(i32::MAX),
        // The server sends zero where there is no limit, never nothing.
        schedule_to_close_timeout: Some(task.schedule_to_close.unwrap_or_default().to_proto()?),
        start_to_close_timeout: Some(task.start_to_close.unwrap_or_default().to_proto()?),
        heartbeat_timeout: Some(task.heartbeat_timeout.unwrap_or_default().to_proto()?),
        retry_policy: task.retry_policy.to_proto()?,
        priority: task.priority.to_proto()?,
        ..PollActivityTaskQueueResponse::default()
    })
}
