//! Runs the code of local activities: attempts, waits between them, and deadlines.
//!
//! `activities/local_activities.rs` of core 0.10.1, with what is odd about it: a schedule-to-close deadline that passes
//! between two attempts is lost, and the start-to-close deadline of an attempt that has failed stays armed and ends the
//! next one (`TimeoutBag::mark_started` drops the handle of a task, which does not end it), in a later life of the run as
//! well, if its task has failed: core looks for the run and the number of the local activity alone (`next_pending`).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{ScheduleLocalActivity, Seq};
use rehearsal_history::{
    Failure, FailureInfo, Payloads, RetryPolicy, SmolStr, TimeoutType, Timestamp,
};

use super::outcome::{Outcome, Resolve};
use crate::local::{LocalAttempt, LocalDone, LocalEvent, LocalRequest, LocalWhat};
use crate::run_info::RunInfo;

/// The wait from which on workflow code waits, by default.
const THRESHOLD: Duration = Duration::from_secs(60);

/// The local activities whose code is run.
#[derive(Debug, Clone, Default)]
pub(super) struct Executor {
    running: BTreeMap<Seq, Running>,
    keys: BTreeMap<u64, Key>,
    given: u64,
    pub(super) requests: Vec<LocalRequest>,
}

/// One of them (`LocalActivityInfo`, `LocalInFlightActInfo`).
#[derive(Debug, Clone)]
struct Running {
    command: ScheduleLocalActivity,
    policy: RetryPolicy,
    attempt: u32,
    queued_at: Timestamp,
    dispatched_at: Timestamp,
    /// The attempt that runs; none between two.
    number: Option<u64>,
    /// What it is to be woken for.
    wakes: Vec<u64>,
    /// The start-to-close deadline of the last attempt that was begun.
    start_to_close: Option<(u64, Timestamp)>,
}

#[derive(Debug, Clone, Copy)]
enum Key {
    Attempt(Seq),
    StartToClose(Seq),
    ScheduleToClose(Seq),
    Retry(Seq),
}

/// What the machines are told.
pub(super) struct Report {
    pub(super) seq: Seq,
    pub(super) runtime: Duration,
    pub(super) resolve: Resolve,
}

impl Executor {
    /// One is to be run; its end if its time is up already.
    pub(super) fn enqueue(
        &mut self,
        command: ScheduleLocalActivity,
        run: &RunInfo,
        now: Timestamp,
    ) -> Option<Report> {
        let seq = command.seq;
        let attempt = command.attempt.max(1);
        let mut wakes = Vec::new();
        if let Some(limit) = command.schedule_to_close {
            let first = command.first_scheduled_at.unwrap_or(now);
            let left = limit.saturating_sub(now.since(first));
            if left.is_zero() {
                let outcome = timed_out(TimeoutType::ScheduleToClose);
                let resolve = Resolve {
                    attempt: command.attempt,
                    ..Resolve::of(outcome, command.first_scheduled_at)
                };
                return Some(Report { seq, runtime: Duration::ZERO, resolve });
            }
            wakes.push(self.wake(Key::ScheduleToClose(seq), run, now.saturating_add(left)));
        }
        let policy = with_defaults(command.retry_policy.clone().unwrap_or_default());
        let running = Running {
            command,
            policy,
            attempt,
            queued_at: now,
            dispatched_at: now,
            number: None,
            wakes,
            start_to_close: None,
        };
        self.running.insert(seq, running);
        self.dispatch(seq, run, now)
    }

    fn wake(&mut self, key: Key, run: &RunInfo, due: Timestamp) -> u64 {
        self.given += 1;
        self.keys.insert(self.given, key);
        self.requests.push(LocalRequest::Wake { key: run.local_key(self.given), due });
        self.given
    }

    /// One is not run any more.
    fn remove(&mut self, seq: Seq, run: &RunInfo) -> Option<Running> {
        let running = self.running.remove(&seq)?;
        for number in &running.wakes {
            if self.keys.remove(number).is_some() {
                self.requests.push(LocalRequest::Forget { key: run.local_key(*number) });
            }
        }
        Some(running)
    }

