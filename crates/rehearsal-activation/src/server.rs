//! What a worker sends to the service.

mod activity;
mod chain;
mod child;
mod external;
mod marker;
mod update;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{
    EventId, Failure, Memo, Payloads, SearchAttributes, SmolStr, TaskQueue, UserMetadata,
    WorkflowTaskFailedCause,
};

pub use self::activity::ScheduleActivityTask;
pub use self::chain::ContinueAsNewWorkflow;
pub use self::child::StartChildWorkflow;
pub use self::external::{CancelExternalWorkflow, SignalExternalWorkflow};
pub use self::marker::RecordMarker;
pub use self::update::UpdateMessage;
use crate::command::AnswerQuery;
use crate::delivery::TaskToken;

/// How a worker answers a workflow task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskResponse {
    /// The task.
    pub token: TaskToken,
    /// The worker.
    pub identity: SmolStr,
    /// What it says.
    pub outcome: TaskOutcome,
    /// The answers to the queries that rode on the task.
    pub answers: Vec<AnswerQuery>,
}

/// What a worker says of a workflow task.
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each workflow task, and moved a few times"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum TaskOutcome {
    /// Commands, to be handled in order (W-10).
    Completed {
        /// The commands.
        commands: Vec<ServerCommand>,
        /// The sticky queue of the worker and how long a task may wait in it; `None` clears stickiness (W-9).
        sticky: Option<(TaskQueue, Duration)>,
        /// What the SDK says of itself.
        sdk_metadata: SdkMetadata,
        /// Whether a further task is wanted at once, though nothing happened (W-18).
        force_new_task: bool,
        /// Whether the worker takes the next task in the answer, if there is one (H-16). Else that waits in its queue.
        return_new_task: bool,
    },
    /// The task failed on the worker (W-8).
    Failed(Box<WorkerTaskFailure>),
}

/// A workflow task that failed on the worker.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerTaskFailure {
    /// What is recorded as the cause.
    pub cause: WorkflowTaskFailedCause,
    /// What is recorded as the failure.
    pub failure: Failure,
}

/// One thing that a worker asks of the service for a workflow.
///
/// A new one must be met by everybody who takes commands, so a match has an arm for each.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerCommand {
    /// Run an activity.
    ScheduleActivityTask(Box<ScheduleActivityTask>),
    /// Ask an activity to cancel.
    RequestCancelActivityTask {
        /// Its `ActivityTaskScheduled`, predicted if it is in the same task.
        scheduled: EventId,
        /// What a person reads beside the event. Core sends what it sent with the start.
        user_metadata: Option<Box<UserMetadata>>,
    },
    /// Start a timer.
    StartTimer {
        /// Its id.
        timer_id: SmolStr,
        /// How long it runs.
        after: Duration,
        /// What a person reads beside the event.
        user_metadata: Option<Box<UserMetadata>>,
    },
    /// Cancel a timer.
    CancelTimer {
        /// Its id.
        timer_id: SmolStr,
        /// What a person reads beside the event. Core sends what it sent with the start.
        user_metadata: Option<Box<UserMetadata>>,
    },
    /// Close the workflow as completed.
    CompleteWorkflow {
        /// What it returned.
        result: Option<Payloads>,
    },
    /// Close the workflow as failed.
    FailWorkflow {
        /// The error it returned.
        failure: Box<Failure>,
    },
    /// Close the workflow as canceled.
    CancelWorkflow {
        /// The details of the innermost canceled error.
        details: Option<Payloads>,
    },
    /// Go on in a new run.
    ContinueAsNew(Box<ContinueAsNewWorkflow>),
    /// Note something for the SDK.
    RecordMarker(Box<RecordMarker>),
    /// Start a child workflow.
    StartChildWorkflow(Box<StartChildWorkflow>),
    /// Signal another workflow.
    SignalExternalWorkflow(Box<SignalExternalWorkflow>),
    /// Ask another workflow to cancel.
    RequestCancelExternalWorkflow(Box<CancelExternalWorkflow>),
    /// Say what becomes of an update. A rejection is a message and no command: it leaves no event.
    AnswerUpdate(Box<UpdateMessage>),
    /// Change what the run can be searched by; what is not named stays.
    UpsertSearchAttributes(SearchAttributes),
    /// Change the notes of the run; what is not named stays.
    UpsertMemo(Memo),
}

impl ServerCommand {
    /// Whether it is only a message, which leaves no event and stands behind all commands.
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(self, Self::AnswerUpdate(message) if matches!(**message, UpdateMessage::Reject { .. }))
    }

    /// Whether it closes the workflow, so that it must be the last (W-11).
    #[must_use]
    pub const fn is_close(&self) -> bool {
        matches!(
            self,
            Self::CompleteWorkflow { .. }
                | Self::FailWorkflow { .. }
                | Self::CancelWorkflow { .. }
                | Self::ContinueAsNew(_)
        )
    }
}
