//! What clients ask, taken over.

use std::time::Duration;

use prost_wkt_types::Duration as ProtoDuration;
use rehearsal_history::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use rehearsal_proto::request;
use rehearsal_service::{QueryRejectCondition, Target};
use temporalio_protos::temporal::api::common::v1::{
    Header, Link, Payload, Payloads, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::{
    ExecuteMultiOperationRequest, QueryWorkflowRequest, SignalWithStartWorkflowExecutionRequest,
    StartWorkflowExecutionRequest, UpdateWorkflowExecutionRequest,
    execute_multi_operation_request::{Operation, operation},
};

fn start() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        workflow_id: "order-1".to_owned(),
        workflow_type: Some(WorkflowType { name: "Order".to_owned() }),
        task_queue: Some(TaskQueue { name: "main".to_owned(), ..TaskQueue::default() }),
        input: Some(Payloads { payloads: vec![Payload::default()] }),
        workflow_execution_timeout: Some(ProtoDuration { seconds: 60, nanos: 1 }),
        // Go says zero where nothing is meant.
        workflow_run_timeout: Some(ProtoDuration::default()),
        identity: "client".to_owned(),
        workflow_id_reuse_policy: 3,
        workflow_id_conflict_policy: 2,
        cron_schedule: "@hourly".to_owned(),
        header: Some(Header::default()),
        request_eager_execution: true,
        workflow_start_delay: Some(ProtoDuration { seconds: 5, nanos: 0 }),
        ..StartWorkflowExecutionRequest::default()
    }
}

#[test]
fn a_start_is_taken_over() {
    let read = request::start(start()).unwrap();

    assert_eq!(
        (&*read.workflow_id, &*read.workflow_type, &*read.task_queue),
        ("order-1", "Order", "main")
    );
    assert_eq!(read.input.unwrap().as_slice().len(), 1);
    assert_eq!(read.execution_timeout, Some(Duration::new(60, 1)));
    assert_eq!(read.run_timeout, Some(Duration::ZERO), "zero is recorded as zero");
    assert_eq!(read.start_delay, Some(Duration::from_secs(5)));
    assert!(read.eager);
    assert_eq!(read.id_reuse_policy, WorkflowIdReusePolicy::RejectDuplicate);
    assert_eq!(read.id_conflict_policy, WorkflowIdConflictPolicy::UseExisting);
    assert!(read.header.unwrap().fields.is_empty(), "an empty header is recorded as one");
}

/// What becomes of a start that is changed a little.
#[track_caller]
fn refused(change: impl FnOnce(&mut StartWorkflowExecutionRequest)) -> String {
    let mut request = start();
    change(&mut request);
    request::start(request).expect_err("it is refused").to_string()
}

