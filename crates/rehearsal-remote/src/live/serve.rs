//! What clients ask, done as it comes.

use std::collections::BTreeMap;
use std::time::Duration;

use rehearsal_activation::Query;
use rehearsal_history::event::UpdateRequest;
use rehearsal_history::{EventKind, SearchType, SmolStr, Status};
use rehearsal_service::{
    ActivityResponse, Answer, Input, InvalidRequest, NotFound, PendingKind, PendingOp,
    PendingState, QueryRejectCondition, RequestError, RunRef, StartWorkflow, Target, TaskState,
    UpdateStage,
};

use super::waits::{ToldOfUpdate, Wait};
use super::with_start::WithStart;
use super::{Known, Live};
use crate::answer::{ActivityHeard, QueryAnswer, Refused, Started};
use crate::ask::{ActivityDone, AttributesAsk, UpdateWait, WorkerGone};
use crate::door::Slot;
use crate::inbox::Request;
use crate::look;

impl Live {
    #[expect(clippy::too_many_lines, reason = "an arm for each request")]
    pub(super) fn serve(&mut self, request: Request) {
        let (service, now) = (self.world.service(), self.world.now());
        let Some(request) = look::answer(request, service, now, self.alias) else { return };
        match request {
            Request::Start { start, reply } => self.start_workflow(*start, reply),
            Request::SignalWithStart { start, name, input, reply } => {
                let wanted = |start| Input::SignalWithStart { start, name, input };
                let started = self.start(*start, wanted);
                reply.answer(started.map(|(started, _)| started).map_err(Into::into));
            }
            Request::Act { input, reply } => {
                let input = self.as_meant(*input);
                reply.answer(self.ask(input).map(drop).map_err(Into::into));
            }
            Request::ActivityById { target, activity_id, done, identity, reply } => {
                let target = look::meant(target, self.alias);
                let response = by_id(done);
                let input = Input::RespondActivityById { target, activity_id, response, identity };
                let heard = match self.ask(input) {
                    Ok(Answer::Heartbeat { cancel_requested }) => {
                        Ok(ActivityHeard { cancel_requested })
                    }
                    Ok(_) => Ok(ActivityHeard::default()),
                    Err(error) => Err(error.into()),
                };
                reply.answer(heard);
            }
            Request::WorkerGone { gone, reply } => {
                self.worker_gone(&gone);
                reply.answer(Ok(()));
            }
            Request::ResetSticky { target, reply } => {
                let found = look::find(self.world.service(), &target, self.alias);
                let run_id = found.map(|run| self.world.service().run(run).run_id.clone());
                if let Ok(run_id) = &run_id {
                    self.world.drop_from_caches(run_id);
                }
                reply.answer(run_id.map(drop).map_err(Into::into));
            }
            Request::Query { target, query, condition, patience, reply } => {
                match self.rejected(&target, condition) {
                    Some(status) => reply.tell(Ok(QueryAnswer::Rejected(status))),
                    None => self.query(target, query, patience, reply),
                }
            }
            Request::Update { target, request, wait, reply } => {
                self.update(target, *request, wait, ToldOfUpdate::Update(reply));
            }
            Request::PollUpdate { target, update_id, wait, reply } => {
                match self.polled_update(&target, &update_id) {
                    Ok(run) => {
                        let reply = ToldOfUpdate::Update(reply);
                        self.wait_for(Wait::Update { run, update_id, wait, reply });
                    }
                    Err(error) => reply.tell(Err(error.into())),
                }
            }
            Request::Change { target, change, identity, reply } => {
                let changed = self.change(target, change, identity);
                reply.answer(changed.map_err(Into::into));
            }
            Request::PollFastForward { target, id, known, reply } => {
                self.poll_forward(&target, id, &known, reply);
            }
            Request::UpdateWithStart { start, request, wait, ran, reply } => {
                let sent = WithStart { start, request, wait, again: false, ran, reply };
                self.update_with_start(Box::new(sent));
            }
            Request::History { ask, reply } => {
                match look::find(self.world.service(), &ask.target, self.alias) {
                    Ok(run) => self.wait_for(Wait::History { run, ask, reply }),
                    Err(error) => reply.tell(Err(error.into())),
                }
            }
            Request::Pollers { queue, reply } => reply.tell(Ok(self.pollers(&queue))),
            Request::Lock { reply } => {
                self.locks = self.locks.saturating_add(1);
                reply.answer(Ok(()));
            }
            Request::Unlock { reply } => reply.tell(self.unlock()),
            Request::Sleep { by, unlocks, reply } => {
                if unlocks && let Err(refused) = self.unlock() {
                    reply.answer(Err(refused));
                } else if by.is_zero() && !unlocks {
                    self.waits.push(Wait::Rest { reply });
                } else {
                    let until = self.world.now().saturating_add(by);
                    self.waits.push(Wait::Sleep { until, locks: unlocks, reply });
                }
            }
            Request::SleepUntil { until, reply } => {
                self.waits.push(Wait::Sleep { until, locks: false, reply });
            }
            Request::Attributes { ask, reply } => {
                reply.answer(self.attributes(&ask).map_err(RequestError::from).map_err(Into::into));
            }
            // They only look, and are answered.
            Request::Describe { .. }
            | Request::List { .. }
            | Request::Now { .. }
            | Request::TooLate { .. } => {}
        }
    }

