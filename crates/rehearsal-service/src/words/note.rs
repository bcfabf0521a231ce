//! Notes: what changes of a run without leaving an event.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{EventId, Failure, Payloads, SmolStr, TaskQueue, Timestamp};

/// What no history holds, of one entity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Note {
    /// Of the workflow task.
    Task(TaskNote),
    /// Of the activity that this event scheduled.
    Activity(EventId, ActivityNote),
    /// Of the update with this id.
    Update(SmolStr, UpdateNote),
}

/// What changes of an update without leaving an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum UpdateNote {
    /// A worker has it.
    Sent,
    /// Workflow code did not take it.
    Rejected(Box<Failure>),
}

/// What changes of a workflow task without leaving an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TaskNote {
    /// A transient one is scheduled (W-1).
    Scheduled(Slot),
    /// A worker has a transient one (W-2).
    Started { started: EventId, at: Timestamp, identity: SmolStr, request_id: SmolStr },
    /// A transient one has failed or timed out (W-6).
    Ended { closing: bool },
    /// The next one is a first attempt after all (W-1, W-5).
    FirstAttempt,
}

/// A task that was scheduled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    /// Its `WorkflowTaskScheduled`; provisional if it is transient.
    pub(crate) scheduled: EventId,
    pub(crate) at: Timestamp,
    pub(crate) attempt: u32,
    pub(crate) queue: TaskQueue,
    /// How long a worker may take.
    pub(crate) timeout: Duration,
    /// The task before it was to close the run and could not (W-13).
    pub(crate) closing: bool,
    /// It only brings updates (§2.3): unless something comes of it, it never was.
    pub(crate) speculative: bool,
}

/// What changes of an activity without leaving an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ActivityNote {
    /// A worker has it (H-12: no event).
    Started { at: Timestamp, identity: SmolStr, request_id: SmolStr },
    /// It has heartbeated.
    Beat { at: Timestamp, details: Option<Payloads> },
    /// It failed at `at`, and is tried again from `until` on (T-8).
    Retried { at: Timestamp, until: Timestamp, failure: Box<Failure> },
    /// It waits for a worker again.
    Queued,
}
