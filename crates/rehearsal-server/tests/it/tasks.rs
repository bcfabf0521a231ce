//! What a worker says of a workflow task besides its commands.

use temporalio_protos::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes;
use temporalio_protos::temporal::api::common::v1::WorkflowType;
use temporalio_protos::temporal::api::enums::v1::{CommandType, WorkflowTaskFailedCause};
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::sdk::v1::WorkflowTaskCompletedMetadata;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Code;

use crate::hand::{Hand, NAMESPACE, activity, command, complete, order, queue, start};
use crate::running::Running;

#[test]
fn a_task_that_fails_comes_again() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    let mut client = hand.client.clone();
    let failed = RespondWorkflowTaskFailedRequest {
        task_token: task.task_token,
        namespace: NAMESPACE.to_owned(),
        cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure.into(),
        failure: Some(Failure { message: "panic".to_owned(), ..Failure::default() }),
        ..Default::default()
    };
    hand.wait(client.respond_workflow_task_failed(failed)).unwrap();
    assert!(hand.events().contains(&"WORKFLOW_TASK_FAILED".to_owned()));
    let task = hand.workflow_task();
    assert_eq!(task.attempt, 2);
    hand.answer(task.task_token, vec![complete("after all")]);
    let reset = ResetStickyTaskQueueRequest { namespace: NAMESPACE.to_owned(), execution: order() };
    let late = hand.wait(client.reset_sticky_task_queue(reset));
    assert!(late.is_ok() || late.is_err_and(|it| it.code() == Code::NotFound));
}

/// SDKs keep their flags in hash tables: the order in which they send them is another one each time.
#[test]
fn the_flags_of_an_sdk_are_recorded_in_order() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    let completed = RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token,
        namespace: NAMESPACE.to_owned(),
        commands: vec![complete("done")],
        sdk_metadata: Some(WorkflowTaskCompletedMetadata {
            core_used_flags: vec![3, 1, 2],
            lang_used_flags: vec![9, 5],
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut client = hand.client.clone();
    hand.wait(client.respond_workflow_task_completed(completed)).unwrap();
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.to_owned(),
        execution: order(),
        ..Default::default()
    };
    let page = hand.wait(client.get_workflow_execution_history(request)).unwrap().into_inner();
    let said = page.history.unwrap().events.into_iter().find_map(|event| match event.attributes {
        Some(Attributes::WorkflowTaskCompletedEventAttributes(of)) => of.sdk_metadata,
        _ => None,
    });
    let said = said.unwrap();
    assert_eq!((said.core_used_flags, said.lang_used_flags), (vec![1, 2, 3], vec![5, 9]));
}

/// Whoever says something of a task, or of an attempt, of a workflow that has closed is told that it has closed; while it is
/// open the task is what there is not. Only of a completed task the server does not say it.
#[test]
fn what_is_said_too_late_is_answered_by_how_the_workflow_stands() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let first = hand.workflow_task().task_token;
    hand.answer(first.clone(), vec![activity("a"), activity("b")]);
    let [done, held] = [hand.activity_task().task_token, hand.activity_task().task_token];
    let mut client = hand.client.clone();
    let completes = |task_token: &Vec<u8>| RespondActivityTaskCompletedRequest {
        task_token: task_token.clone(),
        namespace: NAMESPACE.to_owned(),
        ..Default::default()
    };
    hand.wait(client.respond_activity_task_completed(completes(&done))).unwrap();
    let twice = hand.wait(client.respond_activity_task_completed(completes(&done))).unwrap_err();
    assert!(twice.message().starts_with("invalid activityID or activity already timed out"));
    let second = hand.workflow_task().task_token;
    let fails = |task_token: &Vec<u8>| RespondWorkflowTaskFailedRequest {
        task_token: task_token.clone(),
        namespace: NAMESPACE.to_owned(),
        ..Default::default()
    };
    let over = hand.wait(client.respond_workflow_task_failed(fails(&first))).unwrap_err();
    assert_eq!(over.message(), "Workflow task not found.");
    hand.answer(second.clone(), vec![complete("closed")]);

    let mut told = Vec::new();
    for token in [&done, &held] {
        told.push(hand.wait(client.respond_activity_task_completed(completes(token))).map(drop));
        let beats = RecordActivityTaskHeartbeatRequest {
            task_token: token.clone(),
            namespace: NAMESPACE.to_owned(),
            ..Default::default()
        };
        told.push(hand.wait(client.record_activity_task_heartbeat(beats)).map(drop));
    }
    for token in [&first, &second] {
        told.push(hand.wait(client.respond_workflow_task_failed(fails(token))).map(drop));
    }
    for status in told.into_iter().map(Result::unwrap_err) {
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.message(), "workflow execution already completed");
    }
    let late = RespondWorkflowTaskCompletedRequest {
        task_token: second,
        namespace: NAMESPACE.to_owned(),
        ..Default::default()
    };
    let late = hand.wait(client.respond_workflow_task_completed(late)).unwrap_err();
    assert_eq!(late.message(), "Workflow task not found.");
}

/// The Go SDK names the namespace of the worker in each command that starts a child.
#[test]
#[expect(deprecated, reason = "it is what the SDK sends")]
fn a_worker_of_another_namespace_starts_children_in_its_own() {
    let server = Running::with(|arguments| arguments.namespaces.push("shop".into()));
    let hand = Hand::on(&server);
    let mut client = hand.client.clone();
    let started = StartWorkflowExecutionRequest { namespace: "shop".to_owned(), ..start() };
    hand.wait(client.start_workflow_execution(started)).unwrap();
    let mut task = || {
        let poll = PollWorkflowTaskQueueRequest {
            namespace: "shop".to_owned(),
            task_queue: queue(),
            ..Default::default()
        };
        hand.wait(client.poll_workflow_task_queue(poll)).unwrap().into_inner()
    };
    let child = |namespace: &str| {
        command(
            CommandType::StartChildWorkflowExecution,
            StartChildWorkflowExecutionCommandAttributes {
                namespace: namespace.to_owned(),
                workflow_id: "child".to_owned(),
                workflow_type: Some(WorkflowType { name: "Child".to_owned() }),
                task_queue: queue(),
                ..Default::default()
            },
        )
    };
    let token = task().task_token;
    let mut client = hand.client.clone();
    let mut answer = |namespace: &str| {
        let completed = RespondWorkflowTaskCompletedRequest {
            task_token: token.clone(),
            namespace: "shop".to_owned(),
            commands: vec![child(namespace)],
            ..Default::default()
        };
        hand.wait(client.respond_workflow_task_completed(completed))
    };
    let elsewhere = answer("default").unwrap_err();
    assert_eq!(elsewhere.message(), "not simulated: workflows in other namespaces");
    answer("shop").unwrap();
    // The parent is told that the child has started.
    let told = [task(), task()].map(|task| task.workflow_type.unwrap().name);
    assert!(told.contains(&"Child".to_owned()), "{told:?}");
}
