//! Workflows that are played by hand, through each RPC that the server has.

use temporalio_protos::temporal::api::enums::v1::HistoryEventFilterType;
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
use temporalio_protos::temporal::api::testservice::v1::test_service_client::TestServiceClient;
use temporalio_protos::temporal::api::testservice::v1::{
    LockTimeSkippingRequest, SleepRequest, SleepUntilRequest, UnlockTimeSkippingRequest,
};
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Code;

use crate::hand::{
    Hand, NAMESPACE, WORKFLOW, activity, complete, order, queue, start, text, timer,
};
use crate::running::Running;

fn namespace() -> String {
    NAMESPACE.to_owned()
}

/// A timer of an hour costs nothing: somebody waits for the result, so time leaps.
#[test]
fn a_wait_for_the_result_makes_time_leap() {
    let server = Running::start();
    let mut worker = Hand::on(&server);
    let run_id = worker.start();
    let task = worker.workflow_task();
    assert_eq!(task.workflow_execution.as_ref().map(|it| &it.run_id), Some(&run_id));
    assert_eq!((task.started_event_id, task.attempt), (3, 1));
    worker.answer(task.task_token, vec![timer(3600)]);

    let mut client = Hand::on(&server).client;
    let waits = server.runtime.spawn(async move {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: namespace(),
            execution: order(),
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        client.get_workflow_execution_history(request).await
    });
    let task = worker.workflow_task();
    worker.answer(task.task_token, vec![complete("done")]);
    let page = worker.wait(waits).unwrap().unwrap().into_inner();

    assert_eq!(page.history.unwrap().events.len(), 1, "the close alone");
    assert!(page.next_page_token.is_empty());
    insta::assert_snapshot!(worker.events().join("\n"), @r"
    WORKFLOW_EXECUTION_STARTED
    WORKFLOW_TASK_SCHEDULED
    WORKFLOW_TASK_STARTED
    WORKFLOW_TASK_COMPLETED
    TIMER_STARTED
    TIMER_FIRED
    WORKFLOW_TASK_SCHEDULED
    WORKFLOW_TASK_STARTED
    WORKFLOW_TASK_COMPLETED
    WORKFLOW_EXECUTION_COMPLETED
    ");
}

#[test]
fn activities_end_in_each_way() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    let ids = ["a", "b", "c", "d", "e"];
    hand.answer(task.task_token, ids.map(activity).into());
    let mut tasks: Vec<_> = ids.iter().map(|_| hand.activity_task()).collect();
    tasks.sort_by(|one, other| one.activity_id.cmp(&other.activity_id));
    assert_eq!(tasks[0].workflow_namespace, "default");
    assert_eq!(tasks[0].heartbeat_timeout.as_ref().unwrap().seconds, 10);
    let token = |nth: usize| tasks[nth].task_token.clone();
    let mut client = hand.client.clone();

    let beat = RecordActivityTaskHeartbeatRequest {
        task_token: token(0),
        namespace: namespace(),
        details: text("half"),
        ..Default::default()
    };
    let heard = hand.wait(client.record_activity_task_heartbeat(beat)).unwrap().into_inner();
    assert!(!heard.cancel_requested);
    let beat = RecordActivityTaskHeartbeatByIdRequest {
        namespace: namespace(),
        workflow_id: WORKFLOW.to_owned(),
        activity_id: "a".to_owned(),
        ..Default::default()
    };
    hand.wait(client.record_activity_task_heartbeat_by_id(beat)).unwrap();
    let done = RespondActivityTaskCompletedRequest {
        task_token: token(0),
        namespace: namespace(),
        result: text("paid"),
        ..Default::default()
    };
    hand.wait(client.respond_activity_task_completed(done.clone())).unwrap();
    let twice = hand.wait(client.respond_activity_task_completed(done)).unwrap_err();
    assert_eq!(twice.code(), Code::NotFound);
    let done = RespondActivityTaskCompletedByIdRequest {
        namespace: namespace(),
        workflow_id: WORKFLOW.to_owned(),
        activity_id: "b".to_owned(),
        ..Default::default()
    };
    hand.wait(client.respond_activity_task_completed_by_id(done)).unwrap();
    let failure = || {
        let failure_info = Some(
            temporalio_protos::temporal::api::failure::v1::failure::FailureInfo::ApplicationFailureInfo(
                temporalio_protos::temporal::api::failure::v1::ApplicationFailureInfo {
                    non_retryable: true,
                    ..Default::default()
                },
            ),
        );
        Some(Failure { message: "no".to_owned(), failure_info, ..Failure::default() })
    };
    let failed = RespondActivityTaskFailedRequest {
        task_token: token(2),
        namespace: namespace(),
        failure: failure(),
        ..Default::default()
    };
    hand.wait(client.respond_activity_task_failed(failed)).unwrap();
    let failed = RespondActivityTaskFailedByIdRequest {
        namespace: namespace(),
        workflow_id: WORKFLOW.to_owned(),
        activity_id: "d".to_owned(),
        failure: failure(),
        ..Default::default()
    };
    hand.wait(client.respond_activity_task_failed_by_id(failed)).unwrap();
    // Nobody has asked for a cancel (C-28).
    let canceled = RespondActivityTaskCanceledRequest {
        task_token: token(4),
        namespace: namespace(),
        ..Default::default()
    };
    let early = hand.wait(client.respond_activity_task_canceled(canceled)).unwrap_err();
    assert_eq!(early.code(), Code::InvalidArgument);
    let canceled = RespondActivityTaskCanceledByIdRequest {
        namespace: namespace(),
        workflow_id: WORKFLOW.to_owned(),
        activity_id: "e".to_owned(),
        ..Default::default()
    };
    let early = hand.wait(client.respond_activity_task_canceled_by_id(canceled)).unwrap_err();
    assert_eq!(early.code(), Code::InvalidArgument);

    // What came while somebody had the workflow task is recorded with its end.
    let task = hand.workflow_task();
    hand.answer(task.task_token, Vec::new());
    let events = hand.events();
    let count = |kind: &str| events.iter().filter(|event| *event == kind).count();
    assert_eq!((count("ACTIVITY_TASK_COMPLETED"), count("ACTIVITY_TASK_FAILED")), (2, 2));
}