    /// An attempt begins, unless it has waited for too long since the first was queued.
    fn dispatch(&mut self, seq: Seq, run: &RunInfo, now: Timestamp) -> Option<Report> {
        self.given += 1;
        let number = self.given;
        let running = self.running.get_mut(&seq)?;
        let command = &running.command;
        let waited = now.since(running.queued_at);
        if command.schedule_to_start.is_some_and(|limit| waited > limit) {
            let outcome = timed_out(TimeoutType::ScheduleToStart);
            let resolve = Resolve {
                attempt: running.attempt,
                ..Resolve::of(outcome, command.first_scheduled_at)
            };
            return Some(Report { seq, runtime: waited, resolve });
        }
        (running.number, running.dispatched_at) = (Some(number), now);
        let start_to_close = command.start_to_close;
        self.requests.push(LocalRequest::Run(Box::new(LocalAttempt {
            key: run.local_key(number),
            activity_id: command.activity_id.clone().unwrap_or_default(),
            activity_type: command.activity_type.clone(),
            workflow_id: run.workflow_id.clone(),
            workflow_type: run.workflow_type.clone(),
            task_queue: run.task_queue.clone(),
            input: command.input.clone(),
            header: command.header.clone(),
            attempt: running.attempt,
            scheduled_at: running.queued_at,
            schedule_to_close: command.schedule_to_close,
            start_to_close: start_to_close.or(command.schedule_to_close),
            retry_policy: Some(running.policy.clone()),
        })));
        self.keys.insert(number, Key::Attempt(seq));
        if let Some(limit) = start_to_close {
            self.loosen(seq, run);
            let due = now.saturating_add(limit);
            let wake = self.wake(Key::StartToClose(seq), run, due);
            let running = self.running.get_mut(&seq)?;
            running.wakes.push(wake);
            running.start_to_close = Some((wake, due));
        }
        None
    }

    /// Another attempt begins: the deadline of the one before is not called off any more, whatever becomes of the run.
    fn loosen(&mut self, seq: Seq, run: &RunInfo) {
        let Some(running) = self.running.get_mut(&seq) else { return };
        let Some((wake, due)) = running.start_to_close.take() else { return };
        if self.keys.remove(&wake).is_some() {
            running.wakes.retain(|other| *other != wake);
            self.requests.push(LocalRequest::Forget { key: run.local_key(wake) });
            self.requests.push(LocalRequest::Wake { key: run.loose_key(seq, wake), due });
        }
    }

    /// Something happened: how one has ended, if one has.
    pub(super) fn happened(
        &mut self,
        happened: LocalEvent,
        run: &RunInfo,
        now: Timestamp,
    ) -> Option<Report> {
        let number = match happened.key().what {
            LocalWhat::Attempt(number) => number,
            LocalWhat::Loose(seq, _) => {
                return self.time_out(seq, TimeoutType::StartToClose, run, now);
            }
            LocalWhat::Task(_) => return None,
        };
        match (self.keys.get(&number).copied()?, happened) {
            (Key::Attempt(seq), LocalEvent::Ended { result, .. }) => {
                self.keys.remove(&number);
                let of = self.running.get(&seq).and_then(|running| running.number);
                let outcome = of_result(result);
                if of == Some(number) { self.complete(seq, outcome, run, now) } else { None }
            }
            (Key::StartToClose(seq), LocalEvent::Due { .. }) => {
                self.keys.remove(&number);
                self.time_out(seq, TimeoutType::StartToClose, run, now)
            }
            (Key::ScheduleToClose(seq), LocalEvent::Due { .. }) => {
                self.keys.remove(&number);
                self.time_out(seq, TimeoutType::ScheduleToClose, run, now)
            }
            (Key::Retry(seq), LocalEvent::Due { .. }) => {
                self.keys.remove(&number);
                self.running.get_mut(&seq)?.attempt += 1;
                self.dispatch(seq, run, now)
            }
            (Key::Attempt(_), LocalEvent::Due { .. } | LocalEvent::Unheeded { .. })
            | (
                Key::StartToClose(_) | Key::ScheduleToClose(_) | Key::Retry(_),
                LocalEvent::Ended { .. } | LocalEvent::Unheeded { .. },
            ) => None,
        }
    }

    /// The attempt that runs, if one does, is out of time, and told so.
    fn time_out(
        &mut self,
        seq: Seq,
        timeout: TimeoutType,
        run: &RunInfo,
        now: Timestamp,
    ) -> Option<Report> {
        let number = self.running.get(&seq)?.number?;
        let (key, why) = (run.local_key(number), LocalDone::Deadline);
        self.requests.push(LocalRequest::Tell { key, why });
        self.complete(seq, timed_out(timeout), run, now)
    }

