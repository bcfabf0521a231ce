//! Who is handed what, and when: a task is started when a poll takes it, and not before.

use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::HistoryEventFilterType;
use temporalio_protos::temporal::api::workflowservice::v1::*;

use crate::hand::{
    Hand, NAMESPACE, WORKFLOW, activity, activity_within, complete, order, queue, start, timer,
};
use crate::running::Running;

fn signal() -> SignalWorkflowExecutionRequest {
    SignalWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: order(),
        signal_name: "go".to_owned(),
        ..Default::default()
    }
}

fn last(hand: &mut Hand<'_>) -> String {
    hand.events().pop().expect("there are events")
}

#[test]
fn a_task_waits_for_a_poll() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let mut client = hand.client.clone();
    hand.start();
    assert_eq!(last(&mut hand), "WORKFLOW_TASK_SCHEDULED");
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![timer(3600)]);
    hand.wait(client.signal_workflow_execution(signal())).unwrap();
    assert_eq!(last(&mut hand), "WORKFLOW_TASK_SCHEDULED");
    hand.workflow_task();
    assert_eq!(last(&mut hand), "WORKFLOW_TASK_STARTED");
}

#[test]
fn one_poll_takes_one_task() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let mut client = hand.client.clone();
    hand.start();
    let another = StartWorkflowExecutionRequest { workflow_id: "order-2".to_owned(), ..start() };
    hand.wait(client.start_workflow_execution(another)).unwrap();
    assert_eq!(hand.workflow_task().workflow_execution.unwrap().workflow_id, WORKFLOW);
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.to_owned(),
        execution: Some(WorkflowExecution {
            workflow_id: "order-2".to_owned(),
            run_id: String::new(),
        }),
        ..Default::default()
    };
    let history = hand.wait(client.get_workflow_execution_history(request)).unwrap().into_inner();
    assert_eq!(history.history.unwrap().events.len(), 2);
}

/// H-16: with the answer if the worker wants that, else with a poll.
#[test]
fn the_next_task_comes_as_the_worker_wants_it() {
    for wanted in [true, false] {
        let server = Running::start();
        let mut hand = Hand::on(&server);
        let mut client = hand.client.clone();
        hand.start();
        let task = hand.workflow_task();
        hand.wait(client.signal_workflow_execution(signal())).unwrap();
        let request = RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token,
            namespace: NAMESPACE.to_owned(),
            identity: "worker".to_owned(),
            commands: vec![timer(3600)],
            return_new_workflow_task: wanted,
            ..Default::default()
        };
        let answer = hand.wait(client.respond_workflow_task_completed(request)).unwrap();
        assert_eq!(answer.into_inner().workflow_task.is_some(), wanted);
        let stands = if wanted { "WORKFLOW_TASK_STARTED" } else { "WORKFLOW_TASK_SCHEDULED" };
        assert_eq!(last(&mut hand), stands);
        if !wanted {
            hand.workflow_task();
            assert_eq!(last(&mut hand), "WORKFLOW_TASK_STARTED");
        }
    }
}

/// What waits for a poll that nobody has holds nobody else up, though they poll the same queue for something else.
#[test]
fn an_activity_that_nobody_polls_for_is_in_nobodys_way() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let mut client = hand.client.clone();
    hand.start();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![activity("a")]);
    let poll = {
        let mut polls = hand.client.clone();
        server.runtime.spawn(async move {
            let request = PollWorkflowTaskQueueRequest {
                namespace: NAMESPACE.to_owned(),
                task_queue: queue(),
                identity: "worker".to_owned(),
                ..Default::default()
            };
            polls.poll_workflow_task_queue(request).await
        })
    };
    hand.wait(client.signal_workflow_execution(signal())).unwrap();
    let task = hand.wait(poll).unwrap().unwrap().into_inner();
    // A second poll stays open while the answer is given.
    let mut polls = hand.client.clone();
    let second = server.runtime.spawn(async move {
        let request = PollWorkflowTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: queue(),
            identity: "worker".to_owned(),
            ..Default::default()
        };
        polls.poll_workflow_task_queue(request).await
    });
    hand.answer(task.task_token, vec![complete("done")]);
    assert_eq!(last(&mut hand), "WORKFLOW_EXECUTION_COMPLETED");
    second.abort();
}

/// Time leaps to the time-out of an attempt whose worker has died, and passes with the clock on the wall for nobody.
#[test]
fn an_attempt_of_a_dead_worker_is_not_waited_for() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let task = hand.workflow_task();
    hand.answer(task.task_token, vec![activity_within("a", 3600, 0)]);
    {
        let mut dies = Hand::on(&server);
        dies.activity_task();
    }
    let mut client = hand.client.clone();
    let result = server.runtime.spawn(async move {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.to_owned(),
            execution: order(),
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            ..Default::default()
        };
        client.get_workflow_execution_history(request).await
    });
    // The attempt times out an hour later, and comes again: a poll is open for a minute at most.
    let next = Hand::on(&server).activity_task();
    assert_eq!(next.attempt, 2);
    result.abort();
}

/// All workers of a process call themselves the same; of two on one queue only the one that ends gets no more tasks. What it
/// asks for afterwards is answered with nothing at once, not after a minute.
#[test]
fn of_two_workers_of_a_process_one_ends() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let poll = |instance: &str| {
        let mut polls = hand.client.clone();
        let request = PollWorkflowTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: queue(),
            identity: "worker".to_owned(),
            worker_instance_key: instance.to_owned(),
            ..Default::default()
        };
        server.runtime.spawn(async move {
            polls.poll_workflow_task_queue(request).await.unwrap().into_inner()
        })
    };
    let (first, second) = (poll("first"), poll("second"));
    let ends = ShutdownWorkerRequest {
        namespace: NAMESPACE.to_owned(),
        identity: "worker".to_owned(),
        task_queue: "main".to_owned(),
        worker_instance_key: "first".to_owned(),
        ..Default::default()
    };
    let mut client = hand.client.clone();
    hand.wait(client.shutdown_worker(ends)).unwrap();
    assert!(hand.wait(first).unwrap().task_token.is_empty());
    assert!(hand.wait(poll("first")).unwrap().task_token.is_empty());
    assert!(!second.is_finished());
    hand.start();
    assert!(!hand.wait(second).unwrap().task_token.is_empty(), "the other one goes on");
}
