//! What `DescribeWorkflowExecution` tells of a run, field by field as `Invoke` in
//! `service/history/api/describeworkflow/api.go` of server 1.32 fills it.

use rehearsal_engine::PendingChild;
use rehearsal_history::Timestamp;
use rehearsal_proto::{ConvertError, Mirror as _, view};
use rehearsal_remote::{Described, PendingActivity, PendingTask};
use rehearsal_service::PendingState;
use temporalio_protos::temporal::api::activity::v1::ActivityOptions;
use temporalio_protos::temporal::api::common::v1::{RetryPolicy, TimeSkippingInfo};
use temporalio_protos::temporal::api::enums::v1::{PendingActivityState, PendingWorkflowTaskState};
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflow::v1::{
    PendingActivityInfo, PendingChildExecutionInfo, PendingWorkflowTaskInfo, WorkflowExecutionInfo,
};
use temporalio_protos::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;

/// The answer to a client. The id of a namespace is its name.
pub(super) fn response(
    described: &Described,
    namespace: &str,
) -> Result<DescribeWorkflowExecutionResponse, ConvertError> {
    let Described { view: run, first, now, .. } = described;
    let info = view::info(run, first, described.history_length)?;
    let parent = info.parent_execution.as_ref().map(|_| namespace.to_owned());
    let activities = described.activities.iter().map(|it| activity(it, *now));
    let request = described.start_request.as_deref();
    // `ToDescribeInfo` in `service/history/workflow/timeskipping.go`: neither the fast-forward nor how often time was skipped.
    let time = described.time.as_ref().map(|time| {
        Ok::<_, ConvertError>(TimeSkippingInfo {
            current_time: Some(now.to_proto()?),
            effective_config: time.config.to_proto()?,
            ..TimeSkippingInfo::default()
        })
    });
    let mut extended = view::extended(run, first, request)?;
    if let Some(extended) = &mut extended {
        extended.time_skipping_info = time.transpose()?;
    }
    Ok(DescribeWorkflowExecutionResponse {
        execution_config: view::config(first)?,
        workflow_execution_info: Some(WorkflowExecutionInfo {
            parent_namespace_id: parent.unwrap_or_default(),
            history_size_bytes: i64::try_from(described.history_size).unwrap_or(i64::MAX),
            ..info
        }),
        pending_activities: activities.collect::<Result<_, _>>()?,
        pending_children: described.children.iter().map(child).collect::<Result<_, _>>()?,
        pending_workflow_task: described.task.map(task).transpose()?,
        workflow_extended_info: extended,
        ..DescribeWorkflowExecutionResponse::default()
    })
}

/// `GetPendingActivityInfo` in `service/history/workflow/activity.go`.
fn activity(it: &PendingActivity, now: Timestamp) -> Result<PendingActivityInfo, ConvertError> {
    let state = match it.state {
        PendingState::CancelRequested => PendingActivityState::CancelRequested,
        PendingState::Started | PendingState::Heartbeating => PendingActivityState::Started,
        PendingState::Scheduled | PendingState::Backoff | PendingState::Running => {
            PendingActivityState::Scheduled
        }
    };
    let mut shown = PendingActivityInfo {
        activity_id: it.attributes.activity_id.to_proto()?,
        activity_type: it.attributes.activity_type.to_proto()?,
        state: state.into(),
        attempt: 1,
        scheduled_time: Some(it.scheduled_at.to_proto()?),
        last_started_time: it.started_at.to_proto()?,
        last_worker_identity: it.worker.clone().unwrap_or_default().to_proto()?,
        last_attempt_complete_time: it.ended_at.to_proto()?,
        priority: it.attributes.priority.to_proto()?,
        activity_options: Some(options(it)?),
        ..PendingActivityInfo::default()
    };
    if let Some((at, details)) = &it.last_beat {
        shown.last_heartbeat_time = Some(at.to_proto()?);
        shown.heartbeat_details = details.to_proto()?;
    }
    if let Some(policy) = &it.attributes.retry_policy {
        shown.attempt = i32::try_from(it.attempt).unwrap_or(i32::MAX).max(1);
        shown.maximum_attempts = policy.maximum_attempts;
        shown.last_failure = it.last_failure.to_proto()?;
        shown.expiration_time = it.expires_at.to_proto()?;
        if state == PendingActivityState::Scheduled && now < it.scheduled_at {
            let interval = it.ended_at.map(|ended| it.scheduled_at.since(ended));
            shown.next_attempt_schedule_time = shown.scheduled_time;
            shown.current_retry_interval = interval.to_proto()?;
        }
    }
    Ok(shown)
}

fn options(it: &PendingActivity) -> Result<ActivityOptions, ConvertError> {
    let attributes = &it.attributes;
    let queue: String = attributes.task_queue.name.to_proto()?;
    let policy: Option<RetryPolicy> = attributes.retry_policy.to_proto()?;
    Ok(ActivityOptions {
        task_queue: Some(TaskQueue { name: queue.clone(), normal_name: queue, kind: 0 }),
        schedule_to_close_timeout: attributes.schedule_to_close_timeout.to_proto()?,
        schedule_to_start_timeout: attributes.schedule_to_start_timeout.to_proto()?,
        start_to_close_timeout: attributes.start_to_close_timeout.to_proto()?,
        heartbeat_timeout: attributes.heartbeat_timeout.to_proto()?,
        // The types of errors that are not tried again are not told.
        retry_policy: Some(RetryPolicy {
            non_retryable_error_types: Vec::new(),
            ..policy.unwrap_or_default()
        }),
        priority: attributes.priority.to_proto()?,
        ..ActivityOptions::default()
    })
}

fn child(it: &PendingChild) -> Result<PendingChildExecutionInfo, ConvertError> {
    Ok(PendingChildExecutionInfo {
        workflow_id: it.workflow_id.to_proto()?,
        run_id: it.run_id.clone().unwrap_or_default().to_proto()?,
        workflow_type_name: it.workflow_type.to_proto()?,
        initiated_id: it.initiated.to_proto()?,
        parent_close_policy: it.parent_close_policy.to_proto()?,
    })
}

fn task(it: PendingTask) -> Result<PendingWorkflowTaskInfo, ConvertError> {
    let state = match it.started_at {
        None => PendingWorkflowTaskState::Scheduled,
        Some(_) => PendingWorkflowTaskState::Started,
    };
    Ok(PendingWorkflowTaskInfo {
        state: state.into(),
        scheduled_time: Some(it.scheduled_at.to_proto()?),
        original_scheduled_time: Some(it.first_at.to_proto()?),
        started_time: it.started_at.to_proto()?,
        attempt: i32::try_from(it.attempt).unwrap_or(i32::MAX),
    })
}
