//! Hosts that are workers outside: what they are handed, and what they say.

use rehearsal_activation::{
    AnswerQuery, ServerCommand, TaskDelivery, TaskOutcome, TaskResponse, TaskToken, Trouble,
};
use rehearsal_history::{
    Payloads, SmolStr, TaskQueue, TaskQueueKind, Timestamp, WorkflowTaskFailedCause,
};
use rehearsal_service::{
    ActivityTask, ActivityToken, Answer, Input, QueryInput, RequestError, RunRef,
};
use rehearsal_worker::Beat;

use super::queries::{Asked, ReadyQuery};
use super::{Entry, World};
use crate::activity::{ActivityError, ActivityResult};
use crate::executor::{AttemptKey, Outdoors};
use crate::remote::{ActivitySaid, Handed, News, Remote, RemoteWorker, Seen, TaskAccepted};

impl World {
    /// Asks what is outside; `None` if there is nothing.
    pub(super) fn outdoors<T>(
        &mut self,
        host: usize,
        ask: impl FnOnce(&mut dyn Remote, Seen<'_>, RemoteWorker<'_>) -> T,
    ) -> Option<T> {
        let remote = self.remote.as_deref_mut()?;
        let seen = Seen { service: &self.service, now: self.clock.now() };
        let of = &self.hosts[host];
        let worker = RemoteWorker {
            host,
            identity: &of.identity,
            queue: &of.spec.queue,
            sticky_queue: &of.sticky_queue,
        };
        Some(ask(remote, seen, worker))
    }

    /// Whether a worker has a poll of this queue for a task: one of the engine always does.
    pub(super) fn has_poll(&mut self, host: usize, queue: &SmolStr, workflows: bool) -> bool {
        if !self.hosts[host].spec.remote {
            return true;
        }
        let promised = if workflows {
            let is_its =
                |entry: &Entry| matches!(entry, Entry::Activate { host: of, .. } if *of == host);
            self.agenda.iter_due().any(is_its)
        } else {
            self.executor.promised_to(host)
        };
        self.outdoors(host, |remote, _, worker| {
            remote.polls(worker, queue, workflows) && remote.is_free(worker, workflows, promised)
        })
        .unwrap_or(true)
    }

    /// Whether a worker polls this queue, whatever its polls are meant for.
    pub(super) fn polls_now(&mut self, host: usize, queue: &SmolStr) -> bool {
        !self.hosts[host].spec.remote
            || self
                .outdoors(host, |remote, _, worker| remote.polls(worker, queue, true))
                .unwrap_or(true)
    }

    /// The worker that takes what waits in this queue: the first that polls it, and of those outside one that does so right
    /// now, if there is one.
    pub(super) fn taker(&mut self, queue: &SmolStr, workflows: bool) -> Option<usize> {
        let mut first = None;
        for host in 0..self.hosts.len() {
            let of = &self.hosts[host];
            let polls =
                if workflows { of.polls_workflows(queue) } else { of.polls_activities(queue) };
            if polls && self.has_poll(host, queue, workflows) {
                return Some(host);
            }
            first = first.or(polls.then_some(host));
        }
        first
    }

    /// A worker outside does a workflow task; its answer is sent when it is `answered`.
    pub(super) fn activate_remote(
        &mut self,
        host: usize,
        delivery: &TaskDelivery,
        answered: Timestamp,
    ) {
        let token = delivery.token.clone();
        let response = self
            .outdoors(host, |remote, seen, worker| remote.workflow_task(seen, worker, delivery));
        match response.unwrap_or(Handed::Done(None)) {
            Handed::Done(response) => {
                if let Some(response) = &response {
                    self.keep_for_replay(host, delivery, response);
                }
                self.remote_did(host, &token, response, answered);
            }
            Handed::Later => {
                self.tasks_outside.insert(token, (host, answered));
            }
        }
        self.settle_cache(host);
    }

    /// A worker outside has done a workflow task, or gives it up.
    fn remote_did(
        &mut self,
        host: usize,
        token: &TaskToken,
        response: Option<TaskResponse>,
        answered: Timestamp,
    ) {
        let Some(response) = response else {
            // W-7: the service is not told of an attempt after the first; the task runs into its timeout.
            self.hosts[host].evict(&token.run_id);
            return self.note_failed(&token.workflow_id, &token.run_id);
        };
        self.hosts[host].answers(&token.run_id, answered);
        let response = Box::new(TaskResponse { token: token.clone(), ..response });
        self.agenda.push(answered, Entry::Respond { host, response });
    }

    /// What workflow code got wrong, as far as the failure of a task outside tells.
    pub(super) fn note_remote_failure(&mut self, response: &TaskResponse) {
        let TaskOutcome::Failed(failed) = &response.outcome else { return };
        let message = failed.failure.message.to_string();
        let trouble = match failed.cause {
            WorkflowTaskFailedCause::NonDeterministicError => Trouble::Nondeterminism { message },
            _ => Trouble::TaskFailed { message },
        };
        let TaskToken { run_id, started, .. } = &response.token;
        self.note_trouble(run_id.clone(), Some(*started), trouble);
    }

