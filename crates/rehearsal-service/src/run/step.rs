//! What deciding gives: steps that change a run when they are applied, and nothing before.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::{Event, EventId, EventKind, SmolStr, TaskQueue, Timestamp};

use super::activity::ActivityNote;
use super::task::TaskNote;

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
    /// Changes what no history holds of the workflow task.
    Task(TaskNote),
    /// Changes what no history holds of an activity.
    Activity(EventId, ActivityNote),
    /// Binds the run to a sticky queue, or to none (W-9).
    Sticky(Option<Sticky>),
}

/// The sticky queue that a run is bound to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sticky {
    /// The queue of the worker that has the run in its cache.
    pub(crate) queue: TaskQueue,
    /// How long a task may wait there.
    pub(crate) timeout: Duration,
}

/// What a decision gives: the steps in their order, and whether the workflow must hear of it.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) steps: Vec<Step>,
    pub(crate) needs_task: bool,
}

impl Decision {
    /// Records `kind` at `time`.
    pub(crate) fn record(&mut self, time: Timestamp, kind: impl Into<EventKind>) {
        self.steps.push(Step::Event(Arc::new(Event::new(EventId::NONE, time, kind.into()))));
    }

    /// Notes what no history holds of the workflow task.
    pub(crate) fn note_task(&mut self, note: TaskNote) {
        self.steps.push(Step::Task(note));
    }

    /// Notes what no history holds of an activity.
    pub(crate) fn note_activity(&mut self, scheduled: EventId, note: ActivityNote) {
        self.steps.push(Step::Activity(scheduled, note));
    }

    /// Asks for a workflow task, if none is pending (H-14).
    pub(crate) const fn need_workflow_task(&mut self) {
        self.needs_task = true;
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

/// Whether an event gets its id at once; all others pass through the buffer (H-2).
pub(crate) fn is_direct(kind: &EventKind) -> bool {
    !matches!(
        kind,
        EventKind::WorkflowExecutionSignaled(_)
            | EventKind::WorkflowExecutionCancelRequested(_)
            | EventKind::ActivityTaskStarted(_)
            | EventKind::ActivityTaskCompleted(_)
            | EventKind::ActivityTaskFailed(_)
            | EventKind::ActivityTaskTimedOut(_)
            | EventKind::ActivityTaskCanceled(_)
            | EventKind::TimerFired(_)
    )
}

/// The identity under which the server itself acts.
pub(crate) const HISTORY_SERVICE: SmolStr = SmolStr::new_static("history-service");
