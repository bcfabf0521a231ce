//! The workers outside of one world: what is in their hands, and what they say of it.

mod attempt;
mod completing;
mod later;
mod replay;
mod strict;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::{AnswerQuery, QueryTask, TaskDelivery, TaskResponse, TaskToken};
use rehearsal_engine::{
    ActivitySaid, Handed, News, Remote, RemoteWorker, SeenByRemote, TaskAccepted,
};
use rehearsal_history::{EventId, EventKind, SmolStr, TaskQueue, Timestamp};
use rehearsal_service::{ActivityTask, ActivityToken, NotFound, RequestError};

use self::attempt::{Attempt, is_awaited};
use self::completing::Completing;
use self::later::{OnIt, Undelivered, Which, Work};
use crate::answer::{Accepted, ActivityHeard, ActivityWork, Refused, Started, WorkflowWork};
use crate::ask::{ActivityDone, ActivityPoll, WorkflowPoll};
use crate::door::Slot;
use crate::inbox::{Says, Shared};
use crate::options::Options;
use crate::recorded::Recorded;
use crate::token::{Token, What};
use crate::wall::Wall;

/// How long a worker has for a workflow task whose timeout is not known.
const TASK_PATIENCE: Duration = Duration::from_secs(10);

/// The workers outside of one world.
pub(crate) struct Hands {
    shared: Arc<Shared>,
    wall: Arc<dyn Wall>,
    options: Options,
    /// Whether activities are waited for as soon as they are handed out.
    settles: bool,
    world: u32,
    handed: u32,
    completing: BTreeMap<TaskToken, Completing>,
    /// Where the next task of a run goes, by run id, and whether it must go there: the worker has asked for it.
    next_goes: BTreeMap<SmolStr, (Slot<Accepted>, bool)>,
    attempts: BTreeMap<ActivityToken, Attempt>,
    /// What no poll has taken yet.
    out: Vec<Undelivered>,
    /// Which workflow tasks and queries workers are on while the world goes on.
    on_it: BTreeMap<Token, OnIt>,
    /// How often an attempt was silent and had not heartbeated.
    silent: u64,
}

impl Hands {
    /// Those of the next world; all that is in hand of the last one is not there any more.
    pub(crate) fn of_next_world(
        shared: &Arc<Shared>,
        wall: &Arc<dyn Wall>,
        options: &Options,
        settles: bool,
    ) -> Self {
        let world = shared.next_world();
        Self {
            shared: Arc::clone(shared),
            wall: Arc::clone(wall),
            options: options.clone(),
            settles,
            world,
            handed: 0,
            completing: BTreeMap::new(),
            next_goes: BTreeMap::new(),
            attempts: BTreeMap::new(),
            out: Vec::new(),
            on_it: BTreeMap::new(),
            silent: 0,
        }
    }

    fn found(&self, what: String) {
        self.shared.inbox().left.findings.insert(what);
    }

    fn nobody_polls(&self, host: usize, identity: &SmolStr, queue: &SmolStr, what: &str) {
        let mut inbox = self.shared.inbox();
        if inbox.closing {
            return;
        }
        inbox.left.silent.insert(host);
        inbox.left.findings.insert(format!(
            "worker {identity} does not poll queue \"{queue}\" for {what} any more"
        ));
    }

    /// Writes down what activities do, if anybody wants to know.
    fn record(&self, write: impl FnOnce(&mut Recorded, Timestamp)) {
        if !self.settles {
            let mut inbox = self.shared.inbox();
            let unseen = inbox.unseen;
            if let Some(recorded) = &mut inbox.recorded {
                write(recorded, unseen.outside(self.wall.now()));
            }
        }
    }

