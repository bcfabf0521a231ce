//! What the commands about timers come to (W-15, H-6, C-39).

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::event::TimerStarted;
use rehearsal_history::{SmolStr, UserMetadata};

use super::{Timer, TimerInput, TimerState};
use crate::refusal::BadCommand;
use crate::words::{Decision, Origin, Table};

/// A command about a timer.
#[derive(Debug)]
pub(crate) enum TimerCommand {
    /// Start one.
    Start { timer_id: SmolStr, after: Duration, user_metadata: Option<Box<UserMetadata>> },
    /// Cancel one.
    Cancel { timer_id: SmolStr, user_metadata: Option<Box<UserMetadata>> },
}

impl TimerCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "StartTimer",
            Self::Cancel { .. } => "CancelTimer",
        }
    }
}

/// What `command` causes among `timers`; changes nothing.
///
/// # Errors
///
/// [`BadCommand`] if it does not hold.
pub(crate) fn plan(
    command: TimerCommand,
    origin: &Origin<'_>,
    timers: &impl Table<SmolStr, Timer>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    match command {
        TimerCommand::Start { timer_id, after, user_metadata } => {
            plan_start(timer_id, after, origin, timers, out)?;
            out.annotate(user_metadata);
        }
        TimerCommand::Cancel { timer_id, user_metadata } => {
            plan_cancel(timer_id, origin, timers, out)?;
            out.annotate(user_metadata);
        }
    }
    Ok(())
}

fn plan_start(
    timer_id: SmolStr,
    after: Duration,
    origin: &Origin<'_>,
    timers: &impl Table<SmolStr, Timer>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    if timer_id.is_empty() {
        return Err(BadCommand::NoTimerId);
    }
    let timer = timers.find(&timer_id);
    if timer.is_some_and(|timer| matches!(timer.state, TimerState::Running { .. })) {
        return Err(BadCommand::DuplicateTimer { timer_id });
    }
    out.record(
        origin.now,
        TimerStarted {
            timer_id,
            start_to_fire_timeout: Some(after),
            workflow_task_completed_event_id: origin.task,
            ..TimerStarted::default()
        },
    );
    Ok(())
}

fn plan_cancel(
    timer_id: SmolStr,
    origin: &Origin<'_>,
    timers: &impl Table<SmolStr, Timer>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    if timer_id.is_empty() {
        return Err(BadCommand::NoTimerToCancel);
    }
    let input = TimerInput::Cancel { task: origin.task, identity: origin.identity };
    match timers.find(&timer_id) {
        Some(timer) if timer.decide(origin.now, input, out).is_ok() => Ok(()),
        Some(_) | None => Err(BadCommand::UnknownTimer { timer_id }),
    }
}
