//! How a workflow closes. The names are those that core gives the machines of these commands.

use alloc::boxed::Box;

use rehearsal_activation::{ContinueAsNew, ContinueAsNewWorkflow, ServerCommand};
use rehearsal_history::{Failure, Payloads};

use super::machine::Machine;
use super::out::Out;
use crate::run_info::RunInfo;

/// As completed.
pub(super) fn complete(result: Option<Payloads>, out: &mut Out) {
    let command = ServerCommand::CompleteWorkflow { result };
    out.queue.push(Machine::Close("Complete workflow"), command);
}

/// As failed.
pub(super) fn fail(failure: Box<Failure>, out: &mut Out) {
    out.queue.push(Machine::Close("Fail workflow"), ServerCommand::FailWorkflow { failure });
}

/// As canceled.
pub(super) fn cancel(details: Option<Payloads>, out: &mut Out) {
    out.queue.push(Machine::Close("Cancel workflow"), ServerCommand::CancelWorkflow { details });
}

/// By going on in a new run. Unless workflow code gives others, search attributes are those of this run, and memo and
/// retry policy those it was started with (`augment_continue_as_new_with_current_values`); all else that it leaves out is
/// left to the server.
pub(super) fn continue_as_new(next: ContinueAsNew, run: &RunInfo, out: &mut Out) {
    let task_queue = next.task_queue.unwrap_or_default();
    let command = ContinueAsNewWorkflow {
        workflow_type: next.workflow_type.unwrap_or_else(|| run.workflow_type.clone()),
        // `determine_use_compatible_flag`, without a versioning intent.
        inherit_build_id: task_queue.is_empty() || task_queue == run.task_queue,
        task_queue,
        input: next.input,
        header: next.header,
        run_timeout: next.run_timeout,
        task_timeout: next.task_timeout,
        backoff: next.backoff,
        retry_policy: next.retry_policy.or_else(|| run.retry_policy.clone()),
        memo: next.memo.or_else(|| run.memo.clone()),
        search_attributes: next
            .search_attributes
            .or_else(|| run.search_attributes.clone())
            .filter(|all| !all.indexed_fields.is_empty()),
        ..ContinueAsNewWorkflow::default()
    };
    let command = ServerCommand::ContinueAsNew(Box::new(command));
    out.queue.push(Machine::Close("Continue as new workflow"), command);
}
