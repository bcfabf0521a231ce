//! What clients ask.

mod options;
mod start;
mod update;

use rehearsal_activation::Query;
use rehearsal_service::{QueryRejectCondition, Target};
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::QueryRejectCondition as Condition;
use temporalio_protos::temporal::api::workflowservice::v1::QueryWorkflowRequest;

pub use self::options::{Options, options};
pub use self::start::{signal_with_start, start};
pub use self::update::{Update, update, update_outcome, update_with_start, wait_stage};
use crate::mirror::Mirror;
use crate::refusal::{BadMessage, given, required};

/// The workflow that a request names.
///
/// # Errors
///
/// [`BadMessage::NotSet`] if it names none.
pub fn target(execution: Option<WorkflowExecution>) -> Result<Target, BadMessage> {
    let WorkflowExecution { workflow_id, run_id } = required(execution, "Execution")?;
    if workflow_id.is_empty() {
        return Err(BadMessage::NotSet { what: "WorkflowId" });
    }
    Ok(Target { workflow_id: workflow_id.into(), run_id: given(run_id), first_run_id: None })
}

/// The workflow that a request names, in the chain that begins with a certain run (C-7).
///
/// # Errors
///
/// As [`target`].
pub fn target_in_chain(
    execution: Option<WorkflowExecution>,
    first_run_id: String,
) -> Result<Target, BadMessage> {
    Ok(Target { first_run_id: given(first_run_id), ..target(execution)? })
}

/// A query, without an id, and when it is rejected. A condition that is not said is none
/// (`SetDefaultQueryRejectCondition` in the server's `common/enums/defaults.go`).
///
/// # Errors
///
/// [`BadMessage`] if it has no name, or a condition that there is not.
pub fn query(
    request: QueryWorkflowRequest,
) -> Result<(Target, Query, QueryRejectCondition), BadMessage> {
    let QueryWorkflowRequest { namespace: _, execution, query, query_reject_condition } = request;
    let target = target(execution)?;
    let query = required(query, "WorkflowQuery")?;
    if query.query_type.is_empty() {
        return Err(BadMessage::NotSet { what: "QueryType" });
    }
    let condition = match Condition::try_from(query_reject_condition) {
        Ok(Condition::Unspecified | Condition::None) => QueryRejectCondition::None,
        Ok(Condition::NotOpen) => QueryRejectCondition::NotOpen,
        Ok(Condition::NotCompletedCleanly) => QueryRejectCondition::NotCompletedCleanly,
        Err(_) => {
            return Err(BadMessage::misfit("a reject condition", query_reject_condition));
        }
    };
    let query = Query {
        name: query.query_type.into(),
        input: Mirror::from_proto(query.query_args)?,
        header: Mirror::from_proto(query.header)?,
        ..Query::default()
    };
    Ok((target, query, condition))
}