    /// What an operator asks of search attributes. Rehearsals that begin from now on have those that are there then.
    fn attributes(
        &mut self,
        ask: &AttributesAsk,
    ) -> Result<BTreeMap<SmolStr, SearchType>, InvalidRequest> {
        match ask {
            AttributesAsk::List => {}
            AttributesAsk::Add(added) => self.world.add_search_attributes(added)?,
            AttributesAsk::Remove(names) => self.world.remove_search_attributes(names)?,
        }
        let all = self.world.service().search_attributes().clone();
        self.options.search_attributes.clone_from(&all);
        Ok(all)
    }

    /// Whoever has what they want at once is answered at once.
    pub(super) fn wait_for(&mut self, wait: Wait) {
        let goes_on = self.try_answer(wait, false);
        self.waits.extend(goes_on);
    }

    /// The Java test server counts the locks of clients together with its own, one for each task that it has scheduled and
    /// that has not ended, and refuses an unlock when none of either is left (`unlockTimeSkippingLockedInternal` in
    /// `SelfAdvancingTimerImpl.java` of sdk-java 1.38). Tests rely on that: one that sleeps while another of its routines
    /// waits for a result has unlocked time twice.
    fn unlock(&mut self) -> Result<(), Refused> {
        if self.locks <= 0 && self.locks.saturating_add(self.held()) <= 0 {
            return Err(Refused::Unbalanced);
        }
        self.locks = self.locks.saturating_sub(1);
        Ok(())
    }

    /// How many workflow tasks, activities and queries wait for a worker, or are in the hands of one.
    fn held(&self) -> i64 {
        let service = self.world.service();
        let open = service.runs().filter(|run| service.run(*run).status == Status::Running);
        let of_runs = open.map(|run| {
            let task = usize::from(!matches!(service.workflow_task(run), TaskState::None));
            let is_held = |op: &PendingOp| {
                op.kind == PendingKind::Activity && op.state != PendingState::Backoff
            };
            task + service.pending(run).iter().filter(|op| is_held(op)).count()
        });
        let is_query = |wait: &&Wait| matches!(wait, Wait::Query { .. });
        let held = of_runs.sum::<usize>() + self.waits.iter().filter(is_query).count();
        i64::try_from(held).unwrap_or(i64::MAX)
    }

    /// Starts a workflow for a client. If that wants the first workflow task with the answer, it is given to it as the worker
    /// that it says it is.
    fn start_workflow(&mut self, start: StartWorkflow, reply: Slot<Started>) {
        let place = (start.identity.clone(), start.task_queue.clone());
        let request_id = start.request_id.clone();
        let service = self.world.service();
        let again = service.started_by(&start.workflow_id, &request_id).is_some();
        let (started, run) = match self.start(start, Input::StartWorkflow) {
            Ok(started) => started,
            Err(error) => return reply.tell(Err(error.into())),
        };
        // `respondToRetriedRequest`: the answer is that of the first time. Its task waits for a poll if it was not taken.
        let eager = started.started && !again && self.is_eager(run);
        let started = Started { started: started.started || again, ..started };
        if !eager {
            return reply.tell(Ok(started));
        }
        let host = self.worker_at(place, true);
        let run_id = started.run_id.clone();
        self.shared.inbox().eager.insert(run_id.clone(), (started, reply));
        if !self.world.take_eagerly(host, run, request_id) {
            let denied = self.shared.inbox().eager.remove(&run_id);
            if let Some((started, reply)) = denied {
                reply.tell(Ok(started));
            }
        }
    }

    /// Whether the first workflow task of a run was to be started with it.
    fn is_eager(&self, run: RunRef) -> bool {
        let first = self.world.service().history(run).first().map(|event| &event.kind);
        matches!(first, Some(EventKind::WorkflowExecutionStarted(it)) if it.eager_execution_accepted)
    }

