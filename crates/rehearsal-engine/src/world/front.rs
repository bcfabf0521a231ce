//! The world as a front end sees it: clients outside ask it in the service's own words, workers come and go, and the front
//! end says when the clock moves.

use std::collections::BTreeMap;
use std::time::Duration;

use rehearsal_activation::{AnswerQuery, Query};
use rehearsal_history::{SearchType, SmolStr, TaskQueue, Timestamp};
use rehearsal_service::{
    ActivityToken, Answer, Input, InvalidRequest, Poll, QueryInput, RequestError, RunRef, Service,
    Target, TaskState,
};

use super::{Entry, World};
use crate::clock::BEGINNING;
use crate::finding::Finding;
use crate::host::{Host, STICKY_POLLER_AGE};
use crate::rng::version_7;
use crate::worker_spec::WorkerSpec;

use super::entry::{Sender, SentSignal};
use super::queries::{Asked, QueryHandle, ReadyQuery};

impl World {
    /// What a client outside asks of the service, as it is: a start, a signal, a cancel, a termination, an update, what is
    /// said of an activity by its id. Nothing follows from it before the next step.
    ///
    /// # Errors
    ///
    /// What the service answers.
    pub fn serve(&mut self, input: Input) -> Result<Answer, RequestError> {
        self.moved = true;
        match input {
            Input::RequestCancelWorkflow { target, reason, identity } => {
                self.request_cancel(target, reason, identity).map(|()| Answer::Done)
            }
            other => self.call(other),
        }
    }

    /// What a client outside asked of another run, asked of this one at its time: as [`serve`](Self::serve), but a signal may be
    /// struck on its way (`docs/fault-model.md`), and what the service answers to one is nobody's business then.
    ///
    /// # Errors
    ///
    /// What the service answers.
    pub fn ask_again(&mut self, input: Input) -> Result<Answer, RequestError> {
        match input {
            Input::SignalWorkflow { target, name, input, header, identity, request_id } => {
                let by = Sender::Script;
                let signal = SentSignal { target, name, input, header, identity, request_id, by };
                self.signal_on_its_way(&signal).map(|()| Answer::Done)
            }
            other => self.serve(other),
        }
    }

    /// A worker takes the first workflow task of a run past its queue, with the answer to the start of that run
    /// (`NewWorkflowWithSignal` in `service/history/api/create_workflow_util.go`). Returns whether the run has one that
    /// nobody has taken.
    pub fn take_eagerly(&mut self, host: usize, run: RunRef, request_id: SmolStr) -> bool {
        let TaskState::Scheduled { scheduled, attempt, .. } = self.service.workflow_task(run)
        else {
            return false;
        };
        let identity = self.hosts[host].identity.clone();
        let poll = Poll::Normal;
        let input =
            Input::StartWorkflowTask { run, scheduled, attempt, identity, request_id, poll };
        let Ok(Answer::WorkflowTask(delivery)) = self.call(input) else { return false };
        // Nobody finds it in its queue any more.
        self.agenda
            .retain(|entry| !matches!(entry, Entry::WorkflowTask { task, .. } if task.run == run));
        for waiting in self.waiting_workflow_tasks.values_mut() {
            waiting.retain(|(task, _)| task.run != run);
        }
        self.begun.insert(run);
        self.deliver(host, delivery);
        true
    }

    /// An id that is not used yet: the same in every run in which as many were used.
    pub fn fresh_id(&mut self) -> SmolStr {
        self.ids.uuid()
    }

    /// The id of a run that is started: a UUID of version 7, as a server draws it (`primitives.NewUUID`, in
    /// `service/history/api/startworkflow/api.go`). It has the time in it, since the beginning of the run where ids are the
    /// same in every run. The next run of a chain has one of version 4 there, and so has a run that a signal starts.
    pub(super) fn fresh_run_id(&mut self) -> SmolStr {
        let at = match self.scenario.ids_of {
            0 => BEGINNING.saturating_add(self.elapsed()),
            _ => self.clock.now(),
        };
        version_7(&self.ids.uuid(), at)
    }

