//! What clients ask of a run: start, signal, cancel, terminate.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::event::{
    WorkflowExecutionCancelRequested, WorkflowExecutionSignaled, WorkflowExecutionStarted,
    WorkflowExecutionTerminated,
};
use rehearsal_history::{
    Event, EventId, EventKind, Header, Payloads, SmolStr, TaskQueue, WorkflowTaskFailedCause,
};
use smol_str::format_smolstr;

use super::buffer::Buffer;
use super::family::{Asked, Origin, Parent, Requester};
use super::index::Index;
use super::query::Queries;
use super::queue::Queue;
use super::state::State;
use super::{Run, Turn};
use crate::error::{Busy, InvalidRequest, NotFound, RequestError};
use crate::input::{RunRef, StartWorkflow};
use crate::words::{Decision, Due, HISTORY_SERVICE, Moment};

impl Run {
    /// A new run. Its first workflow task is scheduled, unless it is a child: then that waits until the parent was told.
    pub(crate) fn start(
        id: RunRef,
        turn: &mut Turn<'_>,
        start: StartWorkflow,
        parent: Option<Parent>,
    ) -> Self {
        let needs_task = parent.is_none();
        let (parent, user_metadata) =
            parent.map_or((None, None), |it| (Some(it.origin), it.user_metadata));
        let started = started_event(turn, start, parent);
        let mut event =
            Event::new(EventId::FIRST, turn.now, EventKind::WorkflowExecutionStarted(started));
        event.user_metadata = user_metadata;
        let event = Arc::new(event);
        let state = match &event.kind {
            EventKind::WorkflowExecutionStarted(started) => State::new(&event, started),
            other => unreachable!("made above as WorkflowExecutionStarted, not {}", other.name()),
        };
        let mut queue = Queue::default();
        let expiry = state
            .settings
            .expires
            .map(|at| turn.arm(&mut queue, Due { at, moment: Moment::of(EventId::FIRST) }));
        let mut run = Self {
            id,
            events: vec![event],
            state,
            buffer: Buffer::default(),
            sticky: None,
            queries: Queries::default(),
            transfers: Vec::new(),
            expiry,
            task_wake: None,
            timer_tasks: BTreeSet::new(),
            activity_tasks: BTreeSet::new(),
            queue,
            index: Index::default(),
            alarm: None,
        };
        run.finish(turn, needs_task);
        run
    }

    /// The first workflow task of a child, once its parent was told that it runs.
    pub(crate) fn schedule_first_task(&mut self, turn: &mut Turn<'_>) {
        if self.is_open() {
            self.finish(turn, true);
        }
    }

    /// # Errors
    ///
    /// The run is closed, closing (W-13), or has had enough signals.
    pub(crate) fn signal(
        &mut self,
        turn: &mut Turn<'_>,
        name: SmolStr,
        input: Option<Payloads>,
        header: Option<Header>,
        requester: Requester,
    ) -> Result<(), RequestError> {
        if !self.is_open() {
            return Err(NotFound::Completed.into());
        }
        if self.state.signals >= turn.config.limits.signals {
            return Err(InvalidRequest::SignalLimit.into());
        }
        if self.state.task.is_started() && self.state.task.is_closing() {
            return Err(Busy::Closing.into());
        }
        self.check_parent(&requester)?;
        let Asked { identity, external, .. } = requester.into();
        let mut decision = Decision::default();
        decision.record(
            turn.now,
            Box::new(WorkflowExecutionSignaled {
                signal_name: name,
                input,
                identity,
                header,
                external_workflow_execution: external,
                request_id: format_smolstr!("signal-{}", self.state.signals.saturating_add(1)),
                ..WorkflowExecutionSignaled::default()
            }),
        );
        self.settle(turn, decision);
        self.finish(turn, true);
        Ok(())
    }