    /// Everything that is said of an attempt and was not heard.
    fn take_said(&mut self, token: ActivityToken, now: Timestamp) -> Vec<(ActivitySaid, SmolStr)> {
        let Some(attempt) = self.attempts.get_mut(&token) else { return Vec::new() };
        let says = self.shared.inbox().says.remove(&attempt.wire).unwrap_or_default();
        let mut said = Vec::new();
        for one in says {
            let Says::Activity(done, identity, reply) = one else {
                one.refuse(Refused::BadToken);
                continue;
            };
            if attempt.end.is_some() {
                self.shared.too_late(&attempt.wire, Says::Activity(done, identity, reply));
                continue;
            }
            attempt.heard = now;
            match done {
                ActivityDone::Heartbeat(details) => {
                    attempt.heartbeats = true;
                    attempt.beats.push_back(reply);
                    said.push((ActivitySaid::Heartbeat(details), identity));
                }
                ActivityDone::Completed(result) => {
                    attempt.end = Some(reply);
                    said.push((ActivitySaid::Completed(result), identity));
                }
                ActivityDone::Failed { failure, last_heartbeat_details } => {
                    attempt.end = Some(reply);
                    said.push((ActivitySaid::Failed { failure, last_heartbeat_details }, identity));
                }
                ActivityDone::Canceled(details) => {
                    attempt.end = Some(reply);
                    said.push((ActivitySaid::Canceled(details), identity));
                }
            }
        }
        for (said, _) in &said {
            self.record(|recorded, now| recorded.says(token, said, now));
        }
        said
    }
}

impl Remote for Hands {
    fn polls(&self, worker: RemoteWorker<'_>, queue: &SmolStr, workflows: bool) -> bool {
        self.settles || self.shared.has_poll(worker.identity, queue, workflows)
    }

    fn is_free(&self, worker: RemoteWorker<'_>, workflows: bool, promised: bool) -> bool {
        let waits =
            |out: &Undelivered| out.is_workflow() == workflows && out.identity == *worker.identity;
        self.settles || !promised && !self.out.iter().any(waits)
    }

    fn workflow_task(
        &mut self,
        seen: SeenByRemote<'_>,
        worker: RemoteWorker<'_>,
        delivery: &TaskDelivery,
    ) -> Handed<TaskResponse> {
        let of = &delivery.token;
        let Some(run) = seen.service.run_by_id(&of.workflow_id, &of.run_id) else {
            return Handed::Done(None);
        };
        let goes_on = seen.service.goes_on(run);
        let run = u32::try_from(run.index()).unwrap_or(u32::MAX);
        self.handed += 1;
        let what = What::Task { run, started: of.started, nth: self.handed };
        let token = Token { world: self.world, what };
        if goes_on {
            self.shared.inbox().local.insert(token.clone());
        }
        let (times, timeout) = times(delivery);
        let sticky = delivery.first_event != EventId::FIRST && !worker.sticky_queue.is_empty();
        let queue = if sticky { worker.sticky_queue } else { worker.queue };
        let work = WorkflowWork::Task {
            token: token.to_bytes(),
            run_id: self.shared.alias(self.world).wire_id(&of.run_id),
            delivery: Box::new(delivery.clone()),
            queue: TaskQueue::normal(queue.clone()),
            scheduled_at: times.0,
            started_at: times.1,
        };
        self.refuse_earlier(of);
        let next = self.next_goes.remove(&of.run_id);
        let eager = self.shared.inbox().eager.remove(&of.run_id);
        let came_along = eager.is_some_and(|(started, slot)| {
            self.shared.inbox().in_hand.insert(token.clone());
            let eager = Some(Box::new(work.clone()));
            slot.answer(Ok(Started { eager, ..started }))
        }) || next.is_some_and(|(slot, _)| {
            self.shared.inbox().in_hand.insert(token.clone());
            let next = Some(work.clone());
            slot.answer(Ok(Accepted { next, reset_history: None }))
        });
        if !self.settles {
            let until = self.wall.now().saturating_add(timeout);
            self.on_it(worker, &token, Which::Task(of.clone()), until);
            if !came_along {
                self.hand_out_later(worker, (&token, sticky), Work::Workflow(work));
            }
            return Handed::Later;
        }
        if !came_along && !self.hand_out::<WorkflowPoll>(seen, worker, (&token, sticky), &work) {
            self.shared.put_down(&token);
            return Handed::Done(None);
        }
        self.answer_others();
        let said = self.wait_for(seen, timeout, |inbox| inbox.take_said(&token));
        self.shared.put_down(&token);
        match said {
            Some(Says::Task(said)) => Handed::Done(Some(self.answered(of, said))),
            Some(other) => {
                other.refuse(Refused::BadToken);
                Handed::Done(None)
            }
            None => Handed::Done(None),
        }
    }

    fn replay(
        &mut self,
        seen: SeenByRemote<'_>,
        worker: RemoteWorker<'_>,
        delivery: &TaskDelivery,
    ) -> Option<TaskResponse> {
        self.replayed(seen, worker, delivery)
    }

