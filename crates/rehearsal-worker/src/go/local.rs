//! Local activities (C-45, Go): run inside of a workflow task, and recorded by a marker when they have ended.
//!
//! `internal_task_handlers.go`, `internal_task_pollers.go` and `internal_event_handlers.go` of sdk-go 1.47. A task waits
//! for all that run. One that fails is tried again after a wait in the task; a wait that is longer than the task may take
//! is told to workflow code, which starts a timer (`retryLocalActivity`).

mod marker;
mod retry;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{
    ActivityResolution, Job, LocalResolution, ScheduleLocalActivity, Seq, ServerCommand,
};
use rehearsal_history::event::MarkerRecorded;
use rehearsal_history::{
    Event, EventKind, Failure, Payloads, RetryPolicy, SmolStr, TimeoutType, Timestamp, UserMetadata,
};

pub(crate) use self::marker::NAME;
use self::marker::Note;
use super::failure::SOURCE;
use super::outbox::Outbox;
use crate::local::{LocalAttempt, LocalDone, LocalEvent, LocalRequest, LocalWhat};
use crate::normal::retry_policy;
use crate::run_info::RunInfo;
use crate::slice::Task;
use crate::told::Misplaced;

/// How an attempt has ended.
type Ended = Result<Option<Payloads>, Box<Failure>>;

/// The local activities of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Locals {
    /// How many were asked for: their ids are these numbers (`localActivityCounterID`).
    count: u64,
    /// Those that have not ended, by number.
    pending: BTreeMap<Seq, Pending>,
    by_id: BTreeMap<SmolStr, Seq>,
    /// Those that no attempt was made of in this life of the run.
    unstarted: Vec<Seq>,
    /// What the keys are of that were given out, by number.
    keys: BTreeMap<u64, Key>,
    given: u64,
    /// Attempts that ended as soon as they were to begin.
    at_once: VecDeque<(Seq, Ended)>,
    requests: Vec<LocalRequest>,
    /// How many markers of the recorded task were looked at.
    looked_at: usize,
}

/// A local activity that has not ended (`localActivityTask`).
#[derive(Debug, Clone)]
struct Pending {
    id: SmolStr,
    command: ScheduleLocalActivity,
    policy: RetryPolicy,
    attempt: u32,
    /// When it was given to the executor first.
    scheduled_at: Timestamp,
    canceled: bool,
    /// The key of the attempt that runs, and why its context is over.
    running: Option<(u64, Option<LocalDone>)>,
}

/// An attempt that runs no more, and why its context was over, if it was.
struct Stopped(Option<LocalDone>);

#[derive(Debug, Clone, Copy)]
enum Key {
    Attempt(Seq),
    Deadline(Seq, u64),
    Retry(Seq),
}

/// What a local activity has come to: what its marker holds, and what workflow code is told.
pub(super) struct Told {
    pub(super) job: Job,
    /// Workflow time from now on.
    pub(super) time: Timestamp,
}

impl Pending {
    fn schedule_to_close(&self) -> Duration {
        let given = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
        let (all, one) =
            (given(self.command.schedule_to_close), given(self.command.start_to_close));
        all.or(one).unwrap_or_default()
    }

    fn start_to_close(&self) -> Duration {
        let given = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
        given(self.command.start_to_close).unwrap_or_else(|| self.schedule_to_close())
    }

    /// When all attempts are over (`expireTime`): counted from when workflow code asked for the first.
    fn expires(&self) -> Option<Timestamp> {
        let asked = self.command.first_scheduled_at?;
        Some(asked.saturating_add(self.schedule_to_close()))
    }

    /// When an attempt that begins now is over (`WithLocalActivityTask`).
    fn deadline(&self, now: Timestamp) -> Timestamp {
        let one = now.saturating_add(self.start_to_close());
        let all = self.scheduled_at.saturating_add(self.schedule_to_close());
        let deadline = one.min(all);
        match self.expires() {
            Some(expires) if self.attempt > 1 => deadline.min(expires),
            Some(_) | None => deadline,
        }
    }
}