    /// Names the run that a client asks for, as a server does.
    pub fn name_run(&mut self, input: &mut Input) {
        match input {
            Input::StartWorkflow(start) | Input::UpdateWithStart { start, .. } => {
                start.run_id = self.fresh_run_id();
            }
            Input::SignalWithStart { start, .. } => start.run_id = self.fresh_id(),
            Input::SignalWorkflow { .. }
            | Input::UpdateWorkflow { .. }
            | Input::UpdateTimeSkipping { .. }
            | Input::Query(_)
            | Input::RequestCancelWorkflow { .. }
            | Input::TerminateWorkflow { .. }
            | Input::StartWorkflowTask { .. }
            | Input::RespondWorkflowTask { .. }
            | Input::StartActivityTask { .. }
            | Input::RecordHeartbeat { .. }
            | Input::RespondActivityCompleted { .. }
            | Input::RespondActivityFailed { .. }
            | Input::RespondActivityCanceled { .. }
            | Input::RespondActivityById { .. }
            | Input::Transfer { .. }
            | Input::Elapsed
            | Input::Shift { .. } => {}
        }
    }

    /// The service, to look at.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// An operator adds search attributes to the namespace.
    ///
    /// # Errors
    ///
    /// What the operator gets.
    pub fn add_search_attributes(
        &mut self,
        added: &BTreeMap<SmolStr, SearchType>,
    ) -> Result<(), InvalidRequest> {
        self.service.add_search_attributes(added)
    }

    /// An operator takes search attributes of the namespace away.
    ///
    /// # Errors
    ///
    /// What the operator gets.
    pub fn remove_search_attributes(&mut self, names: &[SmolStr]) -> Result<(), InvalidRequest> {
        self.service.remove_search_attributes(names)
    }

    /// A client asks a workflow, and waits so long; the id of the query is given to it here.
    ///
    /// # Errors
    ///
    /// What the client gets at once.
    pub fn inquire(
        &mut self,
        target: Target,
        mut query: Query,
        patience: Duration,
    ) -> Result<QueryHandle, RequestError> {
        // A worker outside answers them by itself, as its SDK does; those of the engine have no such answers.
        if query.name.starts_with("__") && self.remote.is_none() {
            return Err(RequestError::NotSimulated { what: "the queries of the SDK itself" });
        }
        query.id = self.ids.uuid();
        let id = query.id.clone();
        self.moved = true;
        if let Ok(run) = self.service.meant(&target) {
            self.asked_queries.insert(id.clone(), Asked::new(run, query.clone()));
        }
        let input =
            QueryInput::Ask { target: target.clone(), query, until: self.clock.now() + patience };
        if let Err(error) = self.call(Input::Query(Box::new(input))) {
            self.asked_queries.remove(&id);
            return Err(error);
        }
        Ok(QueryHandle { id, target })
    }

    /// The answer to a query, if it is there; or why it was refused after all.
    #[must_use]
    pub fn answer_to(&self, sent: &QueryHandle) -> Option<&Result<AnswerQuery, RequestError>> {
        self.asked_queries.get(&sent.id)?.answer()
    }

    /// Takes one step if anything is due. The clock does not move.
    pub fn step_due(&mut self) -> bool {
        self.step(self.clock.now())
    }

