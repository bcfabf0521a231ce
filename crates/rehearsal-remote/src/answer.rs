//! What the door answers.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{QueryTask, TaskDelivery};
use rehearsal_engine::PendingChild;
use rehearsal_history::event::ActivityTaskScheduled;
use rehearsal_history::{
    Event, EventId, Failure, Payloads, Priority, SmolStr, Status, TaskQueue, TimeSkippingConfig,
    Timestamp,
};
use rehearsal_service::{ActivityTask, PendingState, RequestError, RunView};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// What the service answers.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// An update that was sent with a start was not looked at.
    #[error("Update failed: {error}")]
    BehindStart {
        /// Whether its workflow was started for it.
        started: bool,
        /// Whether it was not for it, and the workflow has closed, as another did before: it is to be sent again.
        closed_twice: bool,
        /// Why.
        error: RequestError,
    },
    /// Workflow code could not answer a query.
    #[error("{}", .0.message)]
    QueryFailed(Box<Failure>),
    /// The token is none that was given out.
    #[error("invalid task token")]
    BadToken,
    /// The token is one of a world that is over, so that what it names is not there.
    #[error("the task belongs to a world that is over")]
    OtherWorld,
    /// So much waits already that no more is taken in.
    #[error("too much waits already: {what}")]
    TooMuch {
        /// What of.
        what: &'static str,
    },
    /// A wrong call of the test service: it changes nothing.
    #[error("unbalanced lock and unlock calls")]
    Unbalanced,
    /// The server ends.
    #[error("the server ends")]
    Closing,
}

/// What a worker that polls for workflow tasks is given.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkflowWork {
    /// A workflow task.
    Task {
        /// What the answer must name.
        token: Vec<u8>,
        /// The run, as this worker is to know it. In the events it stays what it was in the first world.
        run_id: SmolStr,
        /// The task. It names the run as the events do.
        delivery: Box<TaskDelivery>,
        /// The queue that the task waited in.
        queue: TaskQueue,
        /// When the task was scheduled.
        scheduled_at: Timestamp,
        /// When it was started.
        started_at: Timestamp,
    },
    /// A query without a workflow task.
    Query {
        /// What the answer must name.
        token: Vec<u8>,
        /// The run, as this worker is to know it.
        run_id: SmolStr,
        /// The query, with the history that the worker needs.
        task: Box<QueryTask>,
        /// The queue of the workflow.
        queue: TaskQueue,
    },
}

/// The completion of a workflow task was accepted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Accepted {
    /// The next task of the run, if the worker takes one and there is one.
    pub next: Option<WorkflowWork>,
    /// If the task leaves no trace, as it only brought updates and all were rejected: the last event that counts as seen.
    pub reset_history: Option<EventId>,
}

/// What a worker that polls for activity tasks is given.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityWork {
    /// What later requests must name.
    pub token: Vec<u8>,
    /// The run, as this worker is to know it.
    pub run_id: SmolStr,
    /// The task.
    pub task: Box<ActivityTask>,
}

/// What an attempt of an activity is told when it says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActivityHeard {
    /// Whether the workflow has asked it to cancel.
    pub cancel_requested: bool,
}

/// A workflow was started, or runs already.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// Its run.
    pub run_id: SmolStr,
    /// Whether it was started by this request.
    pub started: bool,
    /// Its first workflow task, if a worker of the client takes it so.
    pub eager: Option<Box<WorkflowWork>>,
}

/// What a client is told that has asked a workflow.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryAnswer {
    /// Workflow code has answered.
    Answered(Option<Payloads>),
    /// Nobody was asked, as the workflow stands so.
    Rejected(Status),
}

/// What an update has come to.
pub(crate) type Outcome = Result<Option<Payloads>, Box<Failure>>;

