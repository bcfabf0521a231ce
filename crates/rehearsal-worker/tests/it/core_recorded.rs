//! What workflow code of the Rust SDK has asked for, as the recordings of a real server tell it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rehearsal_activation::{
    CancelChild, CancellationType, ChildCancellationType, ContinueAsNew, ExternalTarget, Message,
    RespondUpdate, ScheduleActivity, Seq, SetPatch, SignalExternal, StartChild, StartTimer,
    UpdateResponse, WorkflowCommand,
};
use rehearsal_history::{Event, EventId, EventKind, Execution, History, SmolStr};
use rehearsal_worker::{Profile, ReplayOptions, Task};

/// All recordings, by name.
pub(crate) fn recordings() -> BTreeMap<String, History> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/rust");
    let mut recordings = BTreeMap::new();
    for entry in fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let text = fs::read_to_string(folder.join("history.json")).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let history = History::from_json(&text).unwrap();
        if is_numbered(&history) {
            recordings.insert(name, history);
        }
    }
    assert!(recordings.len() > 100, "{}", recordings.len());
    recordings
}

/// Whether workflow code has chosen neither ids nor summaries, so that what it asked for can be told from the events, and
/// nothing that is sent holds the id of the run, which is another one here. Local activities run in several activations of
/// one task: the golden suite has them.
fn is_numbered(history: &History) -> bool {
    history.events().iter().all(|event| match &event.kind {
        EventKind::ActivityTaskScheduled(scheduled) => {
            event.user_metadata.is_none() && scheduled.activity_id.parse::<u32>().is_ok()
        }
        EventKind::RequestCancelExternalWorkflowExecutionInitiated(cancel) => {
            cancel.child_workflow_only
        }
        EventKind::MarkerRecorded(marker) => marker.marker_name != "core_local_activity",
        _ => event.user_metadata.is_none(),
    })
}

pub(crate) fn recording(name: &str) -> History {
    recordings().remove(name).unwrap()
}

pub(crate) fn options(cold_at: Option<usize>) -> ReplayOptions {
    ReplayOptions { profile: Profile::Core, cold_at }
}

/// The number of the activity that was scheduled by this event: with core its id is its number (I-1).
fn activity_seq(events: &[Arc<Event>], scheduled: EventId) -> Seq {
    match &events[usize::try_from(scheduled.0).unwrap() - 1].kind {
        EventKind::ActivityTaskScheduled(scheduled) => Seq(scheduled.activity_id.parse().unwrap()),
        other => panic!("{other:?}"),
    }
}

/// The command that left this event behind; activities are canceled in this way.
pub(crate) fn command(
    events: &[Arc<Event>],
    event: &Event,
    cancellation_type: CancellationType,
) -> WorkflowCommand {
    match &event.kind {
        EventKind::ActivityTaskScheduled(scheduled) => {
            WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
                seq: Seq(scheduled.activity_id.parse().unwrap()),
                activity_id: None,
                activity_type: scheduled.activity_type.name.clone(),
                task_queue: (!scheduled.use_workflow_build_id)
                    .then(|| scheduled.task_queue.name.clone()),
                input: scheduled.input.clone(),
                header: None,
                schedule_to_close: scheduled.schedule_to_close_timeout,
                schedule_to_start: scheduled.schedule_to_start_timeout,
                start_to_close: scheduled.start_to_close_timeout,
                heartbeat: scheduled.heartbeat_timeout,
                retry_policy: scheduled.retry_policy.clone(),
                priority: scheduled.priority.clone(),
                cancellation_type,
                summary: None,
            }))
        }
        EventKind::ActivityTaskCancelRequested(request) => WorkflowCommand::RequestCancelActivity {
            seq: activity_seq(events, request.scheduled_event_id),
        },
        EventKind::TimerStarted(timer) => WorkflowCommand::StartTimer(StartTimer {
            seq: Seq(timer.timer_id.parse().unwrap()),
            after: timer.start_to_fire_timeout.unwrap(),
            summary: None,
        }),
        EventKind::TimerCanceled(timer) => {
            WorkflowCommand::CancelTimer { seq: Seq(timer.timer_id.parse().unwrap()) }
        }
        EventKind::WorkflowExecutionCompleted(completed) => {
            WorkflowCommand::CompleteWorkflow { result: completed.result.clone() }
        }
        EventKind::WorkflowExecutionFailed(failed) => {
            WorkflowCommand::FailWorkflow { failure: Box::new(failed.failure.clone().unwrap()) }
        }
        EventKind::WorkflowExecutionContinuedAsNew(next) => {
            WorkflowCommand::ContinueAsNew(Box::new(ContinueAsNew {
                workflow_type: Some(next.workflow_type.name.clone()),
                task_queue: Some(next.task_queue.name.clone()),
                input: next.input.clone(),
                run_timeout: next.workflow_run_timeout,
                task_timeout: next.workflow_task_timeout,
                ..ContinueAsNew::default()
            }))
        }
        EventKind::WorkflowExecutionCanceled(canceled) => {
            WorkflowCommand::CancelWorkflow { details: canceled.details.clone() }
        }
        _ => across(events, event),
    }
}

