//! What can be seen of a run from outside, beside its history.

use alloc::boxed::Box;
use alloc::sync::Arc;

use rehearsal_history::TimeSkippingConfig;
use rehearsal_history::event::{ActivityTaskScheduled, StartChildWorkflowExecutionInitiated};
use rehearsal_history::{
    Event, EventId, Failure, Memo, Payloads, SearchAttributes, SmolStr, Status, TaskQueue,
    TimeoutType, Timestamp,
};

use crate::error::RequestError;

/// What is known of a run at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// The id of its workflow.
    pub workflow_id: SmolStr,
    /// Its own id.
    pub run_id: SmolStr,
    /// The first run of its chain.
    pub first_run_id: SmolStr,
    /// The type of its workflow.
    pub workflow_type: SmolStr,
    /// The queue its workflow tasks wait in.
    pub task_queue: SmolStr,
    /// Where it stands.
    pub status: Status,
    /// When it was started.
    pub started_at: Timestamp,
    /// Whether it was asked to cancel; true from the request on, also while that waits in the buffer.
    pub cancel_requested: bool,
    /// The event that closed it.
    pub close: Option<Arc<Event>>,
    /// Its notes, as they are now.
    pub memo: Memo,
    /// What it can be searched by, as it is now.
    pub search_attributes: SearchAttributes,
}

/// Where the workflow task of a run stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TaskState<'a> {
    /// There is none.
    None,
    /// It waits for a worker.
    Scheduled {
        /// Its `WorkflowTaskScheduled`; provisional if the attempt is not the first.
        scheduled: EventId,
        /// Which attempt it is, from 1.
        attempt: u32,
        /// Where it waits.
        queue: &'a TaskQueue,
        /// When it was scheduled.
        scheduled_at: Timestamp,
        /// When the first of a line of heartbeats was that it goes on with, or itself (`OriginalScheduledTime`).
        first_at: Timestamp,
    },
    /// A worker has it.
    Started {
        /// Its `WorkflowTaskScheduled`; provisional if the attempt is not the first.
        scheduled: EventId,
        /// Its `WorkflowTaskStarted`; provisional likewise.
        started: EventId,
        /// Which attempt it is, from 1.
        attempt: u32,
        /// The worker.
        identity: &'a SmolStr,
        /// When it was scheduled.
        scheduled_at: Timestamp,
        /// When the first of a line of heartbeats was that it goes on with, or itself (`OriginalScheduledTime`).
        first_at: Timestamp,
        /// When the worker took it.
        started_at: Timestamp,
    },
}

/// An operation that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingOp {
    /// What it is.
    pub kind: PendingKind,
    /// Its id: of a child or of another workflow that is signaled or canceled, the id of that workflow.
    pub id: SmolStr,
    /// The type of an activity or a child, the name of a signal to another workflow; else empty.
    pub name: SmolStr,
    /// Where it stands.
    pub state: PendingState,
    /// Its `ActivityTaskScheduled`, `TimerStarted` or `…Initiated`.
    pub scheduled: EventId,
}

/// What is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PendingKind {
    /// An activity.
    Activity,
    /// A timer.
    Timer,
    /// A child workflow.
    Child,
    /// A signal to another workflow or a cancel of it that is under way.
    External,
}

/// Where a pending operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PendingState {
    /// An activity that waits for a worker; a child that is not known to run.
    Scheduled,
    /// An activity that a worker has, and that has not heartbeated in this attempt.
    Started,
    /// An activity that a worker has and that has heartbeated.
    Heartbeating,
    /// An activity that waits for its next attempt.
    Backoff,
    /// An activity that a worker has and that was asked to cancel.
    CancelRequested,
    /// A timer that has not fired, a child that runs, a request that is under way.
    Running,
}

impl PendingState {
    /// How many there are.
    pub(crate) const COUNT: usize = 6;

    /// Its place among all.
    pub(crate) const fn place(self) -> usize {
        match self {
            Self::Scheduled => 0,
            Self::Started => 1,
            Self::Heartbeating => 2,
            Self::Backoff => 3,
            Self::CancelRequested => 4,
            Self::Running => 5,
        }
    }
}

/// How far an activity that has not ended has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing<'a> {
    /// What was asked for.
    pub attributes: &'a ActivityTaskScheduled,
    /// Which attempt it is at, from 1; in backoff the one to come.
    pub attempt: u32,
    /// What the attempt before that failed with.
    pub last_failure: Option<&'a Failure>,
    /// When the next attempt begins, in backoff.
    pub retry: Option<Timestamp>,
    /// Whether this attempt has heartbeated.
    pub heartbeats: bool,
    /// When this attempt was put in its queue, or will be, in backoff (`ScheduledTime`).
    pub scheduled_at: Timestamp,
    /// When a worker took this attempt, if one has.
    pub started_at: Option<Timestamp>,
    /// The worker that has this attempt, or had the one before it.
    pub worker: Option<&'a SmolStr>,
    /// When the attempt before this one ended.
    pub ended_at: Option<Timestamp>,
    /// When it heartbeated last, in whichever attempt, and with what.
    pub last_beat: Option<(Timestamp, Option<&'a Payloads>)>,
    /// When it has no time left for another attempt: its schedule-to-close timeout.
    pub expires_at: Option<Timestamp>,
}

/// What the next deadline of a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadlineOf {
    /// The first workflow task is held back no longer (H-17).
    FirstTask,
    /// The run takes longer than it may (T-10).
    Run,
    /// A worker takes longer with a workflow task than it may (W-4).
    WorkflowTask,
    /// A fast-forward of a run comes to its end.
    FastForward,
    /// A workflow task has waited for too long where it was put, which is in most cases a sticky queue (W-9).
    WaitingTask,
    /// A timer fires (T-9).
    Timer {
        /// Its id.
        id: SmolStr,
    },
    /// An activity has not come as far as it should have (T-2).
    Activity {
        /// Its `ActivityTaskScheduled`.
        scheduled: EventId,
        /// The timeout that this is.
        timeout: TimeoutType,
    },
    /// The service looks whether activities have sent heartbeats since it looked last, and they have.
    Heartbeats,
    /// The next attempt of an activity may begin (T-4).
    Retry {
        /// Its `ActivityTaskScheduled`.
        scheduled: EventId,
    },
}

/// How the time of a run is skipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkippingView<'a> {
    /// What counts: what was asked for, and whether it is still enabled.
    pub config: Option<&'a TimeSkippingConfig>,
    /// Until when it is skipped, if not to the end, and whether that time has come.
    pub forward: Option<(Timestamp, bool)>,
    /// Whether the run has closed, and none follows.
    pub is_over: bool,
}

/// How far a child that has not ended has come, as far as its parent was told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChildStanding<'a> {
    /// What was asked for.
    pub attributes: &'a StartChildWorkflowExecutionInitiated,
    /// Its first run; `None` until the parent was told of the start.
    pub run_id: Option<&'a SmolStr>,
}

/// How far an update has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UpdateStage<'a> {
    /// It waits for workflow code to look at it.
    Admitted,
    /// Workflow code has taken it, and its handler runs.
    Accepted,
    /// Its handler has ended, or the workflow before it.
    Completed(&'a Result<Option<Payloads>, Box<Failure>>),
    /// Workflow code did not take it.
    Rejected(&'a Failure),
    /// It was not looked at, and the client is told why.
    Refused(&'a RequestError),
    /// It was not looked at, and is to be sent again.
    Cleared,
}
