//! What has come in and is not looked at yet.

mod request;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rehearsal_activation::WorkerTaskFailure;
use rehearsal_history::{Failure, Payloads, SmolStr, Timestamp};
use rehearsal_service::NotFound;

pub(crate) use self::request::Request;
use crate::answer::{Accepted, ActivityHeard, Refused, Started};
use crate::ask::{ActivityDone, ActivityPoll, Completed, NexusPoll, WorkerGone, WorkflowPoll};
use crate::door::Slot;
use crate::left::Left;
use crate::polls::{Poll, Polls};
use crate::recorded::Recorded;
use crate::token::{Alias, Token, What};
use crate::wall::Bell;

/// What a worker says of a workflow task.
#[derive(Debug)]
pub(crate) enum TaskSaid {
    Completed(Box<Completed>, Slot<Accepted>),
    Failed(SmolStr, Box<WorkerTaskFailure>, Slot<()>),
}

impl TaskSaid {
    pub(crate) fn refuse(&self, refused: Refused) {
        match self {
            Self::Completed(_, reply) => reply.tell(Err(refused)),
            Self::Failed(_, _, reply) => reply.tell(Err(refused)),
        }
    }
}

/// What a worker says of what it was handed.
#[derive(Debug)]
pub(crate) enum Says {
    /// Nothing will be said.
    Nothing,
    Task(TaskSaid),
    Query(Result<Option<Payloads>, Box<Failure>>, Slot<()>),
    Activity(ActivityDone, SmolStr, Slot<ActivityHeard>),
}

impl Says {
    pub(crate) fn refuse(&self, refused: Refused) {
        match self {
            Self::Nothing => {}
            Self::Task(said) => said.refuse(refused),
            Self::Query(_, reply) => reply.tell(Err(refused)),
            Self::Activity(_, _, reply) => reply.tell(Err(refused)),
        }
    }
}

/// What has come in.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// What clients ask, in the order in which it came.
    pub(crate) requests: VecDeque<Request>,
    pub(crate) workflow_polls: Polls<WorkflowPoll>,
    pub(crate) activity_polls: Polls<ActivityPoll>,
    pub(crate) nexus_polls: Polls<NexusPoll>,
    /// The sticky queues of which a poll has begun since it was looked last.
    pub(crate) sticky_polled: BTreeSet<SmolStr>,
    /// What workers say, by what they say it of, each in the order in which it came.
    pub(crate) says: BTreeMap<Token, VecDeque<Says>>,
    /// What is in the hands of workers of the world that goes on.
    pub(crate) in_hand: BTreeSet<Token>,
    /// The attempts of activities among them whose workers have died, and the workflow tasks of workers that end: nobody waits
    /// for these, but who knows the token of one can still answer it.
    pub(crate) adrift: BTreeSet<Token>,
    /// The workflow tasks among them whose workers run local activities: they go on in real time, as activities do.
    pub(crate) local: BTreeSet<Token>,
    /// Which world goes on.
    pub(crate) world: u32,
    /// What was asked for that is not simulated, and how often.
    pub(crate) not_simulated: BTreeMap<SmolStr, u64>,
    pub(crate) closing: bool,
    /// What went wrong outside in the world that goes on.
    pub(crate) left: Left,
    /// What the worlds before it have left, but for those that were made while another stood.
    pub(crate) before: Left,
    /// Whether only workers come here: the client of each world is that of its scenario.
    pub(crate) only_workers: bool,
    /// When somebody has had something in hand for too long, in real time.
    pub(crate) next_look: Option<Timestamp>,
    /// The world that stands while others are rehearsed.
    pub(crate) paused: Option<Paused>,
    /// What activities do, if anybody wants to know.
    pub(crate) recorded: Option<Recorded>,
    /// Workers that have said that they end, since it was looked last.
    pub(crate) ending: Vec<WorkerGone>,
    /// Those of them that have a name of their own, the newest last: what they still poll for is nothing.
    pub(crate) ended: VecDeque<SmolStr>,
    /// Starts that are answered together with the first workflow task, by run id.
    pub(crate) eager: BTreeMap<SmolStr, (Started, Slot<Started>)>,
    /// How far time has leapt, and how long rehearsals took in real time: code outside has seen neither pass.
    pub(crate) unseen: Unseen,
    worlds: u32,
}

/// What code outside has not seen of the time that passed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Unseen {
    /// How far the clock has leapt.
    leapt: Duration,
    /// How long rehearsals took, in real time.
    rehearsed: Duration,
}

