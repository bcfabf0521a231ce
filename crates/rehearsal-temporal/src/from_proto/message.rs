//! Answers to updates and queries.

use rehearsal_activation::{AnswerQuery, RespondUpdate, UpdateResponse, WorkflowCommand};
use rehearsal_history::{Payload, Payloads};
use rehearsal_proto::Mirror;
use temporalio_protos::coresdk::workflow_commands::update_response::Response;
use temporalio_protos::coresdk::workflow_commands::{
    QueryResult, UpdateResponse as ProtoResponse, query_result,
};

use super::Refusal;

pub(super) fn respond_update(update: ProtoResponse) -> Result<WorkflowCommand, Refusal> {
    let response = match update.response {
        Some(Response::Accepted(())) => UpdateResponse::Accepted,
        Some(Response::Rejected(failure)) => {
            UpdateResponse::Rejected(Box::new(Mirror::from_proto(failure)?))
        }
        Some(Response::Completed(result)) => {
            UpdateResponse::Completed(Some(Payloads::one(Payload::from_proto(result)?)))
        }
        None => return Err(Refusal::Malformed("an answer to an update that says nothing".into())),
    };
    Ok(WorkflowCommand::RespondUpdate(Box::new(RespondUpdate {
        protocol_instance_id: update.protocol_instance_id.into(),
        response,
    })))
}

pub(super) fn answer_query(result: QueryResult) -> Result<WorkflowCommand, Refusal> {
    let answer = match result.variant {
        Some(query_result::Variant::Succeeded(success)) => {
            Ok(Option::<Payload>::from_proto(success.response)?.map(Payloads::one))
        }
        Some(query_result::Variant::Failed(failure)) => Err(Box::new(Mirror::from_proto(failure)?)),
        None => return Err(Refusal::Malformed("an answer to a query that says nothing".into())),
    };
    Ok(WorkflowCommand::AnswerQuery(Box::new(AnswerQuery {
        query_id: result.query_id.into(),
        answer,
        // Its handlers cannot: the SDK gives them a view of the workflow.
        meddling: None,
    })))
}
