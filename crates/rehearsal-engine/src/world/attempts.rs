//! Attempts of activities: taken, polled, heartbeating, reported.

use std::future::pending;
use std::time::Duration;

use rehearsal_history::{FailureInfo, Payloads, duration_text};
use rehearsal_service::{ActivityTask, Answer, Input, RequestError};
use rehearsal_worker::{AttemptRules, Beat, LocalKey, Report};

use super::faults::{AttemptFault, EndOf, failing};
use super::patience::BUSY_PATIENCE;
use super::{Entry, ReadyTask, World};
use crate::activity::{ActivityError, ActivityResult, Done};
use crate::cause::Cause;
use crate::choice::Touched;
use crate::executor::{AttemptKey, Outdoors, Outside, Running};
use crate::finding::{Code, Finding};
use crate::record::{Call, Heartbeat, HeartbeatAnswer};

impl World {
    pub(super) fn take_activity_task(&mut self, host: usize, task: ReadyTask) {
        if self.is_open(task.run) && self.goes_away(host) {
            self.hosts[host].free_slot();
            let queue = self.hosts[host].spec.queue.clone();
            return self.route_activity_task(task, queue);
        }
        let queue = self.hosts[host].spec.queue.clone();
        if !self.has_poll(host, &queue, false) {
            self.hosts[host].free_slot();
            return self.wait_for_activity_poll(task, queue);
        }
        let input = Input::StartActivityTask {
            run: task.run,
            scheduled: task.scheduled,
            attempt: task.attempt,
            identity: self.hosts[host].identity.clone(),
            request_id: self.ids.uuid(),
        };
        // A refusal means that the task is gone: canceled, timed out, or its workflow closed.
        let Ok(Answer::ActivityTask(task)) = self.call(input) else { return self.free_slot(host) };
        let now = self.clock.now();
        let since = self.time_of(task.token.run).since(task.scheduled_at);
        let left = task.schedule_to_close.map(|limit| limit.saturating_sub(since));
        let expiry = self.rules().expiry(task.start_to_close, left, task.heartbeat_timeout);
        let Some(key) = self.begin_attempt(host, *task, None) else { return };
        // One outside keeps its own deadlines.
        if self.executor.get(key).is_some_and(|running| running.outdoors.is_some()) {
            return;
        }
        if let Some(limit) = expiry.start_to_close {
            self.agenda.push(now + limit, Entry::Deadline(key));
        }
        if let Some(limit) = expiry.heartbeat {
            self.agenda.push(now + limit, Entry::Silence { key, limit });
        }
    }

    /// Starts the code of an attempt; `None` if there is none, or it hangs.
    pub(super) fn begin_attempt(
        &mut self,
        host: usize,
        task: ActivityTask,
        local: Option<LocalKey>,
    ) -> Option<AttemptKey> {
        self.touch(Touched::ActivityCode);
        let remote = local.is_none() && self.hosts[host].spec.remote;
        let fakes = &self.executor.fakes;
        let own = self.scenario.activities.get(&task.activity_type);
        let own = own.filter(|code| !remote || code.takes(&task, fakes)).cloned();
        let surrounded = self.scenario.surrounded.contains(&task.activity_type);
        let outdoors = remote && own.is_none() && !surrounded;
        if own.is_none() && !outdoors && !self.scenario.has_activity(&task.activity_type) {
            let headline = format!(
                "activity `{}` is scheduled, but has neither code nor a stub",
                task.activity_type
            );
            let finding = Finding::new(Code::Setup, headline);
            self.stop(finding.with_cause(Cause::NoActivity));
            return None;
        }
        let struck = if local.is_none() { self.strikes_attempt(host, &task) } else { None };
        let code = own.as_deref().filter(|_| struck.is_none());
        let way = code.map_or(0, |code| self.goes_another_way(&task, code));
        self.record.calls.push(Call {
            activity: task.activity_type.clone(),
            workflow_id: task.workflow_id.clone(),
            run_id: task.run_id.clone(),
            scheduled: task.token.scheduled,
            attempt: task.attempt,
            token: task.token,
            input: task.input.clone(),
            started: self.elapsed(),
            ended: None,
            result: None,
            outside: false,
            lost: (struck == Some(AttemptFault::Hangs)).then(|| self.elapsed()),
            hung: struck == Some(AttemptFault::Hangs),
            worker: self.hosts[host].identity.clone(),
        });
        let later = match struck {
            Some(AttemptFault::Hangs) => return None,
            Some(AttemptFault::Begins { after }) => after,
            Some(AttemptFault::Fails) | None => Duration::ZERO,
        };
        let now = self.clock.now();
        let call = self.record.calls.len() - 1;
        let surroundings = &mut self.surroundings;
        let surrounded = own.is_none();
        let outdoors =
            (outdoors && struck != Some(AttemptFault::Fails)).then(|| Outdoors::of(&task));
        let is_outdoors = outdoors.is_some();
        let key = self.executor.start(
            host,
            &self.clock,
            (task, local),
            call,
            surrounded,
            |ctx, input| match (own, surroundings) {
                _ if struck == Some(AttemptFault::Fails) => failing(),
                _ if is_outdoors => Box::pin(pending()),
                (Some(code), _) if way > 0 => code.start_other(way, ctx, input),
                (Some(code), _) => code.start(ctx, input),
                (None, Some(surroundings)) => surroundings.start(ctx, input),
                (None, None) => unreachable!("an activity without code was refused"),
            },
        );
        if let Some(running) = self.executor.get(key) {
            running.outdoors = outdoors;
        }
        self.agenda.push(now + later, Entry::Poll(key));
        Some(key)
    }