    /// The service was told what a worker outside answers to a workflow task; `keeps` is its sticky queue, if it keeps the
    /// run in its cache.
    pub(super) fn remote_responded(
        &mut self,
        host: usize,
        token: &TaskToken,
        keeps: Option<&TaskQueue>,
        answer: Result<Answer, RequestError>,
    ) {
        let (next, told) = match answer {
            Ok(answer @ (Answer::TaskDone { .. } | Answer::TaskDropped { .. })) => {
                let (seen, next) = match answer {
                    Answer::TaskDropped { seen, next } => (Some(seen), next),
                    Answer::TaskDone { next } => (None, next),
                    _ => (None, None),
                };
                match keeps {
                    Some(queue) => {
                        self.hosts[host].sticky_queue.clone_from(&queue.name);
                        self.hosts[host].remember(&token.run_id);
                    }
                    None => self.hosts[host].evict(&token.run_id),
                }
                let told = Ok(TaskAccepted { next: next.is_some(), seen });
                (next, told)
            }
            Ok(_) => (None, Ok(TaskAccepted::default())),
            Err(error) => {
                self.hosts[host].evict(&token.run_id);
                (None, Err(error))
            }
        };
        self.outdoors(host, |remote, _, _| remote.workflow_task_answered(token, told));
        if let Some(delivery) = next {
            self.deliver(host, delivery);
        }
        self.settle_cache(host);
    }

    /// A worker outside takes a query and answers it.
    pub(super) fn take_remote_query(&mut self, host: usize, query: &ReadyQuery, queue: &TaskQueue) {
        if !self.has_poll(host, &queue.name, true) {
            return self.keep_query(query.clone(), queue.clone());
        }
        let run_id = self.service.run(query.run).run_id.clone();
        let cached = queue.kind == TaskQueueKind::Sticky && self.hosts[host].has_cached(&run_id);
        let Some(task) = self.query_task(query, cached) else { return };
        let answer = self.outdoors(host, |remote, seen, worker| remote.query(seen, worker, &task));
        if let Some(Handed::Done(Some(answer))) = answer {
            self.remote_answers(query.run, answer);
        }
    }

    fn remote_answers(&mut self, run: RunRef, answer: AnswerQuery) {
        let input = QueryInput::Answer { run, answer };
        // Cannot be refused.
        let _done = self.call(Input::Query(Box::new(input)));
    }

    /// An attempt goes on outside: at first it is handed out, then it is heard what it has said.
    pub(super) fn poll_remote(&mut self, key: AttemptKey) {
        let Some(running) = self.executor.get(key).filter(|running| running.result.is_none())
        else {
            return;
        };
        running.begun = true;
        let (host, token) = (running.host, running.token);
        let task = running.outdoors.as_mut().and_then(|outdoors| outdoors.task.take());
        if let Some(task) = task {
            self.outdoors(host, |remote, seen, worker| remote.activity_task(seen, worker, &task));
        }
        let said = self.outdoors(host, |remote, seen, _| remote.activity_said(seen, token));
        for (said, identity) in said.unwrap_or_default() {
            match said {
                ActivitySaid::Heartbeat(details) => self.remote_beats(key, details),
                ended => self.remote_ended(key, ended, identity),
            }
        }
    }

    fn remote_beats(&mut self, key: AttemptKey, details: Option<Payloads>) {
        if let Some(running) = self.executor.get(key) {
            running.last_beat = Some(Beat(details.clone()));
            self.agenda.push(self.clock.now(), Entry::Heartbeat { key, details });
        }
    }

    fn remote_ended(&mut self, key: AttemptKey, said: ActivitySaid, identity: SmolStr) {
        let ended = self.elapsed();
        let result = result_of(&said);
        if let Some(running) = self.executor.end(key, result.clone()) {
            if let Some(outdoors) = &mut running.outdoors {
                outdoors.said = Some((said, identity));
            }
            let call = &mut self.record.calls[running.call];
            (call.ended, call.result) = (Some(ended), Some(result));
            self.agenda.push(self.clock.now(), Entry::Report(key));
        }
    }

    /// A heartbeat of an attempt outside was answered, or is lost: then it goes on as if it had an answer that says nothing.
    pub(super) fn remote_heard(&mut self, key: AttemptKey, answer: Result<bool, RequestError>) {
        let Some(running) = self.executor.get(key).filter(|running| running.outdoors.is_some())
        else {
            return;
        };
        let (host, token) = (running.host, running.token);
        self.outdoors(host, |remote, _, _| remote.heartbeat_answered(token, answer));
        self.agenda.push(self.clock.now(), Entry::Poll(key));
    }

