//! Workflow tasks: taken, activated, answered.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{
    Completion, Job, TaskDelivery, TaskOutcome, TaskResponse, TaskToken, Trouble, WorkflowCommand,
};
use rehearsal_history::{Event, EventId, SmolStr, Status, TaskQueue, Timestamp};
use rehearsal_service::{Answer, Input, Poll, RequestError, TaskState};
use rehearsal_worker::{Grade, WorkerInput, WorkerOutput};

use super::end::note_told;
use super::remote::keeps;
use super::{Entry, ReadyTask, World};
use crate::cause::Cause;
use crate::choice::ChoiceKind;
use crate::finding::{Code, Finding};
use crate::journal::Pause;
use crate::record::TroubleAt;
use crate::unregistered::Unregistered;

impl World {
    pub(super) fn take_workflow_task(&mut self, host: usize, task: ReadyTask, queue: &TaskQueue) {
        if self.scenario.has_deployment() && self.deploys(task) {
            return self.route_workflow_task(task, queue.clone());
        }
        if self.is_open(task.run) && self.goes_away(host) {
            return self.route_workflow_task(task, queue.clone());
        }
        if !self.has_poll(host, &queue.name, true) {
            return self.wait_for_workflow_poll(task, queue.clone());
        }
        let run_id = self.service.run(task.run).run_id.clone();
        // A worker that is refused the task has nothing to do for which it might have forgotten the run.
        if self.hosts[host].has_cached(&run_id)
            && self.still_waits(task)
            && self.strikes(ChoiceKind::Evict)
        {
            let _pause = Pause::new(self.journal.as_ref());
            self.forget_local(host, &run_id, |_| false);
            self.hosts[host].evict(&run_id);
        }
        // W-9: only a task from the sticky queue comes without the part of the history that the cache holds.
        let poll = if queue.name == self.hosts[host].sticky_queue {
            Poll::Sticky { cached: self.hosts[host].has_cached(&run_id) }
        } else {
            Poll::Normal
        };
        let input = Input::StartWorkflowTask {
            run: task.run,
            scheduled: task.scheduled,
            attempt: task.attempt,
            identity: self.hosts[host].identity.clone(),
            request_id: self.ids.uuid(),
            poll,
        };
        // A refusal means that the task is gone: timed out, or its workflow closed.
        if let Ok(Answer::WorkflowTask(delivery)) = self.call(input) {
            self.begun.insert(task.run);
            self.deliver(host, delivery);
        }
    }

    /// Whether the service still has the task for whoever takes it: it has not timed out, and its workflow is open.
    pub(super) fn still_waits(&self, task: ReadyTask) -> bool {
        let open = self.service.run(task.run).status == Status::Running;
        let same = |scheduled, attempt| scheduled == task.scheduled && attempt == task.attempt;
        match self.service.workflow_task(task.run) {
            TaskState::Scheduled { scheduled, attempt, .. } => open && same(scheduled, attempt),
            TaskState::Started { .. } | TaskState::None => false,
        }
    }

    /// Asks whether something that does not happen in the calm run strikes here.
    pub(super) fn strikes(&mut self, kind: ChoiceKind) -> bool {
        self.ask(kind, 2) == 1
    }

    pub(super) fn deliver(&mut self, host: usize, delivery: TaskDelivery) {
        self.tasks_delivered += 1;
        self.touch_holds();
        let limit = self.scenario.limits.failed_tasks;
        if delivery.token.attempt == 1 {
            self.failed_tasks.remove(&delivery.token.run_id);
        }
        if self.failed_tasks.get(&delivery.token.run_id).is_some_and(|&failed| failed >= limit) {
            self.stopped = true;
            // What workflow code got wrong each time says more than that it did so each time.
            if self.record.troubles.is_empty() {
                let token = &delivery.token;
                let stuck = self.stuck(&token.run_id, &token.workflow_id, limit);
                self.findings.push(stuck);
            }
            return;
        }
        self.note_host(host, delivery.queries.iter().map(|query| &query.id));
        let now = self.clock.now();
        let hold = self.hold(&delivery.token.workflow_id);
        self.hosts[host].holds(&delivery.token.run_id, hold);
        self.hosts[host].expects(&delivery.token.run_id);
        let entry = Entry::Activate { host, delivery: Box::new(delivery), not_before: now + hold };
        self.agenda.push(now, entry);
    }

    /// How long the task of this workflow takes that is delivered now.
    fn hold(&mut self, workflow_id: &SmolStr) -> Duration {
        let hold = self.scenario.holds.get(&self.tasks_delivered).copied();
        if self.scenario.holds_of.is_empty() {
            return hold.unwrap_or_default();
        }
        let task = self.tasks_delivered_of.entry(workflow_id.clone()).or_default();
        *task += 1;
        let of = self.scenario.holds_of.get(&(workflow_id.clone(), *task)).copied();
        of.or(hold).unwrap_or_default()
    }