    /// Starts a workflow, or takes one that runs.
    pub(super) fn start(
        &mut self,
        start: StartWorkflow,
        wanted: impl FnOnce(Box<StartWorkflow>) -> Input,
    ) -> Result<(Started, RunRef), RequestError> {
        let before = self.world.service().run_of(&start.workflow_id);
        let mut input = wanted(Box::new(start));
        self.world.name_run(&mut input);
        match self.ask(input)? {
            Answer::Started(run) => {
                let run_id = self.world.service().run(run).run_id.clone();
                Ok((Started { run_id, started: before != Some(run), eager: None }, run))
            }
            other => unreachable!("a start is answered with a run, not with {other:?}"),
        }
    }

    /// What a client asks, with the run that it means.
    fn as_meant(&self, mut input: Input) -> Input {
        match &mut input {
            Input::SignalWorkflow { target, .. }
            | Input::RequestCancelWorkflow { target, .. }
            | Input::TerminateWorkflow { target, .. } => {
                *target = look::meant(core::mem::take(target), self.alias);
            }
            _ => {}
        }
        input
    }

    /// How a workflow stands that is not asked because of that.
    fn rejected(&self, target: &Target, condition: QueryRejectCondition) -> Option<Status> {
        let service = self.world.service();
        let run = look::find(service, target, self.alias).ok()?;
        let status = service.run(run).status;
        condition.rejects(status).then_some(status)
    }

    fn query(
        &mut self,
        target: Target,
        query: Query,
        patience: Duration,
        reply: Slot<QueryAnswer>,
    ) {
        let target = look::meant(target, self.alias);
        match self.inquire(target, query, patience) {
            Ok(sent) => self.wait_for(Wait::Query { sent, reply }),
            Err(error) => reply.tell(Err(error.into())),
        }
    }

    /// The id of an update, which it is given if it has none.
    pub(super) fn name_update(&mut self, request: &mut UpdateRequest) -> SmolStr {
        let meta = request.meta.get_or_insert_default();
        if meta.update_id.is_empty() {
            meta.update_id = self.world.fresh_id();
        }
        meta.update_id.clone()
    }

    fn update(
        &mut self,
        target: Target,
        mut request: UpdateRequest,
        wait: UpdateWait,
        reply: ToldOfUpdate,
    ) {
        let update_id = self.name_update(&mut request);
        let target = look::meant(target, self.alias);
        let run = self.world.service().meant(&target);
        let input = Input::UpdateWorkflow { target, request: Box::new(request) };
        match run.and_then(|run| self.ask(input).map(|_| run)) {
            Ok(run) => self.wait_for(Wait::Update { run, update_id, wait, reply }),
            Err(error) => reply.answer(Err(error.into())),
        }
    }

    /// The run of an update that a client asks after. The server knows none that was never sent, or was rejected and so
    /// forgotten (`Find` and `remover` in `service/history/workflow/update/registry.go`).
    fn polled_update(&self, target: &Target, update_id: &SmolStr) -> Result<RunRef, RequestError> {
        let service = self.world.service();
        let run = look::find(service, target, self.alias)?;
        match service.update(run, update_id) {
            None | Some(UpdateStage::Rejected(_)) => {
                Err(NotFound::Update { update_id: update_id.clone() }.into())
            }
            Some(
                UpdateStage::Admitted
                | UpdateStage::Accepted
                | UpdateStage::Completed(_)
                | UpdateStage::Refused(_)
                | UpdateStage::Cleared,
            ) => Ok(run),
        }
    }

    fn worker_gone(&mut self, gone: &WorkerGone) {
        self.world.sticky_left(&gone.sticky_queue);
        // Another worker of its process may be on the same queue.
        let others = self.shared.open_polls();
        self.part_from(|_, identity, queue| {
            let polls = others.iter().any(|(by, on, _)| by == identity && on == queue);
            gone.ends(identity, queue) && !polls
        });
    }

    fn pollers(&self, queue: &SmolStr) -> (Vec<SmolStr>, Vec<SmolStr>) {
        let of = |does: fn(&Known) -> bool| {
            self.workers
                .iter()
                .filter(|((_, on), known)| on == queue && !known.gone && does(known))
                .map(|((identity, _), _)| identity.clone())
                .collect()
        };
        (of(|known| known.workflows), of(|known| known.activities))
    }
}

/// What is said of an activity by its id. Heartbeat details that come with a failure have no place there.
fn by_id(done: ActivityDone) -> ActivityResponse {
    match done {
        ActivityDone::Completed(result) => ActivityResponse::Completed(result),
        ActivityDone::Failed { failure, .. } => ActivityResponse::Failed(failure),
        ActivityDone::Canceled(details) => ActivityResponse::Canceled(details),
        ActivityDone::Heartbeat(details) => ActivityResponse::Heartbeat(details),
    }
}