    /// How the workers treat attempts.
    fn rules(&self) -> AttemptRules {
        AttemptRules::new(self.scenario.profile)
    }

    pub(super) fn poll_attempt(&mut self, key: AttemptKey) {
        if self.dies_inside(key) {
            return;
        }
        if self.executor.get(key).is_some_and(|running| running.outdoors.is_some()) {
            return self.poll_remote(key);
        }
        let now = self.clock.now();
        let Some(polled) = self.executor.poll(key, self.surroundings.as_deref_mut()) else {
            return;
        };
        if self.executor.outside(key) == Some(Outside::Woken) {
            return self.stop_outside(key);
        }
        let rules = self.rules();
        for details in polled.beats {
            if let Some(running) = self.executor.get(key) {
                running.last_beat = Some(Beat(details.clone()));
                if running.beats(rules)
                    && let Some(Beat(details)) = running.throttle.beat(now, details)
                {
                    self.agenda.push(now, Entry::Heartbeat { key, details });
                }
            }
        }
        self.arm_throttle(key);
        for due in polled.sleeps {
            self.agenda.push(due, Entry::Poll(key));
        }
        for sent in polled.requests {
            self.agenda.push(now, Entry::Request { key, sent, give_up: now + BUSY_PATIENCE });
        }
        if polled.ended {
            let ended = self.elapsed();
            if let Some(running) = self.executor.get(key) {
                let call = &mut self.record.calls[running.call];
                call.ended = Some(ended);
                call.outside = running.is_pending();
                if !call.outside {
                    call.result.clone_from(&running.result);
                }
            }
            self.agenda.push(now, Entry::Report(key));
        } else if polled.again {
            self.agenda.push(now, Entry::Poll(key));
        }
    }

    /// Polls the attempts that something woke from outside, such as a channel between two activities.
    pub(super) fn poll_woken(&mut self) {
        for key in self.executor.take_woken() {
            self.touch(Touched::Attempt(key.number()));
            if self.executor.outside(key) == Some(Outside::Woken) {
                return self.stop_outside(key);
            }
            self.agenda.push(self.clock.now(), Entry::Poll(key));
        }
    }

    fn arm_throttle(&mut self, key: AttemptKey) {
        let Some(running) = self.executor.get(key) else { return };
        let deadline = running.throttle.deadline();
        if deadline != running.throttle_due {
            running.throttle_due = deadline;
            if let Some(due) = deadline {
                self.agenda.push(due, Entry::Throttle(key));
            }
        }
    }

    pub(super) fn throttle_elapsed(&mut self, key: AttemptKey) {
        let now = self.clock.now();
        let rules = self.rules();
        let Some(running) = self.executor.get(key) else { return };
        if let Some(Beat(details)) = running.throttle.elapsed(now)
            && running.result.is_none()
            && running.beats(rules)
        {
            self.agenda.push(now, Entry::Heartbeat { key, details });
        }
        self.arm_throttle(key);
    }

