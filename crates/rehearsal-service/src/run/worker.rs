//! What workers do with workflow tasks: take them, answer them (W-2, W-3, W-8, W-10 to W-14).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::{TaskDelivery, TaskOutcome, TaskResponse, TaskToken, WorkerTaskFailure};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{
    Event, EventId, Failure, FailureInfo, ServerFailureInfo, SmolStr, TaskQueue, Timestamp,
    WorkflowTaskFailedCause,
};
use smol_str::ToSmolStr;

use super::command::{self, Command};
use super::plan::{Plan, plan};
use super::{Run, Sticky, Turn};
use crate::error::{InvalidRequest, NotFound, RequestError};
use crate::input::Poll;
use crate::machine::task::{TaskInput, WorkflowTask};
use crate::refusal::Refusal;
use crate::words::{Decision, Extent, HISTORY_SERVICE, Slot};

/// A completion, taken apart.
pub(crate) struct Completed {
    commands: Vec<Command>,
    sticky: Option<Sticky>,
    sdk_metadata: SdkMetadata,
    force_new_task: bool,
    return_new_task: bool,
    identity: SmolStr,
}

/// What a worker gets for its answer.
#[derive(Debug)]
pub(crate) struct Responded {
    /// The next task, if it was started at once.
    pub(crate) next: Option<TaskDelivery>,
    /// The task left no trace: this is the last that did, by its `WorkflowTaskStarted`.
    pub(crate) dropped: Option<EventId>,
}

impl Run {
    /// A worker takes a workflow task.
    ///
    /// # Errors
    ///
    /// It is no longer there.
    pub(crate) fn start_task(
        &mut self,
        turn: &mut Turn<'_>,
        scheduled: EventId,
        attempt: u32,
        identity: SmolStr,
        request_id: SmolStr,
        poll: Poll,
    ) -> Result<TaskDelivery, RequestError> {
        let slot = self.state.task.slot();
        if !self.is_open()
            || slot.is_none_or(|slot| slot.scheduled != scheduled || slot.attempt != attempt)
        {
            return Err(NotFound::WorkflowTask.into());
        }
        self.take_task(turn, identity, request_id)?;
        let cached = match poll {
            Poll::Sticky { cached } => cached,
            Poll::Normal => {
                self.sticky = None;
                let queue = TaskQueue::normal(self.state.view.task_queue.clone());
                self.state.task.moves_to(queue);
                false
            }
        };
        if self.state.task.slot().is_some_and(|slot| slot.speculative) {
            self.rest(turn);
        } else {
            self.finish(turn, false);
        }
        self.deliver(cached)
    }

    pub(super) fn take_task(
        &mut self,
        turn: &Turn<'_>,
        identity: SmolStr,
        request_id: SmolStr,
    ) -> Result<(), RequestError> {
        self.started_with = self.extent(turn);
        let input = TaskInput::Start {
            next: self.next_id(),
            extent: self.started_with,
            identity,
            request_id,
        };
        let mut decision = Decision::default();
        self.state
            .task
            .decide(turn.now, input, &mut decision)
            .map_err(|_| NotFound::WorkflowTask)?;
        self.settle(turn, decision);
        Ok(())
    }

    /// T-12 (`getHistorySizeInfo`). The next event is the start of the task.
    pub(super) fn extent(&self, turn: &Turn<'_>) -> Extent {
        let limits = &turn.config.limits;
        let suggested = self.events.len() + 1 >= limits.suggest_continue_as_new
            || self.written >= limits.suggest_continue_as_new_bytes;
        Extent { size: self.written, suggested }
    }

    /// The task that is started, for its worker.
    pub(super) fn deliver(&mut self, cached: bool) -> Result<TaskDelivery, RequestError> {
        let WorkflowTask::Started { started, .. } = &self.state.task else {
            return Err(NotFound::WorkflowTask.into());
        };
        let started = *started;
        let messages = self.send_messages(started);
        let WorkflowTask::Started { slot, .. } = &self.state.task else {
            return Err(NotFound::WorkflowTask.into());
        };
        let first = if cached { self.state.previous_started.next() } else { EventId::FIRST };
        let from =
            usize::try_from(first.0.saturating_sub(1)).unwrap_or(usize::MAX).min(self.events.len());
        let mut events: Vec<Arc<Event>> = self.events[from..].to_vec();
        events.extend(self.provisional());
        let (scheduled, attempt) = (slot.scheduled, slot.attempt);
        let queries = self.ride();
        let view = self.view();
        Ok(TaskDelivery {
            token: TaskToken {
                workflow_id: view.workflow_id.clone(),
                run_id: view.run_id.clone(),
                scheduled,
                started,
                attempt,
            },
            workflow_type: view.workflow_type.clone(),
            previous_started: self.state.previous_started,
            first_event: first,
            events,
            messages,
            queries,
        })
    }

