//! What a start brings that the server hands on and does not look into.

use temporalio_protos::temporal::api::common::v1::Payload;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::{
    Operation, operation,
};
use temporalio_protos::temporal::api::workflowservice::v1::*;

use crate::hand::{Hand, NAMESPACE, start, text};
use crate::running::Running;

fn line(words: &str) -> Option<Payload> {
    text(words)?.payloads.pop()
}

fn note(words: &str) -> Option<UserMetadata> {
    Some(UserMetadata { summary: line(words), details: line("and more") })
}

/// The three requests that start a workflow, each with its own id.
fn started(hand: &Hand<'_>, note: impl Fn(&str) -> StartWorkflowExecutionRequest) {
    let mut client = hand.client.clone();
    hand.wait(client.start_workflow_execution(note("started"))).unwrap();

    let it = note("signaled");
    let signaled = SignalWithStartWorkflowExecutionRequest {
        namespace: it.namespace,
        workflow_id: it.workflow_id,
        workflow_type: it.workflow_type,
        task_queue: it.task_queue,
        user_metadata: it.user_metadata,
        signal_name: "poke".to_owned(),
        ..Default::default()
    };
    hand.wait(client.signal_with_start_workflow_execution(signaled)).unwrap();

    let asked = UpdateWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: Some(crate::hand::execution("updated")),
        wait_policy: Some(update::WaitPolicy { lifecycle_stage: 2 }),
        request: Some(update::Request {
            meta: Some(update::Meta { update_id: "u-1".to_owned(), ..Default::default() }),
            input: Some(update::Input { name: "add".to_owned(), ..Default::default() }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let fails = StartWorkflowExecutionRequest { workflow_id_conflict_policy: 1, ..note("updated") };
    let operations =
        [operation::Operation::StartWorkflow(fails), operation::Operation::UpdateWorkflow(asked)];
    let both = ExecuteMultiOperationRequest {
        namespace: NAMESPACE.to_owned(),
        operations: operations.map(|it| Operation { operation: Some(it) }).into(),
        ..Default::default()
    };
    // It is answered when a worker has seen the update, which none does here.
    let answered =
        hand.server.runtime.spawn(async move { client.execute_multi_operation(both).await });
    while hand.wait(hand.client.clone().describe_workflow_execution(described("updated"))).is_err()
    {
        assert!(!answered.is_finished(), "{:?}", hand.wait(answered));
    }
    answered.abort();
}

fn described(id: &str) -> DescribeWorkflowExecutionRequest {
    DescribeWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        execution: Some(crate::hand::execution(id)),
    }
}

fn first_event(hand: &Hand<'_>, id: &str) -> HistoryEvent {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.to_owned(),
        execution: Some(crate::hand::execution(id)),
        ..Default::default()
    };
    let mut client = hand.client.clone();
    let found = hand.wait(client.get_workflow_execution_history(request)).unwrap().into_inner();
    found.history.unwrap().events.into_iter().next().unwrap()
}

#[test]
fn what_a_person_reads_beside_a_start_is_recorded_and_described() {
    let server = Running::start();
    let hand = Hand::on(&server);
    started(&hand, |id| StartWorkflowExecutionRequest {
        workflow_id: id.to_owned(),
        user_metadata: note(id),
        ..start()
    });
    for id in ["started", "signaled", "updated"] {
        assert_eq!(first_event(&hand, id).user_metadata, note(id), "{id}");
        let mut client = hand.client.clone();
        let described = hand.wait(client.describe_workflow_execution(described(id))).unwrap();
        let config = described.into_inner().execution_config.unwrap();
        assert_eq!(config.user_metadata, note(id), "{id}");
    }
}

/// As on a server, where `summary-of-starts` was recorded.
#[test]
fn the_version_of_a_run_id_tells_how_the_run_was_started() {
    let server = Running::start();
    let hand = Hand::on(&server);
    started(&hand, |id| StartWorkflowExecutionRequest { workflow_id: id.to_owned(), ..start() });
    let version = |id: &str| {
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) =
            first_event(&hand, id).attributes
        else {
            unreachable!("the first event is the start")
        };
        started.original_execution_run_id.chars().nth(14)
    };
    assert_eq!(["started", "signaled", "updated"].map(version), [Some('7'), Some('4'), Some('7')]);
}
