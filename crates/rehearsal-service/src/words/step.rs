//! What deciding gives: steps that change a run when they are applied, and nothing before.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_history::event::WorkflowExecutionStarted;
use rehearsal_history::{Event, EventId, EventKind, SmolStr, Timestamp, UserMetadata};

use super::note::{ActivityNote, Note, TaskNote, UpdateNote};

/// One change of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Records an event: at once, or by way of the buffer (H-2). Its id is given when it is recorded, unless it was
    /// foretold.
    Event(Arc<Event>),
    /// Takes the `TimerFired` of a timer out of the buffer (H-6).
    Unbuffer {
        /// The `TimerStarted`.
        started: EventId,
    },
    /// Changes what no history holds of an entity.
    Note(Note),
    /// Hands something over when the transaction is through.
    Transfer(Transfer),
}

/// What leaves a run when a transaction is through: a transfer task of the server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Transfer {
    /// An activity waits for a worker, if it still does.
    Activity {
        /// The `ActivityTaskScheduled`.
        scheduled: EventId,
    },
    /// Something concerns another run.
    Across(Across),
    /// Another run follows, in the same transaction.
    Next(Box<WorkflowExecutionStarted>),
}

/// What a run wants of others. It happens in transactions of its own, after the one that asks for it, if it is still
/// wanted then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Across {
    /// A child is to be started.
    StartChild {
        /// The `StartChildWorkflowExecutionInitiated`.
        initiated: EventId,
    },
    /// Another workflow is to be signaled.
    SignalExternal {
        /// The `SignalExternalWorkflowExecutionInitiated`.
        initiated: EventId,
    },
    /// Another workflow is to be asked to cancel.
    CancelExternal {
        /// The `RequestCancelExternalWorkflowExecutionInitiated`.
        initiated: EventId,
    },
    /// The run has closed: its parent is to be told, and its children are to be dealt with (C-40, T-13).
    Close,
}

/// What a decision gives: the steps in their order, and whether the workflow must hear of it.
#[derive(Debug, Default)]
pub struct Decision {
    pub(crate) steps: Vec<Step>,
    pub(crate) needs_task: bool,
}

impl Decision {
    /// Records `kind` at `time`.
    pub fn record(&mut self, time: Timestamp, kind: impl Into<EventKind>) {
        let mut event = Event::new(EventId::NONE, time, kind.into());
        // Workers that do not know them go on (`event_factory.go`).
        event.server.worker_may_ignore = matches!(
            event.kind,
            EventKind::WorkflowExecutionOptionsUpdated(_)
                | EventKind::WorkflowExecutionTimeSkippingTransitioned(_)
        );
        self.steps.push(Step::Event(Arc::new(event)));
    }

    /// Notes what no history holds of the workflow task.
    pub(crate) fn note_task(&mut self, note: TaskNote) {
        self.steps.push(Step::Note(Note::Task(note)));
    }

    /// Notes what no history holds of an activity.
    pub(crate) fn note_activity(&mut self, scheduled: EventId, note: ActivityNote) {
        self.steps.push(Step::Note(Note::Activity(scheduled, note)));
    }

    /// Notes what no history holds of an update.
    pub(crate) fn note_update(&mut self, id: SmolStr, note: UpdateNote) {
        self.steps.push(Step::Note(Note::Update(id, note)));
    }

    /// Hands something over when the transaction is through.
    pub(crate) fn transfer(&mut self, transfer: Transfer) {
        self.steps.push(Step::Transfer(transfer));
    }

    /// Asks for a workflow task, if none is pending (H-14).
    pub const fn need_workflow_task(&mut self) {
        self.needs_task = true;
    }

    /// Puts what came with a command beside the event that echoes it, which is the first, and not beside what the server
    /// adds.
    pub(crate) fn annotate(&mut self, user_metadata: Option<Box<UserMetadata>>) {
        if user_metadata.is_none() {
            return;
        }
        for step in &mut self.steps {
            if let Step::Event(event) = step {
                Arc::make_mut(event).user_metadata = user_metadata;
                return;
            }
        }
    }
}

/// An input that cannot happen in the state that a machine is in. Whoever asked is told in the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IllegalTransition {
    pub(crate) machine: &'static str,
    pub(crate) state: &'static str,
    pub(crate) input: &'static str,
}

impl core::fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} cannot take {} in state {}", self.machine, self.input, self.state)
    }
}

/// The identity under which the server itself acts.
pub(crate) const HISTORY_SERVICE: SmolStr = SmolStr::new_static("history-service");