    /// C-1 to C-4, C-8: a run that is closed or was asked before has nothing to do.
    ///
    /// # Errors
    ///
    /// The run is no child of the workflow that asks (C-9).
    pub(crate) fn request_cancel(
        &mut self,
        turn: &mut Turn<'_>,
        reason: SmolStr,
        requester: Requester,
    ) -> Result<(), NotFound> {
        if !self.is_open() {
            return Ok(());
        }
        self.check_parent(&requester)?;
        if self.state.view.cancel_requested {
            return Ok(());
        }
        let Asked { identity, external, initiated } = requester.into();
        let mut decision = Decision::default();
        decision.record(
            turn.now,
            WorkflowExecutionCancelRequested {
                cause: reason,
                external_initiated_event_id: initiated,
                external_workflow_execution: external,
                identity,
                ..WorkflowExecutionCancelRequested::default()
            },
        );
        decision.need_workflow_task();
        let needs_task = self.settle(turn, decision);
        self.finish(turn, needs_task);
        Ok(())
    }

    /// # Errors
    ///
    /// The run is closed.
    pub(crate) fn terminate(
        &mut self,
        turn: &mut Turn<'_>,
        reason: SmolStr,
        details: Option<Payloads>,
        identity: SmolStr,
    ) -> Result<(), RequestError> {
        if !self.is_open() {
            return Err(NotFound::Completed.into());
        }
        let closed = WorkflowExecutionTerminated {
            reason,
            details,
            identity,
            ..WorkflowExecutionTerminated::default()
        };
        self.close_by_force(turn, closed);
        Ok(())
    }

    /// W-17: a task that is started fails, what it held back is recorded, and the run closes.
    pub(super) fn close_by_force(&mut self, turn: &mut Turn<'_>, close: impl Into<EventKind>) {
        self.fail_task(turn, WorkflowTaskFailedCause::ForceCloseCommand, None, HISTORY_SERVICE);
        self.flush();
        let mut decision = Decision::default();
        decision.record(turn.now, close);
        self.settle(turn, decision);
        self.finish(turn, false);
    }
}

/// T-10, W-4. A timeout of zero that the client gave is recorded, as of Go's client; one that it left out is not, as of
/// Rust's.
fn started_event(
    turn: &Turn<'_>,
    start: StartWorkflow,
    parent: Option<Origin>,
) -> Box<WorkflowExecutionStarted> {
    let recorded = |timeout: Duration, given: Option<Duration>| {
        (given.is_some() || !timeout.is_zero()).then_some(timeout)
    };
    let execution = start.execution_timeout.unwrap_or_default();
    let run = match start.run_timeout.filter(|timeout| !timeout.is_zero()) {
        None => execution,
        Some(run) if execution.is_zero() => run,
        Some(run) => run.min(execution),
    };
    let task = start
        .task_timeout
        .filter(|timeout| !timeout.is_zero())
        .unwrap_or(turn.config.default_task_timeout);
    let task = task.min(turn.config.max_task_timeout);
    let mut started = Box::new(WorkflowExecutionStarted {
        workflow_type: start.workflow_type.into(),
        task_queue: TaskQueue::normal(start.task_queue),
        input: start.input,
        workflow_execution_timeout: recorded(execution, start.execution_timeout),
        workflow_run_timeout: recorded(run, start.run_timeout),
        workflow_task_timeout: Some(if run.is_zero() { task } else { task.min(run) }),
        original_execution_run_id: start.run_id.clone(),
        identity: start.identity,
        first_execution_run_id: start.run_id,
        attempt: 1,
        workflow_execution_expiration_time: (!execution.is_zero())
            .then(|| turn.now.saturating_add(execution)),
        first_workflow_task_backoff: Some(Duration::ZERO),
        memo: start.memo,
        search_attributes: start.search_attributes,
        header: start.header,
        workflow_id: start.workflow_id,
        ..WorkflowExecutionStarted::default()
    });
    if let Some(Origin { parent, initiated, root }) = parent {
        started.parent_workflow_namespace = turn.config.namespace.clone();
        started.parent_workflow_execution = Some(parent);
        started.parent_initiated_event_id = initiated;
        started.root_workflow_execution = Some(root);
    }
    started
}
