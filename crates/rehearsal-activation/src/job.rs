//! Jobs: single things that an instance is told.

mod activity;
mod child;
mod marker;
mod message;

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{
    CancelExternalFailedCause, ContinueAsNewInitiator, Execution, Failure, Header, Memo, Payloads,
    Priority, RetryPolicy, SearchAttributes, SignalExternalFailedCause, SmolStr, Timestamp,
};

pub use self::activity::{ActivityResolution, LocalResolution};
pub use self::child::{ChildResolution, ChildStart};
pub use self::marker::Recalled;
pub use self::message::{QueryWorkflow, Signal, Update};
use crate::command::Seq;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Job {
    /// The run begins. The first job of the first activation, and only there.
    Initialize(Box<Initialize>),
    /// A timer's time is up.
    FireTimer {
        /// The timer.
        seq: Seq,
    },
    /// An activity has ended.
    ResolveActivity {
        /// The activity.
        seq: Seq,
        /// How.
        resolution: ActivityResolution,
    },
    /// Somebody asked the workflow to cancel.
    CancelWorkflow {
        /// The reason that was given; empty if none was.
        reason: SmolStr,
    },
    /// A signal came.
    SignalWorkflow(Box<Signal>),
    /// A child workflow was started, or not.
    ResolveChildStart {
        /// The child.
        seq: Seq,
        /// Whether it was.
        resolution: ChildStart,
    },
    /// A child workflow has ended.
    ResolveChild {
        /// The child.
        seq: Seq,
        /// How.
        resolution: ChildResolution,
    },
    /// A signal to another workflow has arrived, or not.
    ResolveSignalExternal {
        /// The signal.
        seq: Seq,
        /// Why it has not.
        failure: Option<Box<Failure>>,
        /// The kind of reason; unspecified if it has arrived.
        cause: SignalExternalFailedCause,
    },
    /// A cancel of another workflow has arrived, or not.
    ResolveCancelExternal {
        /// The cancel.
        seq: Seq,
        /// Why it has not.
        failure: Option<Box<Failure>>,
        /// The kind of reason; unspecified if it has arrived.
        cause: CancelExternalFailedCause,
    },
    /// A local activity has ended, or its next attempt is to wait.
    ResolveLocalActivity {
        /// The local activity.
        seq: Seq,
        /// How.
        resolution: LocalResolution,
    },
    /// The run has this patch.
    NotifyHasPatch {
        /// The patch.
        patch_id: SmolStr,
    },
    /// What Go's markers of the task hold, which is recorded, told before the code that asks for it runs.
    RecallMarkers(Box<Recalled>),
    /// An update asks to be validated and run.
    DoUpdate(Box<Update>),
    /// A client asks about the workflow. Queries have an activation of their own.
    QueryWorkflow(Box<QueryWorkflow>),
}

impl Job {
    /// The name of the job, for messages and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Initialize(_) => "Initialize",
            Self::FireTimer { .. } => "FireTimer",
            Self::ResolveActivity { .. } => "ResolveActivity",
            Self::CancelWorkflow { .. } => "CancelWorkflow",
            Self::SignalWorkflow(_) => "SignalWorkflow",
            Self::ResolveChildStart { .. } => "ResolveChildStart",
            Self::ResolveChild { .. } => "ResolveChild",
            Self::ResolveSignalExternal { .. } => "ResolveSignalExternal",
            Self::ResolveCancelExternal { .. } => "ResolveCancelExternal",
            Self::ResolveLocalActivity { .. } => "ResolveLocalActivity",
            Self::NotifyHasPatch { .. } => "NotifyHasPatch",
            Self::RecallMarkers(_) => "RecallMarkers",
            Self::DoUpdate(_) => "DoUpdate",
            Self::QueryWorkflow(_) => "QueryWorkflow",
        }
    }
}

/// What a run knows of itself from the start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Initialize {
    /// Its type.
    pub workflow_type: SmolStr,
    /// Its id.
    pub workflow_id: SmolStr,
    /// The id of this run; random numbers are seeded from it.
    pub run_id: SmolStr,
    /// The first run of the chain.
    pub first_run_id: SmolStr,
    /// The id that the run had before it was reset; its own otherwise.
    pub original_run_id: SmolStr,
    /// The workflow that started it as a child; `None` if it is none.
    pub parent: Option<Execution>,
    /// The namespace of that workflow; empty if there is none.
    pub parent_namespace: SmolStr,
    /// The workflow from which its line of parents comes; `None` if it is no child.
    pub root: Option<Execution>,
    /// Who started it; empty if that is no client.
    pub identity: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// The queue its tasks wait in.
    pub task_queue: SmolStr,
    /// Which attempt of the workflow this is, from 1.
    pub attempt: u32,
    /// For all runs together; `None` and zero are no limit, as its first event has them.
    pub execution_timeout: Option<Duration>,
    /// For this run; the same.
    pub run_timeout: Option<Duration>,
    /// When the time of all runs together is over.
    pub expires_at: Option<Timestamp>,
    /// For one workflow task.
    pub task_timeout: Duration,
    /// How the workflow as a whole is retried.
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of a queue, and that of what it asks for.
    pub priority: Option<Priority>,
    /// When it was started.
    pub started_at: Timestamp,
    /// Notes.
    pub memo: Option<Memo>,
    /// What it can be searched by.
    pub search_attributes: Option<SearchAttributes>,
    /// The run that it continues; empty if there is none.
    pub continued_run_id: SmolStr,
    /// Why it continues it.
    pub initiator: ContinueAsNewInitiator,
    /// What that run failed with.
    pub continued_failure: Option<Box<Failure>>,
    /// What the last run of its cron schedule returned.
    pub last_completion_result: Option<Payloads>,
    /// When it runs again; empty for never.
    pub cron_schedule: SmolStr,
    /// How long its first workflow task was held back (H-17).
    pub first_task_backoff: Duration,
}