impl Locals {
    /// Workflow code asks for one.
    pub(super) fn schedule(&mut self, command: ScheduleLocalActivity) {
        self.count += 1;
        let (id, seq): (SmolStr, _) = (self.count.to_string().into(), command.seq);
        self.by_id.insert(id.clone(), seq);
        self.unstarted.push(seq);
        let pending = Pending {
            id,
            // `applyRetryPolicyDefaultsForLocalActivity` (`internal/workflow.go`) has the server's defaults.
            policy: retry_policy(command.retry_policy.as_ref()),
            attempt: command.attempt.max(1),
            scheduled_at: Timestamp::default(),
            canceled: false,
            running: None,
            command,
        };
        self.pending.insert(seq, pending);
    }

    /// Workflow code cancels one: what has ended stays as it is (`RequestCancelLocalActivity`).
    pub(super) fn cancel(&mut self, seq: Seq, run: &RunInfo) {
        let Some(pending) = self.pending.get_mut(&seq) else { return };
        pending.canceled = true;
        if let Some((number, over @ None)) = &mut pending.running {
            *over = Some(LocalDone::Canceled);
            let (key, why) = (run.local_key(*number), LocalDone::Canceled);
            self.requests.push(LocalRequest::Tell { key, why });
        }
    }

    pub(super) fn take_requests(&mut self) -> Vec<LocalRequest> {
        core::mem::take(&mut self.requests)
    }

    /// A task begins.
    pub(super) const fn begin(&mut self) {
        self.looked_at = 0;
    }

    /// Whether any has not ended.
    pub(super) fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The next marker of a recorded task, if it is of one that has not ended: told when workflow code got no further. The
    /// error says which event it is.
    pub(super) fn recall(
        &mut self,
        task: &Task,
        out: &mut Outbox,
    ) -> Result<Option<Told>, (usize, Misplaced)> {
        while let Some(event) = task.commands.get(self.looked_at) {
            let index = self.looked_at;
            self.looked_at += 1;
            let EventKind::MarkerRecorded(recorded) = &event.kind else { continue };
            if recorded.marker_name != NAME {
                continue;
            }
            let note = marker::read(recorded).map_err(|why| (index, unreadable(event, why)))?;
            let Some(&seq) = self.by_id.get(&note.activity_id) else { continue };
            let result = match &recorded.failure {
                Some(failure) => Err(Box::new(failure.clone())),
                None => Ok(recorded.details.get(marker::RESULT).cloned()),
            };
            return self.end(seq, &note, result, out).map(Some).map_err(|why| (index, why));
        }
        Ok(None)
    }

    /// Gives those to the executor that wait for it.
    pub(super) fn start(&mut self, run: &RunInfo, now: Timestamp) {
        for seq in core::mem::take(&mut self.unstarted) {
            if let Some(pending) = self.pending.get_mut(&seq) {
                pending.scheduled_at = now;
                self.attempt(seq, run, now);
            }
        }
    }

    /// An attempt begins, unless it is canceled already (`executeLocalActivityTask`).
    fn attempt(&mut self, seq: Seq, run: &RunInfo, now: Timestamp) {
        let (number, deadline) = (self.given + 1, self.given + 2);
        let Some(pending) = self.pending.get_mut(&seq) else { return };
        if pending.canceled {
            return self.at_once.push_back((seq, Err(Box::new(canceled()))));
        }
        self.given += 2;
        pending.running = Some((number, None));
        let command = &pending.command;
        let (due, one, all) =
            (pending.deadline(now), pending.start_to_close(), pending.schedule_to_close());
        self.keys.insert(number, Key::Attempt(seq));
        self.keys.insert(deadline, Key::Deadline(seq, number));
        self.requests.push(LocalRequest::Run(Box::new(LocalAttempt {
            key: run.local_key(number),
            activity_id: pending.id.clone(),
            activity_type: command.activity_type.clone(),
            workflow_id: run.workflow_id.clone(),
            workflow_type: run.workflow_type.clone(),
            task_queue: run.task_queue.clone(),
            input: command.input.clone(),
            header: command.header.clone(),
            attempt: pending.attempt,
            scheduled_at: pending.scheduled_at,
            schedule_to_close: Some(all),
            start_to_close: Some(one),
            retry_policy: Some(pending.policy.clone()),
        })));
        self.requests.push(LocalRequest::Wake { key: run.local_key(deadline), due });
    }