    fn workflow_task_answered(
        &mut self,
        token: &TaskToken,
        answered: Result<TaskAccepted, RequestError>,
    ) {
        match (self.completing.remove(token), answered) {
            // A task that leaves no trace is answered by itself, so that the worker knows of it.
            (
                Some(Completing::Completed { reply, returns: true, forces }),
                Ok(TaskAccepted { next: true, seen: None }),
            ) => {
                self.next_goes.insert(token.run_id.clone(), (reply, forces));
            }
            (Some(Completing::Completed { reply: slot, .. }), Ok(accepted)) => {
                let answer = Accepted { next: None, reset_history: accepted.seen };
                slot.tell(Ok(answer));
            }
            (Some(Completing::Completed { reply: slot, .. }), Err(error)) => {
                slot.tell(Err(error.into()));
            }
            (Some(Completing::Failed(slot)), answered) => {
                slot.tell(answered.map(drop).map_err(Refused::Request));
            }
            (None, _) => {}
        }
    }

    fn query(
        &mut self,
        seen: SeenByRemote<'_>,
        worker: RemoteWorker<'_>,
        task: &QueryTask,
    ) -> Handed<AnswerQuery> {
        self.handed += 1;
        let token = Token { world: self.world, what: What::Query { nth: self.handed } };
        let sticky = task.events.is_empty() && !worker.sticky_queue.is_empty();
        let work = WorkflowWork::Query {
            token: token.to_bytes(),
            run_id: self.shared.alias(self.world).wire_id(&task.run_id),
            task: Box::new(task.clone()),
            queue: TaskQueue::normal(worker.queue.clone()),
        };
        let id = task.query.id.clone();
        if !self.settles {
            let until = self.wall.now().saturating_add(TASK_PATIENCE);
            self.on_it(worker, &token, Which::Query(id), until);
            self.hand_out_later(worker, (&token, sticky), Work::Workflow(work));
            return Handed::Later;
        }
        if !self.hand_out::<WorkflowPoll>(seen, worker, (&token, sticky), &work) {
            self.shared.put_down(&token);
            return Handed::Done(None);
        }
        self.answer_others();
        let said = self.wait_for(seen, TASK_PATIENCE, |inbox| inbox.take_said(&token));
        self.shared.put_down(&token);
        Handed::Done(match said {
            Some(Says::Query(answer, reply)) => {
                reply.tell(Ok(()));
                Some(query_answer(id, answer))
            }
            Some(other) => {
                other.refuse(Refused::BadToken);
                None
            }
            None => None,
        })
    }

    fn activity_task(
        &mut self,
        seen: SeenByRemote<'_>,
        worker: RemoteWorker<'_>,
        task: &ActivityTask,
    ) {
        let what = What::Activity { token: task.token.to_bytes() };
        let wire = Token { world: self.world, what };
        let work = ActivityWork {
            token: wire.to_bytes(),
            run_id: self.shared.alias(self.world).wire_id(&task.run_id),
            task: Box::new(task.clone()),
        };
        let start = task.start_to_close.map(|limit| task.started_at + limit);
        let all = task.schedule_to_close.map(|limit| task.scheduled_at + limit);
        let attempt = Attempt {
            host: worker.host,
            wire: wire.clone(),
            beats: VecDeque::new(),
            end: None,
            heartbeats: false,
            limit: [start, all].into_iter().flatten().min(),
            between: task.heartbeat_timeout,
            heard: seen.now,
        };
        self.attempts.insert(task.token, attempt);
        self.record(|recorded, now| recorded.begins(task, now));
        if !self.settles {
            return self.hand_out_later(worker, (&wire, false), Work::Activity(work));
        }
        if !self.hand_out::<ActivityPoll>(seen, worker, (&wire, false), &work) {
            // Nobody is on it: it says nothing, and its time-outs pass.
            self.attempts.remove(&task.token);
            self.shared.put_down(&wire);
        }
    }

    fn activity_said(
        &mut self,
        seen: SeenByRemote<'_>,
        token: ActivityToken,
    ) -> Vec<(ActivitySaid, SmolStr)> {
        let Some(attempt) = self.attempts.get(&token) else { return Vec::new() };
        if self.settles && attempt.end.is_none() {
            let (wire, heartbeats) = (attempt.wire.clone(), attempt.heartbeats);
            if !self.wait_for_any(seen, &[wire], self.options.settle) && !heartbeats {
                self.silent += 1;
            }
        }
        self.take_said(token, seen.now)
    }

