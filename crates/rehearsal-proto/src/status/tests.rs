//! Typed errors have the details by which clients tell them apart.

use prost::Message as _;
use rehearsal_history::Failure;
use rehearsal_service::{IdTaken, NotFound, NotReady, RequestError, UpdateWithStart};
use temporalio_protos::google::rpc::Status as Details;
use temporalio_protos::temporal::api::errordetails::v1 as proto;
use tonic::{Code, Status};

use super::{query_failed, refused};
use crate::BadMessage;

/// The code, the message, and the types of the details.
fn shown(status: &Status) -> String {
    let details = Details::decode(status.details()).unwrap_or_default();
    assert!(details.details.is_empty() || details.code == i32::from(status.code()));
    let kinds: Vec<&str> =
        details.details.iter().filter_map(|any| any.type_url.rsplit('/').next()).collect();
    format!("{:?} `{}` [{}]", status.code(), status.message(), kinds.join(", "))
}

#[test]
fn typed_errors_have_their_details() {
    let taken = RequestError::AlreadyStarted {
        workflow_id: "order-1".into(),
        run_id: "run-1".into(),
        why: IdTaken::Running,
    };
    let shown = [
        shown(&refused(&NotFound::Completed.into())),
        shown(&refused(&taken)),
        shown(&refused(&RequestError::NotReady(NotReady::QueryWhileFailing))),
        shown(&refused(&RequestError::NotSimulated { what: "moon phases" })),
        shown(&refused(&RequestError::Unavailable)),
        shown(&query_failed(&Failure { message: "no handler".into(), ..Failure::default() })),
        shown(&BadMessage::NotSimulated { what: "priorities" }.into()),
        shown(&BadMessage::NotSet { what: "WorkflowId" }.into()),
    ]
    .join("\n");

    insta::assert_snapshot!(shown, @r"
    NotFound `workflow execution already completed` [temporal.api.errordetails.v1.NotFoundFailure]
    AlreadyExists `Workflow execution is already running. WorkflowId: order-1, RunId: run-1.` [temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure]
    FailedPrecondition `Unable to query workflow due to Workflow Task in failed state.` [temporal.api.errordetails.v1.WorkflowNotReadyFailure]
    Unimplemented `not simulated: moon phases` []
    Unavailable `workflow update was aborted` []
    InvalidArgument `no handler` [temporal.api.errordetails.v1.QueryFailedFailure]
    Unimplemented `not simulated: priorities` []
    InvalidArgument `WorkflowId is not set on request.` []
    ");
}

#[test]
fn both_halves_of_an_update_with_start_are_told() {
    let error = RequestError::UpdateWithStart {
        part: UpdateWithStart::Update,
        error: Box::new(NotFound::Completed.into()),
    };
    let status = refused(&error);
    let details = Details::decode(status.details()).unwrap();
    let failure =
        proto::MultiOperationExecutionFailure::decode(&*details.details[0].value).unwrap();
    let codes: Vec<Code> = failure.statuses.iter().map(|it| Code::from(it.code)).collect();

    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(codes, [Code::Aborted, Code::NotFound]);
    insta::assert_snapshot!(status.message(), @"MultiOperation could not be executed: Update failed: workflow execution already completed");
}
