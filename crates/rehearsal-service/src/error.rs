//! Why a request was refused, in the server's words.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rehearsal_history::{SearchType, SmolStr};

use crate::refusal::{BadPolicy, BadPriority, BadSearchAttribute, Refusal};
use crate::words::BadSkipping;

/// Why the service refused a request. `Display` is the server's message, letter by letter.
///
/// Unless a variant says otherwise, a refused request has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// What the request names is not there, or is closed.
    #[error(transparent)]
    NotFound(NotFound),
    /// The request cannot be meant.
    #[error(transparent)]
    InvalidArgument(InvalidRequest),
    /// Not now; the caller may try again.
    #[error(transparent)]
    ResourceExhausted(Busy),
    /// The id is taken (T-14).
    #[error("Workflow execution {} WorkflowId: {workflow_id}, RunId: {run_id}.{}", .why.has(), .why.policy())]
    AlreadyStarted {
        /// The id.
        workflow_id: SmolStr,
        /// The last run that has it.
        run_id: SmolStr,
        /// Why it cannot be used.
        why: IdTaken,
    },
    /// An update-with-start was refused. Displays as the client of the Go SDK says it.
    #[error("failed workflow {}: {error}", .part.as_str())]
    UpdateWithStart {
        /// The half of it that was.
        part: UpdateWithStart,
        /// Why.
        error: Box<Self>,
    },
    /// The workflow cannot answer in the state that it is in.
    #[error(transparent)]
    NotReady(NotReady),
    /// Workflow code could not answer a query: there is no handler, or the handler failed.
    #[error("{message}")]
    QueryFailed {
        /// What it says.
        message: SmolStr,
    },
    /// The server has forgotten an update that no worker had seen. It asks again by itself, as a client may.
    #[error("workflow update was aborted")]
    Unavailable,
    /// The client has waited for as long as it waits.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
    /// The client has waited for an update for as long as it waits.
    #[error("Timeout or cancellation waiting for update: context deadline exceeded")]
    UpdateTimeout,
    /// The run has had as many updates as one may have.
    #[error(
        "The limit on the total number of distinct updates in this workflow has been reached ({limit}). Make sure any duplicate \
         updates share an Update ID so the server can deduplicate them, and consider rejecting updates that you aren't going to \
         process. You can also Continue-as-New to avoid this; we recommend you check Continue-as-New Suggested in your \
         Workflow."
    )]
    TooManyUpdates {
        /// How many.
        limit: usize,
    },
    /// An update was rejected, or its handler failed.
    #[error("{message}")]
    UpdateFailed {
        /// What it says, as the client prints it.
        message: SmolStr,
        /// The type of an application failure; `Canceled` for a canceled one. With the clients of Go that of the first in the
        /// chain, and if there is neither the name of Go's type of the error, such as `ActivityError`.
        kind: SmolStr,
    },
    /// What was answered is no such value as the client takes.
    #[error("unable to decode the answer: {message}")]
    Unreadable {
        /// What was expected and what was found.
        message: SmolStr,
    },
    /// Temporal can do this, the simulated service cannot.
    #[error("not simulated: {what}")]
    NotSimulated {
        /// What was asked for.
        what: &'static str,
    },
}

impl RequestError {
    /// The name of the type that Go has for such an error, which is the type of a failure that is made of it
    /// (`getErrType` in `internal/error.go` of the Go SDK).
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NotFound",
            Self::InvalidArgument(_) => "InvalidArgument",
            Self::ResourceExhausted(_) => "ResourceExhausted",
            Self::AlreadyStarted { .. } => "WorkflowExecutionAlreadyStarted",
            Self::NotReady(_) => "WorkflowNotReady",
            Self::QueryFailed { .. } => "QueryFailed",
            Self::Unavailable => "Unavailable",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::UpdateTimeout => "WorkflowUpdateServiceTimeoutOrCanceledError",
            Self::TooManyUpdates { .. } => "FailedPrecondition",
            Self::UpdateFailed { .. } => "ApplicationError",
            Self::UpdateWithStart { .. } | Self::Unreadable { .. } => "wrapError",
            Self::NotSimulated { .. } => "Unimplemented",
        }
    }
}

