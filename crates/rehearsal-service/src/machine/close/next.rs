//! The run that follows another in its chain: what it is started with (T-11, T-12, and cron).

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_activation::ContinueAsNewWorkflow;
use rehearsal_history::event::{WorkflowExecutionContinuedAsNew, WorkflowExecutionStarted};
use rehearsal_history::{
    ContinueAsNewInitiator, Failure, Payloads, RetryState, SmolStr, TaskQueue, TimeoutType,
};

use crate::config::run_timeout;
use crate::refusal::BadCommand;
use crate::words::{Chain, HandedOn, Skipping, attributes, retry};

/// A run that follows.
#[derive(Debug)]
pub(super) struct Next {
    /// What it is started with.
    pub(super) started: Box<WorkflowExecutionStarted>,
}

impl Next {
    /// Its id.
    pub(super) fn run_id(&self) -> SmolStr {
        self.started.original_execution_run_id.clone()
    }
}

/// The run that a workflow asks for, with the event that closes the one that asks (`AddContinueAsNewEvent`,
/// `addWorkflowExecutionStartedEventForContinueAsNew`). Memo, search attributes and retry policy are those of the
/// command: it is the SDKs that take them along.
///
/// # Errors
///
/// The command makes no sense by itself (`ValidateContinueAsNewWorkflowExecutionAttributes`).
pub(super) fn continued(
    command: ContinueAsNewWorkflow,
    chain: &Chain<'_>,
) -> Result<(WorkflowExecutionContinuedAsNew, Next), BadCommand> {
    let before = chain.started;
    let given = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
    let name = |given: SmolStr, otherwise: &SmolStr| {
        if given.is_empty() { otherwise.clone() } else { given }
    };
    let workflow_type = name(command.workflow_type, &before.workflow_type.name);
    let task_queue = name(command.task_queue, &before.task_queue.name);
    let retry_policy = command.retry_policy.map(retry::with_defaults).transpose();
    let retry_policy = retry_policy.map_err(|bad| BadCommand::NextRetryPolicy {
        bad,
        workflow_type: workflow_type.clone(),
        task_queue: task_queue.clone(),
    })?;
    let execution = before.workflow_execution_timeout.unwrap_or_default();
    let run = given(command.run_timeout).or(before.workflow_run_timeout);
    let run = run_timeout(run.unwrap_or_default(), execution);
    let task = given(command.task_timeout).or(before.workflow_task_timeout);
    let task = chain.config.task_timeout(task.unwrap_or_default(), run);
    let memo = command.memo.and_then(attributes::given_memo);
    let search_attributes = command.search_attributes.and_then(attributes::given);
    let started = Box::new(WorkflowExecutionStarted {
        workflow_type: workflow_type.clone().into(),
        task_queue: TaskQueue::normal(task_queue.clone()),
        input: command.input.clone(),
        header: command.header.clone(),
        workflow_run_timeout: Some(run),
        workflow_task_timeout: Some(task),
        retry_policy,
        cron_schedule: SmolStr::default(),
        memo: memo.clone(),
        search_attributes: search_attributes.clone(),
        last_completion_result: command.last_completion_result.clone(),
        continued_failure: command.failure.clone().map(Box::new),
        initiator: match command.initiator {
            ContinueAsNewInitiator::Unspecified => ContinueAsNewInitiator::Workflow,
            ref initiator => initiator.clone(),
        },
        attempt: 1,
        first_workflow_task_backoff: min_backoff(chain, command.backoff),
        ..linked(chain)
    });
    let next = Next { started };
    let event = WorkflowExecutionContinuedAsNew {
        new_execution_run_id: next.run_id(),
        workflow_type: workflow_type.into(),
        task_queue: TaskQueue::normal(task_queue),
        input: command.input,
        header: command.header,
        workflow_run_timeout: Some(run),
        workflow_task_timeout: Some(task),
        backoff_start_interval: command.backoff,
        initiator: command.initiator,
        failure: command.failure,
        last_completion_result: command.last_completion_result,
        memo,
        search_attributes,
        inherit_build_id: command.inherit_build_id,
        ..WorkflowExecutionContinuedAsNew::default()
    };
    Ok((event, next))
}

/// The next run of a cron schedule, if there is one, of a run that completed (`handleCron`).
pub(super) fn after_completion(result: Option<&Payloads>, chain: &Chain<'_>) -> Option<Next> {
    cron(result.cloned(), None, chain)
}

