//! Who asks something of a run beside its clients, and what a run asks of others.

use rehearsal_history::{EventId, Execution, SmolStr};

use super::{Run, Turn};
use crate::error::{Busy, NotFound};
use crate::input::Effect;
use crate::machine::child::{Child, ChildInput, ChildState};
use crate::machine::external::{Arrival, External};
use crate::words::{Across, Decision, HISTORY_SERVICE};

/// Who signals a run or asks it to cancel.
#[derive(Debug, Clone)]
pub(crate) enum Requester {
    /// A client.
    Client {
        identity: SmolStr,
        /// Tells a repeated request; empty if it is not repeated.
        request_id: SmolStr,
    },
    /// Another workflow.
    Workflow {
        /// That one.
        execution: Execution,
        /// The event that asked for it there.
        initiated: EventId,
        /// Whether it must be the parent.
        child_only: bool,
    },
    /// The parent, which has closed (C-40).
    ClosedParent {
        /// The parent.
        execution: Execution,
    },
}

/// What is recorded of who asks.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) identity: SmolStr,
    pub(super) request_id: SmolStr,
    pub(super) external: Option<Execution>,
    pub(super) initiated: EventId,
}

impl From<Requester> for Asked {
    fn from(requester: Requester) -> Self {
        match requester {
            Requester::Client { identity, request_id } => {
                Self { identity, request_id, ..Self::default() }
            }
            Requester::Workflow { execution, initiated, .. } => Self {
                identity: HISTORY_SERVICE,
                external: Some(execution),
                initiated,
                ..Self::default()
            },
            Requester::ClosedParent { execution } => {
                Self { identity: HISTORY_SERVICE, external: Some(execution), ..Self::default() }
            }
        }
    }
}

/// Where a child comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) parent: Execution,
    /// The `StartChildWorkflowExecutionInitiated` there.
    pub(crate) initiated: EventId,
    pub(crate) root: Execution,
}

impl Run {
    pub(crate) fn execution(&self) -> Execution {
        Execution {
            workflow_id: self.state.view.workflow_id.clone(),
            run_id: self.state.view.run_id.clone(),
            ..Execution::default()
        }
    }

    /// The first run of its chain.
    pub(crate) const fn first_run_id(&self) -> &SmolStr {
        &self.state.view.first_run_id
    }

    /// Its parent, and the event that asked for it there.
    pub(crate) fn parent(&self) -> Option<(Execution, EventId)> {
        self.state.family.parent.clone()
    }

    /// As the parent of the child that this event asked for.
    pub(crate) fn as_parent(&self, initiated: EventId) -> Origin {
        Origin { parent: self.execution(), initiated, root: self.state.family.root.clone() }
    }

    /// The child that this event asked for, if it has not ended.
    pub(crate) fn child(&self, initiated: EventId) -> Option<&Child> {
        self.state.children.get(&initiated)
    }

    /// The children that have not ended, in the order in which they were asked for.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Child> {
        self.state.children.values()
    }

    /// The signal or cancel that this event asked for, if it is under way.
    pub(crate) fn external(&self, initiated: EventId) -> Option<&External> {
        self.state.externals.get(&initiated)
    }

    /// Refused is what comes while a worker tries again to close the run (W-13).
    pub(super) const fn check_closing(&self) -> Result<(), Busy> {
        let task = &self.state.task;
        if task.is_started() && task.is_closing() { Err(Busy::Closing) } else { Ok(()) }
    }

    /// C-9.
    pub(super) fn check_parent(&self, requester: &Requester) -> Result<(), NotFound> {
        let parent = self.state.family.parent.as_ref().map(|(parent, _)| parent);
        match requester {
            Requester::Client { .. } | Requester::Workflow { child_only: false, .. } => Ok(()),
            Requester::Workflow { execution, child_only: true, .. }
            | Requester::ClosedParent { execution } => {
                let same = |parent: &&Execution| {
                    parent.workflow_id == execution.workflow_id && parent.run_id == execution.run_id
                };
                parent.filter(same).map(drop).ok_or(NotFound::Parent)
            }
        }
    }

    /// Something happened to a child.
    pub(crate) fn change_child(
        &mut self,
        turn: &mut Turn<'_>,
        initiated: EventId,
        input: ChildInput<'_>,
    ) {
        let mut decision = Decision::default();
        let namespace = &turn.config.namespace;
        let Some(child) = self.state.children.get(&initiated) else { return };
        // A child that has ended takes nothing any more.
        if child.decide(turn.now, namespace, input, &mut decision).is_ok() {
            let needs_task = self.settle(turn, decision);
            self.finish(turn, needs_task);
        }
    }

    /// It is known whether a signal to another workflow, or a cancel of it, has arrived.
    pub(crate) fn arrived(&mut self, turn: &mut Turn<'_>, initiated: EventId, arrival: Arrival) {
        let mut decision = Decision::default();
        let Some(external) = self.state.externals.get(&initiated) else { return };
        external.decide(turn.now, &turn.config.namespace, arrival, &mut decision);
        let needs_task = self.settle(turn, decision);
        self.finish(turn, needs_task);
    }

    /// Tells those whom it concerns that the run has closed, if there are any.
    pub(super) fn tell_close(&self, turn: &mut Turn<'_>) {
        let runs = |child: &Child| matches!(child.state, ChildState::Started { .. });
        if self.state.family.parent.is_some() || self.state.children.values().any(runs) {
            let at = turn.outside(turn.now);
            turn.push(Effect::Transfer { run: self.id, across: Across::Close, at });
        }
    }
}
