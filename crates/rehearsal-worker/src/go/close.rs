//! How a workflow closes.

use alloc::boxed::Box;

use core::time::Duration;

use rehearsal_activation::{ContinueAsNew, ContinueAsNewWorkflow, ServerCommand};
use rehearsal_history::{Failure, Payload, Payloads, SearchAttributes};

use super::outbox::Outbox;
use crate::run_info::RunInfo;

/// As completed.
pub(super) fn complete(result: Option<Payloads>, out: &mut Outbox) {
    out.close(ServerCommand::CompleteWorkflow { result });
}

/// As failed.
pub(super) fn fail(failure: Box<Failure>, out: &mut Outbox) {
    out.close(ServerCommand::FailWorkflow { failure });
}

/// As canceled.
pub(super) fn cancel(details: Option<Payloads>, out: &mut Outbox) {
    out.close(ServerCommand::CancelWorkflow { details });
}

/// By going on in a new run: what workflow code leaves out is that of this run (`NewContinueAsNewError`, `error.go`;
/// `completeWorkflow`, `internal_task_handlers.go` of Go SDK 1.47).
pub(super) fn continue_as_new(next: ContinueAsNew, run: &RunInfo, out: &mut Outbox) {
    let task_queue = next.task_queue.unwrap_or_else(|| run.task_queue.clone());
    let given = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
    out.close(ServerCommand::ContinueAsNew(Box::new(ContinueAsNewWorkflow {
        workflow_type: next.workflow_type.unwrap_or_else(|| run.workflow_type.clone()),
        inherit_build_id: task_queue == run.task_queue,
        task_queue,
        input: next.input,
        header: Some(next.header.unwrap_or_default()),
        run_timeout: Some(given(next.run_timeout).or(run.run_timeout).unwrap_or_default()),
        task_timeout: Some(given(next.task_timeout).unwrap_or(run.task_timeout)),
        backoff: given(next.backoff),
        retry_policy: next.retry_policy.or_else(|| run.retry_policy.clone()),
        memo: next.memo.or_else(|| run.memo.clone()),
        search_attributes: next
            .search_attributes
            .or_else(|| run.search_attributes.clone())
            .map(sanitized),
        ..ContinueAsNewWorkflow::default()
    })));
}

/// Without those that were taken away (`sanitizeSearchAttributesForStart`).
fn sanitized(mut attributes: SearchAttributes) -> SearchAttributes {
    attributes.indexed_fields.retain(|_, value| *value != Payload::null());
    attributes
}