#[test]
fn clients_signal_cancel_query_update_and_terminate() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let mut client = hand.client.clone();
    let again = hand.wait(client.start_workflow_execution(start())).unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);
    assert!(!again.details().is_empty());
    let task = hand.workflow_task();
    hand.answer(task.task_token, Vec::new());

    let query = QueryWorkflowRequest {
        namespace: namespace(),
        execution: order(),
        query: Some(WorkflowQuery { query_type: "state".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let mut asks = client.clone();
    let asked = server.runtime.spawn(async move { asks.query_workflow(query).await });
    let task = hand.workflow_task();
    assert_eq!(task.query.as_ref().unwrap().query_type, "state");
    let answer = RespondQueryTaskCompletedRequest {
        task_token: task.task_token,
        namespace: namespace(),
        completed_type: 1,
        query_result: text("open"),
        ..Default::default()
    };
    hand.wait(client.respond_query_task_completed(answer)).unwrap();
    let answered = hand.wait(asked).unwrap().unwrap().into_inner();
    assert_eq!(answered.query_result, text("open"));

    let signal = SignalWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: order(),
        signal_name: "go".to_owned(),
        ..Default::default()
    };
    hand.wait(client.signal_workflow_execution(signal)).unwrap();
    let cancel = RequestCancelWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: order(),
        reason: "enough".to_owned(),
        ..Default::default()
    };
    hand.wait(client.request_cancel_workflow_execution(cancel)).unwrap();
    let request = update::Request {
        meta: Some(update::Meta { update_id: "u1".to_owned(), ..Default::default() }),
        input: Some(update::Input { name: "add".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let mut updates = client.clone();
    let standing = server.runtime.spawn(async move {
        let request = UpdateWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_execution: order(),
            request: Some(request),
            ..Default::default()
        };
        let mut request = tonic::Request::new(request);
        request.metadata_mut().insert("grpc-timeout", "2S".parse().unwrap());
        updates.update_workflow_execution(request).await
    });
    // Nobody looks at it: after a while the client is told how far it is.
    let standing = hand.wait(standing).unwrap().unwrap().into_inner();
    assert_eq!((standing.stage, standing.outcome), (1, None));
    let poll = PollWorkflowExecutionUpdateRequest {
        namespace: namespace(),
        update_ref: standing.update_ref,
        ..Default::default()
    };
    let standing = hand.wait(client.poll_workflow_execution_update(poll)).unwrap().into_inner();
    assert_eq!(standing.stage, 1);
    let terminate = TerminateWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: order(),
        ..Default::default()
    };
    hand.wait(client.terminate_workflow_execution(terminate.clone())).unwrap();
    let late = hand.wait(client.terminate_workflow_execution(terminate)).unwrap_err();
    assert_eq!(late.code(), Code::NotFound);
    let events = hand.events();
    for kind in ["SIGNALED", "CANCEL_REQUESTED", "TERMINATED"] {
        let kind = format!("WORKFLOW_EXECUTION_{kind}");
        assert!(events.contains(&kind), "{kind}: {events:?}");
    }
}

#[test]
fn starts_with_a_signal_and_with_an_update() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let mut client = hand.client.clone();
    let signal = SignalWithStartWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_id: WORKFLOW.to_owned(),
        workflow_type: start().workflow_type,
        task_queue: queue(),
        signal_name: "go".to_owned(),
        ..Default::default()
    };
    let mut send = |request_id: &str| {
        let request_id = request_id.to_owned();
        let signal = SignalWithStartWorkflowExecutionRequest { request_id, ..signal.clone() };
        hand.wait(client.signal_with_start_workflow_execution(signal)).unwrap().into_inner()
    };
    let (one, again, two) = (send("one"), send("one"), send("two"));
    assert!(one.started && !again.started && !two.started);
    assert_eq!([&one.run_id, &one.run_id], [&again.run_id, &two.run_id]);
    assert_eq!(hand.events().iter().filter(|it| it.ends_with("_SIGNALED")).count(), 2);

    let both = ExecuteMultiOperationRequest {
        namespace: namespace(),
        operations: Vec::new(),
        ..Default::default()
    };
    let neither = hand.wait(client.execute_multi_operation(both)).unwrap_err();
    assert_eq!(neither.code(), Code::InvalidArgument);
}