impl Unseen {
    /// The clock has leapt so far.
    pub(crate) fn leaps(&mut self, by: Duration) {
        self.leapt = self.leapt.saturating_add(by);
    }

    /// A rehearsal took so long.
    pub(crate) fn rehearses(&mut self, took: Duration) {
        self.rehearsed = self.rehearsed.saturating_add(took);
    }

    /// When code outside does what it does: by the clock on the wall, as what it does takes real time, and later by what the
    /// clock has leapt. Virtual time will not do, as it stands while a task is in hand, and such code works on.
    pub(crate) fn outside(self, real: Timestamp) -> Timestamp {
        let seen = real.since(Timestamp::EPOCH).saturating_add(self.leapt);
        Timestamp::EPOCH.saturating_add(seen.saturating_sub(self.rehearsed))
    }
}

/// A world that stands, and what is in the hands of workers there. What they say of it waits.
#[derive(Debug, Default)]
pub(crate) struct Paused {
    world: u32,
    in_hand: BTreeSet<Token>,
    says: BTreeMap<Token, VecDeque<Says>>,
    adrift: BTreeSet<Token>,
    local: BTreeSet<Token>,
    left: Left,
    /// What the worlds that were made meanwhile have left, but for the last one.
    pub(crate) sum: Left,
}

impl Inbox {
    /// What a worker said first of this, and was not heard.
    pub(crate) fn take_said(&mut self, token: &Token) -> Option<Says> {
        let says = self.says.get_mut(token)?;
        let said = says.pop_front();
        if says.is_empty() {
            self.says.remove(token);
        }
        said
    }

    /// Whether it is of the world that clients live in, and not of one that is made of a scenario.
    fn is_live(&self, token: &Token) -> bool {
        let live = self.paused.as_ref().map_or(self.world, |paused| paused.world);
        !self.only_workers && token.world == live
    }
}

/// What is answered to whoever says something of what nobody has in hand, as long as the workflow is open.
pub(crate) fn not_found(token: &Token) -> Refused {
    let what = match token.what {
        What::Task { .. } => NotFound::WorkflowTask,
        What::Query { .. } => NotFound::Query,
        What::Activity { .. } => NotFound::Activity,
    };
    Refused::Request(what.into())
}

/// How many names of what is not simulated are kept: a flood of made-up ones costs nothing.
const MOST_NAMES: usize = 1_000;

/// What the door and the house share.
#[derive(Debug)]
pub(crate) struct Shared {
    inbox: Mutex<Inbox>,
    pub(crate) bell: Bell,
    most_waiting: usize,
    /// Which house it is.
    house: u64,
}

impl Shared {
    pub(crate) fn new(most_waiting: usize, house: u64) -> Arc<Self> {
        Arc::new(Self { inbox: Mutex::default(), bell: Bell::default(), most_waiting, house })
    }

    /// By which ids workers know the runs of a world.
    pub(crate) const fn alias(&self, world: u32) -> Alias {
        Alias { world, house: self.house }
    }