    /// An attempt has ended: it is tried again, or this is reported (`LocalActivityManager::complete`).
    fn complete(
        &mut self,
        seq: Seq,
        outcome: Outcome,
        run: &RunInfo,
        now: Timestamp,
    ) -> Option<Report> {
        let running = self.running.get_mut(&seq)?;
        running.number = None;
        let runtime = now.since(running.dispatched_at);
        let wait = match &outcome {
            Outcome::Failed(failure) => should_retry(&running.policy, running.attempt, failure),
            Outcome::TimedOut(failure) if is_start_to_close(failure) => {
                should_retry(&running.policy, running.attempt, failure)
            }
            Outcome::TimedOut(_) | Outcome::Completed(_) | Outcome::Canceled(_) => None,
        };
        let threshold = running.command.local_retry_threshold.unwrap_or(THRESHOLD);
        if let Some(wait) = wait.filter(|wait| *wait <= threshold) {
            let wake = self.wake(Key::Retry(seq), run, now.saturating_add(wait));
            self.running.get_mut(&seq)?.wakes.push(wake);
            return None;
        }
        let running = self.remove(seq, run)?;
        let resolve = Resolve {
            attempt: running.attempt,
            backoff: wait,
            ..Resolve::of(outcome, running.command.first_scheduled_at)
        };
        Some(Report { seq, runtime, resolve })
    }

    /// One is canceled: its end if it waits for its next attempt (`cancel_one_la`).
    pub(super) fn cancel(&mut self, seq: Seq, run: &RunInfo) -> Option<Report> {
        let running = self.running.get(&seq)?;
        if let Some(number) = running.number {
            let (key, why) = (run.local_key(number), LocalDone::Canceled);
            self.requests.push(LocalRequest::Tell { key, why });
            return None;
        }
        self.remove(seq, run);
        let resolve = Resolve { attempt: 0, ..Resolve::of(Outcome::empty_cancel(), None) };
        Some(Report { seq, runtime: Duration::ZERO, resolve })
    }

    /// The workflow closes: all that run are told, and nobody waits for them.
    pub(super) fn cancel_all(&mut self, run: &RunInfo) {
        for seq in self.running.keys().copied().collect::<Vec<_>>() {
            self.cancel(seq, run);
        }
    }
}

fn of_result(result: Result<Option<Payloads>, Box<Failure>>) -> Outcome {
    match result {
        Ok(result) => Outcome::Completed(result),
        Err(failure) => match failure.info {
            // As the converter of the Rust SDK words it.
            Some(FailureInfo::Canceled(info)) => {
                Outcome::Canceled(Failure::canceled("Activity cancelled", info.details))
            }
            _ => Outcome::Failed(*failure),
        },
    }
}

fn timed_out(timeout: TimeoutType) -> Outcome {
    let failure = Failure::timeout("Activity timed out", timeout);
    Outcome::TimedOut(Failure { source: SmolStr::default(), ..failure })
}

fn is_start_to_close(failure: &Failure) -> bool {
    matches!(&failure.info, Some(FailureInfo::Timeout(info)) if info.timeout_type == TimeoutType::StartToClose)
}

/// `ValidatedRetryPolicy::from_proto_with_defaults`.
fn with_defaults(mut policy: RetryPolicy) -> RetryPolicy {
    let initial = policy.initial_interval.unwrap_or(Duration::from_secs(1));
    policy.initial_interval = Some(initial);
    // What is no number counts as none, too.
    if policy.backoff_coefficient.is_nan() || policy.backoff_coefficient < 1.0 {
        policy.backoff_coefficient = 2.0;
    }
    let maximum = policy.maximum_interval.unwrap_or_else(|| initial.saturating_mul(100));
    policy.maximum_interval = Some(maximum.max(initial));
    policy
}

/// How long to wait for the attempt after `attempt`; `None` if there is none (`ValidatedRetryPolicy::should_retry`).
fn should_retry(policy: &RetryPolicy, attempt: u32, failure: &Failure) -> Option<Duration> {
    let maximum = u32::try_from(policy.maximum_attempts).unwrap_or(0);
    if maximum > 0 && attempt >= maximum {
        return None;
    }
    let info = match &failure.info {
        Some(FailureInfo::Application(info)) => Some(info),
        _ => None,
    };
    if info.is_some_and(|info| info.non_retryable) {
        return None;
    }
    let kind = info.map_or("", |info| info.kind.as_str()).to_lowercase();
    if policy.non_retryable_error_types.iter().any(|listed| listed.to_lowercase() == kind) {
        return None;
    }
    let chosen = info.and_then(|info| info.next_retry_delay);
    Some(chosen.unwrap_or_else(|| policy.wait_after(attempt)))
}
