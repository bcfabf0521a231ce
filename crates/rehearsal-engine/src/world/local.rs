//! Local activities: their code runs on the worker of their workflow, inside of a workflow task (C-45).
//!
//! The worker says what is to be run and when it wants to be woken; it is told what came of it. The service knows of none.

use rehearsal_history::{EventId, Payloads, SmolStr};
use rehearsal_service::{ActivityTask, ActivityToken, RunRef};
use rehearsal_worker::{
    LocalAttempt, LocalDone, LocalEvent, LocalKey, LocalRequest, LocalWhat, WorkerInput,
};

use super::{Entry, World};
use crate::activity::{ActivityResult, Done};
use crate::executor::AttemptKey;

impl World {
    /// A worker wants something done. One that runs no local activities has nobody to do it.
    pub(super) fn local_request(&mut self, host: usize, request: LocalRequest) {
        if !self.hosts[host].runs_local_activities() {
            return;
        }
        let now = self.clock.now();
        match request {
            LocalRequest::Run(attempt) => self.run_local(host, *attempt),
            LocalRequest::Tell { key, why } => {
                let why = match why {
                    LocalDone::Canceled => Done::Canceled,
                    LocalDone::Deadline => Done::DeadlineExceeded,
                };
                if let Some(&attempt) = self.executor.locals().get(&(host, key)) {
                    self.finish_context(attempt, why);
                    self.agenda.push(now, Entry::LocalTold(attempt));
                }
            }
            LocalRequest::Wake { key, due } => {
                self.wakes += 1;
                self.local_wakes.insert((host, key.clone()), self.wakes);
                self.agenda.push(due, Entry::LocalDue { host, key, number: self.wakes });
            }
            LocalRequest::Forget { key } => {
                if let Some(number) = self.local_wakes.remove(&(host, key)) {
                    self.agenda.drop_all_of(wake_owner(number));
                }
            }
        }
    }

    fn run_local(&mut self, host: usize, attempt: LocalAttempt) {
        let run = self.service.run_by_id(&attempt.workflow_id, &attempt.key.run_id);
        let Some(run) = run else { return };
        let now = self.clock.now();
        let token = ActivityToken { run, scheduled: EventId::NONE, attempt: attempt.attempt };
        let LocalAttempt { key, scheduled_at, .. } = attempt;
        let task = ActivityTask {
            token,
            workflow_id: attempt.workflow_id,
            run_id: key.run_id.clone(),
            workflow_type: attempt.workflow_type,
            activity_id: attempt.activity_id,
            activity_type: attempt.activity_type,
            input: attempt.input,
            header: attempt.header,
            attempt: attempt.attempt,
            heartbeat_details: None,
            heartbeat_timeout: None,
            start_to_close: attempt.start_to_close,
            schedule_to_close: attempt.schedule_to_close,
            task_queue: attempt.task_queue,
            // It waits in no queue.
            priority: None,
            retry_policy: attempt.retry_policy,
            scheduled_at,
            attempt_scheduled_at: now,
            started_at: now,
        };
        self.begin_attempt(host, task, Some(key));
    }

    /// The code of one has ended.
    pub(super) fn local_ended(&mut self, host: usize, key: LocalKey, result: ActivityResult) {
        let result: Result<Option<Payloads>, _> =
            result.map_err(|error| Box::new(error.into_failure()));
        self.tell_worker(host, LocalEvent::Ended { key, result });
    }

    /// The code of one was told that its context is over, and has been polled since.
    pub(super) fn local_told(&mut self, attempt: AttemptKey) {
        let Some(running) = self.executor.get(attempt) else { return };
        // Its end is on its way.
        if running.result.is_some() {
            return;
        }
        let host = running.host;
        if let Some(key) = running.local.clone() {
            self.tell_worker(host, LocalEvent::Unheeded { key });
        }
    }

    pub(super) fn local_due(&mut self, host: usize, key: LocalKey) {
        self.local_wakes.remove(&(host, key.clone()));
        self.tell_worker(host, LocalEvent::Due { key });
    }

    /// Tells a worker, who may then answer the workflow task that it has: an answer that is held is so from there on.
    fn tell_worker(&mut self, host: usize, event: LocalEvent) {
        let run_id = event.key().run_id.clone();
        let answered = self.clock.now() + self.hosts[host].hold(&run_id);
        self.drive(host, &run_id, WorkerInput::Local(event), None, answered);
    }

    /// A worker drops a run: it waits for nothing of it any more but for what `stays`. Code that runs goes on, and nobody
    /// hears of it.
    pub(super) fn forget_local(
        &mut self,
        host: usize,
        run_id: &SmolStr,
        stays: impl Fn(LocalWhat) -> bool,
    ) {
        let first =
            LocalKey { run_id: run_id.clone(), life: 0, what: LocalWhat::Task(EventId::NONE) };
        let wakes = self.local_wakes.range((host, first)..);
        let of = wakes.take_while(|((on, key), _)| *on == host && key.run_id == *run_id);
        let of = of.filter(|((_, key), _)| !stays(key.what));
        for key in of.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            if let Some(number) = self.local_wakes.remove(&key) {
                self.agenda.drop_all_of(wake_owner(number));
            }
        }
    }

    /// The code of all local activities of a run is told that they are canceled, and nobody waits for it.
    pub(super) fn cancel_local(&mut self, host: usize, run_id: &SmolStr) {
        let locals = self.executor.locals().iter();
        let of = locals.filter(|((on, key), _)| *on == host && key.run_id == *run_id);
        for attempt in of.map(|(_, attempt)| *attempt).collect::<Vec<_>>() {
            self.finish_context(attempt, Done::Canceled);
        }
    }

    /// A run is closed: no attempt of a local activity will run to which a deadline that was not called off could belong.
    pub(super) fn forget_loose(&mut self, run: RunRef) {
        let run_id = self.service.run(run).run_id.clone();
        self.local_wakes.retain(|(_, key), number| {
            let loose = matches!(key.what, LocalWhat::Loose(..)) && key.run_id == run_id;
            if loose {
                self.agenda.drop_all_of(wake_owner(*number));
            }
            !loose
        });
    }

    /// A worker's process is gone, and all that it waits for.
    pub(super) fn forget_local_of(&mut self, host: usize) {
        self.local_wakes.retain(|(on, _), number| {
            let gone = *on == host;
            if gone {
                self.agenda.drop_all_of(wake_owner(*number));
            }
            !gone
        });
    }
}

/// Whom the entry of such a wake belongs to: attempts count from below.
pub(super) const fn wake_owner(number: u64) -> u64 {
    u64::MAX - number
}