/// The command that left this event behind, if it is about a child or another workflow.
fn across(events: &[Arc<Event>], event: &Event) -> WorkflowCommand {
    match &event.kind {
        EventKind::StartChildWorkflowExecutionInitiated(child) => {
            WorkflowCommand::StartChildWorkflow(Box::new(StartChild {
                seq: child_seq(events, &child.workflow_id),
                workflow_type: child.workflow_type.name.clone(),
                workflow_id: Some(child.workflow_id.clone()),
                task_queue: (!child.inherit_build_id).then(|| child.task_queue.name.clone()),
                input: child.input.clone(),
                execution_timeout: child.workflow_execution_timeout,
                run_timeout: child.workflow_run_timeout,
                task_timeout: child.workflow_task_timeout,
                parent_close_policy: child.parent_close_policy.clone(),
                id_reuse_policy: child.workflow_id_reuse_policy.clone(),
                retry_policy: child.retry_policy.clone(),
                priority: child.priority.clone(),
                cron_schedule: child.cron_schedule.clone(),
                memo: child.memo.clone(),
                search_attributes: child.search_attributes.clone(),
                cancellation_type: ChildCancellationType::WaitCancellationCompleted,
                ..StartChild::default()
            }))
        }
        EventKind::RequestCancelExternalWorkflowExecutionInitiated(cancel)
            if cancel.child_workflow_only =>
        {
            WorkflowCommand::CancelChildWorkflow(CancelChild {
                seq: child_seq(events, &cancel.workflow_execution.workflow_id),
                reason: cancel.reason.clone(),
            })
        }
        EventKind::SignalExternalWorkflowExecutionInitiated(signal) => {
            WorkflowCommand::SignalExternalWorkflow(Box::new(SignalExternal {
                seq: Seq(u32::try_from(event.id.0).unwrap()),
                target: other(&signal.workflow_execution),
                name: signal.signal_name.clone(),
                input: signal.input.clone(),
                header: None,
            }))
        }
        _ => noted(event),
    }
}

