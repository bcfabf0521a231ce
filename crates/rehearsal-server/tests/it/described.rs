//! What `DescribeWorkflowExecution` tells, as a real server 1.32 told it of the same workflow.

use std::time::Duration;

use temporalio_protos::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes;
use temporalio_protos::temporal::api::common::v1::{Priority, WorkflowExecution, WorkflowType};
use temporalio_protos::temporal::api::enums::v1::{
    CommandType, EventType, ParentClosePolicy, PendingActivityState, PendingWorkflowTaskState,
    WorkflowExecutionStatus,
};
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::workflowservice::v1::*;

use crate::hand::{Hand, NAMESPACE, WORKFLOW, activity, command, complete, order, start, text};
use crate::running::Running;

fn described(hand: &Hand<'_>, workflow_id: &str) -> DescribeWorkflowExecutionResponse {
    let mut client = hand.client.clone();
    let execution =
        WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() };
    let request = DescribeWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        execution: Some(execution),
    };
    hand.wait(client.describe_workflow_execution(request)).unwrap().into_inner()
}

fn child(id: &str) -> temporalio_protos::temporal::api::command::v1::Command {
    command(
        CommandType::StartChildWorkflowExecution,
        StartChildWorkflowExecutionCommandAttributes {
            workflow_id: id.to_owned(),
            workflow_type: Some(WorkflowType { name: "Child".to_owned() }),
            parent_close_policy: ParentClosePolicy::RequestCancel.into(),
            ..StartChildWorkflowExecutionCommandAttributes::default()
        },
    )
}

/// The time between two, in seconds.
fn apart(from: Option<prost_wkt_types::Timestamp>, to: Option<prost_wkt_types::Timestamp>) -> f64 {
    let nanos = |at: prost_wkt_types::Timestamp| {
        i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos)
    };
    let between = nanos(to.unwrap()) - nanos(from.unwrap());
    Duration::from_nanos(u64::try_from(between).unwrap()).as_secs_f64()
}

/// An attempt has failed behind a heartbeat, and the next one waits; another attempt is with its worker.
#[test]
fn activities_are_told_with_their_attempts() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![activity("a"), activity("b")]);
    let first = hand.activity_task();
    let mut client = hand.client.clone();
    let beat = RecordActivityTaskHeartbeatRequest {
        task_token: first.task_token.clone(),
        namespace: NAMESPACE.to_owned(),
        details: text("half"),
        ..Default::default()
    };
    hand.wait(client.record_activity_task_heartbeat(beat)).unwrap();
    let failed = RespondActivityTaskFailedRequest {
        task_token: first.task_token,
        namespace: NAMESPACE.to_owned(),
        failure: Some(Failure { message: "busy".to_owned(), ..Failure::default() }),
        ..Default::default()
    };
    hand.wait(client.respond_activity_task_failed(failed)).unwrap();
    let _held = hand.activity_task();

    let pending = described(&hand, WORKFLOW).pending_activities;
    let waits = pending.iter().find(|it| it.activity_id == first.activity_id).unwrap();
    assert_eq!((waits.state(), waits.attempt), (PendingActivityState::Scheduled, 2));
    assert_eq!(waits.heartbeat_details, text("half"));
    assert!(waits.last_heartbeat_time.is_some() && waits.last_started_time.is_none());
    assert_eq!(waits.last_failure.as_ref().unwrap().message, "busy");
    assert_eq!(waits.last_worker_identity, "worker");
    assert_eq!(waits.next_attempt_schedule_time, waits.scheduled_time);
    let interval = waits.current_retry_interval.unwrap();
    assert_eq!((interval.seconds, interval.nanos), (1, 0));
    assert!((apart(waits.last_attempt_complete_time, waits.scheduled_time) - 1.0).abs() < 1e-6);
    let options = waits.activity_options.as_ref().unwrap();
    assert_eq!(options.task_queue.as_ref().unwrap().normal_name, "main");
    assert_eq!(options.heartbeat_timeout.unwrap().seconds, 10);
    assert_eq!(options.retry_policy.as_ref().unwrap().initial_interval.unwrap().seconds, 1);

    let held = pending.iter().find(|it| it.activity_id != first.activity_id).unwrap();
    assert_eq!((held.state(), held.attempt), (PendingActivityState::Started, 1));
    assert!(held.last_started_time.is_some() && held.heartbeat_details.is_none());
    assert!(held.next_attempt_schedule_time.is_none() && held.current_retry_interval.is_none());
}

