//! What workflow code asks for, and how an instance answers an activation.

mod activity;
mod chain;
mod child;
mod external;
mod local_activity;
mod marker;
mod timer;
mod update;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rehearsal_history::{Failure, Memo, Payloads, SearchAttributes, WorkflowTaskFailedCause};

pub use self::activity::{CancellationType, ScheduleActivity};
pub use self::chain::ContinueAsNew;
pub use self::child::{CancelChild, ChildCancellationType, StartChild};
pub use self::external::{CancelExternal, ExternalTarget, SignalExternal};
pub use self::local_activity::ScheduleLocalActivity;
pub use self::marker::{RecordMutableSideEffect, RecordSideEffect, RecordVersion, SetPatch};
pub use self::timer::StartTimer;
pub use self::update::{AnswerQuery, RespondUpdate, UpdateResponse};
use crate::trouble::Trouble;

/// The number by which an instance and its worker know an operation: counted from 1, one count per kind (I-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u32);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing that workflow code asks for. The worker turns it into a [`ServerCommand`](crate::ServerCommand), or
/// withdraws it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum WorkflowCommand {
    /// Run an activity.
    ScheduleActivity(Box<ScheduleActivity>),
    /// Ask an activity to cancel.
    RequestCancelActivity {
        /// The activity.
        seq: Seq,
    },
    /// Start a timer.
    StartTimer(StartTimer),
    /// Cancel a timer.
    CancelTimer {
        /// The timer.
        seq: Seq,
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
    ContinueAsNew(Box<ContinueAsNew>),
    /// Nothing that is sent: a selector that was blocked was woken by a channel. Go's worker notes with the completion by
    /// which rules it did that.
    SelectorReceived,
    /// Nothing that is sent: a child has the id of one that has not ended, so it was refused at once. Go's worker notes
    /// with the completion by which rule that was told.
    ChildIdInUse,
    /// Nothing that is sent: a handler of updates was set. Go's worker notes with the completion by which rules it runs
    /// them.
    UpdateHandling,
    /// Start a child workflow.
    StartChildWorkflow(Box<StartChild>),
    /// Ask a child workflow to cancel.
    CancelChildWorkflow(CancelChild),
    /// Signal another workflow.
    SignalExternalWorkflow(Box<SignalExternal>),
    /// Take back a signal to another workflow that was not sent yet.
    CancelSignalExternalWorkflow {
        /// The signal.
        seq: Seq,
    },
    /// Ask another workflow to cancel.
    RequestCancelExternalWorkflow(Box<CancelExternal>),
    /// Run a local activity.
    ScheduleLocalActivity(Box<ScheduleLocalActivity>),
    /// Ask a local activity to cancel.
    RequestCancelLocalActivity {
        /// The local activity.
        seq: Seq,
    },
    /// Note what a side effect returned.
    RecordSideEffect(Box<RecordSideEffect>),
    /// Note the value of a mutable side effect.
    RecordMutableSideEffect(Box<RecordMutableSideEffect>),
    /// Note which version of a change the run has.
    RecordVersion(RecordVersion),
    /// Note that the run has a patch.
    SetPatch(SetPatch),
    /// Change what the run can be searched by; what is not named stays.
    UpsertSearchAttributes(SearchAttributes),
    /// Change the notes of the run; what is not named stays.
    UpsertMemo(Memo),
    /// Answer an update.
    RespondUpdate(Box<RespondUpdate>),
    /// Answer a query. In an activation that asks queries there is nothing else.
    AnswerQuery(Box<AnswerQuery>),
}

impl WorkflowCommand {
    /// Whether it closes the workflow.
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

/// How an instance answers an activation.
#[derive(Debug, Clone, PartialEq)]
pub enum Completion {
    /// It ran until nothing got any further, and asks for this, in this order. A close command is last (C-48).
    Commands(Vec<WorkflowCommand>),
    /// It could not: the workflow task fails.
    Failed(Box<TaskFailure>),
}

/// Why a workflow task failed on the worker.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskFailure {
    /// What Temporal records as the cause.
    pub cause: WorkflowTaskFailedCause,
    /// What Temporal records as the failure.
    pub failure: Failure,
    /// What is wrong with the workflow, for the report.
    pub trouble: Trouble,
}