    /// Sends a heartbeat; what the service answers reaches the code before it is polled again (C-25, C-29).
    pub(super) fn heartbeat(&mut self, key: AttemptKey, details: Option<Payloads>) {
        let rules = self.rules();
        let beats = self.executor.get(key).is_some_and(|running| running.beats(rules));
        if !beats || self.beat_is_lost(key) {
            return self.remote_heard(key, Ok(false));
        }
        let Some(running) = self.executor.get(key) else { return };
        let token = running.token;
        let info = &running.attempt.info;
        let (activity, run_id) = (info.activity_type.clone(), info.run_id.clone());
        let (scheduled, attempt) = (token.scheduled, info.attempt);
        let answered = self.call(Input::RecordHeartbeat { token, details });
        let outside = match &answered {
            Ok(Answer::Heartbeat { cancel_requested }) => Ok(*cancel_requested),
            Ok(_) => Ok(false),
            Err(error) => Err(error.clone()),
        };
        let answer = match answered {
            Ok(Answer::Heartbeat { cancel_requested: true }) => HeartbeatAnswer::CancelRequested,
            Ok(_) => HeartbeatAnswer::GoOn,
            Err(_) => HeartbeatAnswer::NotFound,
        };
        if let Some(running) = self.executor.get(key) {
            running.heard = self.clock.now();
        }
        let at = self.elapsed();
        self.record.heartbeats.push(Heartbeat { at, activity, run_id, scheduled, attempt, answer });
        if self.executor.get(key).is_some_and(|running| running.outdoors.is_some()) {
            return self.remote_heard(key, outside);
        }
        match answer {
            HeartbeatAnswer::GoOn => {}
            HeartbeatAnswer::CancelRequested => self.finish_context(key, Done::CancelRequested),
            HeartbeatAnswer::NotFound => self.finish_context(key, Done::NotFound),
        }
    }

    pub(super) fn attempt_deadline(&mut self, key: AttemptKey) {
        if self.executor.outside(key).is_some() {
            return self.stop_outside(key);
        }
        // What has ended in time and is on its way is not the worker's to give up.
        if let Some(running) = self.executor.get(key).filter(|running| !running.delayed) {
            running.expired = true;
        }
        self.finish_context(key, Done::DeadlineExceeded);
    }

    /// The worker looks whether the service has answered a heartbeat of the attempt within `limit` (C-34).
    pub(super) fn silence(&mut self, key: AttemptKey, limit: Duration) {
        let Some(running) = self.executor.get(key) else { return };
        let due = running.heard + limit;
        if due <= self.clock.now() {
            self.attempt_deadline(key);
        } else {
            self.agenda.push(due, Entry::Silence { key, limit });
        }
    }

    /// The first attempt that waits for something that does not belong to the run.
    pub(super) fn adrift(&self) -> Option<AttemptKey> {
        self.executor.keys().into_iter().find(|&key| self.executor.outside(key).is_some())
    }

    /// Ends the run: the code of an attempt waits for something that does not belong to it.
    pub(super) fn stop_outside(&mut self, key: AttemptKey) {
        let (Some(outside), Some(info)) = (self.executor.outside(key), self.executor.info(key))
        else {
            return;
        };
        let headline = format!(
            "activity {} of {} awaits something that is not part of the run",
            info.activity_type, info.workflow_id
        );
        let attempt = format!(
            "attempt {}, which began at {},",
            info.attempt,
            duration_text(info.started_at.since(self.record.began))
        );
        let detail = match outside {
            Outside::Unwoken => format!(
                "{attempt} waited for no operation of its context, and nobody woke it until {}",
                duration_text(self.elapsed())
            ),
            Outside::Woken => format!("{attempt} was woken by another thread"),
        };
        self.stop(Finding::new(Code::ForeignActivity, headline).with_detail(detail));
    }

    /// A worker stops gracefully: its activities learn of it, and may go on for a while. What the throttle of Go holds back
    /// is sent, and nothing is held back any more (`temporalInvoker.Heartbeat`).
    pub(super) fn stop_attempts_of(&mut self, host: usize) {
        let now = self.clock.now();
        let rules = self.rules();
        for key in self.executor.attempts_of(host) {
            let Some(running) = self.executor.get(key) else { continue };
            let beats = running.beats(rules);
            if rules.stop_ends_throttle()
                && let Some(Beat(details)) = running.throttle.open()
                && beats
            {
                self.agenda.push(now, Entry::Heartbeat { key, details });
            }
            if self.executor.tell_of_stop(key) {
                self.agenda.push(now, Entry::Poll(key));
            }
        }
        if let Some(timeout) = self.hosts[host].spec.stop_timeout {
            self.agenda.push(now + timeout, Entry::HostGivesUp(host));
        }
    }

    /// A worker that stops waits no longer for its activities. If its process ends with it, they are lost.
    pub(super) fn give_up_attempts_of(&mut self, host: usize) {
        if self.hosts[host].spec.exits {
            return self.lose_all_of(host);
        }
        for key in self.executor.attempts_of(host) {
            self.finish_context(key, Done::WorkerStops);
        }
    }

