//! Activities to run.

use rehearsal_activation::{ScheduleActivityTask, ServerCommand};
use rehearsal_history::{TypeName, UserMetadata};
use temporalio_protos::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes as Proto;

use super::{normal, queue};
use crate::mirror::{ConvertError, Mirror};
use crate::refusal::BadMessage;
use crate::time::stated;

pub(super) fn from_proto(
    proto: Proto,
    user_metadata: Option<Box<UserMetadata>>,
) -> Result<ServerCommand, BadMessage> {
    let Proto {
        activity_id,
        activity_type,
        task_queue,
        header,
        input,
        schedule_to_close_timeout,
        schedule_to_start_timeout,
        start_to_close_timeout,
        heartbeat_timeout,
        retry_policy,
        // Nothing of it is in a history (H-12).
        request_eager_execution: _,
        use_workflow_build_id,
        priority,
    } = proto;
    Ok(ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
        activity_id: activity_id.into(),
        activity_type: TypeName::from_proto(activity_type)?.name,
        task_queue: queue(task_queue),
        input: Mirror::from_proto(input)?,
        header: Mirror::from_proto(header)?,
        schedule_to_close: stated(schedule_to_close_timeout, "schedule_to_close_timeout")?,
        schedule_to_start: stated(schedule_to_start_timeout, "schedule_to_start_timeout")?,
        start_to_close: stated(start_to_close_timeout, "start_to_close_timeout")?,
        heartbeat: stated(heartbeat_timeout, "heartbeat_timeout")?,
        retry_policy: Mirror::from_proto(retry_policy)?,
        use_workflow_build_id,
        priority: Mirror::from_proto(priority)?,
        user_metadata,
    })))
}

pub(super) fn to_proto(activity: &ScheduleActivityTask) -> Result<Proto, ConvertError> {
    Ok(Proto {
        activity_id: activity.activity_id.to_proto()?,
        activity_type: TypeName::from(activity.activity_type.clone()).to_proto()?,
        task_queue: normal(&activity.task_queue)?,
        header: activity.header.to_proto()?,
        input: activity.input.to_proto()?,
        schedule_to_close_timeout: activity.schedule_to_close.to_proto()?,
        schedule_to_start_timeout: activity.schedule_to_start.to_proto()?,
        start_to_close_timeout: activity.start_to_close.to_proto()?,
        heartbeat_timeout: activity.heartbeat.to_proto()?,
        retry_policy: activity.retry_policy.to_proto()?,
        request_eager_execution: false,
        use_workflow_build_id: activity.use_workflow_build_id,
        priority: activity.priority.to_proto()?,
    })
}
