//! Compares child workflows.

use core::time::Duration;

use rehearsal_activation::StartChildWorkflow;
use rehearsal_history::event::StartChildWorkflowExecutionInitiated;
use rehearsal_history::{ParentClosePolicy, WorkflowIdReusePolicy};

use super::activity::last_part;
use super::attributes::Attributes;
use super::strictness::Strictness;
use crate::describe;
use crate::mismatch::Grade;

/// A child is asked for.
pub(super) fn initiated(
    at: &mut Attributes<'_>,
    recorded: &StartChildWorkflowExecutionInitiated,
    attempted: &StartChildWorkflow,
) {
    if let Some(grade) = another(at.context.strictness, recorded, attempted) {
        return at.whole(grade);
    }
    at.behavior("type", &recorded.workflow_type.name, &attempted.workflow_type);
    at.behavior("id", &recorded.workflow_id, &attempted.workflow_id);
    if !attempted.task_queue.is_empty() {
        at.behavior("task queue", &recorded.task_queue.name, &attempted.task_queue);
    }
    at.input(recorded.input.as_ref(), attempted.input.as_ref());
    limits(at, recorded, attempted);
    let policy = match &attempted.parent_close_policy {
        ParentClosePolicy::Unspecified => &ParentClosePolicy::Terminate,
        policy => policy,
    };
    at.behavior("parent close policy", recorded.parent_close_policy.as_str(), policy.as_str());
    let reuse = match &attempted.id_reuse_policy {
        WorkflowIdReusePolicy::Unspecified => &WorkflowIdReusePolicy::AllowDuplicate,
        policy => policy,
    };
    at.behavior("id reuse policy", recorded.workflow_id_reuse_policy.as_str(), reuse.as_str());
    at.behavior("cron schedule", &recorded.cron_schedule, &attempted.cron_schedule);
    if recorded.retry_policy.is_some() != attempted.retry_policy.is_some() {
        let whether = |given: bool| if given { "given" } else { "none" };
        at.behavior(
            "retry policy",
            whether(recorded.retry_policy.is_some()),
            whether(attempted.retry_policy.is_some()),
        );
    }
    at.priority(recorded.priority.as_ref(), attempted.priority.as_ref());
    at.header(recorded.header.as_ref(), attempted.header.as_ref());
    at.summary(attempted.user_metadata.as_deref());
}

/// The timeouts, with the server's defaults: no run outlives the execution.
fn limits(
    at: &mut Attributes<'_>,
    recorded: &StartChildWorkflowExecutionInitiated,
    attempted: &StartChildWorkflow,
) {
    let given = |timeout: Option<Duration>| timeout.unwrap_or_default();
    let execution = given(attempted.execution_timeout);
    let run = match given(attempted.run_timeout) {
        run if run.is_zero() => execution,
        run if execution.is_zero() => run,
        run => run.min(execution),
    };
    for (name, recorded, attempted) in [
        ("execution timeout", given(recorded.workflow_execution_timeout), execution),
        ("run timeout", given(recorded.workflow_run_timeout), run),
    ] {
        if recorded != attempted {
            at.behavior(name, &describe::timeout(recorded), &describe::timeout(attempted));
        }
    }
}

/// How bad it is that another child is named than recorded, if one is. Go looks at the type alone; core at both if the
/// history says so.
fn another(
    strictness: Strictness,
    recorded: &StartChildWorkflowExecutionInitiated,
    attempted: &StartChildWorkflow,
) -> Option<Grade> {
    let types = (&*recorded.workflow_type.name, &*attempted.workflow_type);
    let same_id = recorded.workflow_id == attempted.workflow_id;
    let (same, grade) = match strictness {
        Strictness::Go(_) => (last_part(types.0) == last_part(types.1), Grade::BreaksProduction),
        Strictness::Core { activities: true } => {
            (same_id && types.0 == types.1, Grade::BreaksProduction)
        }
        Strictness::Core { activities: false } => (same_id, Grade::ChangesBehavior),
    };
    (!same).then_some(grade)
}
