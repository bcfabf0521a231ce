//! What the suites of SDKs ask of a server, beside what every test does.

use temporalio_protos::temporal::api::command::v1::FailWorkflowExecutionCommandAttributes;
use temporalio_protos::temporal::api::common::v1::{RetryPolicy, WorkflowExecution};
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus as Status;
use temporalio_protos::temporal::api::enums::v1::{CommandType, HistoryEventFilterType};
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
use temporalio_protos::temporal::api::testservice::v1::test_service_client::TestServiceClient;
use temporalio_protos::temporal::api::testservice::v1::{
    LockTimeSkippingRequest, SleepRequest, UnlockTimeSkippingRequest,
};
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::{Code, Request};

use crate::hand::{Hand, NAMESPACE, WORKFLOW, command, complete, order, start, text, timer};
use crate::running::Running;

fn namespace() -> String {
    NAMESPACE.to_owned()
}

/// A client asks after an update that nobody sent, then after one that no worker has seen. An answer that may be asked for
/// again is asked for again by the clients of SDKs, so the first must not be one.
#[test]
fn an_update_is_asked_after_before_and_behind_its_coming() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let poll = || PollWorkflowExecutionUpdateRequest {
        namespace: namespace(),
        update_ref: Some(update::UpdateRef {
            workflow_execution: order(),
            update_id: "u-1".to_owned(),
        }),
        ..Default::default()
    };
    let mut client = hand.client.clone();
    let unknown = hand.wait(client.poll_workflow_execution_update(poll())).unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(unknown.message(), "update \"u-1\" not found");

    let request = UpdateWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: order(),
        request: Some(update::Request {
            meta: Some(update::Meta { update_id: "u-1".to_owned(), ..Default::default() }),
            input: Some(update::Input { name: "add".to_owned(), ..Default::default() }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut updates = client.clone();
    let sent =
        server.runtime.spawn(async move { updates.update_workflow_execution(request).await });
    let standing = loop {
        match hand.wait(client.poll_workflow_execution_update(poll())) {
            Ok(standing) => break standing.into_inner(),
            Err(status) => assert_eq!(status.code(), Code::NotFound),
        }
    };
    assert_eq!((standing.stage, standing.outcome), (1, None));

    // The workflow closes, and the server tells whoever waits.
    let task = hand.workflow_task();
    assert_eq!(task.messages.len(), 1);
    hand.answer(task.task_token, vec![complete("done")]);
    let sent = hand.wait(sent).unwrap();
    assert!(sent.is_err() || sent.unwrap().into_inner().outcome.is_some());
}

fn query(name: &str, query_reject_condition: i32) -> QueryWorkflowRequest {
    QueryWorkflowRequest {
        namespace: namespace(),
        execution: order(),
        query: Some(WorkflowQuery { query_type: name.to_owned(), ..Default::default() }),
        query_reject_condition,
    }
}

/// What SDKs answer by themselves is asked of the worker, as any other query is.
#[test]
fn a_worker_is_asked_what_its_sdk_answers() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![timer(3600)]);
    for name in ["__stack_trace", "__enhanced_stack_trace", "__temporal_workflow_metadata"] {
        let mut asks = hand.client.clone();
        let asked = server.runtime.spawn(async move { asks.query_workflow(query(name, 0)).await });
        let task = hand.workflow_task();
        assert_eq!(task.query.as_ref().unwrap().query_type, name);
        let answer = RespondQueryTaskCompletedRequest {
            task_token: task.task_token,
            namespace: namespace(),
            completed_type: 1,
            query_result: text("here"),
            ..Default::default()
        };
        let mut client = hand.client.clone();
        hand.wait(client.respond_query_task_completed(answer)).unwrap();
        let answered = hand.wait(asked).unwrap().unwrap().into_inner();
        assert_eq!(answered.query_result, text("here"));
    }
}

/// A closed workflow is not asked if the client does not want that, and nobody polls for the query.
#[test]
fn conditions_reject_queries_by_how_the_workflow_stands() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![complete("done")]);
    let mut client = hand.client.clone();
    let rejected = hand.wait(client.query_workflow(query("state", 2))).unwrap().into_inner();
    assert_eq!(rejected.query_rejected.unwrap().status, i32::from(Status::Completed));
    assert_eq!(rejected.query_result, None);

    // It has completed: the second condition lets the query pass, which waits for a worker then.
    let mut asks = hand.client.clone();
    let asked = server.runtime.spawn(async move { asks.query_workflow(query("state", 3)).await });
    let task = hand.workflow_task();
    assert_eq!(task.query.as_ref().unwrap().query_type, "state");
    asked.abort();

    let again = StartWorkflowExecutionRequest { workflow_id: "order-2".into(), ..start() };
    hand.wait(client.start_workflow_execution(again)).unwrap();
    let mut execution = order().unwrap();
    execution.workflow_id = "order-2".to_owned();
    let terminate = TerminateWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: Some(execution.clone()),
        ..Default::default()
    };
    hand.wait(client.terminate_workflow_execution(terminate)).unwrap();
    let unclean = QueryWorkflowRequest { execution: Some(execution), ..query("state", 3) };
    let rejected = hand.wait(client.query_workflow(unclean)).unwrap().into_inner();
    assert_eq!(rejected.query_rejected.unwrap().status, i32::from(Status::Terminated));
}

