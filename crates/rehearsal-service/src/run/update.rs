//! Updates (§2.3): what clients ask of a run, and the speculative workflow tasks that bring it there.
//!
//! A speculative task leaves no events until something comes of it. Whatever else happens to the run while it is pending
//! makes a normal one of it (`closeTransactionHandleSpeculativeWorkflowTask` in `mutable_state_impl.go` of server 1.32).

use alloc::boxed::Box;
use alloc::vec::Vec;

use rehearsal_activation::{Message, TaskDelivery};
use rehearsal_history::event::UpdateRequest;
use rehearsal_history::{EventId, SmolStr, Status, Timestamp};

use super::{Run, Turn};
use crate::error::{Busy, NotFound, NotReady, RequestError};
use crate::machine::task::{TaskInput, WorkflowTask, record};
use crate::machine::update::{Abort, Reason, Update, unprocessed};
use crate::view::UpdateStage;
use crate::words::{Decision, Note, TaskNote, UpdateNote};

/// From which attempt of a workflow task on an update is refused (`failUpdateWorkflowTaskAttemptCount`).
const FAILING: u32 = 3;

/// How many events may have come since the last completed task for a speculative one to be dropped
/// (`DiscardSpeculativeWorkflowTaskMaximumEventsCount`), beside its `WorkflowTaskStarted` and `WorkflowTaskCompleted`.
const DROPPED_EVENTS: u64 = 10;

impl Run {
    /// A client updates the workflow (`ApplyRequest` in `api/updateworkflow/api.go`).
    ///
    /// # Errors
    ///
    /// The run is closed, fails its workflow tasks, or has too many updates.
    pub(crate) fn admit(
        &mut self,
        turn: &mut Turn<'_>,
        id: SmolStr,
        request: UpdateRequest,
    ) -> Result<(), RequestError> {
        let known = self.knows_update(&id);
        if !self.is_open() {
            let found = known || self.remembers_aborted(&id);
            return if found { Ok(()) } else { Err(NotFound::Completed.into()) };
        }
        if self.state.task.attempt() >= FAILING {
            return Err(NotReady::UpdateWhileFailing.into());
        }
        if self.check_closing().is_err() {
            // The server refuses it and lets go of the lock with that error, so that it forgets that the run tries to
            // close. When it asks again, 50 ms later, nothing is in the way (`ErrWorkflowClosing`).
            self.forget(turn);
        }
        if known {
            return Ok(());
        }
        let limits = &turn.config.limits;
        let of = |is: fn(&Update) -> bool| self.state.updates.values().filter(|it| is(it)).count();
        if of(Update::is_in_flight) >= limits.updates_in_flight {
            return Err(Busy::UpdatesInFlight { limit: limits.updates_in_flight }.into());
        }
        if of(Update::is_known) >= limits.updates {
            return Err(RequestError::TooManyUpdates { limit: limits.updates });
        }
        self.admitted = self.admitted.saturating_add(1);
        self.state.updates.insert(id, Update::Admitted { order: self.admitted, request });
        if self.state.task.is_idle() {
            self.schedule_speculative(turn, true);
            self.rest(turn);
        }
        Ok(())
    }