    /// Something happened while a task waits: how one has ended, if one has.
    pub(super) fn happened(
        &mut self,
        happened: LocalEvent,
        run: &RunInfo,
        now: Timestamp,
    ) -> Option<(Seq, Ended)> {
        let LocalWhat::Attempt(number) = happened.key().what else { return None };
        match (self.keys.get(&number).copied()?, happened) {
            (Key::Attempt(seq), LocalEvent::Ended { result, .. }) => {
                self.stop(seq, number, run)?;
                Some((seq, result))
            }
            (Key::Attempt(seq), LocalEvent::Unheeded { .. }) => {
                self.given_up(seq, number, run, now)
            }
            // Who heeds the end of the context at once comes too late all the same: the worker waits for both, and has
            // seen it first (`executeLocalActivityTask`; recorded: `program-local-activity-heeds-its-deadline`).
            (Key::Deadline(seq, attempt), LocalEvent::Due { .. }) => {
                self.keys.remove(&number);
                let (of, over @ None) = self.pending.get_mut(&seq)?.running.as_mut()? else {
                    return None;
                };
                if *of != attempt {
                    return None;
                }
                *over = Some(LocalDone::Deadline);
                let (key, why) = (run.local_key(attempt), LocalDone::Deadline);
                self.requests.push(LocalRequest::Tell { key, why });
                self.given_up(seq, attempt, run, now)
            }
            (Key::Retry(seq), LocalEvent::Due { .. }) => {
                self.keys.remove(&number);
                self.pending.get_mut(&seq)?.attempt += 1;
                self.attempt(seq, run, now);
                None
            }
            (Key::Attempt(_), LocalEvent::Due { .. })
            | (
                Key::Deadline(..) | Key::Retry(_),
                LocalEvent::Ended { .. } | LocalEvent::Unheeded { .. },
            ) => None,
        }
    }

    /// The attempt of this key is not waited for, since its context is over.
    fn given_up(
        &mut self,
        seq: Seq,
        number: u64,
        run: &RunInfo,
        now: Timestamp,
    ) -> Option<(Seq, Ended)> {
        let why = self.stop(seq, number, run)?.0?;
        let pending = self.pending.get(&seq)?;
        let all = pending.scheduled_at.saturating_add(pending.schedule_to_close());
        // What ends a later attempt counts from workflow time, which a worker's clock is always ahead of: when that is up,
        // the time since the worker made the task is not (`newLocalActivityTask`, `WithLocalActivityTask`).
        let expired = pending.attempt > 1 && pending.expires().is_some_and(|end| end <= now);
        Some((seq, Err(Box::new(over(why, now >= all && !expired)))))
    }

    /// The attempt of this key runs no more; returns why its context was over.
    fn stop(&mut self, seq: Seq, number: u64, run: &RunInfo) -> Option<Stopped> {
        self.keys.remove(&number);
        let deadline = number + 1;
        if self.keys.remove(&deadline).is_some() {
            self.requests.push(LocalRequest::Forget { key: run.local_key(deadline) });
        }
        let running = &mut self.pending.get_mut(&seq)?.running;
        let (of, why) = (*running)?;
        (of == number).then(|| {
            *running = None;
            Stopped(why)
        })
    }

    /// One that has ended as soon as it was to begin. What was canceled in the same turn and runs has ended before: its
    /// context is over while workflow code still runs, and a poller takes this one when that waits (recorded:
    /// `program-local-activity-canceled-before-it-begins`).
    pub(super) fn take_at_once(&mut self) -> Option<(Seq, Ended)> {
        let told = |pending: &Pending| pending.running.is_some_and(|(_, over)| over.is_some());
        if self.at_once.is_empty() || self.pending.values().any(told) {
            return None;
        }
        self.at_once.pop_front()
    }

