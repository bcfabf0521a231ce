//! What clients ask of a run: start, signal, cancel, terminate.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;

use rehearsal_history::event::{
    WorkflowExecutionCancelRequested, WorkflowExecutionSignaled, WorkflowExecutionTerminated,
};
use rehearsal_history::{
    Event, EventId, EventKind, Header, Payloads, SmolStr, Timestamp, WorkflowTaskFailedCause,
};
use smol_str::format_smolstr;

use super::family::{Asked, Requester};
use super::state::State;
use super::{Following, Run, Turn};
use crate::error::{InvalidRequest, NotFound, RequestError};
use crate::input::RunRef;
use crate::words::{Chain, Decision, Due, HISTORY_SERVICE, Moment};

impl Run {
    /// A new run, with its first workflow task scheduled unless that must wait (H-17, or as that of a child).
    pub(crate) fn start(id: RunRef, turn: &mut Turn<'_>, start: Following) -> Self {
        let begins = start.begins(turn.now);
        let Following { started, signaled, user_metadata, request_id, waits, mut queue, ahead } =
            start;
        let kind = EventKind::WorkflowExecutionStarted(started);
        let mut event = Event::new(EventId::FIRST, begins, kind);
        event.user_metadata = user_metadata;
        let event = Arc::new(event);
        let state = State::new(&event);
        let mut arm = |at: Option<Timestamp>| {
            at.map(|at| turn.arm(&mut queue, Due { at, moment: Moment::of(EventId::FIRST) }))
        };
        let (begin, expiry) = (arm(state.settings.begins), arm(state.settings.expires));
        let mut run = Self::new(id, vec![event], state, queue, ahead);
        run.request_id = request_id;
        (run.begin, run.expiry) = (begin, expiry);
        // Nothing of it was written by an earlier transaction.
        (run.written, run.written_events) = (0, 0);
        run.arm_forward(turn);
        if let Some(signaled) = signaled {
            let mut decision = Decision::default();
            decision.record(turn.now, signaled);
            run.settle(turn, decision);
        }
        let needs_task = !waits && run.state.settings.begins.is_none();
        run.finish(turn, needs_task);
        run
    }

    /// The first workflow task of a child, once its parent was told that it runs. One that runs by a cron schedule waits
    /// for its time (`AddFirstWorkflowTaskScheduled`).
    pub(crate) fn schedule_first_task(&mut self, turn: &mut Turn<'_>) {
        if self.is_open() {
            self.finish(turn, self.state.settings.begins.is_none());
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
        if self.has_signal(&requester) {
            return Ok(());
        }
        if !self.is_open() {
            return Err(NotFound::Completed.into());
        }
        self.check_signals(turn)?;
        self.check_closing()?;
        self.check_parent(&requester)?;
        // H-17: it does not end the wait.
        let needs_task = !self.state.is_held_back();
        self.record_signal(turn, name, input, header, requester, needs_task);
        Ok(())
    }

    /// A signal that would have started the run. It ends the wait for the first task (`signalWorkflow` in
    /// `api/signalwithstartworkflow`).
    ///
    /// # Errors
    ///
    /// The run is closing (W-13, `ValidateSignal`), or has had enough signals.
    pub(crate) fn signal_with_start(
        &mut self,
        turn: &mut Turn<'_>,
        name: SmolStr,
        input: Option<Payloads>,
        header: Option<Header>,
        requester: Requester,
    ) -> Result<(), RequestError> {
        self.check_signals(turn)?;
        self.check_closing()?;
        if !self.has_signal(&requester) {
            self.record_signal(turn, name, input, header, requester, true);
        }
        Ok(())
    }

    /// Whether this request has signaled the run before: a client sends it again if it was not answered
    /// (`IsSignalRequested` in `mutable_state_impl.go`).
    fn has_signal(&self, requester: &Requester) -> bool {
        let Requester::Client { request_id, .. } = requester else { return false };
        let is_it = |event: &Arc<Event>| matches!(&event.kind, EventKind::WorkflowExecutionSignaled(it) if it.request_id == *request_id);
        !request_id.is_empty() && (self.events.iter().any(is_it) || self.buffer.iter().any(is_it))
    }

    /// Whether this request has started the run (`CreateRequestId` in its state).
    pub(crate) fn was_started_by(&self, request_id: &str) -> bool {
        !request_id.is_empty() && self.request_id == request_id
    }

    /// How many signals the run has had.
    fn signals(&self) -> u32 {
        self.state.signals.saturating_add(self.buffer.signals())
    }

    fn check_signals(&self, turn: &Turn<'_>) -> Result<(), InvalidRequest> {
        let full = self.signals() >= turn.config.limits.signals;
        if full { Err(InvalidRequest::SignalLimit) } else { Ok(()) }
    }

    fn record_signal(
        &mut self,
        turn: &mut Turn<'_>,
        name: SmolStr,
        input: Option<Payloads>,
        header: Option<Header>,
        requester: Requester,
        needs_task: bool,
    ) {
        let Asked { identity, mut request_id, external, .. } = requester.into();
        if request_id.is_empty() {
            request_id = format_smolstr!("signal-{}", self.signals().saturating_add(1));
        }
        let mut decision = Decision::default();
        decision.record(
            turn.now,
            Box::new(WorkflowExecutionSignaled {
                signal_name: name,
                input,
                identity,
                header,
                external_workflow_execution: external,
                request_id,
                ..WorkflowExecutionSignaled::default()
            }),
        );
        self.settle(turn, decision);
        self.finish(turn, needs_task);
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
        let Asked { identity, external, initiated, .. } = requester.into();
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
        self.close_by_force(turn, |chain, out| out.record(chain.now, closed));
        Ok(())
    }

    /// W-17: a task that is started fails, what it held back is recorded, and the run closes.
    pub(crate) fn close_by_force(
        &mut self,
        turn: &mut Turn<'_>,
        close: impl FnOnce(&Chain<'_>, &mut Decision),
    ) {
        self.fail_task(turn, WorkflowTaskFailedCause::ForceCloseCommand, None, HISTORY_SERVICE);
        self.flush();
        let mut decision = Decision::default();
        close(&self.state.chain(turn), &mut decision);
        self.settle(turn, decision);
        self.finish(turn, false);
    }
}