    /// A worker answers a workflow task. Gives the next task if it was started at once (H-16).
    ///
    /// # Errors
    ///
    /// The task is no longer there, or what it says is refused.
    pub(crate) fn respond_task(
        &mut self,
        turn: &mut Turn<'_>,
        response: TaskResponse,
        request_id: SmolStr,
    ) -> Result<Responded, RequestError> {
        let TaskResponse { token, identity, outcome, mut answers } = response;
        if !self.is_open() || !self.holds(&token) {
            // `RespondWorkflowTaskFailed` asks first whether the run is closed, and does not let go of its lock then.
            if !self.is_open() && matches!(outcome, TaskOutcome::Failed(_)) {
                self.forget(turn);
                return Err(NotFound::Completed.into());
            }
            return Err(NotFound::WorkflowTask.into());
        }
        match outcome {
            TaskOutcome::Failed(failed) => {
                let WorkerTaskFailure { cause, failure } = *failed;
                // Its next attempt would be as large (`respondworkflowtaskfailed/api.go`).
                if cause == WorkflowTaskFailedCause::GrpcMessageTooLarge {
                    let reason = SmolStr::new_static("GrpcMessageTooLarge");
                    self.terminate(turn, reason, None, HISTORY_SERVICE)?;
                    return Ok(Responded { next: None, dropped: None });
                }
                self.fail_task(turn, cause, Some(Box::new(failure)), identity);
                self.finish(turn, true);
                Ok(Responded { next: None, dropped: None })
            }
            TaskOutcome::Completed {
                commands,
                sticky,
                sdk_metadata,
                force_new_task,
                return_new_task,
            } => {
                let completed = Completed {
                    commands: command::read(commands)?,
                    sticky: sticky.map(|(queue, timeout)| Sticky { queue, timeout }),
                    sdk_metadata,
                    force_new_task,
                    return_new_task,
                    identity,
                };
                answers.retain(|answer| self.rides(&answer.query_id));
                let mut responded = self.complete_task(turn, completed, request_id)?;
                if let Some(next) = &mut responded.next {
                    // What is answered rides on no other task (`handleBufferedQueries` comes first).
                    next.queries.retain(|query| answers.iter().all(|it| it.query_id != query.id));
                }
                self.answer_queries(turn, answers);
                if responded.next.is_none() {
                    self.unblock_queries(turn);
                }
                Ok(responded)
            }
        }
    }

    fn holds(&self, token: &TaskToken) -> bool {
        match &self.state.task {
            WorkflowTask::Started { slot, started, .. } => {
                slot.scheduled == token.scheduled
                    && *started == token.started
                    && slot.attempt == token.attempt
            }
            WorkflowTask::Idle { .. } | WorkflowTask::Scheduled(_) => false,
        }
    }

    fn complete_task(
        &mut self,
        turn: &mut Turn<'_>,
        completed: Completed,
        request_id: SmolStr,
    ) -> Result<Responded, RequestError> {
        let Completed { commands, sticky, sdk_metadata, force_new_task, return_new_task, identity } =
            completed;
        let returned = return_new_task.then_some((identity.clone(), request_id));
        let beats = (force_new_task && commands.is_empty())
            .then(|| self.state.task.slot().map_or(turn.now, |slot| self.beats_since(slot)));
        if let Some(since) = beats
            && turn.now > since.saturating_add(turn.config.task_heartbeat_timeout)
        {
            return self.end_heartbeats(turn, sticky, returned);
        }
        let input = TaskInput::Complete {
            next: self.next_id(),
            extent: self.extent(turn),
            identity: identity.clone(),
            sdk_metadata,
        };
        let mut decision = Decision::default();
        self.state
            .task
            .decide(turn.now, input, &mut decision)
            .map_err(|_| NotFound::WorkflowTask)?;
        turn.bend(&mut decision);
        // Every step records an event; the last is `WorkflowTaskCompleted`.
        let task =
            EventId(self.next_id().0.saturating_add(decision.steps.len() as u64).saturating_sub(1));
        self.index.update(&mut self.state);
        let leaves_events = force_new_task || commands.iter().any(|command| !command.is_message());
        let plan =
            plan((&self.state, &self.index), turn, task, &identity, self.buffer.len(), commands);
        let plan = match plan {
            Ok(plan) => plan,
            Err(refusal) => return Err(self.refuse(turn, refusal, identity)),
        };
        if self.is_dropped(leaves_events) {
            self.sticky = sticky;
            self.apply(plan.steps);
            self.drop_task();
            self.reject_unprocessed();
            let dropped = Some(self.state.previous_started);
            let next = if let Some((identity, request_id)) = returned {
                let next = self.start_speculative(turn, identity, request_id)?;
                self.rest(turn);
                next
            } else if self.has_messages() {
                self.finish(turn, true);
                None
            } else {
                self.rest(turn);
                None
            };
            return Ok(Responded { next, dropped });
        }
        self.apply(decision.steps);
        self.sticky = sticky;
        let responded = self.carry_out(turn, plan, force_new_task, returned)?;
        let next = self.state.task.slot().map(|slot| slot.scheduled);
        self.beating = next.zip(beats);
        self.forced = next.filter(|_| force_new_task);
        Ok(responded)
    }

