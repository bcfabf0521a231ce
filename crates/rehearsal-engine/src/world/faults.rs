//! Faults: where they are asked for, what they may hit, and what they do (`docs/fault-model.md`).
//!
//! Only what belongs to a run that is open is hit: nothing that comes after its close is told to anybody.

mod outside;

use std::future::ready;
use std::time::Duration;

use rehearsal_history::Timestamp;
use rehearsal_service::ActivityTask;

use super::{Entry, World};
use crate::activity::{ActivityCode, ActivityError, ActivityFuture};
use crate::choice::{ChoiceKind, Touched};
use crate::executor::{AttemptKey, Running};
use crate::strike::{OfAttempt, Strike, Struck};

/// How long after its deadline an end that is late comes: when the service has noticed, also where a deadline goes off a
/// second late (T-9), and the retry that follows by default is on its way (T-4).
const LATE: Duration = Duration::from_millis(2_500);

/// What becomes of the end of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndOf {
    /// It comes to the service, or to the worker if the activity is a local one.
    Told,
    /// It comes twice.
    Twice,
    /// Nothing comes, now or ever.
    Gone,
}

/// What strikes an attempt when it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptFault {
    /// It fails, and its code does not run.
    Fails,
    /// Its code begins so much later.
    Begins { after: Duration },
    /// Its code never begins, and it keeps its slot.
    Hangs,
}

/// The code of an attempt that fails instead.
pub(super) fn failing() -> ActivityFuture {
    Box::pin(ready(Err(ActivityError::from("struck by a fault"))))
}

impl World {
    /// Asks for a fault that can strike in so many ways, unless the scenario wants none. 0 is none.
    pub(super) fn fault(&mut self, kind: ChoiceKind, ways: usize) -> usize {
        if self.scenario.faults { self.ask(kind, ways + 1) } else { 0 }
    }

    /// Notes what the last answer to a question of this kind did.
    pub(super) fn note_strike(&mut self, kind: ChoiceKind, what: Struck) {
        self.touch(Touched::Everything);
        let asked = self.asked.count.get(&kind).copied().unwrap_or_default();
        let strike = Strike { kind, nth: asked.saturating_sub(1), at: self.elapsed(), what };
        self.record.strikes.push(strike);
    }

    /// The attempt, if a fault may hit it: it has not ended, or nobody knows yet that it has, and its workflow is open.
    fn may_hit(&mut self, key: AttemptKey) -> Option<OfAttempt> {
        let running = self.executor.get(key).filter(|running| !running.is_pending())?;
        let (run, info) = (running.token.run, &running.attempt.info);
        let of = OfAttempt {
            activity: info.activity_type.clone(),
            workflow_id: info.workflow_id.clone(),
            run_id: info.run_id.clone(),
            scheduled: running.token.scheduled,
            attempt: info.attempt,
        };
        self.is_open(run).then_some(of)
    }

    /// Asks whether an attempt that a worker has taken fails, if there would be another, is slow, or hangs, if the worker has
    /// another slot left.
    pub(super) fn strikes_attempt(
        &mut self,
        host: usize,
        task: &ActivityTask,
    ) -> Option<AttemptFault> {
        if !self.is_open(task.token.run) {
            return None;
        }
        let of = of_task(task);
        let left = task.schedule_to_close.map(|limit| {
            limit.saturating_sub(self.time_of(task.token.run).since(task.scheduled_at))
        });
        if is_tried_again(task, left) && self.fault(ChoiceKind::Fail, 1) == 1 {
            self.note_strike(ChoiceKind::Fail, Struck::Failed(of));
            return Some(AttemptFault::Fails);
        }
        let limits = [task.start_to_close, left, task.heartbeat_timeout];
        let shortest = limits.into_iter().flatten().min()?;
        let ways = if self.hosts[host].has_slot() { 2 } else { 1 };
        let (what, fault) = match self.fault(ChoiceKind::Slow, ways) {
            1 => (Struck::Slow(of), AttemptFault::Begins { after: shortest / 2 }),
            2 => (Struck::Hung(of), AttemptFault::Hangs),
            _ => return None,
        };
        self.note_strike(ChoiceKind::Slow, what);
        Some(fault)
    }

    /// Asks which way an attempt goes, if its stub says that there are others. 0 is what it is described with.
    pub(super) fn goes_another_way(
        &mut self,
        task: &ActivityTask,
        code: &dyn ActivityCode,
    ) -> usize {
        let others = code.other_ways();
        if others == 0 || !self.is_open(task.token.run) {
            return 0;
        }
        let way = self.fault(ChoiceKind::Stub, others);
        if way > 0 {
            let what = Struck::Otherwise(of_task(task), code.other_way(way));
            self.note_strike(ChoiceKind::Stub, what);
        }
        way
    }