/// Whoever waits for a result has unlocked time, and a sleep unlocks it once more: as on the Java test server that passes
/// while a task waits for a worker, and each lock that comes back counts.
#[test]
fn time_can_be_unlocked_once_more_while_a_task_waits() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let mut time = TestServiceClient::new(server.connect());
    let mut unlock = time.clone();
    let mut unlock =
        || server.runtime.block_on(unlock.unlock_time_skipping(UnlockTimeSkippingRequest {}));
    assert!(unlock().is_err(), "nothing is there");
    hand.start();
    let hour =
        SleepRequest { duration: Some(prost_wkt_types::Duration { seconds: 3600, nanos: 0 }) };
    server.runtime.block_on(time.unlock_time_skipping_with_sleep(hour)).unwrap();
    unlock().unwrap();
    let twice = unlock().unwrap_err();
    assert_eq!(twice.code(), Code::FailedPrecondition);
    server.runtime.block_on(time.lock_time_skipping(LockTimeSkippingRequest {})).unwrap();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![timer(60)]);
    assert!(unlock().is_err(), "nothing waits for a worker any more");
}

/// A client that wants it is given the first workflow task with the answer to its start; nobody finds it in the queue.
#[test]
fn a_start_can_bring_the_first_task() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let eager = || StartWorkflowExecutionRequest {
        identity: "worker".to_owned(),
        request_eager_execution: true,
        ..start()
    };
    let mut client = hand.client.clone();
    // The first task waits: the wish is denied.
    let denied = StartWorkflowExecutionRequest {
        workflow_id: "order-0".to_owned(),
        workflow_start_delay: Some(prost_wkt_types::Duration { seconds: 5, nanos: 0 }),
        ..eager()
    };
    let denied = hand.wait(client.start_workflow_execution(denied)).unwrap().into_inner();
    assert_eq!(denied.eager_workflow_task, None);

    let task = hand.wait(client.start_workflow_execution(eager())).unwrap().into_inner();
    let task = task.eager_workflow_task.expect("the first task");
    assert_eq!((task.started_event_id, task.attempt), (3, 1));
    let events = task.history.unwrap().events;
    let Some(Attributes::WorkflowExecutionStartedEventAttributes(first)) = &events[0].attributes
    else {
        panic!("{events:?}")
    };
    assert!(first.eager_execution_accepted);
    hand.answer(task.task_token, vec![complete("done")]);
    assert_eq!(hand.events().len(), 5);
}

/// A worker with Nexus handlers polls for Nexus tasks. There are none, and that is no error, which would end the worker.
#[test]
fn a_poll_for_nexus_tasks_is_open_until_its_worker_ends() {
    let server = Running::start();
    let hand = Hand::on(&server);
    let mut polls = hand.client.clone();
    let poll = server.runtime.spawn(async move {
        let request = PollNexusTaskQueueRequest {
            namespace: namespace(),
            task_queue: crate::hand::queue(),
            identity: "worker".to_owned(),
            ..Default::default()
        };
        polls.poll_nexus_task_queue(request).await
    });
    let ends = ShutdownWorkerRequest {
        namespace: namespace(),
        identity: "worker".to_owned(),
        ..Default::default()
    };
    let mut client = hand.client.clone();
    while !poll.is_finished() {
        hand.wait(client.shutdown_worker(ends.clone())).unwrap();
    }
    assert!(hand.wait(poll).unwrap().unwrap().into_inner().task_token.is_empty());
}

/// Java's client waits for the close of a run and takes a failure for the end of all: of an attempt that is followed by
/// another it is told that the workflow goes on. One that says that it looks for the next run is told what happened.
#[test]
fn a_client_that_does_not_follow_retries_is_told_that_the_run_goes_on() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let mut client = hand.client.clone();
    let retried = StartWorkflowExecutionRequest {
        retry_policy: Some(RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() }),
        ..start()
    };
    let run_id = hand.wait(client.start_workflow_execution(retried)).unwrap().into_inner().run_id;
    let task = hand.workflow_task();
    let failure = Failure { message: "the first attempt".to_owned(), ..Failure::default() };
    let attributes = FailWorkflowExecutionCommandAttributes { failure: Some(failure) };
    hand.answer(task.task_token, vec![command(CommandType::FailWorkflowExecution, attributes)]);

    let mut closes = |features: Option<&'static str>| {
        let mut request = Request::new(GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.to_owned(),
            execution: Some(WorkflowExecution {
                workflow_id: WORKFLOW.to_owned(),
                run_id: run_id.clone(),
            }),
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            ..Default::default()
        });
        if let Some(features) = features {
            let features = features.parse().unwrap();
            request.metadata_mut().insert("supported-features", features);
        }
        let page = hand.wait(client.get_workflow_execution_history(request)).unwrap();
        page.into_inner().history.unwrap().events.pop().unwrap().attributes.unwrap()
    };
    let Attributes::WorkflowExecutionContinuedAsNewEventAttributes(told) = closes(None) else {
        panic!("it is told that it goes on")
    };
    for features in ["follows-next-run-id", "other,follows-next-run-id"] {
        let Attributes::WorkflowExecutionFailedEventAttributes(failed) = closes(Some(features))
        else {
            panic!("{features}")
        };
        assert_eq!(failed.new_execution_run_id, told.new_execution_run_id);
    }
    assert!(!told.new_execution_run_id.is_empty());
}