#[test]
fn what_a_client_sends_again_happens_once() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let mut client = hand.client.clone();
    let mut send = |request_id: &str| {
        let request =
            StartWorkflowExecutionRequest { request_id: request_id.to_owned(), ..start() };
        hand.wait(client.start_workflow_execution(request))
    };
    let (one, again) = (send("one").unwrap().into_inner(), send("one").unwrap().into_inner());
    assert!(one.started && again.started);
    assert_eq!(one.run_id, again.run_id);
    assert_eq!(send("two").unwrap_err().code(), Code::AlreadyExists);

    for request_id in ["three", "three", "four"] {
        let signal = SignalWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_execution: order(),
            signal_name: "go".to_owned(),
            request_id: request_id.to_owned(),
            ..Default::default()
        };
        hand.wait(client.signal_workflow_execution(signal)).unwrap();
    }
    assert_eq!(hand.events().iter().filter(|it| it.ends_with("_SIGNALED")).count(), 2);
}

#[test]
fn runs_are_described_listed_and_counted() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let run_id = hand.start();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![activity("a")]);
    let mut client = hand.client.clone();

    let describe = DescribeWorkflowExecutionRequest { namespace: namespace(), execution: order() };
    let shown = hand.wait(client.describe_workflow_execution(describe)).unwrap().into_inner();
    let info = shown.workflow_execution_info.unwrap();
    assert_eq!(info.execution.unwrap().run_id, run_id);
    assert_eq!((info.status, info.history_length), (1, 5));
    assert_eq!(shown.pending_activities[0].activity_id, "a");
    let list = ListWorkflowExecutionsRequest {
        namespace: namespace(),
        query: "WorkflowType = 'Order'".to_owned(),
        ..Default::default()
    };
    let listed = hand.wait(client.list_workflow_executions(list)).unwrap().into_inner();
    assert_eq!(listed.executions.len(), 1);
    let count = CountWorkflowExecutionsRequest {
        namespace: namespace(),
        query: "WorkflowType = 'Another'".to_owned(),
    };
    assert_eq!(hand.wait(client.count_workflow_executions(count)).unwrap().into_inner().count, 0);
    let odd = ListWorkflowExecutionsRequest {
        namespace: namespace(),
        query: "(".to_owned(),
        ..Default::default()
    };
    assert!(hand.wait(client.list_workflow_executions(odd)).is_err());

    // A page of two, the rest behind it, and all of it the other way round.
    let page = |next_page_token| GetWorkflowExecutionHistoryRequest {
        namespace: namespace(),
        execution: order(),
        maximum_page_size: 2,
        next_page_token,
        ..Default::default()
    };
    let mut ids = Vec::new();
    let mut token = Vec::new();
    loop {
        let request = page(token);
        let part = hand.wait(client.get_workflow_execution_history(request)).unwrap().into_inner();
        ids.extend(part.history.unwrap().events.iter().map(|event| event.event_id));
        token = part.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    let reverse = GetWorkflowExecutionHistoryReverseRequest {
        namespace: namespace(),
        execution: order(),
        ..Default::default()
    };
    let reverse = hand.wait(client.get_workflow_execution_history_reverse(reverse)).unwrap();
    assert_eq!(reverse.into_inner().history.unwrap().events[0].event_id, 5);
    let queue = DescribeTaskQueueRequest {
        namespace: namespace(),
        task_queue: queue(),
        ..Default::default()
    };
    assert!(hand.wait(client.describe_task_queue(queue)).is_ok());
}