/// The halves of an update-with-start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateWithStart {
    /// The start of the workflow.
    Start,
    /// The update.
    Update,
}

impl UpdateWithStart {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Update => "update",
        }
    }

    /// The whole was refused because of this half.
    #[must_use]
    pub fn refused(self, error: impl Into<RequestError>) -> RequestError {
        RequestError::UpdateWithStart { part: self, error: Box::new(error.into()) }
    }
}

/// Why the id of a workflow cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdTaken {
    /// A workflow with this id is running.
    Running,
    /// The last one completed, and the policy allows another only if it did not.
    Succeeded,
    /// There was one, and the policy allows no other.
    Closed,
}

impl IdTaken {
    const fn has(self) -> &'static str {
        match self {
            Self::Running => "is already running.",
            Self::Succeeded => "already finished successfully.",
            Self::Closed => "already finished.",
        }
    }

    const fn policy(self) -> &'static str {
        match self {
            Self::Running => "",
            Self::Succeeded => {
                " Workflow Id reuse policy: allow duplicate workflow Id if last run failed."
            }
            Self::Closed => " Workflow Id reuse policy: reject duplicate workflow Id.",
        }
    }
}

/// What is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotFound {
    /// No workflow was ever started with this id (C-5).
    #[error("workflow not found for ID: {workflow_id}")]
    Workflow {
        /// The id.
        workflow_id: SmolStr,
    },
    /// The workflow has no such run (C-6).
    #[error(
        "workflow execution not found for workflow ID \"{workflow_id}\" and run ID \"{run_id}\""
    )]
    Run {
        /// The id of the workflow.
        workflow_id: SmolStr,
        /// The id of the run.
        run_id: SmolStr,
    },
    /// The run is no child of the workflow that asks (C-9).
    #[error("workflow parent does not match")]
    Parent,
    /// The current run is of another chain (C-7).
    #[error("workflow execution not found")]
    Chain,
    /// The run is closed.
    #[error("workflow execution already completed")]
    Completed,
    /// The workflow task was answered, has timed out or was superseded.
    #[error("Workflow task not found.")]
    WorkflowTask,
    /// The workflow task was heartbeated for too long (W-18).
    #[error("workflow task heartbeat timeout")]
    TaskHeartbeat,
    /// The workflow closed before the update was looked at.
    #[error("workflow update was aborted by closing workflow")]
    UpdateAborted,
    /// The run has no update of this id (`Invoke` in `service/history/api/pollupdate/api.go`).
    #[error("update {update_id:?} not found")]
    Update {
        /// The id.
        update_id: SmolStr,
    },
    /// The query was answered, or nobody waits for the answer any more (`deliverQueryResult` in
    /// `service/matching/matching_engine.go`).
    #[error("query task not found, or already expired")]
    Query,
    /// No activity with this id is pending (`GetActivityScheduledEventID` in the server's
    /// `service/history/api/activity_util.go`).
    #[error(
        "cannot find pending activity with ActivityID {activity_id}, check workflow execution history for more details"
    )]
    PendingActivity {
        /// The id.
        activity_id: SmolStr,
    },
    /// The activity has ended, or this attempt is no longer the current one (C-29).
    #[error("invalid activityID or activity already timed out or invoking workflow is completed")]
    Activity,
}

