//! Why the commands of a completion were refused, in the server's words.

mod across;

use core::fmt;

use rehearsal_history::{EventId, SearchType, SmolStr, WorkflowTaskFailedCause};

pub use self::across::{BadAcross, BadChild};
pub use crate::words::BadPriority;
pub use crate::words::retry::BadPolicy;

/// Why a completion was refused and its workflow task failed (W-12, W-14).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The workflow was to be closed although there are events it has not seen (W-12).
    UnhandledCommand,
    /// A command was wrong (W-14, W-15).
    Bad(BadCommand),
}

/// What was wrong with a command (W-15).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadCommand {
    /// An activity has no id.
    NoActivityId,
    /// An activity has no type.
    NoActivityType,
    /// An activity has neither a start-to-close nor a schedule-to-close timeout (T-1).
    NoTimeout {
        /// The activity.
        activity_id: SmolStr,
        /// Its type.
        activity_type: SmolStr,
    },
    /// The retry policy of an activity.
    RetryPolicy(BadPolicy),
    /// The retry policy of the run to go on in.
    NextRetryPolicy {
        /// What is wrong with it.
        bad: BadPolicy,
        /// The type of that run.
        workflow_type: SmolStr,
        /// Its queue.
        task_queue: SmolStr,
    },
    /// The priority of an activity.
    Priority(BadPriority),
    /// An activity wants the build of the workflow but another task queue.
    OtherQueue,
    /// An activity with this id is pending.
    DuplicateActivity {
        /// The id.
        activity_id: SmolStr,
    },
    /// Too many activities are pending.
    TooManyActivities {
        /// How many there are.
        pending: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A cancel names no activity.
    NoScheduledEvent,
    /// A cancel names an activity that is not pending, or whose cancel was requested before.
    UnknownActivity {
        /// What it names.
        scheduled: EventId,
    },
    /// A message does not fit where its update stands.
    UpdateState {
        /// The update.
        update_id: SmolStr,
        /// What was received.
        message: &'static str,
        /// Where it stands.
        state: &'static str,
    },
    /// A timer has no id.
    NoTimerId,
    /// A timer with this id is running.
    DuplicateTimer {
        /// The id.
        timer_id: SmolStr,
    },
    /// A marker has no name.
    NoMarkerName,
    /// An upsert of search attributes names none.
    NoSearchAttributes,
    /// A search attribute is wrong.
    SearchAttribute(BadSearchAttribute),
    /// An upsert of the memo names nothing.
    NoMemo,
    /// A cancel names no timer.
    NoTimerToCancel,
    /// A cancel names a timer that neither runs nor has fired unseen.
    UnknownTimer {
        /// The id.
        timer_id: SmolStr,
    },
    /// A command about a child or another workflow.
    Across(BadAcross),
}

/// What is wrong with a search attribute, in a command or in a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSearchAttribute {
    /// There is none of this name.
    #[error("Namespace default has no mapping defined for search attribute {name}")]
    Unknown {
        /// The name.
        name: SmolStr,
    },
    /// It is the server's own.
    #[error("{name} attribute can't be set in SearchAttributes")]
    Reserved {
        /// The name.
        name: SmolStr,
    },
    /// Its values are of another type.
    #[error("invalid value for search attribute {name} of type {kind}: {found}")]
    WrongType {
        /// The name.
        name: SmolStr,
        /// The type of its values.
        kind: SearchType,
        /// The value, as Go prints it.
        found: SmolStr,
    },
    /// There are too many at once.
    #[error("number of search attributes {count} exceeds limit {limit}")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl From<BadSearchAttribute> for BadCommand {
    fn from(bad: BadSearchAttribute) -> Self {
        Self::SearchAttribute(bad)
    }
}

impl Refusal {
    /// What the event records as the cause.
    #[must_use]
    pub const fn cause(&self) -> WorkflowTaskFailedCause {
        match self {
            Self::UnhandledCommand => WorkflowTaskFailedCause::UnhandledCommand,
            Self::Bad(bad) => bad.cause(),
        }
    }
}

impl BadCommand {
    const fn cause(&self) -> WorkflowTaskFailedCause {
        match self {
            Self::NoActivityId
            | Self::NoActivityType
            | Self::NoTimeout { .. }
            | Self::RetryPolicy(_)
            | Self::Priority(_)
            | Self::OtherQueue => WorkflowTaskFailedCause::BadScheduleActivityAttributes,
            Self::DuplicateActivity { .. } => WorkflowTaskFailedCause::ScheduleActivityDuplicateId,
            Self::TooManyActivities { .. } => {
                WorkflowTaskFailedCause::PendingActivitiesLimitExceeded
            }
            Self::NoScheduledEvent | Self::UnknownActivity { .. } => {
                WorkflowTaskFailedCause::BadRequestCancelActivityAttributes
            }
            Self::UpdateState { .. } => WorkflowTaskFailedCause::BadUpdateWorkflowExecutionMessage,
            Self::NoTimerId => WorkflowTaskFailedCause::BadStartTimerAttributes,
            Self::DuplicateTimer { .. } => WorkflowTaskFailedCause::StartTimerDuplicateId,
            Self::NoTimerToCancel | Self::UnknownTimer { .. } => {
                WorkflowTaskFailedCause::BadCancelTimerAttributes
            }
            Self::Across(bad) => bad.cause(),
            Self::NoMarkerName => WorkflowTaskFailedCause::BadRecordMarkerAttributes,
            Self::NoSearchAttributes | Self::SearchAttribute(_) => {
                WorkflowTaskFailedCause::BadSearchAttributes
            }
            Self::NoMemo => WorkflowTaskFailedCause::BadModifyWorkflowPropertiesAttributes,
            Self::NextRetryPolicy { .. } => WorkflowTaskFailedCause::BadContinueAsNewAttributes,
        }
    }

