//! What is in hand of many workers at once while the world goes on: nobody waits for another.

use rehearsal_activation::TaskToken;
use rehearsal_engine::{News, RemoteWorker, SeenByRemote};
use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_service::ActivityToken;

use super::attempt::{Attempt, is_awaited};
use super::{Hands, query_answer};
use crate::answer::{ActivityWork, Refused, WorkflowWork};
use crate::ask::{ActivityPoll, WorkflowPoll};
use crate::inbox::Says;
use crate::polls::Poll;
use crate::token::Token;

/// Work that no poll has taken yet.
#[derive(Debug)]
pub(super) struct Undelivered {
    wire: Token,
    work: Work,
    host: usize,
    pub(super) identity: SmolStr,
    /// The queues whose polls may have it, the first before the second.
    queues: [SmolStr; 2],
    /// Until when somebody must poll, in real time.
    until: Timestamp,
}

impl Undelivered {
    /// Whether it is a workflow task or a query.
    pub(super) const fn is_workflow(&self) -> bool {
        matches!(self.work, Work::Workflow(_))
    }
}

#[derive(Debug)]
pub(super) enum Work {
    Workflow(WorkflowWork),
    Activity(ActivityWork),
}

/// A workflow task or a query that a worker is on, and until when, in real time.
#[derive(Debug)]
pub(super) struct OnIt {
    what: Which,
    until: Timestamp,
    identity: SmolStr,
    queue: SmolStr,
    /// From when on time does not stand for it any more, in real time: its worker ends.
    adrift: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) enum Which {
    Task(TaskToken),
    Query(SmolStr),
}

impl Hands {
    /// A worker is on something, until then at most.
    pub(super) fn on_it(
        &mut self,
        worker: RemoteWorker<'_>,
        wire: &Token,
        what: Which,
        until: Timestamp,
    ) {
        let (identity, queue) = (worker.identity.clone(), worker.queue.clone());
        self.on_it.insert(wire.clone(), OnIt { what, until, identity, queue, adrift: None });
    }

    /// A worker that ends is given a short while for what it has in hand; then time goes on as if nobody had it, or a task of
    /// an hour would hold up all others. What it says later counts, unless the task has timed out by then.
    fn set_adrift(&mut self) {
        let now = self.wall.now();
        let mut inbox = self.shared.inbox();
        let ending = core::mem::take(&mut inbox.ending);
        for (wire, on_it) in &mut self.on_it {
            if ending.iter().any(|gone| gone.ends(&on_it.identity, &on_it.queue)) {
                on_it.adrift.get_or_insert(now.saturating_add(self.options.unpolled));
            }
            if on_it.adrift.is_some_and(|at| at <= now) {
                inbox.adrift.insert(wire.clone());
            }
        }
    }

    /// Hands work out, now or when somebody polls.
    pub(super) fn hand_out_later(
        &mut self,
        worker: RemoteWorker<'_>,
        (wire, sticky): (&Token, bool),
        work: Work,
    ) {
        self.shared.inbox().in_hand.insert(wire.clone());
        // A task with its whole history may have been in the sticky queue as well: the worker had dropped the run.
        let mut queues = [worker.sticky_queue.clone(), worker.queue.clone()];
        if !sticky {
            queues.reverse();
        }
        self.out.push(Undelivered {
            wire: wire.clone(),
            work,
            host: worker.host,
            identity: worker.identity.clone(),
            queues,
            until: self.wall.now().saturating_add(self.options.patience),
        });
        self.deliver();
    }

    /// Gives to the polls that are open what waits for them. Who does not poll in time is silent.
    fn deliver(&mut self) {
        let now = self.wall.now();
        for out in core::mem::take(&mut self.out) {
            if self.is_taken(&out) {
                continue;
            }
            if now < out.until {
                self.out.push(out);
                continue;
            }
            let what = match out.work {
                Work::Workflow(_) => WorkflowPoll::OF,
                Work::Activity(_) => ActivityPoll::OF,
            };
            self.nobody_polls(out.host, &out.identity, &out.queues[0], what);
            if let Some(on_it) = self.on_it.get_mut(&out.wire) {
                on_it.until = now;
            }
        }
    }

    fn is_taken(&self, out: &Undelivered) -> bool {
        match &out.work {
            Work::Workflow(work) => self.is_taken_by::<WorkflowPoll>(out, work),
            Work::Activity(work) => self.is_taken_by::<ActivityPoll>(out, work),
        }
    }

    fn is_taken_by<P: Poll>(&self, out: &Undelivered, work: &P::Work) -> bool {
        let next_poll = || {
            let mut inbox = self.shared.inbox();
            out.queues.iter().find_map(|queue| P::all(&mut inbox).take(&out.identity, queue))
        };
        std::iter::from_fn(next_poll).any(|slot| slot.answer(Ok(Some(work.clone()))))
    }

    /// What has come since it was looked last, without waiting for anything.
    pub(super) fn news(&mut self, seen: SeenByRemote<'_>) -> News {
        self.deliver();
        self.set_adrift();
        let now = self.wall.now();
        let mut news = News::default();
        let wires: Vec<Token> = self.on_it.keys().cloned().collect();
        for wire in wires {
            let said = self.shared.inbox().take_said(&wire);
            let late = self.on_it.get(&wire).is_some_and(|on_it| on_it.until <= now);
            if said.is_none() && !late {
                continue;
            }
            self.out.retain(|out| out.wire != wire);
            let Some(on_it) = self.on_it.remove(&wire) else { continue };
            match (on_it.what, said) {
                (Which::Task(token), Some(Says::Task(said))) => {
                    let response = self.answered(&token, said);
                    news.tasks.push((token, Some(response)));
                }
                (Which::Task(token), said) => {
                    if let Some(said) = said {
                        said.refuse(Refused::BadToken);
                    }
                    news.tasks.push((token, None));
                }
                (Which::Query(id), Some(Says::Query(answer, reply))) => {
                    news.queries.push(query_answer(id, answer));
                    reply.tell(Ok(()));
                }
                (Which::Query(_), said) => {
                    if let Some(said) = said {
                        said.refuse(Refused::BadToken);
                    }
                }
            }
            self.shared.put_down(&wire);
        }
        // Nobody waits for what the service has given up: what is said of it now is said too late.
        let given_up = |(token, attempt): &(&ActivityToken, &Attempt)| {
            attempt.is_live() && !is_awaited(seen, **token)
        };
        news.lost = self.attempts.iter().filter(given_up).map(|(token, _)| *token).collect();
        let mut inbox = self.shared.inbox();
        let says = |(token, attempt): &(&ActivityToken, &Attempt)| {
            attempt.is_live()
                && inbox.says.contains_key(&attempt.wire)
                && !news.lost.contains(token)
        };
        news.attempts = self.attempts.iter().filter(says).map(|(token, _)| *token).collect();
        let untils = self.out.iter().map(|out| out.until);
        let untils = untils.chain(self.on_it.values().map(|on_it| on_it.until));
        let adrift = self.on_it.values().filter_map(|on_it| on_it.adrift).filter(|at| *at > now);
        inbox.next_look = untils.chain(adrift).min();
        news
    }
}
