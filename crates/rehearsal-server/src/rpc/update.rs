//! Updates: sent, waited for, and sent with a start.

use std::sync::Arc;

use rehearsal_proto::request::{self as read, Update};
use rehearsal_proto::{BadMessage, status};
use rehearsal_remote::{UpdateStanding, UpdateWait};
use rehearsal_service::{InvalidRequest, StartWorkflow, Target, UpdateWithStart};
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporalio_protos::temporal::api::update::v1::UpdateRef;
use temporalio_protos::temporal::api::workflowservice::v1::{
    ExecuteMultiOperationRequest, ExecuteMultiOperationResponse,
    PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse,
    UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse,
    execute_multi_operation_response::{Response, response},
};
use tonic::{Request, Status};

use super::client::started;
use crate::front::{Front, HISTORY_POLL, patience, wait};

/// Answered when the update has come as far as the client wants, or after a while with how far it is.
pub(crate) async fn update(
    front: Arc<Front>,
    request: Request<UpdateWorkflowExecutionRequest>,
) -> Result<UpdateWorkflowExecutionResponse, Status> {
    let most = patience(&request, HISTORY_POLL);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let Update { target, request, wait: until } = read::update(request)?;
    let until = at_least_accepted(until)?;
    let standing = wait(most, |reply| front.door.update(target, request, until, reply)).await?;
    answer(&standing)
}

/// Until when the sender of an update waits (`prepareUpdateWorkflowRequest` in the server's `workflow_handler.go`).
fn at_least_accepted(stage: Stage) -> Result<UpdateWait, Status> {
    match stage {
        Stage::Unspecified | Stage::Completed => Ok(UpdateWait::Completed),
        Stage::Accepted => Ok(UpdateWait::Accepted),
        Stage::Admitted => Err(Status::permission_denied(
            "UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not supported.",
        )),
    }
}

fn answer(standing: &UpdateStanding) -> Result<UpdateWorkflowExecutionResponse, Status> {
    let outcome = standing.outcome.as_ref().map(read::update_outcome).transpose()?;
    Ok(UpdateWorkflowExecutionResponse {
        update_ref: Some(reference(standing)),
        outcome,
        stage: stage(standing).into(),
        ..UpdateWorkflowExecutionResponse::default()
    })
}

fn reference(standing: &UpdateStanding) -> UpdateRef {
    UpdateRef {
        workflow_execution: Some(WorkflowExecution {
            workflow_id: standing.workflow_id.to_string(),
            run_id: standing.run_id.to_string(),
        }),
        update_id: standing.update_id.to_string(),
    }
}

fn stage(standing: &UpdateStanding) -> Stage {
    if standing.outcome.is_some() {
        return Stage::Completed;
    }
    match standing.stage {
        UpdateWait::Admitted => Stage::Admitted,
        UpdateWait::Accepted => Stage::Accepted,
        UpdateWait::Completed => Stage::Completed,
    }
}

/// Waits for an update that was sent before. Without a stage to wait for, the answer is how far it is.
pub(crate) async fn poll(
    front: Arc<Front>,
    request: Request<PollWorkflowExecutionUpdateRequest>,
) -> Result<PollWorkflowExecutionUpdateResponse, Status> {
    let most = patience(&request, HISTORY_POLL);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let reference = request.update_ref.ok_or(BadMessage::NotSet { what: "UpdateRef" })?;
    let target = read::target(reference.workflow_execution)?;
    let until = match read::wait_stage(request.wait_policy)? {
        Stage::Unspecified | Stage::Admitted => UpdateWait::Admitted,
        Stage::Accepted => UpdateWait::Accepted,
        Stage::Completed => UpdateWait::Completed,
    };
    let id = reference.update_id.into();
    let standing = wait(most, |reply| front.door.poll_update(target, id, until, reply)).await?;
    let UpdateWorkflowExecutionResponse { update_ref, outcome, stage, .. } = answer(&standing)?;
    Ok(PollWorkflowExecutionUpdateResponse { outcome, stage, update_ref })
}

/// Whether the update is for what is started (`convertToHistoryMultiOperationItem` in the server's `workflow_handler.go`).
fn of_one(start: &StartWorkflow, target: &Target) -> Result<(), InvalidRequest> {
    if target.first_run_id.is_some() {
        Err(InvalidRequest::UpdateWithFirstRun)
    } else if target.run_id.is_some() {
        Err(InvalidRequest::UpdateWithRun)
    } else if target.workflow_id == start.workflow_id {
        Ok(())
    } else {
        Err(InvalidRequest::UpdateOfAnother)
    }
}

/// A start and an update in one request: the only pair that there is.
pub(crate) async fn with_start(
    front: Arc<Front>,
    request: Request<ExecuteMultiOperationRequest>,
) -> Result<ExecuteMultiOperationResponse, Status> {
    let most = patience(&request, HISTORY_POLL);
    let request = request.into_inner();
    front.check(&request.namespace)?;
    let (start, Update { target, request, wait: until }) = read::update_with_start(request)?;
    of_one(&start, &target)
        .map_err(|wrong| status::refused(&UpdateWithStart::Update.refused(wrong)))?;
    let until = at_least_accepted(until)?;
    let door = &front.door;
    let sent = wait(most, |reply| door.update_with_start(start, request, until, reply)).await;
    let (run, standing) = sent?;
    let responses = [
        response::Response::StartWorkflow(started(&run)),
        response::Response::UpdateWorkflow(answer(&standing)?),
    ];
    let responses =
        responses.map(|response| Response { response: Some(response) }).into_iter().collect();
    Ok(ExecuteMultiOperationResponse { responses })
}