    /// An attempt has ended: it is tried again in the task, or this is what workflow code is told (`retryLocalActivity`).
    pub(super) fn conclude(
        &mut self,
        (seq, result): (Seq, Ended),
        run: &RunInfo,
        (now, time): (Timestamp, Timestamp),
        out: &mut Outbox,
    ) -> Option<Told> {
        let pending = self.pending.get(&seq)?;
        let mut backoff = 0;
        if let Err(failure) = &result
            && !retry::is_canceled(failure)
        {
            let expires = pending.expires();
            match retry::backoff(&pending.policy, pending.attempt, failure, now, expires) {
                Some(wait) if wait <= run.task_timeout => {
                    self.given += 1;
                    self.keys.insert(self.given, Key::Retry(seq));
                    let (key, due) = (run.local_key(self.given), now.saturating_add(wait));
                    self.requests.push(LocalRequest::Wake { key, due });
                    return None;
                }
                Some(wait) => backoff = i64::try_from(wait.as_nanos()).unwrap_or(i64::MAX),
                None => backoff = -1,
            }
        }
        let note = Note {
            activity_id: pending.id.clone(),
            activity_type: pending.command.activity_type.clone(),
            time: time.max(now),
            attempt: pending.attempt,
            backoff,
        };
        let result = result.map_err(|mut failure| {
            failure.source = SOURCE.into();
            failure
        });
        self.end(seq, &note, result, out).ok()
    }

    /// One has ended with this (`handleLocalActivityMarker`).
    fn end(
        &mut self,
        seq: Seq,
        note: &Note,
        result: Ended,
        out: &mut Outbox,
    ) -> Result<Told, Misplaced> {
        let name = self.pending.get(&seq).map(|it| it.command.activity_type.clone());
        let name = name.unwrap_or_default();
        if !note.activity_type.is_empty() && note.activity_type != name {
            return Err(Misplaced::NoSuchOperation(format!(
                "code executed local activity {name}, but history event found {}, markerData: {}",
                note.activity_type,
                note.printed()
            )));
        }
        self.by_id.remove(&note.activity_id);
        self.unstarted.retain(|unstarted| *unstarted != seq);
        let pending = self.pending.remove(&seq);
        let summary = pending.as_ref().and_then(|it| it.command.summary.clone());
        let mut marker = marker::record(note, &result);
        marker.user_metadata = summary.map(UserMetadata::of_summary).map(Box::new);
        out.push(ServerCommand::RecordMarker(Box::new(marker)));
        let resolution = match result {
            Ok(result) => LocalResolution::Ended(ActivityResolution::Completed(result)),
            Err(failure) if note.backoff > 0 && !retry::is_canceled(&failure) => {
                LocalResolution::Backoff {
                    attempt: note.attempt + 1,
                    after: Duration::from_nanos(note.backoff.unsigned_abs()),
                    first_scheduled_at: pending
                        .and_then(|it| it.command.first_scheduled_at)
                        .unwrap_or_default(),
                }
            }
            Err(failure) => LocalResolution::Ended(ActivityResolution::Failed(failure)),
        };
        Ok(Told { job: Job::ResolveLocalActivity { seq, resolution }, time: note.time })
    }
}

/// `ErrCanceled`.
fn canceled() -> Failure {
    Failure { source: SOURCE.into(), ..Failure::canceled("canceled", None) }
}

/// What an attempt ends with that does not heed the end of its context. `all`: no other may follow.
fn over(why: LocalDone, all: bool) -> Failure {
    let timeout = match why {
        LocalDone::Canceled => return canceled(),
        LocalDone::Deadline if all => TimeoutType::ScheduleToClose,
        LocalDone::Deadline => TimeoutType::StartToClose,
    };
    Failure { source: SOURCE.into(), ..Failure::timeout("deadline exceeded", timeout) }
}

fn unreadable(event: &Event, why: &str) -> Misplaced {
    Misplaced::NoSuchOperation(format!("marker name {NAME:?} for eventId {}: {why}", event.id))
}

/// Whether a marker is one of a local activity.
pub(crate) fn is_marker(marker: &MarkerRecorded) -> bool {
    marker.marker_name == NAME
}