/// The run that tries again, or else the next one of a cron schedule, of a run that failed, and why it is not tried
/// again (T-11).
pub(super) fn after_failure(failure: &Failure, chain: &Chain<'_>) -> (RetryState, Option<Next>) {
    after(failure, None, chain)
}

/// The same of a run whose time was up. Once all runs must have ended, nothing follows (T-10).
pub(super) fn after_timeout(chain: &Chain<'_>) -> (RetryState, Option<Next>) {
    if chain.started.all_expire().is_some_and(|expires| expires <= chain.now) {
        return (RetryState::Timeout, None);
    }
    // Unlike one that failed it hands on what it knows of the last run of the schedule that completed
    // (`executeWorkflowRunTimeoutTask`).
    let last = chain.started.last_completion_result.clone();
    after(&Failure::timeout("workflow timeout", TimeoutType::StartToClose), last, chain)
}

/// What follows a failure; a run that tries again has `last`.
fn after(
    failure: &Failure,
    last: Option<Payloads>,
    chain: &Chain<'_>,
) -> (RetryState, Option<Next>) {
    match again(failure, last, chain) {
        Ok(next) => (RetryState::InProgress, Some(next)),
        Err(why) => {
            let last = chain.started.last_completion_result.clone();
            (why, cron(last, Some(failure), chain))
        }
    }
}

/// `GetRetryBackoffDuration`, `handleRetry`.
fn again(failure: &Failure, last: Option<Payloads>, chain: &Chain<'_>) -> Result<Next, RetryState> {
    let Some(policy) = &chain.started.retry_policy else {
        return Err(RetryState::RetryPolicyNotSet);
    };
    let expires = chain.started.all_expire();
    let attempt = chain.started.attempt.max(1);
    let before = u32::try_from(attempt).unwrap_or(1);
    let at = retry::next_run(policy, before, failure, chain.now, expires)?;
    let backoff = at.since(chain.now);
    let started = WorkflowExecutionStarted {
        attempt: attempt.saturating_add(1),
        initiator: ContinueAsNewInitiator::Retry,
        continued_failure: Some(Box::new(failure.clone())),
        last_completion_result: last,
        first_workflow_task_backoff: min_backoff(chain, Some(backoff)),
        ..linked(chain)
    };
    Ok(Next { started: Box::new(started) })
}

/// `GetCronBackoffDuration`, `handleCron`.
fn cron(last: Option<Payloads>, failure: Option<&Failure>, chain: &Chain<'_>) -> Option<Next> {
    let backoff = chain.schedule()?.backoff(chain.scheduled(), chain.now)?;
    let started = WorkflowExecutionStarted {
        attempt: 1,
        initiator: ContinueAsNewInitiator::CronSchedule,
        continued_failure: failure.cloned().map(Box::new),
        last_completion_result: last,
        first_workflow_task_backoff: min_backoff(chain, Some(backoff)),
        ..linked(chain)
    };
    Some(Next { started: Box::new(started) })
}

/// What a run was started with, for the one that follows.
fn linked(chain: &Chain<'_>) -> WorkflowExecutionStarted {
    let HandedOn { config, propagation } =
        chain.skipping.map(Skipping::for_next_run).unwrap_or_default();
    WorkflowExecutionStarted {
        time_skipping_config: config,
        time_skipping_state_propagation: propagation,
        workflow_execution_expiration_time: chain.started.all_expire(),
        continued_execution_run_id: chain.started.original_execution_run_id.clone(),
        original_execution_run_id: chain.next_run_id(),
        identity: SmolStr::default(),
        eager_execution_accepted: false,
        ..chain.started.clone()
    }
}

/// How long the first workflow task waits: at least until the run before has lasted as long as an id must rest. It lasts
/// since it was to begin, or since it was started if it has begun before that, as by a cancel
/// (`ContinueAsNewMinBackoff`; recorded: `program-continues-before-its-start-delay-is-over`).
fn min_backoff(chain: &Chain<'_>, backoff: Option<Duration>) -> Option<Duration> {
    let scheduled = chain.scheduled();
    // The start of a run whose time was skipped before it can lie in the future (`wrapExecutionTimes`).
    let since = if scheduled > chain.now { chain.began.min(chain.now) } else { scheduled };
    let soonest = since.saturating_add(chain.config.minimal_reuse_interval);
    if chain.now.saturating_add(backoff.unwrap_or_default()) < soonest {
        Some(soonest.since(chain.now))
    } else {
        backoff
    }
}
