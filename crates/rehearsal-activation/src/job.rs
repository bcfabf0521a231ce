//! Jobs: single things that an instance is told.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{EventId, Failure, Header, Payloads, RetryPolicy, SmolStr, Timestamp};

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
    /// An update asks to be validated and run. Not simulated yet.
    DoUpdate(Box<Update>),
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
            Self::DoUpdate(_) => "DoUpdate",
        }
    }
}

/// What a run knows of itself from the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Initialize {
    /// Its type.
    pub workflow_type: SmolStr,
    /// Its id.
    pub workflow_id: SmolStr,
    /// The id of this run; random numbers are seeded from it.
    pub run_id: SmolStr,
    /// The first run of the chain.
    pub first_run_id: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// The queue its tasks wait in.
    pub task_queue: SmolStr,
    /// Which attempt of the workflow this is, from 1.
    pub attempt: u32,
    /// For all runs together; `None` for no limit.
    pub execution_timeout: Option<Duration>,
    /// For this run; `None` for no limit.
    pub run_timeout: Option<Duration>,
    /// For one workflow task.
    pub task_timeout: Duration,
    /// How the workflow as a whole is retried.
    pub retry_policy: Option<RetryPolicy>,
    /// When it was started.
    pub started_at: Timestamp,
}

/// How an activity has ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ActivityResolution {
    /// It returned a value.
    Completed(Option<Payloads>),
    /// It failed or timed out, or, in Go, was canceled. The failure is the one that workflow code sees: of kind activity,
    /// with what the event holds as its cause (C-36, T-3b).
    Failed(Box<Failure>),
    /// It was canceled. Only SDKs on Temporal's core tell this apart; the failure is of kind activity with a canceled
    /// one as its cause (C-36).
    Canceled(Box<Failure>),
}

/// A signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the sender.
    pub header: Option<Header>,
    /// The event that recorded it.
    pub event: EventId,
}

/// An update. Not simulated yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Its id.
    pub id: SmolStr,
    /// The name of its handler.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
}
