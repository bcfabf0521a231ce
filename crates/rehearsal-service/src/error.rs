//! Why a request was refused, in the server's words.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use rehearsal_history::SmolStr;

use crate::refusal::{BadSearchAttribute, Refusal};

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
    /// A workflow with this id is running (T-14).
    #[error("Workflow execution is already running. WorkflowId: {workflow_id}, RunId: {run_id}.")]
    AlreadyStarted {
        /// The id.
        workflow_id: SmolStr,
        /// The run that is running.
        run_id: SmolStr,
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
    /// The client has waited for as long as it waits.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
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
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::Unreadable { .. } => "wrapError",
            Self::NotSimulated { .. } => "Unimplemented",
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
    /// The run is closed.
    #[error("workflow execution already completed")]
    Completed,
    /// The workflow task was answered, has timed out or was superseded.
    #[error("Workflow task not found.")]
    WorkflowTask,
    /// The query was answered, or nobody waits for the answer any more.
    #[error("query not found")]
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
    /// Its workflow task fails again and again.
    #[error("Unable to query workflow due to Workflow Task in failed state.")]
    QueryWhileFailing,
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
    /// The id of the activity is empty.
    NoActivityId,
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
            Self::NoWorkflowId => f.write_str("WorkflowId is not set on request."),
            Self::NoActivityId => f.write_str("ActivityId is not set on request."),
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
    /// The id was used a moment ago (T-14).
    TooManyStarts {
        /// The id.
        workflow_id: SmolStr,
        /// How long ago.
        since: Duration,
    },
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => {
                f.write_str("workflow operation can not be applied because workflow is closing")
            }
            Self::QueryBuffer => {
                f.write_str("consistent query buffer is full, this may be caused by too many queries and workflow not able to process query fast enough")
            }
            Self::TooManyStarts { workflow_id, since } => write!(
                f,
                "Too many starts for workflow {workflow_id}. Time since last start: {} ms",
                since.as_millis()
            ),
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
