//! Activities, local ones too.

use std::mem::take;

use rehearsal_activation::{
    CancellationType, ScheduleActivity, ScheduleLocalActivity, Seq, WorkflowCommand,
};
use rehearsal_proto::{Mirror, from_header, from_list};
use temporalio_protos::coresdk::workflow_commands::{
    ActivityCancellationType, ScheduleActivity as ProtoActivity,
    ScheduleLocalActivity as ProtoLocalActivity,
};
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;

use super::{Refusal, given, summary_of};

pub(super) fn schedule(
    activity: &mut ProtoActivity,
    user_metadata: Option<UserMetadata>,
) -> Result<WorkflowCommand, Refusal> {
    let cancellation_type = cancellation(activity.cancellation_type());
    if activity.versioning_intent != 0 {
        return Err(Refusal::NotSimulated("worker versioning"));
    }
    Ok(WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(activity.seq),
        activity_id: given(take(&mut activity.activity_id)),
        activity_type: take(&mut activity.activity_type).into(),
        task_queue: given(take(&mut activity.task_queue)),
        input: from_list(take(&mut activity.arguments))?,
        header: from_header(take(&mut activity.headers))?,
        schedule_to_close: Mirror::from_proto(activity.schedule_to_close_timeout)?,
        schedule_to_start: Mirror::from_proto(activity.schedule_to_start_timeout)?,
        start_to_close: Mirror::from_proto(activity.start_to_close_timeout)?,
        heartbeat: Mirror::from_proto(activity.heartbeat_timeout)?,
        retry_policy: Mirror::from_proto(activity.retry_policy.take())?,
        priority: Mirror::from_proto(activity.priority.take())?,
        cancellation_type,
        summary: summary_of(user_metadata)?,
    })))
}

pub(super) fn schedule_local(
    activity: ProtoLocalActivity,
    user_metadata: Option<UserMetadata>,
) -> Result<WorkflowCommand, Refusal> {
    let cancellation_type = cancellation(activity.cancellation_type());
    Ok(WorkflowCommand::ScheduleLocalActivity(Box::new(ScheduleLocalActivity {
        seq: Seq(activity.seq),
        activity_id: given(activity.activity_id),
        activity_type: activity.activity_type.into(),
        input: from_list(activity.arguments)?,
        header: from_header(activity.headers)?,
        attempt: activity.attempt,
        first_scheduled_at: Mirror::from_proto(activity.original_schedule_time)?,
        schedule_to_close: Mirror::from_proto(activity.schedule_to_close_timeout)?,
        schedule_to_start: Mirror::from_proto(activity.schedule_to_start_timeout)?,
        start_to_close: Mirror::from_proto(activity.start_to_close_timeout)?,
        retry_policy: Mirror::from_proto(activity.retry_policy)?,
        local_retry_threshold: Mirror::from_proto(activity.local_retry_threshold)?,
        cancellation_type,
        input_in_marker: activity.include_arguments_in_marker,
        summary: summary_of(user_metadata)?,
    })))
}

const fn cancellation(proto: ActivityCancellationType) -> CancellationType {
    match proto {
        ActivityCancellationType::TryCancel => CancellationType::TryCancel,
        ActivityCancellationType::WaitCancellationCompleted => {
            CancellationType::WaitCancellationCompleted
        }
        ActivityCancellationType::Abandon => CancellationType::Abandon,
    }
}
