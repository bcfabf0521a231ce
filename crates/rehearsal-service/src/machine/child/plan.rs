//! What the command that starts a child comes to (W-15, C-40; `ValidateStartChildExecutionAttributes`).

use alloc::boxed::Box;

use rehearsal_activation::StartChildWorkflow;
use rehearsal_history::event::StartChildWorkflowExecutionInitiated;
use rehearsal_history::{EventId, ParentClosePolicy, TaskQueue, WorkflowIdReusePolicy};

use super::Child;
use crate::config::run_timeout;
use crate::cron::{CronError, Schedule};
use crate::refusal::{BadAcross, BadChild};
use crate::words::{
    Across, Decision, HandedOn, Origin, Skipping, Table, Transfer, attributes, priority, retry,
};

/// A command about a child.
#[derive(Debug)]
pub(crate) enum ChildCommand {
    /// Start one.
    Start(Box<StartChildWorkflow>),
}

impl ChildCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "StartChildWorkflowExecution",
        }
    }
}

/// What `command` causes among `children`; changes nothing.
///
/// # Errors
///
/// [`BadAcross`] if it does not hold.
pub(crate) fn plan(
    command: ChildCommand,
    origin: &Origin<'_>,
    children: &impl Table<EventId, Child>,
    out: &mut Decision,
) -> Result<(), BadAcross> {
    let ChildCommand::Start(mut command) = command;
    if command.workflow_id.is_empty() {
        return Err(BadAcross::NoChildId {
            workflow_type: command.workflow_type,
            namespace: origin.namespace.clone(),
        });
    }
    if command.workflow_type.is_empty() {
        return Err(BadAcross::NoChildType {
            workflow_id: command.workflow_id,
            namespace: origin.namespace.clone(),
        });
    }
    complete(&mut command, origin).map_err(|bad| BadAcross::BadChild {
        bad: Box::new(bad),
        workflow_id: command.workflow_id.clone(),
        workflow_type: command.workflow_type.clone(),
        namespace: origin.namespace.clone(),
    })?;
    priority::check(command.priority.as_ref()).map_err(BadAcross::ChildPriority)?;
    let (pending, limit) = (children.all().count(), origin.limits.pending_children);
    if pending >= limit {
        return Err(BadAcross::TooManyChildren { pending, limit });
    }
    let user_metadata = command.user_metadata.take();
    out.record(origin.now, Box::new(initiated(*command, origin)));
    out.annotate(user_metadata);
    out.transfer(Transfer::Across(Across::StartChild { initiated: origin.next }));
    Ok(())
}

/// Fills in its retry policy and the types of its search attributes, and takes out what has no value.
///
/// # Errors
///
/// [`BadChild`] for the first of retry policy, cron schedule and search attributes that cannot be meant.
fn complete(command: &mut StartChildWorkflow, origin: &Origin<'_>) -> Result<(), BadChild> {
    if let Some(policy) = command.retry_policy.take() {
        let policy = retry::with_defaults(policy).map_err(BadChild::RetryPolicy)?;
        command.retry_policy = Some(policy);
    }
    if !command.cron_schedule.is_empty() {
        match Schedule::parse(&command.cron_schedule, origin.now) {
            // One with a time zone is refused by its name before anything is planned.
            Ok(_) | Err(CronError::TimeZone) => {}
            Err(CronError::Invalid) => return Err(BadChild::Cron),
            Err(CronError::Never) => return Err(BadChild::CronNever),
        }
    }
    if let Some(given) = command.search_attributes.take() {
        let checked = attributes::checked(given, origin.search_attributes);
        let checked = checked.map_err(BadChild::SearchAttribute)?;
        command.search_attributes = attributes::given(checked);
    }
    command.memo = command.memo.take().and_then(attributes::given_memo);
    Ok(())
}

/// What is recorded, with the server's defaults (`ValidateStartChildExecutionAttributes`,
/// `handleCommandStartChildWorkflow`).
fn initiated(
    command: StartChildWorkflow,
    origin: &Origin<'_>,
) -> StartChildWorkflowExecutionInitiated {
    let task_queue =
        if command.task_queue.is_empty() { origin.task_queue.clone() } else { command.task_queue };
    let execution = command.execution_timeout.unwrap_or_default();
    let run = run_timeout(command.run_timeout.unwrap_or_default(), execution);
    let task = command.task_timeout.unwrap_or_default();
    let HandedOn { config, propagation } =
        origin.chain.skipping.map(Skipping::for_child).unwrap_or_default();
    StartChildWorkflowExecutionInitiated {
        time_skipping_config: config,
        time_skipping_state_propagation: propagation,
        namespace: origin.namespace.clone(),
        workflow_id: command.workflow_id,
        workflow_type: command.workflow_type.into(),
        task_queue: TaskQueue::normal(task_queue),
        input: command.input,
        workflow_execution_timeout: command.execution_timeout,
        workflow_run_timeout: Some(run),
        workflow_task_timeout: Some(origin.chain.config.task_timeout(task, run)),
        parent_close_policy: match command.parent_close_policy {
            ParentClosePolicy::Unspecified => ParentClosePolicy::Terminate,
            policy => policy,
        },
        workflow_task_completed_event_id: origin.task,
        workflow_id_reuse_policy: match command.id_reuse_policy {
            WorkflowIdReusePolicy::Unspecified => WorkflowIdReusePolicy::AllowDuplicate,
            policy => policy,
        },
        retry_policy: command.retry_policy,
        cron_schedule: command.cron_schedule,
        header: Some(command.header.unwrap_or_default()),
        memo: command.memo,
        search_attributes: command.search_attributes,
        inherit_build_id: command.inherit_build_id,
        priority: command.priority,
        ..StartChildWorkflowExecutionInitiated::default()
    }
}