#[test]
fn a_worker_that_ends_has_its_polls_answered() {
    let server = Running::start();
    let hand = Hand::on(&server);
    let mut polls = hand.client.clone();
    let poll = server.runtime.spawn(async move {
        let request = PollWorkflowTaskQueueRequest {
            namespace: namespace(),
            task_queue: queue(),
            identity: "worker".to_owned(),
            ..Default::default()
        };
        polls.poll_workflow_task_queue(request).await
    });
    let mut client = hand.client.clone();
    // The poll is there before the worker says that it ends.
    let here = DescribeTaskQueueRequest {
        namespace: namespace(),
        task_queue: queue(),
        ..Default::default()
    };
    while hand
        .wait(client.describe_task_queue(here.clone()))
        .unwrap()
        .into_inner()
        .pollers
        .is_empty()
    {}
    let ends = ShutdownWorkerRequest {
        namespace: namespace(),
        identity: "worker".to_owned(),
        task_queue: "main".to_owned(),
        ..Default::default()
    };
    hand.wait(client.shutdown_worker(ends)).unwrap();
    let empty = hand.wait(poll).unwrap().unwrap().into_inner();
    assert!(empty.task_token.is_empty());
}

#[test]
fn tests_move_time() {
    let server = Running::start();
    let mut time = TestServiceClient::new(server.connect());
    let mut now = time.clone();
    let mut now =
        || server.runtime.block_on(now.get_current_time(())).unwrap().into_inner().time.unwrap();
    let before = now();
    let hour =
        SleepRequest { duration: Some(prost_wkt_types::Duration { seconds: 3600, nanos: 0 }) };
    server.runtime.block_on(time.sleep(hour)).unwrap();
    let after = now();
    assert!(after.seconds - before.seconds >= 3600, "{before:?} {after:?}");
    let until = SleepUntilRequest { timestamp: Some(before) };
    server.runtime.block_on(time.sleep_until(until)).unwrap();

    // One unlock too many changes nothing.
    let unlock = UnlockTimeSkippingRequest {};
    assert!(server.runtime.block_on(time.unlock_time_skipping(unlock)).is_err());
    server.runtime.block_on(time.lock_time_skipping(LockTimeSkippingRequest {})).unwrap();
    server.runtime.block_on(time.unlock_time_skipping_with_sleep(hour)).unwrap();
    assert!(now().seconds - after.seconds >= 3600);
    server.runtime.block_on(time.unlock_time_skipping(unlock)).unwrap();
}
