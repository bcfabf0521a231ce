//! What a worker says of a workflow task besides its commands.

use temporalio_protos::temporal::api::enums::v1::WorkflowTaskFailedCause;
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::sdk::v1::WorkflowTaskCompletedMetadata;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Code;

use crate::hand::{Hand, NAMESPACE, complete, order};
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
