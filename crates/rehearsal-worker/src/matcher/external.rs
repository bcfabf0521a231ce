//! Compares signals and cancels of other workflows.

use rehearsal_activation::{CancelExternalWorkflow, ExternalTarget, SignalExternalWorkflow};
use rehearsal_history::Execution;
use rehearsal_history::event::{
    RequestCancelExternalWorkflowExecutionInitiated, SignalExternalWorkflowExecutionInitiated,
};

use super::attributes::Attributes;
use super::values::{Values, fields};
use crate::describe;
use crate::mismatch::Grade;

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
    let values = Values::of(recorded.input.as_ref(), attempted.input.as_ref());
    if let Some(grade) = values.grade() {
        let recorded = describe::whole(recorded.input.as_ref());
        let attempted = describe::whole(attempted.input.as_ref());
        at.value("input", &recorded, &attempted, grade);
    }
    if fields(recorded.header.as_ref()) != fields(attempted.header.as_ref()) {
        let recorded = describe::header(recorded.header.as_ref());
        let attempted = describe::header(attempted.header.as_ref());
        at.attribute("header", &recorded, &attempted, Grade::Cosmetic);
    }
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