    /// The cause as Go prints the enum.
    const fn cause_name(&self) -> &'static str {
        match self {
            Self::NoActivityId
            | Self::NoActivityType
            | Self::NoTimeout { .. }
            | Self::RetryPolicy(_)
            | Self::Priority(_)
            | Self::OtherQueue => "BadScheduleActivityAttributes",
            Self::DuplicateActivity { .. } => "ScheduleActivityDuplicateId",
            Self::TooManyActivities { .. } => "PendingActivitiesLimitExceeded",
            Self::NoScheduledEvent | Self::UnknownActivity { .. } => {
                "BadRequestCancelActivityAttributes"
            }
            Self::UpdateState { .. } => "BadUpdateWorkflowExecutionMessage",
            Self::NoTimerId => "BadStartTimerAttributes",
            Self::DuplicateTimer { .. } => "StartTimerDuplicateId",
            Self::NoTimerToCancel | Self::UnknownTimer { .. } => "BadCancelTimerAttributes",
            Self::Across(bad) => bad.cause_name(),
            Self::NoMarkerName => "BadRecordMarkerAttributes",
            Self::NoSearchAttributes | Self::SearchAttribute(_) => "BadSearchAttributes",
            Self::NoMemo => "BadModifyWorkflowPropertiesAttributes",
            Self::NextRetryPolicy { .. } => "BadContinueAsNewAttributes",
        }
    }
}

/// The message of the recorded failure, and of the error that the worker gets.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnhandledCommand => f.write_str("UnhandledCommand"),
            Self::Bad(bad) => write!(f, "{}: {bad}", bad.cause_name()),
        }
    }
}

impl core::error::Error for Refusal {}

impl From<BadAcross> for Refusal {
    fn from(bad: BadAcross) -> Self {
        Self::Bad(BadCommand::Across(bad))
    }
}

impl From<BadCommand> for Refusal {
    fn from(bad: BadCommand) -> Self {
        Self::Bad(bad)
    }
}

/// The server's words for what its mutable state does not allow: the action and what it is about.
fn illegal_action(
    f: &mut fmt::Formatter<'_>,
    action: &str,
    about: fmt::Arguments<'_>,
) -> fmt::Result {
    write!(f, "invalid history builder state for action: {action}, {about}")
}

impl fmt::Display for BadCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoActivityId => f.write_str("activityId is not set"),
            Self::UpdateState { update_id, message, state } => write!(
                f,
                "invalid state transition attempted for Update {update_id}: received *update.{message} \
                 message while in state {state}"
            ),
            Self::NoActivityType => f.write_str("activityType is not set"),
            Self::NoTimeout { activity_id, activity_type } => write!(
                f,
                "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity. \
                 ActivityId={activity_id} ActivityType={activity_type}"
            ),
            Self::RetryPolicy(bad) => bad.fmt(f),
            Self::Priority(bad) => write!(f, "invalid priorities: {bad}"),
            Self::NextRetryPolicy { bad, workflow_type, task_queue } => write!(
                f,
                "invalid WorkflowRetryPolicy on ContinueAsNewWorkflowExecutionCommand: {bad} \
                 WorkflowType={workflow_type} TaskQueue=name:\"{task_queue}\" kind:TASK_QUEUE_KIND_NORMAL"
            ),
            Self::OtherQueue => f.write_str(
                "Activity with UseCompatibleVersion cannot run on different task queue.",
            ),
            Self::DuplicateActivity { activity_id } => illegal_action(
                f,
                "add-activitytask-scheduled-event",
                format_args!("ActivityID: {activity_id}"),
            ),
            Self::TooManyActivities { pending, limit } => write!(
                f,
                "the number of pending activities, {pending}, has reached the per-workflow limit of {limit}"
            ),
            Self::NoScheduledEvent => {
                f.write_str("ScheduledEventId is not set on RequestCancelActivityTaskCommand.")
            }
            Self::UnknownActivity { scheduled } => illegal_action(
                f,
                "add-activitytask-cancel-requested-event",
                format_args!("ScheduledEventID: {scheduled}"),
            ),
            Self::NoTimerId => f.write_str("TimerId is not set on StartTimerCommand."),
            Self::DuplicateTimer { timer_id } => {
                illegal_action(f, "add-timer-started-event", format_args!("TimerID: {timer_id}"))
            }
            Self::NoTimerToCancel => f.write_str("TimerId is not set on CancelTimerCommand."),
            Self::NoMarkerName => f.write_str("MarkerName is not set on RecordMarkerCommand."),
            Self::NoSearchAttributes => {
                f.write_str("IndexedFields is not set on UpsertWorkflowSearchAttributesCommand.")
            }
            Self::SearchAttribute(bad) => bad.fmt(f),
            Self::NoMemo => {
                f.write_str("UpsertedMemo.Fields is not set on ModifyWorkflowPropertiesCommand.")
            }
            Self::UnknownTimer { timer_id } => {
                illegal_action(f, "add-timer-canceled-event", format_args!("TimerID: {timer_id}"))
            }
            Self::Across(bad) => bad.fmt(f),
        }
    }
}

impl core::error::Error for BadCommand {}
