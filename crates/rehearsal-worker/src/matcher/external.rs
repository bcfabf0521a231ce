//! Compares signals and cancels of other workflows.

use rehearsal_activation::{CancelExternalWorkflow, ExternalTarget, SignalExternalWorkflow};
use rehearsal_history::Execution;
use rehearsal_history::event::{
    RequestCancelExternalWorkflowExecutionInitiated, SignalExternalWorkflowExecutionInitiated,
};

use super::attributes::Attributes;

/// Another workflow is signaled.
pub(super) fn signal(
    at: &mut Attributes<'_>,
    recorded: &SignalExternalWorkflowExecutionInitiated,
    attempted: &SignalExternalWorkflow,
) {
    let execution = &recorded.workflow_execution;
    at.target(
        recorded.signal_name == attempted.name
            && execution.workflow_id == attempted.target.workflow_id,
    );
    run(at, execution, &attempted.target);
    at.input(recorded.input.as_ref(), attempted.input.as_ref());
    at.header(recorded.header.as_ref(), attempted.header.as_ref());
}

/// Another workflow is asked to cancel.
pub(super) fn cancel(
    at: &mut Attributes<'_>,
    recorded: &RequestCancelExternalWorkflowExecutionInitiated,
    attempted: &CancelExternalWorkflow,
) {
    let execution = &recorded.workflow_execution;
    at.target(execution.workflow_id == attempted.target.workflow_id);
    run(at, execution, &attempted.target);
    at.behavior("reason", &recorded.reason, &attempted.reason);
}

/// Which run of it.
fn run(at: &mut Attributes<'_>, recorded: &Execution, attempted: &ExternalTarget) {
    let attempted = attempted.run_id.as_deref().unwrap_or_default();
    at.behavior("run", &recorded.run_id, attempted);
}
