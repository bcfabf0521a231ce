//! The machine of one child workflow, as its parent keeps it (C-40, SE-1, T-13).

mod plan;

use alloc::boxed::Box;
use alloc::sync::Arc;

use rehearsal_history::event::{
    ChildWorkflowExecutionCanceled, ChildWorkflowExecutionCompleted, ChildWorkflowExecutionFailed,
    ChildWorkflowExecutionStarted, ChildWorkflowExecutionTerminated,
    ChildWorkflowExecutionTimedOut, StartChildWorkflowExecutionFailed,
    StartChildWorkflowExecutionInitiated,
};
use rehearsal_history::{
    Event, EventId, EventKind, Execution, SmolStr, StartChildFailedCause, Timestamp,
};

pub(crate) use self::plan::{ChildCommand, plan};
use crate::view::{ChildStanding, PendingKind, PendingOp, PendingState};
use crate::words::{Decision, IllegalTransition, Table};

/// A child that has not ended, as far as its parent was told.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    /// The `StartChildWorkflowExecutionInitiated`.
    initiated: Arc<Event>,
    pub(crate) state: ChildState,
}

/// Where a child is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChildState {
    /// It was asked for.
    Initiated,
    /// It runs.
    Started {
        /// Its first run.
        run_id: SmolStr,
        /// The `ChildWorkflowExecutionStarted`; none while that waits in the buffer.
        event: EventId,
    },
}

/// What can happen to a child.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChildInput<'a> {
    /// The server has started it.
    Start {
        /// Its run.
        run_id: &'a SmolStr,
    },
    /// The server could not.
    FailToStart {
        /// Why.
        cause: &'a StartChildFailedCause,
    },
    /// Its chain of runs has ended.
    Close {
        /// The first run of the chain.
        first_run_id: &'a SmolStr,
        /// The last one.
        run_id: &'a SmolStr,
        /// The event that closed that one.
        close: &'a Event,
    },
}

impl Child {
    /// The child that this event asks for, if it is a `StartChildWorkflowExecutionInitiated`.
    pub(crate) fn new(initiated: &Arc<Event>) -> Self {
        Self { initiated: Arc::clone(initiated), state: ChildState::Initiated }
    }

    /// The `StartChildWorkflowExecutionInitiated`.
    pub(crate) fn initiated(&self) -> &Arc<Event> {
        &self.initiated
    }

    /// What was asked for.
    pub(crate) fn attributes(&self) -> &StartChildWorkflowExecutionInitiated {
        match &self.initiated.kind {
            EventKind::StartChildWorkflowExecutionInitiated(attributes) => attributes,
            other => unreachable!("a child is not made of {}", other.name()),
        }
    }

    /// Whether it has this id and was asked for by the workflow task that ended with this event.
    pub(crate) fn is_new(&self, task: EventId, workflow_id: &str) -> bool {
        let attributes = self.attributes();
        attributes.workflow_task_completed_event_id == task && attributes.workflow_id == workflow_id
    }

    /// What `input` causes at virtual time `now`; changes nothing.
    ///
    /// # Errors
    ///
    /// [`IllegalTransition`] if `input` cannot happen in this state, or is about another run.
    pub(crate) fn decide(
        &self,
        now: Timestamp,
        namespace: &SmolStr,
        input: ChildInput<'_>,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        let attributes = self.attributes();
        match (&self.state, input) {
            (ChildState::Initiated, ChildInput::Start { run_id }) => out.record(
                now,
                Box::new(ChildWorkflowExecutionStarted {
                    namespace: namespace.clone(),
                    initiated_event_id: self.initiated.id,
                    workflow_execution: self.execution(run_id),
                    workflow_type: attributes.workflow_type.clone(),
                    header: attributes.header.clone(),
                    ..ChildWorkflowExecutionStarted::default()
                }),
            ),
            (ChildState::Initiated, ChildInput::FailToStart { cause }) => out.record(
                now,
                Box::new(StartChildWorkflowExecutionFailed {
                    namespace: namespace.clone(),
                    workflow_id: attributes.workflow_id.clone(),
                    workflow_type: attributes.workflow_type.clone(),
                    cause: cause.clone(),
                    initiated_event_id: self.initiated.id,
                    ..StartChildWorkflowExecutionFailed::default()
                }),
            ),
            (
                ChildState::Started { run_id: first, event },
                ChildInput::Close { first_run_id, run_id, close },
            ) if first == first_run_id => {
                out.record(now, self.closed(namespace, *event, run_id, &close.kind));
            }
            (ChildState::Initiated, ChildInput::Close { .. })
            | (
                ChildState::Started { .. },
                ChildInput::Start { .. }
                | ChildInput::FailToStart { .. }
                | ChildInput::Close { .. },
            ) => {
                return Err(IllegalTransition {
                    machine: "child",
                    state: self.state.name(),
                    input: input.name(),
                });
            }
        }
        out.need_workflow_task();
        Ok(())
    }

