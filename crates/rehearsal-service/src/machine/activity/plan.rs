//! What the commands about activities come to (W-15, C-24 to C-26).

use alloc::boxed::Box;

use rehearsal_activation::ScheduleActivityTask;
use rehearsal_history::{EventId, UserMetadata};

use super::{ActivityInput, Planned, schedule};
use crate::refusal::BadCommand;
use crate::words::{Decision, Origin, Table, Transfer};

/// A command about an activity.
#[derive(Debug)]
pub(crate) enum ActivityCommand {
    /// Run one.
    Schedule(Box<ScheduleActivityTask>),
    /// Ask one to cancel.
    RequestCancel { scheduled: EventId, user_metadata: Option<Box<UserMetadata>> },
}

impl ActivityCommand {
    /// The type of the command as Go prints the enum.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Schedule(_) => "ScheduleActivityTask",
            Self::RequestCancel { .. } => "RequestCancelActivityTask",
        }
    }
}

/// What `command` causes among `activities`; changes nothing.
///
/// # Errors
///
/// [`BadCommand`] if it does not hold.
pub(crate) fn plan(
    command: ActivityCommand,
    origin: &Origin<'_>,
    activities: &Planned<'_>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    match command {
        ActivityCommand::Schedule(command) => plan_schedule(*command, origin, activities, out),
        ActivityCommand::RequestCancel { scheduled, user_metadata } => {
            plan_cancel(scheduled, origin, activities, out)?;
            out.annotate(user_metadata);
            Ok(())
        }
    }
}

fn plan_schedule(
    mut command: ScheduleActivityTask,
    origin: &Origin<'_>,
    activities: &Planned<'_>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    let user_metadata = command.user_metadata.take();
    let attributes = schedule::attributes(command, origin)?;
    let (count, limit) = (activities.count(), origin.limits.pending_activities);
    if count >= limit {
        return Err(BadCommand::TooManyActivities { pending: count, limit });
    }
    if activities.has(&attributes.activity_id) {
        return Err(BadCommand::DuplicateActivity { activity_id: attributes.activity_id });
    }
    out.record(origin.now, Box::new(attributes));
    out.annotate(user_metadata);
    out.transfer(Transfer::Activity { scheduled: origin.next });
    Ok(())
}

fn plan_cancel(
    scheduled: EventId,
    origin: &Origin<'_>,
    activities: &Planned<'_>,
    out: &mut Decision,
) -> Result<(), BadCommand> {
    if scheduled.is_none() {
        return Err(BadCommand::NoScheduledEvent);
    }
    let unknown = BadCommand::UnknownActivity { scheduled };
    let Some(activity) = activities.find(&scheduled) else { return Err(unknown) };
    let input = ActivityInput::RequestCancel {
        task: origin.task,
        next: origin.next,
        identity: origin.identity.clone(),
    };
    activity.decide(origin.now, input, out).map_err(|_| unknown)
}
