//! Updates that are sent with a start to a workflow that closes before it looks at them.

use std::time::Duration;

use prost::Message as _;
use temporalio_protos::google::rpc::Status as Details;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::{
    UpdateWorkflowExecutionLifecycleStage, WorkflowIdConflictPolicy,
};
use temporalio_protos::temporal::api::errordetails::v1::MultiOperationExecutionFailure;
use temporalio_protos::temporal::api::update::v1::{Input, Meta, Request, WaitPolicy};
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::{
    Operation, operation,
};
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_response::response;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::{Code, Status};

use crate::hand::{Hand, NAMESPACE, order, start};
use crate::running::Running;

fn request() -> ExecuteMultiOperationRequest {
    let start = StartWorkflowExecutionRequest {
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting.into(),
        ..start()
    };
    let wait_policy =
        WaitPolicy { lifecycle_stage: UpdateWorkflowExecutionLifecycleStage::Completed.into() };
    let update = UpdateWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: order(),
        wait_policy: Some(wait_policy),
        request: Some(Request {
            meta: Some(Meta { update_id: "u".to_owned(), identity: "client".to_owned() }),
            input: Some(Input { name: "add".to_owned(), ..Input::default() }),
            ..Request::default()
        }),
        ..Default::default()
    };
    let operations =
        [operation::Operation::StartWorkflow(start), operation::Operation::UpdateWorkflow(update)];
    let operations = operations.map(|it| Operation { operation: Some(it) }).into();
    ExecuteMultiOperationRequest {
        namespace: NAMESPACE.to_owned(),
        operations,
        ..Default::default()
    }
}

fn terminate(hand: &Hand<'_>) {
    let mut client = hand.client.clone();
    let request = TerminateWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_execution: order(),
        ..Default::default()
    };
    hand.wait(client.terminate_workflow_execution(request)).unwrap();
}

/// Takes the workflow task that brings the update.
fn with_update(hand: &mut Hand<'_>) -> PollWorkflowTaskQueueResponse {
    let task = hand.workflow_task();
    if !task.messages.is_empty() {
        return task;
    }
    hand.answer(task.task_token, vec![]);
    let task = hand.workflow_task();
    assert_eq!(task.messages.len(), 1);
    task
}

/// The codes and messages of both halves.
fn halves(status: &Status) -> Vec<(Code, String)> {
    let details = Details::decode(status.details()).unwrap();
    let failure = &details.details[0];
    let failure = MultiOperationExecutionFailure::decode(failure.value.as_slice()).unwrap();
    failure.statuses.into_iter().map(|it| (Code::from(it.code), it.message)).collect()
}

const CLOSED: &str = "workflow update was aborted by closing workflow";

/// The workflow is terminated while its worker has the update: another one is started for it. That it is terminated too is
/// told, with a start that took place.
#[test]
fn another_workflow_is_started_for_an_update_whose_own_has_closed() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    let first = hand.start();
    let mut client = hand.client.clone();
    let sent = server.runtime.spawn(async move { client.execute_multi_operation(request()).await });
    let _held = with_update(&mut hand);
    terminate(&hand);
    let task = with_update(&mut hand);
    let second = task.workflow_execution.unwrap().run_id;
    assert_ne!(second, first);
    terminate(&hand);
    let told = hand.wait(sent).unwrap().unwrap_err();
    assert_eq!(told.code(), Code::NotFound);
    assert_eq!(halves(&told), [(Code::Ok, String::new()), (Code::NotFound, CLOSED.to_owned())]);
}

/// Another workflow takes the place of the first, and closes before it looks at the update: the client is to send it again.
#[test]
fn an_update_whose_workflow_has_closed_twice_is_to_be_sent_again() {
    let server = Running::start();
    let mut hand = Hand::on(&server);
    hand.start();
    let mut client = hand.client.clone();
    let sent = server.runtime.spawn(async move { client.execute_multi_operation(request()).await });
    let _held = with_update(&mut hand);
    let instead = StartWorkflowExecutionRequest {
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::TerminateExisting.into(),
        request_id: "instead".to_owned(),
        ..start()
    };
    let mut client = hand.client.clone();
    hand.wait(client.start_workflow_execution(instead)).unwrap();
    let _held = with_update(&mut hand);
    terminate(&hand);
    let told = hand.wait(sent).unwrap().unwrap_err();
    assert_eq!(told.code(), Code::Aborted);
    let aborted = (Code::Aborted, "Operation was aborted.".to_owned());
    assert_eq!(halves(&told), [aborted, (Code::Aborted, CLOSED.to_owned())]);
}

/// Nobody looks at the update, and the client waits no longer: it is told that the workflow was started, and that the update
/// is there.
#[test]
fn who_waits_no_longer_is_told_how_far_it_is() {
    let server = Running::start();
    let hand = Hand::on(&server);
    let mut wanted = tonic::Request::new(request());
    wanted.set_timeout(Duration::from_secs(1));
    let mut client = hand.client.clone();
    let told = hand.wait(client.execute_multi_operation(wanted)).unwrap().into_inner();
    let mut halves = told.responses.into_iter().filter_map(|it| it.response);
    let (
        Some(response::Response::StartWorkflow(run)),
        Some(response::Response::UpdateWorkflow(update)),
    ) = (halves.next(), halves.next())
    else {
        panic!("a start and an update")
    };
    assert!(run.started && update.outcome.is_none());
    assert_eq!(update.stage(), UpdateWorkflowExecutionLifecycleStage::Admitted);
    let of = update.update_ref.unwrap();
    assert_eq!((of.workflow_execution.unwrap().run_id, of.update_id), (run.run_id, "u".to_owned()));
}

/// The update of such a request is for the workflow that it may start, and for no run.
#[test]
fn an_update_that_may_start_a_workflow_names_no_run() {
    fn of(update: &mut UpdateWorkflowExecutionRequest) -> &mut WorkflowExecution {
        update.workflow_execution.as_mut().unwrap()
    }
    let server = Running::start();
    let hand = Hand::on(&server);
    let refused = |change: &dyn Fn(&mut UpdateWorkflowExecutionRequest)| {
        let mut request = request();
        let Some(operation::Operation::UpdateWorkflow(update)) =
            &mut request.operations[1].operation
        else {
            panic!("the second is the update")
        };
        change(update);
        let mut client = hand.client.clone();
        let status = hand.wait(client.execute_multi_operation(request)).unwrap_err();
        let mut halves = halves(&status);
        assert_eq!(halves.remove(0), (Code::Aborted, "Operation was aborted.".to_owned()));
        halves.remove(0)
    };
    for (change, why) in [
        (
            &(|update: &mut UpdateWorkflowExecutionRequest| {
                update.first_execution_run_id = "run".to_owned();
            }) as &dyn Fn(&mut UpdateWorkflowExecutionRequest),
            "FirstExecutionRunId is not allowed.",
        ),
        (&|update| of(update).run_id = "run".to_owned(), "RunId is not allowed."),
        (
            &|update| of(update).workflow_id = "order-2".to_owned(),
            "WorkflowId is not consistent with previous operation(s).",
        ),
    ] {
        assert_eq!(refused(change), (Code::InvalidArgument, why.to_owned()));
    }
}
