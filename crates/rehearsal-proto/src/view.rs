//! What can be seen of a run, as clients are shown it.

use prost_wkt_types::{Duration as ProtoDuration, Timestamp as ProtoTimestamp};
use rehearsal_history::event::WorkflowExecutionStarted;
use rehearsal_history::{
    Event, EventKind, Memo, SearchAttributes, Status, TaskQueue, Timestamp, TypeName,
};
use rehearsal_service::RunView;
use temporalio_protos::temporal::api::common::v1::{
    Memo as ProtoMemo, SearchAttributes as ProtoSearchAttributes, WorkflowExecution,
};
use temporalio_protos::temporal::api::enums::v1::{EventType, WorkflowExecutionStatus};
use temporalio_protos::temporal::api::workflow::v1::{
    RequestIdInfo, WorkflowExecutionConfig, WorkflowExecutionExtendedInfo, WorkflowExecutionInfo,
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

/// A run at a glance, with what its first event tells of it, and how many events there are.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn info(
    view: &RunView,
    first: &Event,
    history_length: usize,
) -> Result<WorkflowExecutionInfo, ConvertError> {
    let started = match &first.kind {
        EventKind::WorkflowExecutionStarted(started) => Some(started),
        _ => None,
    };
    let waits = started.and_then(|started| started.first_workflow_task_backoff).unwrap_or_default();
    let execution_time = view.started_at.saturating_add(waits);
    let close = view.close.as_ref();
    let memo: ProtoMemo = Memo::to_proto(&view.memo)?;
    let attributes: ProtoSearchAttributes = SearchAttributes::to_proto(&view.search_attributes)?;
    let execution = WorkflowExecution {
        workflow_id: view.workflow_id.to_proto()?,
        run_id: view.run_id.to_proto()?,
    };
    Ok(WorkflowExecutionInfo {
        execution: Some(execution.clone()),
        r#type: TypeName::from(view.workflow_type.clone()).to_proto()?,
        start_time: Some(view.started_at.to_proto()?),
        execution_time: Some(execution_time.to_proto()?),
        close_time: close.map(|event| event.time.to_proto()).transpose()?,
        execution_duration: close.map(|event| lasted(execution_time, event.time)).transpose()?,
        status: status(view.status).into(),
        history_length: i64::try_from(history_length).unwrap_or(i64::MAX),
        parent_execution: match started {
            None => None,
            Some(started) => started.parent_workflow_execution.to_proto()?,
        },
        root_execution: match started {
            None => None,
            Some(started) => Some(match &started.root_workflow_execution {
                Some(root) => root.to_proto()?,
                None => execution.clone(),
            }),
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

/// How long a run has gone on: less than nothing if it closed before its first workflow task was due
/// (`GetWorkflowExecutionDuration` in `service/history/workflow/mutable_state_impl.go`).
fn lasted(from: Timestamp, to: Timestamp) -> Result<ProtoDuration, ConvertError> {
    if from <= to {
        return to.since(from).to_proto();
    }
    let ProtoDuration { seconds, nanos } = from.since(to).to_proto()?;
    Ok(ProtoDuration { seconds: -seconds, nanos: -nanos })
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

/// What is told of a run beside that: when its time is over, by its first event, whether it was asked to cancel, and the
/// request of a client that has started it, if that is known. Nothing if the event is another one.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn extended(
    view: &RunView,
    first: &Event,
    start_request: Option<&str>,
) -> Result<Option<WorkflowExecutionExtendedInfo>, ConvertError> {
    let EventKind::WorkflowExecutionStarted(started) = &first.kind else { return Ok(None) };
    // `AddStartChildWorkflowExecutionInitiatedEvent` makes that of a child of what asked for it, and its version.
    let parent = started.parent_workflow_execution.as_ref();
    let of_child = parent
        .filter(|_| view.first_run_id == view.run_id)
        .map(|parent| format!("{}:{}:0", parent.run_id, started.parent_initiated_event_id.0));
    let request = start_request.map(str::to_owned).or(of_child);
    let start = RequestIdInfo {
        event_type: EventType::WorkflowExecutionStarted.into(),
        event_id: first.id.to_proto()?,
        buffered: false,
    };
    Ok(Some(WorkflowExecutionExtendedInfo {
        execution_expiration_time: started.all_expire().to_proto()?,
        run_expiration_time: Some(match run_expires(view, started) {
            Some(at) => at.to_proto()?,
            None => NO_TIME,
        }),
        cancel_requested: view.cancel_requested,
        original_start_time: Some(first.time.to_proto()?),
        request_id_infos: request.map(|id| (id, start)).into_iter().collect(),
        ..WorkflowExecutionExtendedInfo::default()
    }))
}

/// The zero time of Go, which the server shows as the end of a run that has none.
const NO_TIME: ProtoTimestamp = ProtoTimestamp { seconds: -62_135_596_800, nanos: 0 };

/// When a run times out (`ApplyWorkflowExecutionStartedEvent` in `service/history/workflow/mutable_state_impl.go`).
fn run_expires(view: &RunView, started: &WorkflowExecutionStarted) -> Option<Timestamp> {
    let timeout = started.workflow_run_timeout.filter(|timeout| !timeout.is_zero())?;
    let backoff = started.first_workflow_task_backoff.unwrap_or_default();
    let at = view.started_at.saturating_add(timeout.saturating_add(backoff));
    Some(started.all_expire().map_or(at, |all| all.min(at)))
}