/// How far an update has come.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateStanding {
    /// The workflow.
    pub workflow_id: SmolStr,
    /// Its run.
    pub run_id: SmolStr,
    /// The update.
    pub update_id: SmolStr,
    /// How far it has come at least.
    pub stage: super::UpdateWait,
    /// What its handler returned, or failed with; or what it was rejected with. There if it has come to its end.
    pub outcome: Option<Result<Option<Payloads>, Box<Failure>>>,
}

/// What can be changed of a workflow that runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changeable {
    /// Its place among the tasks of its queue.
    pub priority: Option<Priority>,
    /// Whether its time is skipped.
    pub time_skipping: Option<TimeSkippingConfig>,
}

/// How the time of a run is skipped.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTime {
    /// What counts.
    pub config: Option<TimeSkippingConfig>,
}

/// A fast-forward of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FastForward {
    /// What it is asked after by.
    pub id: SmolStr,
    /// How far it was to go when it was asked for.
    pub duration: Duration,
    /// The time of the workflow at its end.
    pub target: Timestamp,
    /// Whether it has come to its end.
    pub reached: bool,
}

/// What somebody is told who waits for the end of a fast-forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FastForwardStanding {
    /// The one that the workflow has, if it has one.
    pub forward: Option<FastForward>,
    /// What has become of the one that is meant.
    pub end: ForwardEnd,
}

/// What has become of a fast-forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardEnd {
    /// It goes on.
    Pending,
    /// It has come to its end.
    Reached,
    /// The workflow has another one, or none.
    Unknown,
    /// It was asked for anew.
    Reset,
    /// The workflow has ended before.
    Closed,
    /// Time is skipped no more.
    Disabled,
}

/// A part of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    /// The run.
    pub run_id: SmolStr,
    /// The events; none if there was none in time.
    pub events: Vec<Arc<Event>>,
    /// Where to go on; none if this was the end. After an empty page of a long poll it is where that began.
    pub next: Option<EventId>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The run at a glance.
    pub view: RunView,
    /// Its first event, with what it was started with.
    pub first: Arc<Event>,
    /// How many events there are.
    pub history_length: usize,
    /// How many bytes they have, as estimated.
    pub history_size: u64,
}

/// What can be seen of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The run at a glance.
    pub view: RunView,
    /// Its first event, with what it was started with.
    pub first: Arc<Event>,
    /// The request that has started it, if that is known.
    pub start_request: Option<SmolStr>,
    /// How many events there are.
    pub history_length: usize,
    /// How many bytes they have, as estimated.
    pub history_size: u64,
    /// Its activities that have not ended.
    pub activities: Vec<PendingActivity>,
    /// Its children that have not ended.
    pub children: Vec<PendingChild>,
    /// Its workflow task, if there is one.
    pub task: Option<PendingTask>,
    /// The time of the run when this was looked at.
    pub now: Timestamp,
    /// How its time is skipped, if anybody ever asked for it.
    pub time: Option<RunTime>,
}

/// How far an activity has come that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingActivity {
    /// Where it stands.
    pub state: PendingState,
    /// What was asked for.
    pub attributes: ActivityTaskScheduled,
    /// Which attempt it is at, from 1.
    pub attempt: u32,
    /// What the attempt before that failed with.
    pub last_failure: Option<Failure>,
    /// When this attempt was put in its queue, or will be.
    pub scheduled_at: Timestamp,
    /// When a worker took this attempt, if one has.
    pub started_at: Option<Timestamp>,
    /// The worker that has this attempt, or had the one before it.
    pub worker: Option<SmolStr>,
    /// When the attempt before this one ended.
    pub ended_at: Option<Timestamp>,
    /// When it heartbeated last, in whichever attempt, and with what.
    pub last_beat: Option<(Timestamp, Option<Payloads>)>,
    /// When it has no time left for another attempt.
    pub expires_at: Option<Timestamp>,
}

/// A workflow task that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingTask {
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// When it was scheduled.
    pub scheduled_at: Timestamp,
    /// When the first of a line of heartbeats was that it goes on with, or itself.
    pub first_at: Timestamp,
    /// When a worker took it, if one has.
    pub started_at: Option<Timestamp>,
}