/// The command that left this event behind, if it is a patch, an answer to an update, or changes the search attributes or
/// the memo.
fn noted(event: &Event) -> WorkflowCommand {
    let respond = |update_id: &SmolStr, response| {
        let protocol_instance_id = update_id.clone();
        WorkflowCommand::RespondUpdate(Box::new(RespondUpdate { protocol_instance_id, response }))
    };
    match &event.kind {
        EventKind::WorkflowExecutionUpdateAccepted(accepted) => {
            respond(&accepted.protocol_instance_id, UpdateResponse::Accepted)
        }
        EventKind::WorkflowExecutionUpdateCompleted(completed) => {
            let outcome = completed.outcome.clone().unwrap();
            // Core's language says of a handler that has failed what it says of a validator.
            let response =
                outcome.failure.map_or(UpdateResponse::Completed(outcome.success), |failure| {
                    UpdateResponse::Rejected(Box::new(failure))
                });
            respond(&completed.meta.as_ref().unwrap().update_id, response)
        }
        EventKind::MarkerRecorded(marker) => {
            assert_eq!(marker.marker_name, "core_patch");
            let data = &marker.details["patch-data"].as_slice()[0];
            let patch_id = data.member::<String>("id").unwrap().into();
            let deprecated = data.member("deprecated").unwrap();
            WorkflowCommand::SetPatch(SetPatch { patch_id, deprecated })
        }
        EventKind::UpsertWorkflowSearchAttributes(upsert) => {
            WorkflowCommand::UpsertSearchAttributes(upsert.search_attributes.clone().unwrap())
        }
        EventKind::WorkflowPropertiesModified(modified) => {
            WorkflowCommand::UpsertMemo(modified.upserted_memo.clone().unwrap())
        }
        other => panic!("{other:?}"),
    }
}

/// Whether core upserted this of its own: the search attribute of the patches.
fn is_of_core(event: &Event) -> bool {
    match &event.kind {
        EventKind::UpsertWorkflowSearchAttributes(upsert) => {
            let attributes = upsert.search_attributes.as_ref().unwrap();
            attributes.indexed_fields.contains_key("TemporalChangeVersion")
        }
        _ => false,
    }
}

/// The number of the child with this id: children are counted in the order in which they were asked for.
fn child_seq(events: &[Arc<Event>], workflow_id: &str) -> Seq {
    let ids = events.iter().filter_map(|event| match &event.kind {
        EventKind::StartChildWorkflowExecutionInitiated(child) => Some(child.workflow_id.as_str()),
        _ => None,
    });
    let place = ids.into_iter().position(|id| id == workflow_id).unwrap();
    Seq(u32::try_from(place).unwrap() + 1)
}

fn other(execution: &Execution) -> ExternalTarget {
    let workflow_id = execution.workflow_id.clone();
    ExternalTarget { workflow_id, run_id: None, child_only: false }
}

/// What a task asked for. An activity whose cancel is waited for is resolved by an event alone, so that each task is
/// one activation.
pub(crate) fn asked_for(history: &History, task: &Task) -> Vec<WorkflowCommand> {
    let wait = CancellationType::WaitCancellationCompleted;
    let asked = task.commands.iter().filter(|event| !is_of_core(event));
    asked.map(|event| command(history.events(), event, wait)).collect()
}

/// Whether the workflow is told anything in a task: nothing, if all that came is that a child has the request to cancel, or
/// an update that was rejected.
pub(crate) fn is_told(history: &History, task: &Task) -> bool {
    let is_of_child = |event: &Arc<Event>| match &event.kind {
        EventKind::ExternalWorkflowExecutionCancelRequested(request) => {
            let initiated = usize::try_from(request.initiated_event_id.0).unwrap();
            matches!(
                &history.events()[initiated - 1].kind,
                EventKind::RequestCancelExternalWorkflowExecutionInitiated(cancel)
                    if cancel.child_workflow_only
            )
        }
        _ => false,
    };
    !task.events.iter().all(is_of_child) || !updates(task).is_empty()
}

/// The updates that came with a task and were accepted.
pub(crate) fn updates(task: &Task) -> Vec<Message> {
    let message = |event: &Arc<Event>| match &event.kind {
        EventKind::WorkflowExecutionUpdateAccepted(accepted) => Some(Message {
            update_id: accepted.protocol_instance_id.clone(),
            sequencing: accepted.accepted_request_sequencing_event_id,
            request: accepted.accepted_request.clone().unwrap(),
        }),
        _ => None,
    };
    task.commands.iter().filter_map(message).collect()
}