    /// Asks whether the worker dies before the code of an attempt runs on; then all that it was doing is lost.
    pub(super) fn dies_inside(&mut self, key: AttemptKey) -> bool {
        let Some(of) = self.may_hit(key) else { return false };
        let running = self.executor.get(key).filter(|running| running.result.is_none());
        let Some((host, begun)) = running.map(|running| (running.host, running.begun)) else {
            return false;
        };
        if self.fault(ChoiceKind::Die, 1) == 0 {
            return false;
        }
        let what = if begun { Struck::DiedInside(of) } else { Struck::DiedBefore(of) };
        self.note_strike(ChoiceKind::Die, what);
        self.dies(host);
        true
    }

    /// Asks what becomes of the end of an attempt whose code has ended.
    pub(super) fn end_of(&mut self, key: AttemptKey) -> EndOf {
        let Some(of) = self.may_hit(key) else { return EndOf::Told };
        let Some(running) = self.executor.get(key) else { return EndOf::Told };
        let (host, call, local) = (running.host, running.call, running.local.is_some());
        if running.delayed {
            return EndOf::Told;
        }
        let run = running.token.run;
        let ahead = self.time_of(run).since(self.clock.now());
        let deadline = self.executor.get(key).and_then(|running| deadline(running, ahead));
        if self.fault(ChoiceKind::Die, 1) == 1 {
            self.note_strike(ChoiceKind::Die, Struck::DiedAfter(of));
            self.dies(host);
            return EndOf::Gone;
        }
        // Between a worker and its own local activities nothing is lost.
        if local {
            return EndOf::Told;
        }
        let (ways, now) = (if deadline.is_some() { 4 } else { 2 }, self.clock.now());
        let answer = self.fault(ChoiceKind::Report, ways);
        let lost = Some(self.elapsed());
        let (what, end, until) = match (answer, deadline) {
            (1, _) => (Struck::EndLost(of), EndOf::Gone, None),
            (2, _) => (Struck::EndTwice(of), EndOf::Twice, None),
            (3, Some(at)) => (Struck::EndAtDeadline(of), EndOf::Gone, Some(at)),
            (4, Some(at)) => (Struck::EndLate(of), EndOf::Gone, Some(at + LATE)),
            _ => return EndOf::Told,
        };
        if matches!(what, Struck::EndLost(_) | Struck::EndLate(_)) {
            self.record.calls[call].lost = lost;
        }
        self.note_strike(ChoiceKind::Report, what);
        match until {
            Some(until) => {
                if let Some(running) = self.executor.get(key) {
                    running.delayed = true;
                }
                self.remote_said_all(key);
                self.agenda.push(until.max(now), Entry::Report(key));
            }
            None if end == EndOf::Gone => {
                self.drop_attempt(key);
                self.free_slot(host);
            }
            None => {}
        }
        end
    }

    /// Asks whether a heartbeat is lost on its way. The SDK says it again for as long as the heartbeat timeout, so what is
    /// lost is a connection, and the worker goes on as if it had an answer that says nothing (C-32).
    pub(super) fn beat_is_lost(&mut self, key: AttemptKey) -> bool {
        let Some(of) = self.may_hit(key) else { return false };
        let lost = self.fault(ChoiceKind::Beat, 1) == 1;
        if lost {
            self.note_strike(ChoiceKind::Beat, Struck::BeatLost(of));
        }
        lost
    }
}

/// The attempt that a worker has taken.
fn of_task(task: &ActivityTask) -> OfAttempt {
    OfAttempt {
        activity: task.activity_type.clone(),
        workflow_id: task.workflow_id.clone(),
        run_id: task.run_id.clone(),
        scheduled: task.token.scheduled,
        attempt: task.attempt,
    }
}

/// Whether the service tries an attempt again that fails at once, with `left` until the end of them all (T-5, T-6).
fn is_tried_again(task: &ActivityTask, left: Option<Duration>) -> bool {
    let Some(policy) = &task.retry_policy else { return false };
    let most = u32::try_from(policy.maximum_attempts).unwrap_or(u32::MAX);
    let wait = policy.wait_after(task.attempt);
    (most == 0 || task.attempt < most) && left.is_none_or(|left| left > wait)
}

/// When the service gives up an attempt of which it hears nothing more (T-2). What it was told is in the time of its run,
/// which is so far ahead of the clock.
fn deadline(running: &Running, ahead: Duration) -> Option<Timestamp> {
    let info = &running.attempt.info;
    let attempt = info.start_to_close.map(|limit| info.started_at + limit);
    let all = info.schedule_to_close.map(|limit| info.scheduled_at + limit);
    let told = attempt.into_iter().chain(all).map(|at| at.saturating_sub(ahead));
    told.chain(info.heartbeat_timeout.map(|limit| running.heard + limit)).min()
}
