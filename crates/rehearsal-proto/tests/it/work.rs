//! Tasks as workers get them, and what they answer.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use prost_wkt_types::Duration as ProtoDuration;
use rehearsal_activation::{Message, Query, QueryTask, TaskDelivery, TaskOutcome, TaskToken};
use rehearsal_history::event::{UpdateInput, UpdateRequest};
use rehearsal_history::{Event, EventId, HistoryBuilder, TaskQueue, Timestamp};
use rehearsal_proto::workflow_task::{self, Hand};
use temporalio_protos::temporal::api::query::v1::WorkflowQueryResult;
use temporalio_protos::temporal::api::taskqueue::v1::{
    StickyExecutionAttributes, TaskQueue as ProtoTaskQueue,
};
use temporalio_protos::temporal::api::update::v1::Request;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondQueryTaskCompletedRequest, RespondWorkflowTaskCompletedRequest,
};

fn events() -> Vec<Arc<Event>> {
    HistoryBuilder::new("Order").build().events().to_vec()
}

const HAND: Hand<'_> = Hand { token: b"token", run_id: "run-of-this-world" };

#[test]
fn a_task_brings_its_events_its_queries_and_its_updates() {
    let request = UpdateRequest {
        input: Some(UpdateInput { name: "add".into(), ..UpdateInput::default() }),
        ..UpdateRequest::default()
    };
    let delivery = TaskDelivery {
        token: TaskToken {
            workflow_id: "order-1".into(),
            run_id: "run-1".into(),
            scheduled: EventId(2),
            started: EventId(3),
            attempt: 1,
        },
        workflow_type: "Order".into(),
        previous_started: EventId(0),
        first_event: EventId::FIRST,
        events: events(),
        messages: vec![Message { update_id: "u1".into(), sequencing: EventId(2), request }],
        queries: vec![Query { id: "q1".into(), name: "state".into(), ..Query::default() }],
    };
    let sticky = TaskQueue::sticky("worker-1", "main");
    let times = (Timestamp::EPOCH, Timestamp::EPOCH.saturating_add(Duration::from_secs(1)));
    let sent = workflow_task::delivery(&delivery, HAND, &sticky, times).unwrap();

    assert_eq!(sent.task_token, b"token");
    assert_eq!(sent.workflow_execution.unwrap().run_id, "run-of-this-world");
    assert_eq!(sent.workflow_execution_task_queue.unwrap().name, "main");
    assert_eq!((sent.started_event_id, sent.previous_started_event_id, sent.attempt), (3, 0, 1));
    assert_eq!(sent.history.unwrap().events.len(), delivery.events.len());
    assert_eq!(sent.started_time.unwrap().seconds, 1);
    assert_eq!(sent.queries["q1"].query_type, "state");
    let [message] = &sent.messages[..] else { panic!("one update, one message") };
    assert_eq!((&*message.id, &*message.protocol_instance_id), ("u1/request", "u1"));
    let body = message.body.as_ref().unwrap();
    assert_eq!(body.type_url, "type.googleapis.com/temporal.api.update.v1.Request");
    assert_eq!(Request::decode(&*body.value).unwrap().input.unwrap().name, "add");
}

#[test]
fn a_query_comes_without_a_task() {
    let task = QueryTask {
        workflow_id: "order-1".into(),
        run_id: "run-1".into(),
        workflow_type: "Order".into(),
        previous_started: EventId(3),
        events: events(),
        query: Query { id: "q1".into(), name: "state".into(), ..Query::default() },
    };
    let sent = workflow_task::query_task(&task, HAND, &TaskQueue::normal("main")).unwrap();

    assert_eq!(sent.workflow_execution_task_queue.unwrap().name, "main");
    assert_eq!((sent.started_event_id, sent.previous_started_event_id), (0, 3));
    assert_eq!(sent.query.unwrap().query_type, "state");
    assert!(sent.queries.is_empty());
}

#[test]
fn a_completion_is_taken_apart() {
    let queue =
        ProtoTaskQueue { name: "worker-1".to_owned(), kind: 2, normal_name: "main".to_owned() };
    let answer = |result_type| WorkflowQueryResult {
        result_type,
        error_message: "no".to_owned(),
        ..WorkflowQueryResult::default()
    };
    let request = RespondWorkflowTaskCompletedRequest {
        sticky_attributes: Some(StickyExecutionAttributes {
            worker_task_queue: Some(queue),
            schedule_to_start_timeout: Some(ProtoDuration { seconds: 5, nanos: 0 }),
        }),
        force_create_new_workflow_task: true,
        query_results: [("b".to_owned(), answer(2)), ("a".to_owned(), answer(1))].into(),
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    let (outcome, answers) = workflow_task::completed(request.clone(), "default").unwrap();

    let TaskOutcome::Completed { commands, sticky, force_new_task, .. } = outcome else {
        panic!("a completion")
    };
    assert!(commands.is_empty() && force_new_task);
    assert_eq!(sticky, Some((TaskQueue::sticky("worker-1", "main"), Duration::from_secs(5))));
    assert_eq!((&*answers[0].query_id, &answers[0].answer), ("a", &Ok(None)));
    assert_eq!(answers[1].answer.as_ref().unwrap_err().message, "no");

    let versioned =
        RespondWorkflowTaskCompletedRequest { versioning_behavior: 1, ..request.clone() };
    let error = workflow_task::completed(versioned, "default").unwrap_err();
    assert_eq!(error.to_string(), "not simulated: worker deployments");
    let paged = RespondWorkflowTaskCompletedRequest { page_number: 1, ..request };
    let error = workflow_task::completed(paged, "default").unwrap_err();
    assert_eq!(error.to_string(), "not simulated: completions in pages");
}

#[test]
fn an_answer_to_a_query_says_something() {
    let request = RespondQueryTaskCompletedRequest::default();
    let error = workflow_task::query_completed(request).unwrap_err();
    assert_eq!(error.to_string(), "expected the answer to a query, found 0");
}