    /// How far an update has come.
    pub(crate) fn update(&self, id: &str) -> Option<UpdateStage<'_>> {
        Some(match self.state.updates.get(id)? {
            Update::Admitted { .. } | Update::Sent { .. } => UpdateStage::Admitted,
            Update::Accepted { .. } => UpdateStage::Accepted,
            Update::Completed { result, .. } => UpdateStage::Completed(result),
            Update::Rejected(failure) => UpdateStage::Rejected(failure),
            Update::Aborted(Abort::Refused(error)) => UpdateStage::Refused(error),
            Update::Aborted(Abort::Cleared) => UpdateStage::Cleared,
        })
    }

    /// Whether the run has an update of this id that a second one of the same id is.
    pub(crate) fn knows_update(&self, id: &str) -> bool {
        self.state.updates.get(id).is_some_and(Update::is_known)
    }

    /// Whether the history holds what an update of this id came to (`GetUpdateOutcome`).
    pub(crate) fn has_completed(&self, id: &str) -> bool {
        self.state.updates.get(id).is_some_and(Update::is_recorded)
    }

    /// Whether there are updates that a worker is to look at.
    pub(super) fn has_messages(&self) -> bool {
        self.state.updates.values().any(|update| update.outgoing().is_some())
    }

    /// The updates for the task of this `WorkflowTaskStarted`, in the order in which they came. From now on a worker has
    /// them.
    pub(super) fn send_messages(&mut self, started: EventId) -> Vec<Message> {
        let mut messages: Vec<(u64, Message)> = Vec::new();
        for (id, update) in &self.state.updates {
            if let Some((order, request)) = update.outgoing() {
                let sequencing = EventId(started.0.saturating_sub(1));
                let request = request.clone();
                messages.push((order, Message { update_id: id.clone(), sequencing, request }));
            }
        }
        messages.sort_by_key(|(order, _)| *order);
        for (_, message) in &messages {
            self.state.note(Note::Update(message.update_id.clone(), UpdateNote::Sent));
        }
        messages.into_iter().map(|(_, message)| message).collect()
    }

    /// Whether the task that is started only brought updates, and nothing came of it (`skipWorkflowTaskCompletedEvent`).
    pub(super) fn is_dropped(&self, leaves_events: bool) -> bool {
        let speculative = self.state.task.slot().is_some_and(|slot| slot.speculative);
        let seen = self.state.previous_started.0.saturating_add(2 + DROPPED_EVENTS);
        speculative && !leaves_events && self.next_id().0 <= seen
    }

    /// Forgets the task that is started.
    pub(super) fn drop_task(&mut self) {
        self.state.note(Note::Task(TaskNote::FirstAttempt));
    }

    /// What a worker has seen and said nothing of is rejected (`RejectUnprocessed`).
    pub(super) fn reject_unprocessed(&mut self) {
        let sent = self.state.updates.iter().filter(|(_, update)| update.is_sent());
        let ids: Vec<SmolStr> = sent.map(|(id, _)| id.clone()).collect();
        for id in ids {
            let note = UpdateNote::Rejected(Box::new(unprocessed()));
            self.state.note(Note::Update(id, note));
        }
    }

    /// The workflow task was refused: what it brought is given up.
    pub(super) fn abort_unseen(&mut self) {
        self.abort(Reason::TaskFailed);
    }

    /// The run has closed: what is in flight is given up.
    pub(super) fn abort_all(&mut self) {
        let continued = self.state.view.status == Status::ContinuedAsNew;
        self.abort(if continued { Reason::Continued } else { Reason::Closed });
    }

    fn abort(&mut self, reason: Reason) {
        for update in self.state.updates.values_mut() {
            if let Some(aborted) = update.abort(reason) {
                *update = aborted;
            }
        }
    }

    /// Schedules a speculative task; `offer` it to workers, or start it yourself.
    fn schedule_speculative(&mut self, turn: &mut Turn<'_>, offer: bool) {
        self.schedule(turn, offer, true);
    }

    /// Starts a speculative task for the updates that came while a worker had the last one, if there are any.
    pub(super) fn start_speculative(
        &mut self,
        turn: &mut Turn<'_>,
        identity: SmolStr,
        request_id: SmolStr,
    ) -> Result<Option<TaskDelivery>, RequestError> {
        if !self.is_open() || !self.state.task.is_idle() || !self.has_messages() {
            return Ok(None);
        }
        self.schedule_speculative(turn, false);
        self.take_task(turn, identity, request_id)?;
        let next = self.deliver(true)?;
        self.rest(turn);
        Ok(Some(next))
    }

    /// Whether the worker that has completed a task just now was given a speculative one with the answer. Activities
    /// that are started as soon as they are scheduled were given out with it too, before there was a speculative task
    /// (`handlePostCommandEagerExecuteActivity` in
    /// `service/history/api/respondworkflowtaskcompleted/workflow_task_completed_handler.go` of server 1.32).
    pub(super) fn has_just_begun_speculative(&self, now: Timestamp) -> bool {
        match &self.state.task {
            WorkflowTask::Started { slot, .. } => slot.speculative && slot.at == now,
            WorkflowTask::Idle { .. } | WorkflowTask::Scheduled(_) => false,
        }
    }

    /// Makes a normal task of a speculative one: it has happened.
    pub(super) fn record_speculative(&mut self, turn: &Turn<'_>) {
        let mut decision = Decision::default();
        match &self.state.task {
            WorkflowTask::Scheduled(slot) if slot.speculative => {
                decision.record(slot.at, slot.scheduled_event());
            }
            WorkflowTask::Started { slot, at, identity, request_id, .. } if slot.speculative => {
                let extent = self.extent(turn);
                decision.record(slot.at, slot.scheduled_event());
                let (identity, request_id) = (identity.clone(), request_id.clone());
                let started = record::started(slot.scheduled, extent, identity, request_id);
                decision.record(*at, started);
            }
            WorkflowTask::Idle { .. }
            | WorkflowTask::Scheduled(_)
            | WorkflowTask::Started { .. } => {
                return;
            }
        }
        self.settle(turn, decision);
    }

    /// Ends a transaction that writes nothing.
    pub(super) fn rest(&mut self, turn: &mut Turn<'_>) {
        self.arm(turn);
        self.queue.commit(turn.now);
    }

    /// What a task is scheduled by.
    pub(super) fn task_input(&self, speculative: bool) -> TaskInput {
        TaskInput::Schedule {
            next: self.next_id(),
            queue: self.task_queue(),
            timeout: self
                .state
                .settings
                .task_timeout
                .saturating_add(super::task_backoff(self.state.task.attempt())),
            speculative,
        }
    }
}
