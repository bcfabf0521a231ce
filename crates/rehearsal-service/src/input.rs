//! What the service is asked, what it answers, and what it wants done.

mod effect;
mod query;

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_activation::{QueryTask, TaskDelivery, TaskResponse};
use rehearsal_history::event::UpdateRequest;
use rehearsal_history::{
    EventId, Failure, Header, Memo, Payloads, Priority, RetryPolicy, SearchAttributes, SmolStr,
    TimeSkippingConfig, Timestamp, UserMetadata, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
};

use crate::words::Across;

pub use self::effect::{Effect, Outbox};
pub use self::query::{QueryInput, QueryRejectCondition};

/// A run of this service: its place in the order of starts. Means nothing to another service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunRef(pub(crate) u32);

impl RunRef {
    /// Its place in the order of starts, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One request, or that time has passed.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A client starts a workflow. Answered with [`Answer::Started`].
    StartWorkflow(Box<StartWorkflow>),
    /// A client signals a workflow. Answered with [`Answer::Done`].
    SignalWorkflow {
        /// The workflow.
        target: Target,
        /// The name of the signal.
        name: SmolStr,
        /// Its arguments.
        input: Option<Payloads>,
        /// Context of the client, recorded as it is: Go's sends an empty one, Rust's none.
        header: Option<Header>,
        /// The client.
        identity: SmolStr,
        /// Tells a repeated request: the run is signaled once, also if it has closed since. Empty if it is not repeated.
        request_id: SmolStr,
    },
    /// A client updates a workflow (§2.3). Answered with [`Answer::Done`]; how far it has come says
    /// [`Service::update`](crate::Service::update).
    UpdateWorkflow {
        /// The workflow.
        target: Target,
        /// What is asked, with the id of the update.
        request: Box<UpdateRequest>,
    },
    /// A client says whether the time of a workflow is skipped from now on (`UpdateWorkflowExecutionOptions`). Answered with
    /// [`Answer::Done`].
    UpdateTimeSkipping {
        /// The workflow.
        target: Target,
        /// What counts in place of what was; `None` if nothing does.
        config: Option<Box<TimeSkippingConfig>>,
        /// The client.
        identity: SmolStr,
    },
    /// A client signals a workflow, which is started first if none is running (T-14). Answered with [`Answer::Started`].
    SignalWithStart {
        /// How it is started; by default a running one is taken.
        start: Box<StartWorkflow>,
        /// The name of the signal.
        name: SmolStr,
        /// Its arguments.
        input: Option<Payloads>,
    },
    /// A client updates a workflow, which is started first if the policies want that (T-14). Answered with
    /// [`Answer::Started`]: the run that has the update.
    UpdateWithStart {
        /// How it is started.
        start: Box<StartWorkflow>,
        /// What is asked, with the id of the update.
        request: Box<UpdateRequest>,
    },
    /// Somebody asks, or answers, a query (§2.3).
    Query(Box<QueryInput>),
    /// A client asks a workflow to cancel (C-1 to C-8). Answered with [`Answer::Done`], also if the run is closed or
    /// was asked before.
    RequestCancelWorkflow {
        /// The workflow.
        target: Target,
        /// The reason to record; empty for none.
        reason: SmolStr,
        /// The client.
        identity: SmolStr,
    },
    /// A client ends a workflow by force (W-17). Answered with [`Answer::Done`].
    TerminateWorkflow {
        /// The workflow.
        target: Target,
        /// The reason to record; empty for none.
        reason: SmolStr,
        /// More of it.
        details: Option<Payloads>,
        /// The client.
        identity: SmolStr,
    },
    /// A worker takes a workflow task that [`Effect::WorkflowTask`] told of. Answered with [`Answer::WorkflowTask`].
    StartWorkflowTask {
        /// The run.
        run: RunRef,
        /// The task, as the effect named it.
        scheduled: EventId,
        /// Its attempt, as the effect named it.
        attempt: u32,
        /// The worker.
        identity: SmolStr,
        /// Tells a repeated poll.
        request_id: SmolStr,
        /// Where it came from.
        poll: Poll,
    },
    /// A worker answers a workflow task. Answered with [`Answer::TaskDone`] or [`Answer::TaskDropped`].
    RespondWorkflowTask {
        /// What it says.
        response: TaskResponse,
        /// The request id of the task that is started at once, if one is (H-16).
        request_id: SmolStr,
    },
    /// A worker takes an activity task that [`Effect::ActivityTask`] told of. Answered with [`Answer::ActivityTask`].
    StartActivityTask {
        /// The run.
        run: RunRef,
        /// The activity.
        scheduled: EventId,
        /// Its attempt, as the effect named it.
        attempt: u32,
        /// The worker.
        identity: SmolStr,
        /// Tells a repeated poll.
        request_id: SmolStr,
    },
    /// An activity says that it is alive (C-31). Answered with [`Answer::Heartbeat`].
    RecordHeartbeat {
        /// The attempt.
        token: ActivityToken,
        /// Kept for the next attempt; replaces earlier details even if there are none.
        details: Option<Payloads>,
    },
    /// An activity returned a value. Answered with [`Answer::Done`].
    RespondActivityCompleted {
        /// The attempt.
        token: ActivityToken,
        /// The value.
        result: Option<Payloads>,
        /// The worker.
        identity: SmolStr,
    },
    /// An activity failed; it is retried if its policy allows it (T-6). Answered with [`Answer::Done`] either way.
    RespondActivityFailed {
        /// The attempt.
        token: ActivityToken,
        /// How.
        failure: Failure,
        /// Heartbeat details that were not sent before.
        last_heartbeat_details: Option<Payloads>,
        /// The worker.
        identity: SmolStr,
    },
    /// An activity confirms its cancel (C-27). Answered with [`Answer::Done`].
    RespondActivityCanceled {
        /// The attempt.
        token: ActivityToken,
        /// What it says of it.
        details: Option<Payloads>,
        /// The worker.
        identity: SmolStr,
    },
    /// Somebody outside says something of an activity that is known by its id, whichever attempt it is at. Answered with
    /// [`Answer::Heartbeat`] if it is a heartbeat, with [`Answer::Done`] otherwise.
    RespondActivityById {
        /// The workflow that asked for it.
        target: Target,
        /// Its id.
        activity_id: SmolStr,
        /// What is said of it.
        response: ActivityResponse,
        /// Who says it.
        identity: SmolStr,
    },
    /// What a run wants of others happens, if it is still wanted: [`Effect::Transfer`]. Answered with [`Answer::Done`].
    Transfer {
        /// The run.
        run: RunRef,
        /// What it wants.
        across: Across,
        /// The id of the run that is started, if one is; the server draws it, the simulation says it.
        run_id: SmolStr,
    },
    /// Time has passed: everything that is due by now happens, soonest first, what is due at the same nanosecond in
    /// the order in which it was armed. Answered with [`Answer::Done`]; nothing due is no error.
    Elapsed,
    /// The server reads its queues at other times, so that a deadline goes off at another time ([`Effect::Loose`]).
    /// Does nothing if it is not in the timer queue any more.
    Shift {
        /// The run.
        run: RunRef,
        /// Which deadline, as [`Effect::Loose`] says.
        armed: u64,
        /// When it goes off.
        at: Timestamp,
    },
}