    /// Gives the worker its task, and the workflow all activations that follow from it, until the worker answers. The
    /// answer is sent `not_before` that time.
    pub(super) fn activate(
        &mut self,
        host: usize,
        delivery: Box<TaskDelivery>,
        not_before: Timestamp,
    ) {
        // A worker has one task of a run at a time, so the next waits until its answer is sent, even if nobody wants
        // that any more (recorded: `task-timeout-first`).
        if let Some(due) = self.hosts[host].answering(&delivery.token.run_id) {
            if due <= self.clock.now() {
                self.touch_nothing();
            }
            return self.agenda.push(due, Entry::Activate { host, delivery, not_before });
        }
        if self.strikes(ChoiceKind::Crash) {
            return self.crash_host(host);
        }
        let not_before = not_before.max(self.stalls_until(host, &delivery));
        let answered = self.clock.now().max(not_before);
        let run_id = delivery.token.run_id.clone();
        if !self.has_place(host, &run_id) {
            return self.wait_for_place(host, delivery, not_before);
        }
        self.hosts[host].begins(&run_id);
        if self.hosts[host].spec.remote {
            return self.activate_remote(host, &delivery, answered);
        }
        let partial = (delivery.first_event != EventId::FIRST).then(|| delivery.clone());
        self.drive(host, &run_id, WorkerInput::Task(delivery), partial, answered);
    }

    /// Hands something to a worker, and the workflow all activations that follow from it. An answer to its task is sent
    /// when it is `answered`; `partial` is a task that comes with a part of its history.
    pub(super) fn drive(
        &mut self,
        host: usize,
        run_id: &SmolStr,
        input: WorkerInput,
        mut partial: Option<Box<TaskDelivery>>,
        answered: Timestamp,
    ) {
        let now = self.clock.now();
        let mut next = Some(input);
        let mut outputs = Vec::new();
        while let Some(input) = next.take() {
            self.hosts[host].worker.at(now).handle(input, &mut outputs);
            for output in outputs.drain(..) {
                match output {
                    WorkerOutput::Respond(response) => {
                        self.hosts[host].answers(&response.token.run_id, answered);
                        self.agenda.push(answered, Entry::Respond { host, response });
                    }
                    // The run was dropped while the task was on its way, as by the refusal of a late answer. The worker
                    // asks for the rest of the history (`resetHistory` in `internal_task_handlers.go` of the Go SDK).
                    WorkerOutput::NeedFullHistory { .. } if partial.is_some() => {
                        let whole = partial.take().map(|delivery| self.whole(delivery));
                        next = whole.map(WorkerInput::Task).or(next);
                    }
                    // Only an activation has an answer, and there is one at a time.
                    other => next = self.follow(host, run_id, other).or(next),
                }
            }
        }
        self.settle_cache(host);
    }

    /// A delivery with all events from the first.
    fn whole(&self, mut delivery: Box<TaskDelivery>) -> Box<TaskDelivery> {
        let run = self.service.run_by_id(&delivery.token.workflow_id, &delivery.token.run_id);
        let history = run.map(|run| self.service.history(run));
        let before = |event: &&Arc<Event>| event.id < delivery.first_event;
        let mut events: Vec<Arc<Event>> =
            history.into_iter().flatten().take_while(before).cloned().collect();
        events.append(&mut delivery.events);
        delivery.events = events;
        delivery.first_event = EventId::FIRST;
        delivery
    }