    fn execution(&self, run_id: &SmolStr) -> Execution {
        Execution {
            workflow_id: self.attributes().workflow_id.clone(),
            run_id: run_id.clone(),
            ..Execution::default()
        }
    }

    /// What the parent records of how the child was closed.
    fn closed(
        &self,
        namespace: &SmolStr,
        started_event_id: EventId,
        run_id: &SmolStr,
        close: &EventKind,
    ) -> EventKind {
        let namespace = namespace.clone();
        let workflow_execution = self.execution(run_id);
        let workflow_type = self.attributes().workflow_type.clone();
        let initiated_event_id = self.initiated.id;
        match close {
            EventKind::WorkflowExecutionCompleted(close) => {
                Box::new(ChildWorkflowExecutionCompleted {
                    result: close.result.clone(),
                    namespace,
                    workflow_execution,
                    workflow_type,
                    initiated_event_id,
                    started_event_id,
                    ..ChildWorkflowExecutionCompleted::default()
                })
                .into()
            }
            EventKind::WorkflowExecutionFailed(close) => Box::new(ChildWorkflowExecutionFailed {
                failure: close.failure.clone(),
                retry_state: close.retry_state.clone(),
                namespace,
                workflow_execution,
                workflow_type,
                initiated_event_id,
                started_event_id,
                ..ChildWorkflowExecutionFailed::default()
            })
            .into(),
            EventKind::WorkflowExecutionCanceled(close) => {
                Box::new(ChildWorkflowExecutionCanceled {
                    details: close.details.clone(),
                    namespace,
                    workflow_execution,
                    workflow_type,
                    initiated_event_id,
                    started_event_id,
                    ..ChildWorkflowExecutionCanceled::default()
                })
                .into()
            }
            EventKind::WorkflowExecutionTimedOut(close) => {
                Box::new(ChildWorkflowExecutionTimedOut {
                    retry_state: close.retry_state.clone(),
                    namespace,
                    workflow_execution,
                    workflow_type,
                    initiated_event_id,
                    started_event_id,
                    ..ChildWorkflowExecutionTimedOut::default()
                })
                .into()
            }
            EventKind::WorkflowExecutionTerminated(_) => {
                Box::new(ChildWorkflowExecutionTerminated {
                    namespace,
                    workflow_execution,
                    workflow_type,
                    initiated_event_id,
                    started_event_id,
                    ..ChildWorkflowExecutionTerminated::default()
                })
                .into()
            }
            other => unreachable!("the end of a chain is told, not {}", other.name()),
        }
    }

    /// What `event` makes of this child.
    pub(crate) fn evolve(&mut self, event: &Event) {
        if let EventKind::ChildWorkflowExecutionStarted(started) = &event.kind {
            let run_id = started.workflow_execution.run_id.clone();
            self.state = ChildState::Started { run_id, event: event.id };
        }
    }

    /// How far it has come.
    pub(crate) fn standing(&self) -> ChildStanding<'_> {
        let run_id = match &self.state {
            ChildState::Initiated => None,
            ChildState::Started { run_id, .. } => Some(run_id),
        };
        ChildStanding { attributes: self.attributes(), run_id }
    }

    /// How it looks from outside.
    pub(crate) fn pending(&self) -> PendingOp {
        PendingOp {
            kind: PendingKind::Child,
            id: self.attributes().workflow_id.clone(),
            name: self.attributes().workflow_type.name.clone(),
            state: match self.state {
                ChildState::Initiated => PendingState::Scheduled,
                ChildState::Started { .. } => PendingState::Running,
            },
            scheduled: self.initiated.id,
        }
    }
}

impl ChildState {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Initiated => "Initiated",
            Self::Started { .. } => "Started",
        }
    }
}

impl ChildInput<'_> {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Start { .. } => "Start",
            Self::FailToStart { .. } => "FailToStart",
            Self::Close { .. } => "Close",
        }
    }
}

/// What `event` makes of all children. One that has ended is gone, also while that waits in the buffer, as nothing asks
/// for it any more.
pub(crate) fn evolve(children: &mut impl Table<EventId, Child>, event: &Arc<Event>) {
    let initiated = match &event.kind {
        EventKind::StartChildWorkflowExecutionInitiated(_) => {
            return children.put(event.id, Child::new(event));
        }
        EventKind::ChildWorkflowExecutionStarted(it) => {
            if let Some(child) = children.change(&it.initiated_event_id) {
                child.evolve(event);
            }
            return;
        }
        EventKind::StartChildWorkflowExecutionFailed(it) => it.initiated_event_id,
        EventKind::ChildWorkflowExecutionCompleted(it) => it.initiated_event_id,
        EventKind::ChildWorkflowExecutionFailed(it) => it.initiated_event_id,
        EventKind::ChildWorkflowExecutionCanceled(it) => it.initiated_event_id,
        EventKind::ChildWorkflowExecutionTimedOut(it) => it.initiated_event_id,
        EventKind::ChildWorkflowExecutionTerminated(it) => it.initiated_event_id,
        _ => return,
    };
    children.drop(&initiated);
}