    /// When the next thing happens that waits for its time; none if nothing ever will without somebody outside.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        [self.agenda.next_due(), self.service.deadline()].into_iter().flatten().min()
    }

    /// Moves the clock to `to`, or to what is due before that, which does not happen yet. It never goes back.
    pub fn move_to(&mut self, to: Timestamp) {
        let to = self.next_due().map_or(to, |next| next.min(to));
        if to > self.clock.now() {
            self.advance_clock(to);
        }
    }

    /// Whether the run is over before its end, and why: nothing happens any more.
    #[must_use]
    pub fn over(&self) -> Option<&Finding> {
        self.findings.last().filter(|_| self.stopped)
    }

    /// A worker comes, and polls from now on. Returns which one of the world it is.
    pub fn connect(&mut self, spec: WorkerSpec) -> usize {
        let host = self.hosts.len();
        self.hosts.push(Host::new(host, spec, self.scenario.profile));
        self.start_host(host);
        host
    }

    /// A worker ends in good order: what it has not taken goes back to its queues.
    pub fn disconnect(&mut self, host: usize) {
        if self.hosts[host].is_polling() {
            self.hosts[host].retire();
            self.leave(host);
        }
    }

    /// A worker polls, maybe again, for workflow tasks and for activities.
    pub fn polls_for(&mut self, host: usize, workflows: bool, activities: bool) {
        let spec = &mut self.hosts[host].spec;
        (spec.workflows, spec.activities) = (workflows, activities);
        self.start_host(host);
    }

    /// A queue is polled, maybe again, for workflow tasks and queries or for activities: what waits there for such a poll is
    /// routed anew.
    pub fn polled(&mut self, queue: &SmolStr, workflows: bool) {
        if !workflows {
            for task in self.waiting_activity_tasks.remove(queue).unwrap_or_default() {
                self.route_activity_task(task, queue.clone());
            }
            return;
        }
        for (task, queue) in self.waiting_workflow_tasks.remove(queue).unwrap_or_default() {
            self.route_workflow_task(task, queue);
        }
        for query in self.waiting_queries.remove(queue).unwrap_or_default() {
            let queue = self.queue_of(&query, queue);
            self.route_query(query, queue);
        }
    }

    /// A poll of a sticky queue has begun: matching takes the queue for one that somebody polls, for 10 s at least (W-9).
    pub fn sticky_polled(&mut self, queue: SmolStr) {
        let now = self.clock.now();
        self.last_sticky_polls.retain(|_, at| now.since(*at) < STICKY_POLLER_AGE);
        self.last_sticky_polls.insert(queue, now);
    }

    /// The worker of a sticky queue has ended in good order: matching forgets that it was polled.
    pub fn sticky_left(&mut self, queue: &SmolStr) {
        self.last_sticky_polls.remove(queue);
    }

    /// The queue that a query waits in: the sticky one of a worker, or one that all share.
    fn queue_of(&self, query: &ReadyQuery, queue: &SmolStr) -> TaskQueue {
        if self.hosts.iter().any(|host| host.sticky_queue == *queue) {
            let normal = self.service.run(query.run).task_queue.clone();
            return TaskQueue::sticky(queue.clone(), normal);
        }
        TaskQueue::normal(queue.clone())
    }

    /// Whether something waits for a poll.
    #[must_use]
    pub fn waits_for_polls(&self) -> bool {
        self.waiting_workflow_tasks.values().any(|waiting| !waiting.is_empty())
            || self.waiting_activity_tasks.values().any(|waiting| !waiting.is_empty())
            || self.waiting_queries.values().any(|waiting| !waiting.is_empty())
    }

    /// Which queue is a worker's own: a task for a run that it keeps waits there.
    pub fn name_sticky_queue(&mut self, host: usize, queue: SmolStr) {
        self.hosts[host].sticky_queue = queue;
    }

    /// A worker has dropped a run from its cache: its next task comes with the whole history.
    pub fn drop_from_caches(&mut self, run_id: &str) {
        for host in &mut self.hosts {
            host.evict(run_id);
        }
    }

    /// An attempt of an activity has something to say.
    pub fn hear(&mut self, token: ActivityToken) {
        if let Some(key) = self.executor.outdoors_of(token) {
            self.agenda.push(self.clock.now(), Entry::Poll(key));
        }
    }
}