    /// Does what the worker asks for, and says what the worker is to be told next.
    pub(super) fn follow(
        &mut self,
        host: usize,
        run: &SmolStr,
        output: WorkerOutput,
    ) -> Option<WorkerInput> {
        match output {
            WorkerOutput::Instantiate { run_id, workflow_type } => {
                let code = self.hosts[host].spec.code_of(&workflow_type);
                if let Some(definition) = self.scenario.definition(code) {
                    let instance = definition.instantiate();
                    self.hosts[host].instances.insert(run_id, instance);
                } else if let Some(none) = Unregistered::of(&self.scenario, code) {
                    self.hosts[host].instances.insert(run_id, Box::new(none));
                } else {
                    let workflow_type = workflow_type.to_string();
                    let headline = Trouble::Unregistered { workflow_type }.to_string();
                    let finding = Finding::new(Code::Setup, headline);
                    self.stop(finding.with_cause(Cause::NoWorkflow));
                }
            }
            WorkerOutput::Activate(activation) => {
                let instance = self.hosts[host].instances.get_mut(&activation.run_id)?;
                let _pause = Pause::new(self.journal.as_ref().filter(|_| activation.replaying));
                let completion = instance.activate(&activation);
                let run_id = activation.run_id;
                self.noted.abandonable(&mut self.record, &run_id, &completion);
                self.noted.unfinished(&mut self.record, &run_id, instance.unfinished());
                let signaled =
                    activation.jobs.iter().any(|job| matches!(job, Job::SignalWorkflow(_)));
                let over = match &completion {
                    Completion::Commands(commands) => {
                        commands.last().is_some_and(WorkflowCommand::is_close)
                    }
                    Completion::Failed(_) => false,
                };
                if signaled || over || self.noted.has_signals(&run_id) {
                    self.noted.signals(&mut self.record, &run_id, instance.signals());
                }
                return Some(WorkerInput::Completed { run_id, completion });
            }
            WorkerOutput::Evict { run_id } => {
                self.forget(host, &run_id);
            }
            WorkerOutput::Local(request) => self.local_request(host, request),
            // The scenario says that it is meant.
            WorkerOutput::Trouble { trouble: Trouble::Unregistered { .. }, .. } => {}
            WorkerOutput::Trouble { run_id, trouble } => self.note_trouble(run_id, None, trouble),
            WorkerOutput::Mismatch(mismatch) if mismatch.grade == Grade::BreaksProduction => {
                let trouble = Trouble::Nondeterminism { message: mismatch.to_string() };
                self.note_trouble(run.clone(), mismatch.at, trouble);
            }
            WorkerOutput::NeedFullHistory { .. } => {
                self.bug(
                    "a worker was given a part of a history although it has nothing in its cache",
                );
            }
            // W-7: the service is not told of an attempt after the first; the task runs into its timeout.
            WorkerOutput::Silent { token } => self.note_failed(&token.workflow_id, &token.run_id),
            // A milder mismatch does not fail the task; the replay of the whole run reports it. Queries without a task are
            // asked elsewhere.
            WorkerOutput::Mismatch(_)
            | WorkerOutput::Respond(_)
            | WorkerOutput::Answer(_)
            | WorkerOutput::NeedWholeHistory { .. } => {}
        }
        None
    }

    /// A worker drops a run from its cache.
    pub(super) fn forget(&mut self, host: usize, run_id: &SmolStr) {
        let profile = self.hosts[host].worker.options().profile;
        self.forget_local(host, run_id, |what| profile.outlives(what));
        if let Some(instance) = self.hosts[host].forgets(run_id) {
            note_told(&mut self.record, run_id, instance.as_ref());
        }
    }

    /// Notes that an attempt of a workflow task failed: workflow code could not, or what it asked for was refused. What
    /// ends because the worker died, or was too late, is no failure of the workflow; nor is it one that no worker is
    /// meant to have its type.
    pub(super) fn note_failed(&mut self, workflow_id: &SmolStr, run_id: &SmolStr) {
        if !self.scenario.unregistered.is_empty() {
            let run = self.service.run_by_id(workflow_id, run_id).map(|run| self.service.run(run));
            if run.is_some_and(|run| self.scenario.unregistered.contains(&run.workflow_type)) {
                return;
            }
        }
        *self.failed_tasks.entry(run_id.clone()).or_default() += 1;
    }

    pub(super) fn note_trouble(
        &mut self,
        run_id: SmolStr,
        event: Option<EventId>,
        trouble: Trouble,
    ) {
        self.record.troubles.push(TroubleAt { at: self.elapsed(), run_id, event, trouble });
    }

    pub(super) fn respond(&mut self, host: usize, response: TaskResponse) {
        let TaskToken { workflow_id, run_id, .. } = response.token.clone();
        self.hosts[host].answered(&run_id);
        let failed = matches!(response.outcome, TaskOutcome::Failed(_));
        let remote = self.hosts[host].spec.remote;
        let (token, keeps) = (response.token.clone(), keeps(&response));
        if remote {
            self.note_remote_failure(&response);
        }
        let input = Input::RespondWorkflowTask { response, request_id: self.ids.uuid() };
        let mut outputs = Vec::new();
        let answer = self.call(input);
        // An answer that comes too late is none: nobody waits for it any more.
        if failed || matches!(answer, Err(RequestError::InvalidArgument(_))) {
            self.note_failed(&workflow_id, &run_id);
        }
        if remote {
            return self.remote_responded(host, &token, keeps.as_ref(), answer);
        }
        match answer {
            Ok(Answer::TaskDone { next }) => {
                self.hosts[host].worker.handle(WorkerInput::Accepted { run_id }, &mut outputs);
                if let Some(delivery) = next {
                    self.deliver(host, delivery);
                }
            }
            Ok(Answer::TaskDropped { seen, next }) => {
                let dropped = WorkerInput::Dropped { run_id, seen };
                self.hosts[host].worker.handle(dropped, &mut outputs);
                if let Some(delivery) = next {
                    self.deliver(host, delivery);
                }
            }
            Ok(_) | Err(_) => {
                self.hosts[host].worker.handle(WorkerInput::Rejected { run_id }, &mut outputs);
            }
        }
        for output in outputs {
            if let WorkerOutput::Evict { run_id } = output {
                self.forget(host, &run_id);
            }
        }
        self.settle_cache(host);
    }
}
