//! Local activities between a worker and whoever runs their code: what is to be run, and what came of it.
//!
//! A worker runs them inside of a workflow task. It has no clock and no code of activities, so it says what is to be run
//! and when it wants to be woken, and is told what happened. Whoever does that keeps the [keys](LocalKey) apart, and knows
//! nothing else of them.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_activation::Seq;
use rehearsal_history::{EventId, Failure, Header, Payloads, RetryPolicy, SmolStr, Timestamp};

/// Names an attempt of a local activity, or something that a worker waits for beside it. No two of one worker process
/// are the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalKey {
    /// The run that it belongs to.
    pub run_id: SmolStr,
    /// Which life of that run in the worker's cache: what belongs to an earlier one concerns nobody any more.
    pub life: u64,
    /// What it is.
    pub what: LocalWhat,
}

/// What a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LocalWhat {
    /// The heartbeat of the workflow task with this `WorkflowTaskStarted` (W-18).
    Task(EventId),
    /// An attempt, or one of its deadlines, by its number.
    Attempt(u64),
    /// A deadline by its number that nobody calls off any more: it is that of whatever attempt of this local activity runs
    /// then, in a later life of the run as well.
    Loose(Seq, u64),
}

/// An attempt that is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalAttempt {
    /// Names it.
    pub key: LocalKey,
    /// The id of the local activity.
    pub activity_id: SmolStr,
    /// Its type.
    pub activity_type: SmolStr,
    /// The workflow.
    pub workflow_id: SmolStr,
    /// The type of the workflow.
    pub workflow_type: SmolStr,
    /// The queue of the workflow.
    pub task_queue: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// When the local activity was given to the worker's executor.
    pub scheduled_at: Timestamp,
    /// For all attempts together; `None` for no limit.
    pub schedule_to_close: Option<Duration>,
    /// For this attempt; `None` for no limit.
    pub start_to_close: Option<Duration>,
    /// How it is retried.
    pub retry_policy: Option<RetryPolicy>,
}

/// What a worker wants done for local activities.
#[derive(Debug, Clone, PartialEq)]
pub enum LocalRequest {
    /// Run this attempt; [`LocalEvent::Ended`] says what came of it.
    Run(Box<LocalAttempt>),
    /// The code of an attempt is told that its context is over. If it has not ended when it has been polled for that,
    /// [`LocalEvent::Unheeded`] says so. Its end is told all the same.
    Tell {
        /// The attempt.
        key: LocalKey,
        /// Why it is over.
        why: LocalDone,
    },
    /// Do not say [`LocalEvent::Due`] of this any more.
    Forget {
        /// What it was to be said of.
        key: LocalKey,
    },
    /// Say [`LocalEvent::Due`] at this time.
    Wake {
        /// What to say it of.
        key: LocalKey,
        /// When.
        due: Timestamp,
    },
}

/// Why the context of an attempt is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalDone {
    /// Workflow code has canceled it.
    Canceled,
    /// It has run out of time.
    Deadline,
}

/// What happened to a local activity.
#[derive(Debug, Clone, PartialEq)]
pub enum LocalEvent {
    /// The code of an attempt has ended.
    Ended {
        /// The attempt.
        key: LocalKey,
        /// With what.
        result: Result<Option<Payloads>, Box<Failure>>,
    },
    /// The code of an attempt was told that its context is over, and went on.
    Unheeded {
        /// The attempt.
        key: LocalKey,
    },
    /// The time has come.
    Due {
        /// As it was asked for.
        key: LocalKey,
    },
}

impl LocalEvent {
    /// What it is about.
    #[must_use]
    pub const fn key(&self) -> &LocalKey {
        match self {
            Self::Ended { key, .. } | Self::Unheeded { key } | Self::Due { key } => key,
        }
    }
}