    /// When the first task was scheduled of a line that has asked for nothing but the next one
    /// (`OriginalScheduledTime`).
    pub(super) fn beats_since(&self, slot: &Slot) -> Timestamp {
        match self.beating {
            Some((task, since)) if task == slot.scheduled => since,
            Some(_) | None => slot.at,
        }
    }

    /// W-18: the task is not completed but timed out. The next one is started all the same, and its worker is not told, so
    /// that it times out too (`RespondWorkflowTaskCompleted` in
    /// `service/history/api/respondworkflowtaskcompleted/api.go`).
    fn end_heartbeats(
        &mut self,
        turn: &mut Turn<'_>,
        sticky: Option<Sticky>,
        returned: Option<(SmolStr, SmolStr)>,
    ) -> Result<Responded, RequestError> {
        self.record_speculative(turn);
        let mut decision = Decision::default();
        let decided = self.state.task.decide(turn.now, TaskInput::TimeOut, &mut decision);
        decided.map_err(|_| NotFound::WorkflowTask)?;
        self.settle(turn, decision);
        self.lose_stickiness();
        self.sticky = sticky;
        self.schedule_task(turn, returned.is_none());
        if let Some((identity, request_id)) = returned {
            self.take_task(turn, identity, request_id)?;
        }
        self.finish(turn, false);
        Err(NotFound::TaskHeartbeat.into())
    }

    /// Nothing of the completion has happened yet, and nothing of it will (W-12, W-14).
    fn refuse(&mut self, turn: &mut Turn<'_>, refusal: Refusal, identity: SmolStr) -> RequestError {
        // Also of an attempt that is only refused (`Invoke` in `respondworkflowtaskcompleted/api.go`).
        self.abort_unseen();
        // W-14: a later attempt that is wrong again is left to its timeout.
        if self.state.task.attempt() == 1 || refusal == Refusal::UnhandledCommand {
            let failure = Failure {
                message: refusal.to_smolstr(),
                info: Some(FailureInfo::Server(ServerFailureInfo::default())),
                ..Failure::default()
            };
            self.fail_task(turn, refusal.cause(), Some(Box::new(failure)), identity);
            self.finish(turn, true);
            // `failWorkflowTask` does it before it fails the task.
            self.clear_queries(turn);
        } else {
            self.forget(turn);
        }
        InvalidRequest::Refused(refusal).into()
    }

    /// Does what the task came to. The next one is started at once if it is `returned` with the answer: to whom, and by which
    /// request.
    fn carry_out(
        &mut self,
        turn: &mut Turn<'_>,
        plan: Plan,
        force_new_task: bool,
        returned: Option<(SmolStr, SmolStr)>,
    ) -> Result<Responded, RequestError> {
        let Plan { steps, needs_task } = plan;
        self.apply(steps);
        // What a close passes over is given up with the run (`rejectUnprocessedUpdates` in
        // `respondworkflowtaskcompleted/workflow_task_completed_handler.go`).
        if !force_new_task && self.is_open() {
            self.reject_unprocessed();
        }
        if !self.is_open() {
            self.finish(turn, false);
            return Ok(Responded { next: None, dropped: None });
        }
        let Some((identity, request_id)) = returned else {
            // A speculative task skips the queue, so what it would be for makes a normal one.
            self.finish(turn, needs_task || force_new_task || self.has_messages());
            return Ok(Responded { next: None, dropped: None });
        };
        let next = if needs_task || force_new_task {
            // H-16: nothing can come between the two.
            self.schedule_task(turn, false);
            self.take_task(turn, identity, request_id)?;
            // It brings only what is new, also if no sticky queue is named: "sticky is always enabled when worker request
            // for new workflow task" (`Invoke` in `api/respondworkflowtaskcompleted/api.go`).
            let next = self.deliver(true)?;
            self.finish(turn, false);
            Some(next)
        } else {
            self.finish(turn, false);
            self.start_speculative(turn, identity, request_id)?
        };
        Ok(Responded { next, dropped: None })
    }
}