/// Why a workflow cannot answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// It was closed before any of its code ran.
    #[error("Workflow execution closed before WorkflowTaskStarted event")]
    ClosedBeforeFirstTask,
    /// Its first workflow task is not there yet, and comes later than the client of a query waits.
    #[error("Workflow task is not scheduled yet.")]
    TaskNotScheduled,
    /// Its workflow task fails again and again.
    #[error("Unable to query workflow due to Workflow Task in failed state.")]
    QueryWhileFailing,
    /// Its workflow task fails again and again.
    #[error("Unable to perform workflow execution update due to Workflow Task in failed state.")]
    UpdateWhileFailing,
    /// The workflow task that brought the update was refused.
    #[error("Unable to perform workflow execution update due to unexpected workflow task failure.")]
    UpdateTaskFailed,
}

/// What cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A command stands behind the one that closes the workflow (W-11).
    CommandSequence {
        /// The types of all commands.
        commands: Vec<&'static str>,
        /// The type of the closing command.
        close: &'static str,
    },
    /// The commands were refused, and the workflow task with them (W-12, W-14). If it was the first attempt, or the
    /// refusal is [`Refusal::UnhandledCommand`], the task has failed and a new one is scheduled; a later attempt stays
    /// open until it times out.
    Refused(Refusal),
    /// The activity reports a cancel that nobody requested (C-28).
    NotCancelRequested,
    /// The run has had all the signals it takes.
    SignalLimit,
    /// The id of the workflow is empty.
    NoWorkflowId,
    /// A query names a search attribute that there is not.
    NoSuchAttribute {
        /// The name.
        name: SmolStr,
    },
    /// A search attribute is wrong.
    SearchAttribute(BadSearchAttribute),
    /// The priority of a workflow.
    Priority(BadPriority),
    /// What is asked of the time of a workflow.
    Skipping(BadSkipping),
    /// No search attribute is named.
    NoSearchAttributes,
    /// A search attribute has a name that is the server's.
    ReservedSearchAttribute {
        /// The name.
        name: SmolStr,
    },
    /// There are as many search attributes of a type as there may be.
    TooManySearchAttributes {
        /// How many there are.
        used: usize,
        /// The type.
        kind: SearchType,
    },
    /// A search attribute of the server's own cannot be taken away.
    NotCustomSearchAttribute {
        /// The name.
        name: SmolStr,
    },
    /// The id of the activity is empty.
    NoActivityId,
    /// The retry policy of a workflow makes no sense.
    RetryPolicy(BadPolicy),
    /// A workflow cannot both be delayed and run by a schedule.
    CronAndStartDelay,
    /// The cron schedule cannot be read.
    Cron,
    /// The cron schedule is never met.
    CronNever,
    /// The reuse policy says what the conflict policy also says.
    TerminateIfRunning,
    /// No second workflow is to have the id, and the one that has it is to be replaced.
    RejectDuplicate,
    /// The name of the signal that may start a workflow is empty.
    NoSignalName,
    /// A signal that may start a workflow cannot fail if one is running.
    SignalWithStartFail,
    /// An update that may start a workflow must say what is done if one is running.
    NoConflictPolicy,
    /// A workflow that an update starts cannot have a cron schedule.
    UpdateWithCron,
    /// A workflow that an update starts cannot be delayed.
    UpdateWithStartDelay,
    /// The first workflow task of a workflow that an update starts does not come with the answer.
    UpdateWithEagerStart,
    /// An update that may start a workflow cannot name the first run of a chain.
    UpdateWithFirstRun,
    /// An update that may start a workflow cannot name a run.
    UpdateWithRun,
    /// An update that may start a workflow is for that one, and for no other.
    UpdateOfAnother,
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandSequence { commands, close } => {
                write!(
                    f,
                    "invalid command sequence: [{}], command {close} must be the last command.",
                    commands.join(", ")
                )
            }
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NotCancelRequested => f.write_str(
                "unable to mark activity as canceled without activity being request canceled first",
            ),
            Self::SignalLimit => f.write_str("exceeded workflow execution limit for signal events"),
            Self::NoSuchAttribute { name } => {
                write!(f, "invalid query: invalid search attribute: {name}")
            }
            Self::SearchAttribute(bad) => bad.fmt(f),
            Self::Priority(bad) => bad.fmt(f),
            Self::Skipping(bad) => bad.fmt(f),
            Self::NoSearchAttributes => f.write_str("SearchAttributes are not set on request."),
            Self::ReservedSearchAttribute { name } => {
                write!(f, "Search attribute {name} is reserved by system.")
            }
            Self::TooManySearchAttributes { used, kind } => write!(
                f,
                "Unable to create search attributes: cannot have more than {used} search attribute of type {kind}."
            ),
            Self::NotCustomSearchAttribute { name } => {
                write!(f, "Unable to remove non-custom search attributes: {name}.")
            }
            Self::NoWorkflowId => f.write_str("WorkflowId is not set on request."),
            Self::NoActivityId => f.write_str("ActivityId is not set on request."),
            Self::RetryPolicy(bad) => bad.fmt(f),
            Self::CronAndStartDelay => {
                f.write_str("CronSchedule and WorkflowStartDelay may not be used together.")
            }
            Self::Cron => f.write_str("invalid CronSchedule."),
            Self::CronNever => f.write_str(
                "invalid CronSchedule, no time can be found to satisfy the schedule",
            ),
            Self::TerminateIfRunning => f.write_str(
                "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together \
                 with a WorkflowIDConflictPolicy",
            ),
            Self::RejectDuplicate => f.write_str(
                "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be used together with \
                 WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING",
            ),
            Self::NoSignalName => f.write_str("signal not set"),
            Self::SignalWithStartFail => f.write_str(
                "Invalid WorkflowIDConflictPolicy: WORKFLOW_ID_CONFLICT_POLICY_FAIL is not supported for this operation.",
            ),
            Self::NoConflictPolicy => f.write_str(
                "invalid WithStartWorkflowOperation: WorkflowIDConflictPolicy must be set in StartWorkflowOptions for \
                 update-with-start",
            ),
            Self::UpdateWithCron => f.write_str("CronSchedule is not allowed."),
            Self::UpdateWithStartDelay => f.write_str("WorkflowStartDelay is not supported."),
            Self::UpdateWithEagerStart => f.write_str("RequestEagerExecution is not supported."),
            Self::UpdateWithFirstRun => f.write_str("FirstExecutionRunId is not allowed."),
            Self::UpdateWithRun => f.write_str("RunId is not allowed."),
            Self::UpdateOfAnother => {
                f.write_str("WorkflowId is not consistent with previous operation(s).")
            }
        }
    }
}