    /// A panic elsewhere leaves it as good as it was.
    pub(crate) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, request: Request) {
        let mut inbox = self.inbox();
        let request = if inbox.only_workers {
            match request.of_worker() {
                Some(request) => request,
                None => return,
            }
        } else {
            request
        };
        let refused = if inbox.closing {
            Some(Refused::Closing)
        } else if inbox.requests.len() >= self.most_waiting {
            Some(Refused::TooMuch { what: "requests" })
        } else {
            None
        };
        if let Some(refused) = refused {
            drop(inbox);
            return request.refuse(refused);
        }
        inbox.requests.push_back(request);
        drop(inbox);
        self.bell.ring();
    }

    pub(crate) fn poll<P: Poll>(&self, poll: P, slot: &Slot<Option<P::Work>>) {
        let mut inbox = self.inbox();
        let open = P::all(&mut inbox).count();
        let refused = self.refuses(&inbox, open);
        // It asked before it knew that its other polls were answered (`shutdownWorkers` in `matching_engine.go`).
        if refused.is_none() && inbox.ended.contains(poll.instance()) {
            drop(inbox);
            return slot.tell(Ok(None));
        }
        if refused.is_none() {
            if let Some(sticky) = poll.sticky() {
                inbox.sticky_polled.insert(sticky.clone());
            }
            P::all(&mut inbox).add(poll, slot.clone());
        }
        drop(inbox);
        match refused {
            Some(refused) => slot.tell(Err(refused)),
            None => self.bell.ring(),
        }
    }

    fn refuses(&self, inbox: &Inbox, polls: usize) -> Option<Refused> {
        if inbox.closing {
            return Some(Refused::Closing);
        }
        (polls >= self.most_waiting).then_some(Refused::TooMuch { what: "polls" })
    }

    /// Nobody has it in hand any more: what is said of it was said too late.
    pub(crate) fn put_down(&self, token: &Token) {
        let late = {
            let mut inbox = self.inbox();
            inbox.in_hand.remove(token);
            inbox.adrift.remove(token);
            inbox.local.remove(token);
            inbox.says.remove(token).unwrap_or_default()
        };
        for says in late {
            self.too_late(token, says);
        }
    }

    /// Something was said too late. Where clients live the house looks what to say to that; a worker of a scenario is told at
    /// once that there is no such task any more.
    pub(crate) fn too_late(&self, token: &Token, says: Says) {
        if self.inbox().is_live(token) {
            self.push(Request::TooLate { token: token.clone(), says });
        } else {
            says.refuse(not_found(token));
        }
    }

    /// A worker says something of what it was handed.
    pub(crate) fn says(&self, token: &[u8], says: Says) {
        let Some(token) = Token::from_bytes(token) else { return says.refuse(Refused::BadToken) };
        let mut inbox = self.inbox();
        let Inbox { closing, world, in_hand, says: said, paused, .. } = &mut *inbox;
        let (world, in_hand, said) = match paused {
            Some(paused) if paused.world == token.world => {
                (paused.world, &paused.in_hand, &mut paused.says)
            }
            Some(_) | None => (*world, &*in_hand, said),
        };
        let refused = if *closing {
            Some(Refused::Closing)
        } else if token.world != world {
            Some(Refused::OtherWorld)
        } else if !in_hand.contains(&token) {
            drop(inbox);
            return self.too_late(&token, says);
        } else if said.get(&token).map_or(0, VecDeque::len) >= self.most_waiting {
            Some(Refused::TooMuch { what: "answers" })
        } else {
            None
        };
        if let Some(refused) = refused {
            drop(inbox);
            return says.refuse(refused);
        }
        said.entry(token).or_default().push_back(says);
        drop(inbox);
        self.bell.ring();
    }

    /// The worker that has this attempt of an activity in hand has died.
    pub(crate) fn sets_adrift(&self, token: &[u8]) {
        let Some(token) = Token::from_bytes(token) else { return };
        let mut inbox = self.inbox();
        if matches!(token.what, What::Activity { .. }) && inbox.in_hand.contains(&token) {
            inbox.adrift.insert(token);
        }
        drop(inbox);
        self.bell.ring();
    }

    /// Whether a worker has an open poll of this queue.
    pub(crate) fn has_poll(&self, identity: &SmolStr, queue: &SmolStr, workflows: bool) -> bool {
        let inbox = self.inbox();
        if workflows {
            inbox.workflow_polls.has(identity, queue)
        } else {
            inbox.activity_polls.has(identity, queue)
        }
    }

    /// The queues that somebody polls, sticky ones too, and whether for workflow tasks.
    pub(crate) fn polled_queues(&self) -> BTreeSet<(SmolStr, bool)> {
        let inbox = self.inbox();
        let workflows = inbox.workflow_polls.open().map(|poll| (poll.queue.clone(), true));
        let activities = inbox.activity_polls.open().map(|poll| (poll.queue.clone(), false));
        workflows.chain(activities).collect()
    }

    /// Who polls which queue, and for workflow tasks by which SDK; none is for activities.
    pub(crate) fn open_polls(&self) -> BTreeSet<(SmolStr, SmolStr, Option<SmolStr>)> {
        let inbox = self.inbox();
        let workflows = inbox.workflow_polls.open().map(|poll| {
            let queue = poll.normal.as_ref().unwrap_or(&poll.queue);
            (poll.identity.clone(), queue.clone(), Some(poll.sdk.clone()))
        });
        let activities = inbox.activity_polls.open();
        let activities = activities.map(|poll| (poll.identity.clone(), poll.queue.clone(), None));
        workflows.chain(activities).collect()
    }

    /// The house is closed: what is left of what was asked, what went wrong, and what is not simulated. All polls are
    /// refused.
    pub(crate) fn end(&self) -> (VecDeque<Request>, Left, BTreeMap<SmolStr, u64>) {
        self.close();
        let mut inbox = self.inbox();
        let says = core::mem::take(&mut inbox.says);
        let requests = core::mem::take(&mut inbox.requests);
        let eager = core::mem::take(&mut inbox.eager);
        let mut left = core::mem::take(&mut inbox.before);
        left.add(core::mem::take(&mut inbox.left));
        let not_simulated = inbox.not_simulated.clone();
        drop(inbox);
        for says in says.into_values().flatten() {
            says.refuse(Refused::Closing);
        }
        for (_, slot) in eager.into_values() {
            slot.tell(Err(Refused::Closing));
        }
        (requests, left, not_simulated)
    }

    /// Another world begins. Returns its number.
    pub(crate) fn next_world(&self) -> u32 {
        let mut inbox = self.inbox();
        inbox.world = inbox.worlds;
        inbox.worlds += 1;
        inbox.adrift.clear();
        inbox.local.clear();
        inbox.ending.clear();
        let left = core::mem::take(&mut inbox.left);
        let sum = match &mut inbox.paused {
            Some(paused) => &mut paused.sum,
            None => &mut inbox.before,
        };
        sum.add(left);
        let in_hand = core::mem::take(&mut inbox.in_hand);
        let says = core::mem::take(&mut inbox.says);
        let world = inbox.world;
        drop(inbox);
        drop(in_hand);
        for says in says.into_values().flatten() {
            says.refuse(Refused::OtherWorld);
        }
        world
    }

    /// A number that no world has.
    pub(crate) fn next_number(&self) -> u32 {
        let mut inbox = self.inbox();
        inbox.worlds += 1;
        inbox.worlds - 1
    }

    /// The world stands, and others are made meanwhile.
    pub(crate) fn pause(&self) {
        let mut inbox = self.inbox();
        let paused = Paused {
            world: inbox.world,
            in_hand: core::mem::take(&mut inbox.in_hand),
            says: core::mem::take(&mut inbox.says),
            adrift: core::mem::take(&mut inbox.adrift),
            local: core::mem::take(&mut inbox.local),
            left: core::mem::take(&mut inbox.left),
            sum: Left::default(),
        };
        inbox.paused = Some(paused);
    }

    /// The world that stood goes on. What was said of the others is too late.
    pub(crate) fn resume(&self) {
        let mut inbox = self.inbox();
        let Some(paused) = inbox.paused.take() else { return };
        let Paused { world, in_hand, says, adrift, local, left, sum: _ } = paused;
        (inbox.world, inbox.left) = (world, left);
        (inbox.in_hand, inbox.adrift, inbox.local) = (in_hand, adrift, local);
        let late = core::mem::replace(&mut inbox.says, says);
        drop(inbox);
        for says in late.into_values().flatten() {
            says.refuse(Refused::OtherWorld);
        }
    }

    /// Whether a worker took nothing in time, in this world or in one that was made before it.
    pub(crate) fn is_silent(&self, host: usize) -> bool {
        let inbox = self.inbox();
        let before = inbox.paused.as_ref().map_or(&inbox.before, |paused| &paused.sum);
        before.silent.contains(&host) || inbox.left.silent.contains(&host)
    }

    /// The open polls of a worker that ends are answered with nothing.
    pub(crate) fn worker_gone(&self, gone: &WorkerGone) {
        let mut inbox = self.inbox();
        inbox.sticky_polled.remove(&gone.sticky_queue);
        if inbox.ending.len() < MOST_NAMES {
            inbox.ending.push(gone.clone());
        }
        if !gone.instance.is_empty() {
            if inbox.ended.len() >= MOST_NAMES {
                inbox.ended.pop_front();
            }
            inbox.ended.push_back(gone.instance.clone());
        }
        let workflows = inbox.workflow_polls.take_of(gone);
        let activities = inbox.activity_polls.take_of(gone);
        let nexus = inbox.nexus_polls.take_of(gone);
        drop(inbox);
        workflows.answer(&Ok(()));
        activities.answer(&Ok(()));
        nexus.answer(&Ok(()));
    }

    pub(crate) fn not_simulated(&self, what: SmolStr) {
        let mut inbox = self.inbox();
        if inbox.not_simulated.len() < MOST_NAMES || inbox.not_simulated.contains_key(&what) {
            *inbox.not_simulated.entry(what).or_default() += 1;
        }
    }

    pub(crate) fn close(&self) {
        let mut inbox = self.inbox();
        inbox.closing = true;
        let workflows = core::mem::take(&mut inbox.workflow_polls);
        let activities = core::mem::take(&mut inbox.activity_polls);
        let nexus = core::mem::take(&mut inbox.nexus_polls);
        drop(inbox);
        workflows.answer(&Err(Refused::Closing));
        activities.answer(&Err(Refused::Closing));
        nexus.answer(&Err(Refused::Closing));
        self.bell.ring();
    }
}
