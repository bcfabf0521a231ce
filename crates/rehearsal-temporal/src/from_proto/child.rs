//! Child workflows.

use rehearsal_activation::{ChildCancellationType, Seq, StartChild, WorkflowCommand};
use rehearsal_history::{Memo, ParentClosePolicy, Payload, WorkflowIdReusePolicy};
use rehearsal_proto::ProtoMap;
use temporalio_protos::coresdk::child_workflow::{
    ChildWorkflowCancellationType, ParentClosePolicy as ProtoClosePolicy,
};
use temporalio_protos::coresdk::workflow_commands::StartChildWorkflowExecution;
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;

use super::{Refusal, given, same_namespace};
use rehearsal_proto::{Mirror, from_header, from_list};

pub(super) fn start(
    child: StartChildWorkflowExecution,
    user_metadata: Option<UserMetadata>,
) -> Result<WorkflowCommand, Refusal> {
    if child.versioning_intent != 0 || child.versioning_override.is_some() {
        return Err(Refusal::NotSimulated("worker versioning"));
    }
    same_namespace(&child.namespace)?;
    let parent_close_policy = match child.parent_close_policy() {
        ProtoClosePolicy::Unspecified => ParentClosePolicy::default(),
        ProtoClosePolicy::Terminate => ParentClosePolicy::Terminate,
        ProtoClosePolicy::Abandon => ParentClosePolicy::Abandon,
        ProtoClosePolicy::RequestCancel => ParentClosePolicy::RequestCancel,
    };
    let cancellation_type = match child.cancellation_type() {
        ChildWorkflowCancellationType::Abandon => ChildCancellationType::Abandon,
        ChildWorkflowCancellationType::TryCancel => ChildCancellationType::TryCancel,
        ChildWorkflowCancellationType::WaitCancellationCompleted => {
            ChildCancellationType::WaitCancellationCompleted
        }
        ChildWorkflowCancellationType::WaitCancellationRequested => {
            ChildCancellationType::WaitCancellationRequested
        }
    };
    let UserMetadata { summary, details } = user_metadata.unwrap_or_default();
    Ok(WorkflowCommand::StartChildWorkflow(Box::new(StartChild {
        seq: Seq(child.seq),
        workflow_type: child.workflow_type.into(),
        workflow_id: given(child.workflow_id),
        task_queue: given(child.task_queue),
        input: from_list(child.input)?,
        header: from_header(child.headers)?,
        execution_timeout: Mirror::from_proto(child.workflow_execution_timeout)?,
        run_timeout: Mirror::from_proto(child.workflow_run_timeout)?,
        task_timeout: Mirror::from_proto(child.workflow_task_timeout)?,
        parent_close_policy,
        id_reuse_policy: WorkflowIdReusePolicy::from_proto(child.workflow_id_reuse_policy)?,
        retry_policy: Mirror::from_proto(child.retry_policy)?,
        priority: Mirror::from_proto(child.priority)?,
        cron_schedule: child.cron_schedule.into(),
        memo: notes(child.memo)?,
        search_attributes: Mirror::from_proto(child.search_attributes)?,
        cancellation_type,
        summary: summary.map(Payload::from_proto).transpose()?,
        details: details.map(Payload::from_proto).transpose()?,
    })))
}

/// Notes from such a map; none if there are none.
pub(super) fn notes(
    fields: ProtoMap<temporalio_protos::temporal::api::common::v1::Payload>,
) -> Result<Option<Memo>, Refusal> {
    if fields.is_empty() {
        return Ok(None);
    }
    Ok(Some(Memo { fields: Mirror::from_proto(fields)?, ..Memo::default() }))
}
