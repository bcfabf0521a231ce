//! What clients ask of workflows: start, signal, cancel, terminate, query.

use std::sync::Arc;

use rehearsal_proto::{BadMessage, Mirror as _, request as read, view};
use rehearsal_remote::{QueryAnswer, Signal, Started};
use temporalio_protos::temporal::api::common::v1::Link;
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_protos::temporal::api::query::v1::QueryRejected;
use temporalio_protos::temporal::api::workflowservice::v1::{
    QueryWorkflowRequest, QueryWorkflowResponse, RequestCancelWorkflowExecutionRequest,
    RequestCancelWorkflowExecutionResponse, SignalWithStartWorkflowExecutionRequest,
    SignalWithStartWorkflowExecutionResponse, SignalWorkflowExecutionRequest,
    SignalWorkflowExecutionResponse, StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
    TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse,
};
use tonic::{Request, Status};

use super::worker::handed_out;
use crate::front::{Front, TASK_POLL, ask, patience, wait};

pub(crate) async fn start(
    front: Arc<Front>,
    request: Request<StartWorkflowExecutionRequest>,
) -> Result<StartWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let start = read::start(request)?;
    let answer = ask(|reply| front.door.start_workflow(start, reply)).await?;
    let eager_workflow_task =
        answer.eager.as_deref().map(|work| handed_out(&front, work)).transpose()?;
    Ok(StartWorkflowExecutionResponse { eager_workflow_task, ..started(&answer) })
}

/// A workflow that runs.
pub(super) fn started(started: &Started) -> StartWorkflowExecutionResponse {
    StartWorkflowExecutionResponse {
        run_id: started.run_id.to_string(),
        started: started.started,
        status: WorkflowExecutionStatus::Running.into(),
        ..StartWorkflowExecutionResponse::default()
    }
}

pub(crate) async fn signal_with_start(
    front: Arc<Front>,
    request: Request<SignalWithStartWorkflowExecutionRequest>,
) -> Result<SignalWithStartWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let (start, name, input) = read::signal_with_start(request)?;
    let door = &front.door;
    let started = ask(|reply| door.signal_with_start(start, name, input, reply)).await?;
    Ok(SignalWithStartWorkflowExecutionResponse {
        run_id: started.run_id.to_string(),
        started: started.started,
        ..SignalWithStartWorkflowExecutionResponse::default()
    })
}

fn no_links(links: &[Link]) -> Result<(), BadMessage> {
    if links.is_empty() { Ok(()) } else { Err(BadMessage::NotSimulated { what: "links" }) }
}

pub(crate) async fn signal(
    front: Arc<Front>,
    request: Request<SignalWorkflowExecutionRequest>,
) -> Result<SignalWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let target = read::target(request.workflow_execution)?;
    if request.signal_name.is_empty() {
        return Err(BadMessage::NotSet { what: "SignalName" }.into());
    }
    no_links(&request.links)?;
    let signal = Signal {
        name: request.signal_name.into(),
        input: Option::from_proto(request.input)?,
        header: Option::from_proto(request.header)?,
        identity: request.identity.into(),
        request_id: request.request_id.into(),
    };
    ask(|reply| front.door.signal(target, signal, reply)).await?;
    Ok(SignalWorkflowExecutionResponse::default())
}

pub(crate) async fn cancel(
    front: Arc<Front>,
    request: Request<RequestCancelWorkflowExecutionRequest>,
) -> Result<RequestCancelWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    no_links(&request.links)?;
    let first = request.first_execution_run_id;
    let target = read::target_in_chain(request.workflow_execution, first)?;
    let (reason, identity) = (request.reason.into(), request.identity.into());
    ask(|reply| front.door.cancel(target, reason, identity, reply)).await?;
    Ok(RequestCancelWorkflowExecutionResponse {})
}

pub(crate) async fn terminate(
    front: Arc<Front>,
    request: Request<TerminateWorkflowExecutionRequest>,
) -> Result<TerminateWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    front.check(&request.namespace)?;
    no_links(&request.links)?;
    let first = request.first_execution_run_id;
    let target = read::target_in_chain(request.workflow_execution, first)?;
    let (reason, identity) = (request.reason.into(), request.identity.into());
    let details = Option::from_proto(request.details)?;
    ask(|reply| front.door.terminate(target, reason, details, identity, reply)).await?;
    Ok(TerminateWorkflowExecutionResponse {})
}

pub(crate) async fn query(
    front: Arc<Front>,
    request: Request<QueryWorkflowRequest>,
) -> Result<QueryWorkflowResponse, Status> {
    let most = patience(&request, TASK_POLL);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let (target, query, condition) = read::query(request)?;
    let answer =
        wait(most, |reply| front.door.query(target, query, condition, most, reply)).await?;
    Ok(match answer {
        QueryAnswer::Answered(answer) => QueryWorkflowResponse {
            query_result: answer.to_proto()?,
            ..QueryWorkflowResponse::default()
        },
        QueryAnswer::Rejected(status) => QueryWorkflowResponse {
            query_rejected: Some(QueryRejected { status: view::status(status).into() }),
            ..QueryWorkflowResponse::default()
        },
    })
}
