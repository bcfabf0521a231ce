//! What a start brings that the server hands on and does not look into.

use temporalio_protos::temporal::api::command::v1::command::Attributes as Command;
use temporalio_protos::temporal::api::common::v1::{Payload, Priority};
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::sdk::v1::event_group_marker::{InboundUpdate, Variant};
use temporalio_protos::temporal::api::sdk::v1::{EventGroupMarker, UserMetadata};
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::{
    Operation, operation,
};
use temporalio_protos::temporal::api::workflowservice::v1::*;

use crate::hand::{Hand, NAMESPACE, activity, start, text, timer};
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

/// What an activity says itself goes before what its workflow says, and what waits is handed out in the order of the keys.
#[test]
fn a_priority_is_told_and_orders_what_waits() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let place = |priority_key, fairness_key: &str| Priority {
        priority_key,
        fairness_key: fairness_key.to_owned(),
        ..Priority::default()
    };
    let with = Some(place(2, "vip"));
    let request = StartWorkflowExecutionRequest { priority: with.clone(), ..start() };
    hand.wait(hand.client.clone().start_workflow_execution(request)).unwrap();
    let task = hand.workflow_task();
    let prior = |id: &str, key| {
        let mut command = activity(id);
        let Some(Command::ScheduleActivityTaskCommandAttributes(asked)) = &mut command.attributes
        else {
            unreachable!("it is an activity")
        };
        asked.priority = (key != 0).then(|| place(key, ""));
        command
    };
    hand.answer(task.task_token, vec![prior("a", 5), prior("b", 0), prior("c", 1)]);
    let mut took = || {
        let task = hand.activity_task();
        (task.activity_id, task.priority)
    };
    assert_eq!(took(), ("c".to_owned(), Some(place(1, "vip"))));
    assert_eq!(took(), ("b".to_owned(), with.clone()));
    assert_eq!(took(), ("a".to_owned(), Some(place(5, "vip"))));

    let mut client = hand.client.clone();
    let described = hand.wait(client.describe_workflow_execution(described("order-1"))).unwrap();
    assert_eq!(described.into_inner().workflow_execution_info.unwrap().priority, with);
    let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) =
        first_event(&hand, "order-1").attributes
    else {
        unreachable!("the first event is the start")
    };
    assert_eq!(started.priority, with);
}

/// As newer SDKs send what a handler of an update asks for.
#[test]
fn commands_with_marks_of_event_groups_are_taken() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    let mut marked = timer(60);
    marked.event_group_markers.push(EventGroupMarker {
        variant: Some(Variant::InboundUpdate(InboundUpdate {
            inbound_update_id: "u-1".to_owned(),
        })),
    });
    hand.answer(task.task_token, vec![marked]);
    assert!(hand.events().iter().any(|event| event == "TIMER_STARTED"));
}
