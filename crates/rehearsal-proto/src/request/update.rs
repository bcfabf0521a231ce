//! Updates.

use rehearsal_history::event::{UpdateOutcome, UpdateRequest};
use rehearsal_history::{Failure, Payloads};
use rehearsal_service::{StartWorkflow, Target};
use temporalio_protos::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporalio_protos::temporal::api::update::v1 as proto;
use temporalio_protos::temporal::api::workflowservice::v1::{
    ExecuteMultiOperationRequest, UpdateWorkflowExecutionRequest,
    execute_multi_operation_request::operation::Operation,
};

use super::{start, target_in_chain};
use crate::mirror::{ConvertError, Mirror};
use crate::refusal::{BadMessage, required};

/// An update that a client sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The workflow.
    pub target: Target,
    /// What is asked. Its id may be empty.
    pub request: UpdateRequest,
    /// How far it must have come before the client is answered; unspecified is as soon as it is admitted.
    pub wait: Stage,
}

/// An update.
///
/// # Errors
///
/// [`BadMessage`] names what is not set, or cannot be read (`prepareUpdateWorkflowRequest` of the server's
/// `workflow_handler.go`).
pub fn update(request: UpdateWorkflowExecutionRequest) -> Result<Update, BadMessage> {
    let UpdateWorkflowExecutionRequest {
        namespace: _,
        workflow_execution,
        first_execution_run_id,
        wait_policy,
        request,
    } = request;
    let target = target_in_chain(workflow_execution, first_execution_run_id)?;
    let request = UpdateRequest::from_proto(required(request, "Update request")?)?;
    if request.meta.is_none() {
        return Err(BadMessage::NotSet { what: "Update meta" });
    }
    let input = required(request.input.as_ref(), "Update input")?;
    if input.name.is_empty() {
        return Err(BadMessage::NotSet { what: "Update name" });
    }
    Ok(Update { target, request, wait: wait_stage(wait_policy)? })
}

/// How far an update must have come, by this policy.
///
/// # Errors
///
/// [`BadMessage`] if it is no stage.
pub fn wait_stage(policy: Option<proto::WaitPolicy>) -> Result<Stage, BadMessage> {
    let stage = policy.unwrap_or_default().lifecycle_stage;
    Stage::try_from(stage).map_err(|_| BadMessage::misfit("a stage of an update", stage))
}

/// What an update came to, for whoever asked for it.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn update_outcome(
    outcome: &Result<Option<Payloads>, Box<Failure>>,
) -> Result<proto::Outcome, ConvertError> {
    match outcome {
        // A handler that returns nothing succeeds, too: the client must see that.
        Ok(success) => UpdateOutcome {
            success: Some(success.clone().unwrap_or_default()),
            ..UpdateOutcome::default()
        },
        Err(failure) => {
            UpdateOutcome { failure: Some((**failure).clone()), ..UpdateOutcome::default() }
        }
    }
    .to_proto()
}

/// A start and an update, in one request.
///
/// # Errors
///
/// [`BadMessage`] if it is anything else than one start followed by one update, and as [`update()`] and
/// [`start`](super::start()).
pub fn update_with_start(
    request: ExecuteMultiOperationRequest,
) -> Result<(StartWorkflow, Update), BadMessage> {
    let mut operations = request.operations.into_iter().map(|it| it.operation);
    match (operations.next().flatten(), operations.next().flatten(), operations.next()) {
        (Some(Operation::StartWorkflow(first)), Some(Operation::UpdateWorkflow(second)), None) => {
            Ok((start(first)?, update(second)?))
        }
        _ => Err(BadMessage::misfit("a start and an update", "other operations")),
    }
}