    pub(super) fn finish_context(&mut self, key: AttemptKey, why: Done) {
        if self.executor.finish_context(key, why) {
            self.agenda.push(self.clock.now(), Entry::Poll(key));
        }
    }

    /// Sends what an attempt ended with (§3.4.3 of the semantics). A refusal is not the activity's business any more.
    pub(super) fn report(&mut self, key: AttemptKey) {
        let end = self.end_of(key);
        if end == EndOf::Gone {
            return;
        }
        let Some(mut running) = self.executor.remove(key) else { return };
        self.agenda.drop_all_of(key.number());
        let Some(result) = running.result.take() else { return };
        if let Some(key) = running.local.take() {
            return self.local_ended(running.host, key, result);
        }
        let host = running.host;
        if let Some(said) = running.outdoors.take().and_then(|outdoors| outdoors.said) {
            let of = (host, running.call, running.delayed);
            self.report_remote(of, running.token, said, end == EndOf::Twice);
            return self.free_slot(host);
        }
        self.report_result(running, result, end);
        self.free_slot(host);
    }

    fn report_result(&mut self, mut running: Running, result: ActivityResult, end: EndOf) {
        let (done, rules) = (running.attempt.done.get(), self.rules());
        let told = done.is_some_and(|done| done != Done::DeadlineExceeded);
        let expired = running.expired && !rules.reports_when_expired(told);
        let not_found = done == Some(Done::NotFound) && !rules.reports_when_not_found(false);
        if expired || not_found {
            return;
        }
        let identity = self.hosts[running.host].identity.clone();
        let token = running.token;
        let ended = converted(result, done, rules);
        if rules.flushes(ended.report())
            && running.beats(rules)
            && let Some(Beat(details)) = running.throttle.flush()
        {
            // C-33: pending details are sent first; the answer does not matter any more.
            let _: Result<Answer, RequestError> =
                self.call(Input::RecordHeartbeat { token, details });
        }
        let input = match ended {
            Converted::Pending => return,
            Converted::Completed(result) => {
                Input::RespondActivityCompleted { token, result, identity }
            }
            Converted::Canceled(details) => {
                Input::RespondActivityCanceled { token, details, identity }
            }
            Converted::Failed(error) => Input::RespondActivityFailed {
                token,
                failure: error.into_failure(),
                last_heartbeat_details: rules.failure_details(running.last_beat),
                identity,
            },
        };
        if end == EndOf::Twice {
            let _: Result<Answer, RequestError> = self.call(input.clone());
        }
        let answer = self.call(input);
        if running.delayed && answer.is_err() {
            self.record.calls[running.call].lost = Some(self.elapsed());
        }
    }
}

/// What core reports for an activity that says that it was canceled because its worker stops (`worker_shutdown_failure`).
const STOPPED: &str = "Worker is shutting down and this activity did not complete in time";

enum Converted {
    Completed(Option<Payloads>),
    Canceled(Option<Payloads>),
    Failed(ActivityError),
    /// Somebody outside ends it: the worker has nothing to say.
    Pending,
}

impl Converted {
    const fn report(&self) -> Report {
        match self {
            Self::Completed(_) => Report::Completed,
            Self::Canceled(_) => Report::Canceled,
            Self::Failed(_) => Report::Failed,
            Self::Pending => Report::Pending,
        }
    }
}

/// What a worker makes of the value that an activity returns (§3.4.3).
fn converted(result: ActivityResult, done: Option<Done>, rules: AttemptRules) -> Converted {
    let error = match result {
        Ok(result) => return Converted::Completed(result),
        Err(error) if error.is_result_pending() => return Converted::Pending,
        Err(error) => error,
    };
    match &error.failure().info {
        Some(FailureInfo::Canceled(_))
            if done == Some(Done::WorkerStops) && rules.uncalled_cancel() == Report::Canceled =>
        {
            Converted::Failed(ActivityError::application(STOPPED, "WorkerShutdown"))
        }
        Some(FailureInfo::Canceled(info))
            if done == Some(Done::CancelRequested)
                || rules.uncalled_cancel() == Report::Canceled =>
        {
            Converted::Canceled(info.details.clone())
        }
        Some(FailureInfo::Canceled(_)) => {
            Converted::Failed(ActivityError::unexpected_cancel(error))
        }
        _ => Converted::Failed(error),
    }
}