/// A workflow to start. `None` for a timeout means that the client did not give it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartWorkflow {
    /// Its id.
    pub workflow_id: SmolStr,
    /// The id of the run; the server draws it, the simulation says it.
    pub run_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// The queue its tasks wait in.
    pub task_queue: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the client, recorded as it is: Go's sends an empty one, Rust's none.
    pub header: Option<Header>,
    /// The client.
    pub identity: SmolStr,
    /// Tells a repeated request, and its signal if it comes with one: it is answered with the run that it has started
    /// (T-14). Empty if it is not repeated.
    pub request_id: SmolStr,
    /// For all runs together (T-10).
    pub execution_timeout: Option<Duration>,
    /// For this run (T-10); never longer than `execution_timeout`.
    pub run_timeout: Option<Duration>,
    /// For one workflow task (W-4).
    pub task_timeout: Option<Duration>,
    /// How long its first workflow task waits (H-17).
    pub start_delay: Option<Duration>,
    /// How it is retried as a whole (T-11).
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of its queue, and that of what it asks for.
    pub priority: Option<Priority>,
    /// Notes.
    pub memo: Option<Memo>,
    /// What it can be searched by.
    pub search_attributes: Option<SearchAttributes>,
    /// When it runs again; empty for never.
    pub cron_schedule: SmolStr,
    /// What a person reads beside its start. Runs that follow it do not have it (`AddWorkflowExecutionStartedEvent` in
    /// `service/history/historybuilder/history_builder.go`).
    pub user_metadata: Option<Box<UserMetadata>>,
    /// Whether its time is skipped.
    pub time_skipping: Option<Box<TimeSkippingConfig>>,
    /// Whether the id of a closed workflow may be used again (T-14).
    pub id_reuse_policy: WorkflowIdReusePolicy,
    /// What is done if a running workflow has the id (T-14).
    pub id_conflict_policy: WorkflowIdConflictPolicy,
    /// Whether its first workflow task is started with it, for a worker of its client (`prepare` and `NewWorkflowWithSignal`
    /// in `service/history/api`). Not so if that task waits. The task is given out as any other, and whoever starts the
    /// workflow takes it at once.
    pub eager: bool,
}

/// Which queue of a worker a workflow task came from (W-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poll {
    /// The one that all workers share. The run is bound to no worker any more
    /// (`service/history/api/recordworkflowtaskstarted/api.go`, server 1.32).
    Normal,
    /// The one that is the worker's alone.
    Sticky {
        /// Whether the worker has the run in its cache and so needs only what is new.
        cached: bool,
    },
}