/// The workflow task is told while it waits and while a worker has it, the child once it has started, with its parent and
/// its root in its own description; then the cancel, and what is left of it all when the workflow has closed.
#[test]
fn the_task_children_and_a_cancel_are_told() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let run_id = {
        let mut client = hand.client.clone();
        let wanted = StartWorkflowExecutionRequest {
            request_id: "request-1".to_owned(),
            workflow_run_timeout: Some(Duration::from_secs(40).try_into().unwrap()),
            workflow_execution_timeout: Some(Duration::from_secs(60).try_into().unwrap()),
            ..start()
        };
        hand.wait(client.start_workflow_execution(wanted)).unwrap().into_inner().run_id
    };
    let told = described(&hand, WORKFLOW);
    let waits = told.pending_workflow_task.unwrap();
    assert_eq!((waits.state(), waits.attempt), (PendingWorkflowTaskState::Scheduled, 1));
    assert_eq!(waits.original_scheduled_time, waits.scheduled_time);
    assert!(waits.started_time.is_none());
    let more = told.workflow_extended_info.unwrap();
    let info = told.workflow_execution_info.unwrap();
    assert!((apart(info.start_time, more.run_expiration_time) - 40.0).abs() < 0.1);
    assert!((apart(info.start_time, more.execution_expiration_time) - 60.0).abs() < 0.1);
    assert!((apart(info.start_time, more.original_start_time)).abs() < 1e-9);
    let request = &more.request_id_infos["request-1"];
    assert_eq!((request.event_type(), request.event_id), (EventType::WorkflowExecutionStarted, 1));
    assert_eq!(info.root_execution.unwrap().run_id, run_id);
    assert!(info.history_size_bytes > 0 && !more.cancel_requested);

    let task = hand.workflow_task();
    let held = described(&hand, WORKFLOW).pending_workflow_task.unwrap();
    assert_eq!(held.state(), PendingWorkflowTaskState::Started);
    assert!(held.started_time.is_some());
    hand.answer(task.task_token, vec![child("child-1")]);
    let (mut of_parent, mut of_child) = (hand.workflow_task(), hand.workflow_task());
    if of_parent.workflow_execution.as_ref().unwrap().workflow_id == "child-1" {
        core::mem::swap(&mut of_parent, &mut of_child);
    }
    let told = described(&hand, WORKFLOW).pending_children;
    let child_run = of_child.workflow_execution.unwrap().run_id;
    assert_eq!((told[0].workflow_id.as_str(), &told[0].run_id), ("child-1", &child_run));
    assert_eq!((told[0].workflow_type_name.as_str(), told[0].initiated_id), ("Child", 5));
    assert_eq!(told[0].parent_close_policy(), ParentClosePolicy::RequestCancel);
    let of = described(&hand, "child-1");
    let info = of.workflow_execution_info.unwrap();
    assert_eq!(info.parent_execution.unwrap().run_id, run_id);
    assert_eq!(info.root_execution.unwrap().run_id, run_id);
    assert_eq!(info.parent_namespace_id, NAMESPACE);
    let more = of.workflow_extended_info.unwrap();
    // Without an end: the zero time of Go.
    assert_eq!(more.run_expiration_time.unwrap().seconds, -62_135_596_800);
    assert!(more.request_id_infos.contains_key(&format!("{run_id}:5:0")));

    let mut client = hand.client.clone();
    let cancel = RequestCancelWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: order(),
        ..Default::default()
    };
    hand.wait(client.request_cancel_workflow_execution(cancel)).unwrap();
    let told = described(&hand, WORKFLOW);
    assert!(told.workflow_extended_info.unwrap().cancel_requested);
    hand.answer(of_parent.task_token, vec![]);
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![complete("closed")]);
    let told = described(&hand, WORKFLOW);
    let info = told.workflow_execution_info.unwrap();
    assert_eq!(info.status(), WorkflowExecutionStatus::Completed);
    assert!(info.execution_duration.is_some() && told.pending_workflow_task.is_none());
    assert_eq!(told.pending_children.len(), 1, "those that were pending at the close");
}

/// The store of a server learns of lengths at the close, and of the first run of a chain and of priorities never.
#[test]
fn rows_of_a_list_have_what_the_store_of_a_server_has() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let parent = {
        let mut client = hand.client.clone();
        let wanted = StartWorkflowExecutionRequest {
            priority: Some(Priority { priority_key: 2, ..Priority::default() }),
            ..start()
        };
        hand.wait(client.start_workflow_execution(wanted)).unwrap().into_inner().run_id
    };
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![child("child-1")]);
    let row = |hand: &Hand<'_>, id: &str| {
        let list = ListWorkflowExecutionsRequest {
            namespace: NAMESPACE.to_owned(),
            query: format!("WorkflowId = '{id}'"),
            ..Default::default()
        };
        let mut client = hand.client.clone();
        let listed = hand.wait(client.list_workflow_executions(list)).unwrap().into_inner();
        listed.executions.into_iter().next().unwrap()
    };
    let of_parent =
        Some(WorkflowExecution { workflow_id: WORKFLOW.to_owned(), run_id: parent.clone() });

    let open = row(&hand, WORKFLOW);
    assert_eq!((&open.root_execution, &open.parent_execution), (&of_parent, &None));
    assert_eq!((open.history_length, open.history_size_bytes), (0, 0));
    assert_eq!((open.first_run_id.as_str(), open.priority), ("", None));
    assert!(open.close_time.is_none() && open.execution_duration.is_none());
    let info = described(&hand, WORKFLOW).workflow_execution_info.unwrap();
    assert!(info.priority.is_some() && info.history_length > 0 && info.first_run_id == parent);

    // The tasks of both wait, in whichever order.
    for _ in 0..2 {
        let task = hand.workflow_task();
        if task.workflow_execution.unwrap().workflow_id == WORKFLOW {
            hand.answer(task.task_token, vec![]);
        } else {
            hand.answer(task.task_token, vec![complete("done")]);
        }
    }
    let closed = row(&hand, "child-1");
    assert_eq!((&closed.root_execution, &closed.parent_execution), (&of_parent, &of_parent));
    assert_eq!(closed.status(), WorkflowExecutionStatus::Completed);
    assert_eq!(closed.history_length, 5);
    assert!(closed.history_size_bytes > 0);
    let took = Duration::try_from(closed.execution_duration.unwrap()).unwrap().as_secs_f64();
    assert!((apart(closed.execution_time, closed.close_time) - took).abs() < 1e-9);
}
