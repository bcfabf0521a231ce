//! Continue-as-new.

use rehearsal_activation::{ContinueAsNew, WorkflowCommand};
use rehearsal_proto::{Mirror, from_header, from_list};
use temporalio_protos::coresdk::workflow_commands::ContinueAsNewWorkflowExecution;

use super::child::notes;
use super::{Refusal, given};

pub(super) fn continue_as_new(
    next: ContinueAsNewWorkflowExecution,
) -> Result<WorkflowCommand, Refusal> {
    if next.versioning_intent != 0 || next.initial_versioning_behavior != 0 {
        return Err(Refusal::NotSimulated("worker versioning"));
    }
    Ok(WorkflowCommand::ContinueAsNew(Box::new(ContinueAsNew {
        workflow_type: given(next.workflow_type),
        task_queue: given(next.task_queue),
        input: from_list(next.arguments)?,
        header: from_header(next.headers)?,
        run_timeout: Mirror::from_proto(next.workflow_run_timeout)?,
        task_timeout: Mirror::from_proto(next.workflow_task_timeout)?,
        backoff: Mirror::from_proto(next.backoff_start_interval)?,
        retry_policy: Mirror::from_proto(next.retry_policy)?,
        memo: notes(next.memo)?,
        search_attributes: Mirror::from_proto(next.search_attributes)?,
    })))
}
