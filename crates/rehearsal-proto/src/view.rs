//! What can be seen of a run, as clients are shown it.

use rehearsal_history::{
    Event, EventKind, Failure, Memo, SearchAttributes, Status, TaskQueue, TypeName,
};
use rehearsal_service::{PendingKind, PendingOp, PendingState, RunView};
use temporalio_protos::temporal::api::common::v1::{
    Memo as ProtoMemo, SearchAttributes as ProtoSearchAttributes, WorkflowExecution,
};
use temporalio_protos::temporal::api::enums::v1::{PendingActivityState, WorkflowExecutionStatus};
use temporalio_protos::temporal::api::workflow::v1::{
    PendingActivityInfo, PendingChildExecutionInfo, WorkflowExecutionConfig, WorkflowExecutionInfo,
};

use crate::mirror::{ConvertError, Mirror};

/// The status of a run.
#[must_use]
pub const fn status(status: Status) -> WorkflowExecutionStatus {
    match status {
        Status::Running => WorkflowExecutionStatus::Running,
        Status::Completed => WorkflowExecutionStatus::Completed,
        Status::Failed => WorkflowExecutionStatus::Failed,
        Status::Canceled => WorkflowExecutionStatus::Canceled,
        Status::TimedOut => WorkflowExecutionStatus::TimedOut,
        Status::Terminated => WorkflowExecutionStatus::Terminated,
        Status::ContinuedAsNew => WorkflowExecutionStatus::ContinuedAsNew,
    }
}

/// A run at a glance, as a list shows it. What its first event tells besides is added if it is given, and how many events
/// there are.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn info(
    view: &RunView,
    first: Option<&Event>,
    history_length: usize,
) -> Result<WorkflowExecutionInfo, ConvertError> {
    let started = match first.map(|event| &event.kind) {
        Some(EventKind::WorkflowExecutionStarted(started)) => Some(started),
        _ => None,
    };
    let began = view.started_at.to_proto()?;
    let waits = started.and_then(|started| started.first_workflow_task_backoff).unwrap_or_default();
    let close = view.close.as_ref();
    let memo: ProtoMemo = Memo::to_proto(&view.memo)?;
    let attributes: ProtoSearchAttributes = SearchAttributes::to_proto(&view.search_attributes)?;
    Ok(WorkflowExecutionInfo {
        execution: Some(WorkflowExecution {
            workflow_id: view.workflow_id.to_proto()?,
            run_id: view.run_id.to_proto()?,
        }),
        r#type: TypeName::from(view.workflow_type.clone()).to_proto()?,
        start_time: Some(began),
        execution_time: Some(view.started_at.saturating_add(waits).to_proto()?),
        close_time: close.map(|event| event.time.to_proto()).transpose()?,
        execution_duration: close
            .map(|event| event.time.since(view.started_at).to_proto())
            .transpose()?,
        status: status(view.status).into(),
        history_length: i64::try_from(history_length).unwrap_or(i64::MAX),
        parent_execution: match started {
            None => None,
            Some(started) => started.parent_workflow_execution.to_proto()?,
        },
        root_execution: match started {
            None => None,
            Some(started) => started.root_workflow_execution.to_proto()?,
        },
        priority: match started {
            None => None,
            Some(started) => started.priority.to_proto()?,
        },
        memo: Some(memo),
        search_attributes: Some(attributes),
        task_queue: view.task_queue.to_proto()?,
        first_run_id: view.first_run_id.to_proto()?,
        ..WorkflowExecutionInfo::default()
    })
}

/// What a run was started with, by its first event; nothing if that is another event.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn config(first: &Event) -> Result<Option<WorkflowExecutionConfig>, ConvertError> {
    let EventKind::WorkflowExecutionStarted(started) = &first.kind else { return Ok(None) };
    let queue = TaskQueue::normal(started.task_queue.name.clone());
    Ok(Some(WorkflowExecutionConfig {
        task_queue: queue.to_proto()?,
        workflow_execution_timeout: started.workflow_execution_timeout.to_proto()?,
        workflow_run_timeout: started.workflow_run_timeout.to_proto()?,
        default_workflow_task_timeout: started.workflow_task_timeout.to_proto()?,
        user_metadata: first.user_metadata.to_proto()?,
    }))
}

/// An activity that has not ended; nothing if it is something else that is pending.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn pending_activity(
    op: &PendingOp,
    attempt: u32,
    maximum_attempts: i32,
    last_failure: Option<&Failure>,
) -> Result<Option<PendingActivityInfo>, ConvertError> {
    if op.kind != PendingKind::Activity {
        return Ok(None);
    }
    let state = match op.state {
        PendingState::Scheduled | PendingState::Backoff => PendingActivityState::Scheduled,
        PendingState::Started | PendingState::Heartbeating | PendingState::Running => {
            PendingActivityState::Started
        }
        PendingState::CancelRequested => PendingActivityState::CancelRequested,
    };
    Ok(Some(PendingActivityInfo {
        activity_id: op.id.to_proto()?,
        activity_type: TypeName::from(op.name.clone()).to_proto()?,
        state: state.into(),
        attempt: i32::try_from(attempt).unwrap_or(i32::MAX),
        maximum_attempts,
        last_failure: last_failure.map(Failure::to_proto).transpose()?,
        ..PendingActivityInfo::default()
    }))
}

/// A child that has not ended, without its run and what becomes of it when its parent closes; nothing if it is something
/// else that is pending.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn pending_child(op: &PendingOp) -> Result<Option<PendingChildExecutionInfo>, ConvertError> {
    if op.kind != PendingKind::Child {
        return Ok(None);
    }
    Ok(Some(PendingChildExecutionInfo {
        workflow_id: op.id.to_proto()?,
        workflow_type_name: op.name.to_proto()?,
        initiated_id: op.scheduled.to_proto()?,
        ..PendingChildExecutionInfo::default()
    }))
}