#[test]
fn a_start_that_cannot_be_meant_is_refused_by_name() {
    let all = [
        refused(|it| it.workflow_id.clear()),
        refused(|it| it.workflow_type = None),
        refused(|it| it.task_queue = None),
        refused(|it| it.links = vec![Link::default()]),
        refused(|it| it.workflow_task_timeout = Some(ProtoDuration { seconds: -1, nanos: 0 })),
    ]
    .join("\n");
    insta::assert_snapshot!(all, @r"
    WorkflowId is not set on request.
    WorkflowType is not set on request.
    TaskQueue is not set on request.
    not simulated: links
    `workflow_task_timeout`: expected a time that is not negative, found -1 s and 0 ns
    ");
}

#[test]
fn a_signal_with_a_start_needs_a_name() {
    let request = SignalWithStartWorkflowExecutionRequest {
        workflow_id: "order-1".to_owned(),
        workflow_type: Some(WorkflowType { name: "Order".to_owned() }),
        task_queue: Some(TaskQueue { name: "main".to_owned(), ..TaskQueue::default() }),
        ..SignalWithStartWorkflowExecutionRequest::default()
    };
    let named =
        SignalWithStartWorkflowExecutionRequest { signal_name: "go".to_owned(), ..request.clone() };

    let (start, name, input) = request::signal_with_start(named).unwrap();
    assert_eq!((&*start.workflow_id, &*name, input), ("order-1", "go", None));
    let error = request::signal_with_start(request).unwrap_err();
    assert_eq!(error.to_string(), "SignalName is not set on request.");
}

fn execution() -> WorkflowExecution {
    WorkflowExecution { workflow_id: "order-1".to_owned(), run_id: "run-1".to_owned() }
}

#[test]
fn a_workflow_is_named_by_its_id_and_its_run() {
    assert_eq!(request::target(Some(execution())).unwrap(), Target::run("order-1", "run-1"));
    let chain = request::target_in_chain(Some(execution()), "run-0".to_owned()).unwrap();
    assert_eq!(chain.first_run_id.as_deref(), Some("run-0"));
    assert_eq!(request::target(None).unwrap_err().to_string(), "Execution is not set on request.");
    let nobody = request::target(Some(WorkflowExecution::default())).unwrap_err();
    assert_eq!(nobody.to_string(), "WorkflowId is not set on request.");
}

#[test]
fn a_query_needs_a_name_and_may_have_a_condition() {
    let query = Some(WorkflowQuery { query_type: "state".to_owned(), ..WorkflowQuery::default() });
    let request = QueryWorkflowRequest {
        execution: Some(execution()),
        query,
        ..QueryWorkflowRequest::default()
    };

    assert_eq!(&*request::query(request.clone()).unwrap().1.name, "state");
    let with = |query_reject_condition| {
        let request = QueryWorkflowRequest { query_reject_condition, ..request.clone() };
        request::query(request).map(|(_, _, condition)| condition)
    };
    assert_eq!(with(0).unwrap(), QueryRejectCondition::None);
    assert_eq!(with(1).unwrap(), QueryRejectCondition::None);
    assert_eq!(with(2).unwrap(), QueryRejectCondition::NotOpen);
    assert_eq!(with(3).unwrap(), QueryRejectCondition::NotCompletedCleanly);
    assert!(with(4).is_err());
    let error = request::query(QueryWorkflowRequest { query: None, ..request }).unwrap_err();
    assert_eq!(error.to_string(), "WorkflowQuery is not set on request.");
}

fn update() -> UpdateWorkflowExecutionRequest {
    UpdateWorkflowExecutionRequest {
        workflow_execution: Some(execution()),
        wait_policy: Some(update::WaitPolicy { lifecycle_stage: 2 }),
        request: Some(update::Request {
            meta: Some(update::Meta { update_id: "u1".to_owned(), identity: "client".to_owned() }),
            input: Some(update::Input { name: "add".to_owned(), ..update::Input::default() }),
            ..update::Request::default()
        }),
        ..UpdateWorkflowExecutionRequest::default()
    }
}

#[test]
fn an_update_is_taken_over() {
    let read = request::update(update()).unwrap();

    assert_eq!(read.request.input.unwrap().name, "add");
    assert_eq!(read.wait.as_str_name(), "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED");
    let mut nameless = update();
    nameless.request.as_mut().unwrap().input = None;
    let error = request::update(nameless).unwrap_err();
    assert_eq!(error.to_string(), "Update input is not set on request.");
    let mut never = update();
    never.wait_policy = Some(update::WaitPolicy { lifecycle_stage: 77 });
    let error = request::update(never).unwrap_err();
    assert_eq!(error.to_string(), "expected a stage of an update, found 77");
}

#[test]
fn one_start_and_one_update_are_the_only_pair() {
    let start = || Operation { operation: Some(operation::Operation::StartWorkflow(start())) };
    let update = || Operation { operation: Some(operation::Operation::UpdateWorkflow(update())) };
    let of = |operations| ExecuteMultiOperationRequest {
        operations,
        ..ExecuteMultiOperationRequest::default()
    };

    assert!(request::update_with_start(of(vec![start(), update()])).is_ok());
    for other in [vec![], vec![start()], vec![update(), start()], vec![start(), update(), update()]]
    {
        let error = request::update_with_start(of(other)).unwrap_err();
        assert_eq!(error.to_string(), "expected a start and an update, found other operations");
    }
}