    fn heartbeat_answered(&mut self, token: ActivityToken, answered: Result<bool, RequestError>) {
        if answered != Ok(false) {
            self.record(|recorded, _| recorded.tell(token));
        }
        let beat = self.attempts.get_mut(&token).and_then(|attempt| attempt.beats.pop_front());
        if let Some(reply) = beat {
            let heard = |cancel_requested| ActivityHeard { cancel_requested };
            reply.tell(answered.map(heard).map_err(Refused::Request));
        }
    }

    fn end_answered(&mut self, token: ActivityToken, answered: Result<(), RequestError>) {
        let Some(attempt) = self.attempts.remove(&token) else { return };
        self.shared.put_down(&attempt.wire);
        for beat in attempt.beats {
            beat.tell(Ok(ActivityHeard::default()));
        }
        if let Some(reply) = attempt.end {
            let done = answered.map(|()| ActivityHeard::default());
            reply.tell(done.map_err(Refused::Request));
        }
    }

    fn activity_lost(&mut self, token: ActivityToken) {
        let Some(attempt) = self.attempts.remove(&token) else { return };
        self.shared.put_down(&attempt.wire);
        for reply in attempt.beats.into_iter().chain(attempt.end) {
            reply.tell(Err(Refused::Request(NotFound::Activity.into())));
        }
    }

    fn at_rest(&mut self, seen: SeenByRemote<'_>, next: Option<Timestamp>) -> News {
        if !self.settles {
            return self.news(seen);
        }
        // An attempt that the service has given up has nothing to say that matters.
        let live = |token: &ActivityToken, attempt: &Attempt| {
            attempt.is_live() && is_awaited(seen, *token)
        };
        let waiting: Vec<&Attempt> = self
            .attempts
            .iter()
            .filter_map(|(token, attempt)| live(token, attempt).then_some(attempt))
            .collect();
        let own = waiting.iter().filter_map(|attempt| attempt.deadline()).min();
        let waits =
            !waiting.is_empty() && next.is_none_or(|next| own.is_some_and(|own| own <= next));
        let tokens: Vec<Token> = waiting.iter().map(|attempt| attempt.wire.clone()).collect();
        if waits && !self.wait_for_any(seen, &tokens, self.options.patience) {
            self.found("an activity was silent for as long as is waited for one".to_owned());
        }
        let inbox = self.shared.inbox();
        let says = |(_, attempt): &(&ActivityToken, &Attempt)| {
            attempt.is_live() && inbox.says.contains_key(&attempt.wire)
        };
        let attempts = self.attempts.iter().filter(says).map(|(token, _)| *token).collect();
        News { attempts, ..News::default() }
    }

    fn silent(&self) -> u64 {
        self.silent
    }

    fn crashed(&mut self, host: usize) {
        let lost: Vec<ActivityToken> = self
            .attempts
            .iter()
            .filter_map(|(token, attempt)| (attempt.host == host).then_some(*token))
            .collect();
        for token in lost {
            self.activity_lost(token);
        }
        self.let_go();
    }
}

impl Drop for Hands {
    /// The world is over: nothing of it is waited for.
    fn drop(&mut self) {
        self.let_go();
        for (_, attempt) in core::mem::take(&mut self.attempts) {
            for reply in attempt.beats.into_iter().chain(attempt.end) {
                reply.tell(Err(Refused::OtherWorld));
            }
        }
    }
}

fn query_answer(
    query_id: SmolStr,
    answer: Result<Option<rehearsal_history::Payloads>, Box<rehearsal_history::Failure>>,
) -> AnswerQuery {
    AnswerQuery { query_id, answer, meddling: None }
}

/// When a task was scheduled and started, and how long a worker has for it.
fn times(delivery: &TaskDelivery) -> ((Timestamp, Timestamp), Duration) {
    let started = delivery.events.last().map_or(Timestamp::EPOCH, |event| event.time);
    let scheduled = delivery.events.iter().rev().find_map(|event| match &event.kind {
        EventKind::WorkflowTaskScheduled(scheduled) => {
            Some((event.time, scheduled.start_to_close_timeout))
        }
        _ => None,
    });
    let (at, timeout) = scheduled.unwrap_or((started, None));
    ((at, started), timeout.unwrap_or(TASK_PATIENCE))
}