/// The workflow that a client means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// Its id.
    pub workflow_id: SmolStr,
    /// Its run; `None` for the current one, which is the last that was started.
    pub run_id: Option<SmolStr>,
    /// The first run of the chain that is meant: a cancel or termination then reaches the current run, and no other chain
    /// (C-7).
    pub first_run_id: Option<SmolStr>,
}

impl Target {
    /// The current run of a workflow.
    #[must_use]
    pub fn current(workflow_id: impl Into<SmolStr>) -> Self {
        Self { workflow_id: workflow_id.into(), ..Self::default() }
    }

    /// A certain run of a workflow.
    #[must_use]
    pub fn run(workflow_id: impl Into<SmolStr>, run_id: impl Into<SmolStr>) -> Self {
        Self { workflow_id: workflow_id.into(), run_id: Some(run_id.into()), ..Self::default() }
    }
}

/// What the service answers to an [`Input`] that it does not refuse.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The workflow was started, or is running, if that is what the policy wants.
    Started(RunRef),
    /// It is done, or there was nothing to do.
    Done,
    /// The task for the worker.
    WorkflowTask(TaskDelivery),
    /// The query for the worker.
    Query(Box<QueryTask>),
    /// The completion was accepted.
    TaskDone {
        /// The next task, if there is one: it is started already, by the same worker (H-16).
        next: Option<TaskDelivery>,
    },
    /// The completion was accepted, and the task leaves no trace: it only brought updates, and all were rejected.
    TaskDropped {
        /// The `WorkflowTaskStarted` of the last task that is recorded.
        seen: EventId,
        /// The next task, as of [`TaskDone`](Self::TaskDone).
        next: Option<TaskDelivery>,
    },
    /// The task for the worker.
    ActivityTask(Box<ActivityTask>),
    /// The heartbeat was recorded.
    Heartbeat {
        /// Whether the workflow has asked the activity to cancel (C-25).
        cancel_requested: bool,
    },
}

/// Names one attempt of one activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivityToken {
    /// The run.
    pub run: RunRef,
    /// The `ActivityTaskScheduled`.
    pub scheduled: EventId,
    /// Which attempt it is, from 1.
    pub attempt: u32,
}

impl ActivityToken {
    /// The token as bytes, as those whom an activity tells of it pass it on.
    ///
    /// ```
    /// use rehearsal_service::ActivityToken;
    ///
    /// # let token = ActivityToken::from_bytes(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1]).unwrap();
    /// assert_eq!(ActivityToken::from_bytes(&token.to_bytes()), Some(token));
    /// assert_eq!(ActivityToken::from_bytes(b"no token"), None);
    /// ```
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&self.run.0.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.scheduled.0.to_be_bytes());
        bytes[12..].copy_from_slice(&self.attempt.to_be_bytes());
        bytes
    }

    /// The token of these bytes, if they are one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (run, rest) = bytes.split_first_chunk::<4>()?;
        let (scheduled, attempt) = rest.split_first_chunk::<8>()?;
        Some(Self {
            run: RunRef(u32::from_be_bytes(*run)),
            scheduled: EventId(u64::from_be_bytes(*scheduled)),
            attempt: u32::from_be_bytes(attempt.try_into().ok()?),
        })
    }
}

/// What somebody outside says of an activity that is known by its id.
#[derive(Debug, Clone, PartialEq)]
pub enum ActivityResponse {
    /// It is done, with this result. Said also of one that no worker has.
    Completed(Option<Payloads>),
    /// It failed; it is retried if its policy allows it (T-6).
    Failed(Box<Failure>),
    /// It confirms its cancel, with these details (C-27).
    Canceled(Option<Payloads>),
    /// It is alive, with these details (C-31).
    Heartbeat(Option<Payloads>),
}

/// One attempt of an activity, for a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityTask {
    /// What later requests must name.
    pub token: ActivityToken,
    /// The workflow that asked for it.
    pub workflow_id: SmolStr,
    /// Its run.
    pub run_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// The id of the activity.
    pub activity_id: SmolStr,
    /// Its type.
    pub activity_type: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// The details of the last heartbeat of an earlier attempt (C-31).
    pub heartbeat_details: Option<Payloads>,
    /// Between heartbeats; `None` for no limit.
    pub heartbeat_timeout: Option<Duration>,
    /// For this attempt; `None` for no limit.
    pub start_to_close: Option<Duration>,
    /// For all attempts together, from `scheduled_at`; `None` for no limit.
    pub schedule_to_close: Option<Duration>,
    /// The queue it waited in.
    pub task_queue: SmolStr,
    /// How it is retried, as the server sees it.
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of its queue, with what the workflow says.
    pub priority: Option<Priority>,
    /// When the workflow asked for it.
    pub scheduled_at: Timestamp,
    /// Since when this attempt waited for a worker.
    pub attempt_scheduled_at: Timestamp,
    /// When this attempt started.
    pub started_at: Timestamp,
}
