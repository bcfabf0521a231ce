//! What workflow code asks for, and how an instance answers an activation.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use rehearsal_history::{
    Failure, Header, Payload, Payloads, RetryPolicy, SmolStr, WorkflowTaskFailedCause,
};

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
    /// Nothing that is sent: a selector that was blocked was woken by a channel. Go's worker notes with the completion by
    /// which rules it did that.
    SelectorReceived,
    /// Start a child workflow. Not simulated yet.
    StartChildWorkflow(Box<StartChild>),
    /// Signal another workflow. Not simulated yet.
    SignalExternalWorkflow(Box<SignalExternal>),
    /// Ask another workflow to cancel. Not simulated yet.
    RequestCancelExternalWorkflow(Box<CancelExternal>),
    /// Go on in a new run. Not simulated yet.
    ContinueAsNew {
        /// Its arguments.
        input: Option<Payloads>,
    },
}

impl WorkflowCommand {
    /// The name of what is asked for, if nothing simulates it yet.
    #[must_use]
    pub const fn not_simulated(&self) -> Option<&'static str> {
        match self {
            Self::ScheduleActivity(_)
            | Self::RequestCancelActivity { .. }
            | Self::StartTimer(_)
            | Self::CancelTimer { .. }
            | Self::CompleteWorkflow { .. }
            | Self::FailWorkflow { .. }
            | Self::CancelWorkflow { .. }
            | Self::SelectorReceived => None,
            Self::StartChildWorkflow(_) => Some("child workflows"),
            Self::SignalExternalWorkflow(_) => Some("signals to other workflows"),
            Self::RequestCancelExternalWorkflow(_) => Some("cancels of other workflows"),
            Self::ContinueAsNew { .. } => Some("continue-as-new"),
        }
    }

    /// Whether it closes the workflow.
    #[must_use]
    pub const fn is_close(&self) -> bool {
        matches!(
            self,
            Self::CompleteWorkflow { .. }
                | Self::FailWorkflow { .. }
                | Self::CancelWorkflow { .. }
                | Self::ContinueAsNew { .. }
        )
    }
}

/// An activity to run. `None` for a timeout means that workflow code did not give it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScheduleActivity {
    /// The number it is known by.
    pub seq: Seq,
    /// Its id, if workflow code chose one.
    pub activity_id: Option<SmolStr>,
    /// Its type.
    pub activity_type: SmolStr,
    /// The queue it waits in; `None` for that of the workflow.
    pub task_queue: Option<SmolStr>,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the caller.
    pub header: Option<Header>,
    /// For all attempts together.
    pub schedule_to_close: Option<Duration>,
    /// Until a worker takes it.
    pub schedule_to_start: Option<Duration>,
    /// For one attempt.
    pub start_to_close: Option<Duration>,
    /// Between heartbeats.
    pub heartbeat: Option<Duration>,
    /// How it is retried; `None` for the server's defaults (T-4).
    pub retry_policy: Option<RetryPolicy>,
    /// When a cancel resolves it. Go has no such option: its instances resolve what they do not wait for themselves.
    pub cancellation_type: CancellationType,
    /// One line for people, recorded as the event's user metadata.
    pub summary: Option<Payload>,
}

/// When a canceled activity is resolved, and whether it is told (section 3.4.4 of the semantics).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CancellationType {
    /// It is asked to cancel, and resolved as canceled at once.
    #[default]
    TryCancel,
    /// It is asked to cancel, and resolved with whatever it ends with.
    WaitCancellationCompleted,
    /// It is not told, and resolved as canceled at once.
    Abandon,
}

/// A timer to start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartTimer {
    /// The number it is known by.
    pub seq: Seq,
    /// How long it runs.
    pub after: Duration,
    /// One line for people, recorded as the event's user metadata: `Sleep`, `AwaitWithTimeout`.
    pub summary: Option<Payload>,
}

/// A child workflow to start. Not simulated yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartChild {
    /// The number it is known by.
    pub seq: Seq,
    /// Its type.
    pub workflow_type: SmolStr,
    /// Its id.
    pub workflow_id: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
}

/// A signal to send to another workflow. Not simulated yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SignalExternal {
    /// The number it is known by.
    pub seq: Seq,
    /// The other workflow.
    pub workflow_id: SmolStr,
    /// The name of the signal.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
}

/// A cancel to send to another workflow. Not simulated yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CancelExternal {
    /// The number it is known by.
    pub seq: Seq,
    /// The other workflow.
    pub workflow_id: SmolStr,
    /// The reason to give.
    pub reason: SmolStr,
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