    /// Sends what an attempt outside ended with.
    pub(super) fn report_remote(
        &mut self,
        (host, call, delayed): (usize, usize, bool),
        token: ActivityToken,
        (said, identity): (ActivitySaid, SmolStr),
        twice: bool,
    ) {
        let input = match said {
            // It is no end, and none is reported.
            ActivitySaid::Heartbeat(_) => return,
            ActivitySaid::Completed(result) => {
                Input::RespondActivityCompleted { token, result, identity }
            }
            ActivitySaid::Canceled(details) => {
                Input::RespondActivityCanceled { token, details, identity }
            }
            ActivitySaid::Failed { failure, last_heartbeat_details } => {
                let failure = *failure;
                Input::RespondActivityFailed { token, failure, last_heartbeat_details, identity }
            }
        };
        if twice {
            let _: Result<Answer, RequestError> = self.call(input.clone());
        }
        let answer = self.call(input).map(drop);
        if delayed && answer.is_err() {
            self.record.calls[call].lost = Some(self.elapsed());
        }
        self.outdoors(host, |remote, _, _| remote.end_answered(token, answer));
    }

    /// Notes how often real time had a say in the run.
    pub(crate) fn note_silent(&mut self) {
        self.record.silent = self.remote.as_ref().map_or(0, |remote| remote.silent());
    }

    /// A worker's process has died: what it had is lost outside too.
    pub(super) fn remote_crashed(&mut self, host: usize) {
        if self.hosts[host].spec.remote {
            self.outdoors(host, |remote, _, worker| remote.crashed(worker.host));
        }
    }

    /// What an attempt ended with is lost on its way.
    pub(super) fn drop_attempt(&mut self, key: AttemptKey) {
        let removed = self.executor.remove(key);
        self.agenda.drop_all_of(key.number());
        if let Some(running) = removed.filter(|running| running.outdoors.is_some()) {
            self.remote_lost(running.host, running.token);
        }
    }

    /// What an attempt outside ended with is on its way for long. Its worker is not kept waiting, which may have no other slot
    /// for the next attempt.
    pub(super) fn remote_said_all(&mut self, key: AttemptKey) {
        let Some(running) = self.executor.get(key).filter(|running| running.outdoors.is_some())
        else {
            return;
        };
        let (host, token) = (running.host, running.token);
        self.outdoors(host, |remote, _, _| remote.end_answered(token, Ok(())));
    }

    /// An attempt is lost: if it is outside, nothing that it says is heard any more.
    pub(super) fn remote_lost(&mut self, host: usize, token: ActivityToken) {
        self.outdoors(host, |remote, _, _| remote.activity_lost(token));
    }

    /// What has come from outside now that nothing is due is brought on its way. Returns whether there is anything.
    pub(super) fn poll_outdoors(&mut self) -> bool {
        let next = self.next_due();
        let Some(remote) = self.remote.as_deref_mut() else { return false };
        let seen = Seen { service: &self.service, now: self.clock.now() };
        let News { attempts, tasks, queries, lost } = remote.at_rest(seen, next);
        let now = self.clock.now();
        let mut any = !tasks.is_empty() || !queries.is_empty();
        for (token, response) in tasks {
            if let Some((host, answered)) = self.tasks_outside.remove(&token) {
                self.remote_did(host, &token, response, answered.max(now));
            }
        }
        for answer in queries {
            if let Some(run) = self.asked_queries.get(&answer.query_id).map(Asked::run) {
                self.remote_answers(run, answer);
            }
        }
        for token in lost {
            if let Some(key) = self.executor.outdoors_of(token) {
                self.drop_attempt(key);
            }
        }
        for token in attempts {
            if let Some(key) = self.executor.outdoors_of(token) {
                any = true;
                self.agenda.push(now, Entry::Poll(key));
            }
        }
        any
    }
}

/// The sticky queue of a worker outside that keeps the run in its cache once this is accepted.
pub(super) fn keeps(response: &TaskResponse) -> Option<TaskQueue> {
    match &response.outcome {
        TaskOutcome::Completed { commands, sticky: Some((queue, _)), .. }
            if !commands.iter().any(ServerCommand::is_close) =>
        {
            Some(queue.clone())
        }
        TaskOutcome::Completed { .. } | TaskOutcome::Failed(_) => None,
    }
}

/// What an attempt outside came to, for the record.
fn result_of(said: &ActivitySaid) -> ActivityResult {
    match said {
        ActivitySaid::Heartbeat(details) | ActivitySaid::Completed(details) => Ok(details.clone()),
        ActivitySaid::Failed { failure, .. } => Err(ActivityError::from((**failure).clone())),
        ActivitySaid::Canceled(details) => Err(ActivityError::confirmed(details.clone())),
    }
}

impl Outdoors {
    /// An attempt that is about to be handed out.
    pub(super) fn of(task: &ActivityTask) -> Self {
        Self { task: Some(Box::new(task.clone())), said: None }
    }
}