impl core::error::Error for InvalidRequest {}

impl From<BadSearchAttribute> for InvalidRequest {
    fn from(bad: BadSearchAttribute) -> Self {
        Self::SearchAttribute(bad)
    }
}

/// Why not now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Busy {
    /// The workflow tried to close and is to see what it missed before more comes (W-13).
    Closing,
    /// Too many queries wait for a workflow task.
    QueryBuffer,
    /// Too many updates are in flight.
    UpdatesInFlight {
        /// How many there may be.
        limit: usize,
    },
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => {
                f.write_str("workflow operation can not be applied because workflow is closing")
            }
            Self::UpdatesInFlight { limit } => write!(
                f,
                "limit on number of concurrent in-flight updates has been reached ({limit})"
            ),
            Self::QueryBuffer => {
                f.write_str("consistent query buffer is full, this may be caused by too many queries and workflow not able to process query fast enough")
            }
        }
    }
}

impl core::error::Error for Busy {}

impl From<NotFound> for RequestError {
    fn from(what: NotFound) -> Self {
        Self::NotFound(what)
    }
}

impl From<NotReady> for RequestError {
    fn from(why: NotReady) -> Self {
        Self::NotReady(why)
    }
}

impl From<InvalidRequest> for RequestError {
    fn from(why: InvalidRequest) -> Self {
        Self::InvalidArgument(why)
    }
}

impl From<Busy> for RequestError {
    fn from(why: Busy) -> Self {
        Self::ResourceExhausted(why)
    }
}
