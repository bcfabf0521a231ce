//! What an activity is recorded with: timeouts and retry policy as the server fills them in (T-1, T-4).

use core::time::Duration;

use rehearsal_activation::ScheduleActivityTask;
use rehearsal_history::TaskQueue;
use rehearsal_history::event::ActivityTaskScheduled;

use crate::refusal::BadCommand;
use crate::words::{Origin, priority, retry};

/// The attributes of `ActivityTaskScheduled` for a command.
///
/// # Errors
///
/// [`BadCommand`] if the command makes no sense by itself.
pub(super) fn attributes(
    mut command: ScheduleActivityTask,
    origin: &Origin<'_>,
) -> Result<ActivityTaskScheduled, BadCommand> {
    if command.activity_id.is_empty() {
        return Err(BadCommand::NoActivityId);
    }
    if command.activity_type.is_empty() {
        return Err(BadCommand::NoActivityType);
    }
    let retry_policy = retry::with_defaults(command.retry_policy.take().unwrap_or_default())
        .map_err(BadCommand::RetryPolicy)?;
    priority::check(command.priority.as_ref()).map_err(BadCommand::Priority)?;
    let timeouts = Timeouts::of(&command, origin.run_timeout)?;
    let queue =
        if command.task_queue.is_empty() { origin.task_queue.clone() } else { command.task_queue };
    if command.use_workflow_build_id && queue != *origin.task_queue {
        return Err(BadCommand::OtherQueue);
    }
    Ok(ActivityTaskScheduled {
        activity_id: command.activity_id,
        activity_type: command.activity_type.into(),
        task_queue: TaskQueue::normal(queue),
        header: Some(command.header.unwrap_or_default()),
        input: command.input,
        schedule_to_close_timeout: Some(timeouts.schedule_to_close),
        schedule_to_start_timeout: Some(timeouts.schedule_to_start),
        start_to_close_timeout: Some(timeouts.start_to_close),
        heartbeat_timeout: Some(timeouts.heartbeat),
        workflow_task_completed_event_id: origin.task,
        retry_policy: Some(retry_policy),
        use_workflow_build_id: command.use_workflow_build_id,
        priority: command.priority,
        ..ActivityTaskScheduled::default()
    })
}

/// The four timeouts, zero for none.
struct Timeouts {
    schedule_to_close: Duration,
    schedule_to_start: Duration,
    start_to_close: Duration,
    heartbeat: Duration,
}

impl Timeouts {
    /// T-1.
    fn of(
        command: &ScheduleActivityTask,
        run_timeout: Option<Duration>,
    ) -> Result<Self, BadCommand> {
        let run = run_timeout.unwrap_or_default();
        let mut it = Self {
            schedule_to_close: command.schedule_to_close.unwrap_or_default(),
            schedule_to_start: command.schedule_to_start.unwrap_or_default(),
            start_to_close: command.start_to_close.unwrap_or_default(),
            heartbeat: command.heartbeat.unwrap_or_default(),
        };
        if !it.schedule_to_close.is_zero() {
            it.schedule_to_start =
                or(it.schedule_to_start, it.schedule_to_close).min(it.schedule_to_close);
            it.start_to_close =
                or(it.start_to_close, it.schedule_to_close).min(it.schedule_to_close);
        } else if it.start_to_close.is_zero() {
            return Err(BadCommand::NoTimeout {
                activity_id: command.activity_id.clone(),
                activity_type: command.activity_type.clone(),
            });
        } else {
            it.schedule_to_close = run;
            it.schedule_to_start = or(it.schedule_to_start, run);
        }
        if !run.is_zero() {
            it.schedule_to_close = it.schedule_to_close.min(run);
            it.schedule_to_start = it.schedule_to_start.min(run);
            it.start_to_close = it.start_to_close.min(run);
            it.heartbeat = it.heartbeat.min(run);
        }
        it.heartbeat = it.heartbeat.min(it.start_to_close);
        Ok(it)
    }
}

const fn or(given: Duration, otherwise: Duration) -> Duration {
    if given.is_zero() { otherwise } else { given }
}
