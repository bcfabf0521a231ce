//! Polls that are open: who waits for tasks of which queue.

use core::convert::Infallible;

use rehearsal_history::SmolStr;

use crate::answer::{ActivityWork, Refused, WorkflowWork};
use crate::ask::{ActivityPoll, NexusPoll, WorkerGone, WorkflowPoll};
use crate::door::Slot;
use crate::inbox::Inbox;

/// A poll of a worker, for one kind of work.
pub(crate) trait Poll: Sized {
    /// What it is answered with.
    type Work: Clone;

    /// Its kind of tasks, for people.
    const OF: &'static str;

    fn identity(&self) -> &SmolStr;

    fn queue(&self) -> &SmolStr;

    fn instance(&self) -> &SmolStr;

    /// The queue, if it is a sticky one.
    fn sticky(&self) -> Option<&SmolStr> {
        None
    }

    /// Those of its kind.
    fn all(inbox: &mut Inbox) -> &mut Polls<Self>;
}

impl Poll for WorkflowPoll {
    type Work = WorkflowWork;

    const OF: &'static str = "workflow tasks";

    fn identity(&self) -> &SmolStr {
        &self.identity
    }

    fn queue(&self) -> &SmolStr {
        &self.queue
    }

    fn instance(&self) -> &SmolStr {
        &self.instance
    }

    fn sticky(&self) -> Option<&SmolStr> {
        self.normal.as_ref().map(|_| &self.queue)
    }

    fn all(inbox: &mut Inbox) -> &mut Polls<Self> {
        &mut inbox.workflow_polls
    }
}

impl Poll for ActivityPoll {
    type Work = ActivityWork;

    const OF: &'static str = "activities";

    fn identity(&self) -> &SmolStr {
        &self.identity
    }

    fn queue(&self) -> &SmolStr {
        &self.queue
    }

    fn instance(&self) -> &SmolStr {
        &self.instance
    }

    fn all(inbox: &mut Inbox) -> &mut Polls<Self> {
        &mut inbox.activity_polls
    }
}

impl Poll for NexusPoll {
    type Work = Infallible;

    const OF: &'static str = "Nexus tasks";

    fn identity(&self) -> &SmolStr {
        &self.identity
    }

    fn queue(&self) -> &SmolStr {
        &self.queue
    }

    fn instance(&self) -> &SmolStr {
        &self.instance
    }

    fn all(inbox: &mut Inbox) -> &mut Polls<Self> {
        &mut inbox.nexus_polls
    }
}

/// The polls for one kind of work, in the order in which they came; those among them that have ended count as none.
#[derive(Debug)]
pub(crate) struct Polls<P: Poll>(Vec<(P, Slot<Option<P::Work>>)>);

impl<P: Poll> Default for Polls<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P: Poll> Polls<P> {
    pub(crate) fn open(&self) -> impl Iterator<Item = &P> {
        self.0.iter().filter(|(_, slot)| slot.is_open()).map(|(poll, _)| poll)
    }

    /// How many are open; the others are forgotten.
    pub(crate) fn count(&mut self) -> usize {
        self.0.retain(|(_, slot)| slot.is_open());
        self.0.len()
    }

    pub(crate) fn add(&mut self, poll: P, slot: Slot<Option<P::Work>>) {
        self.0.push((poll, slot));
    }

    /// Whether a worker has an open poll of this queue.
    pub(crate) fn has(&self, identity: &SmolStr, queue: &SmolStr) -> bool {
        self.open().any(|poll| poll.identity() == identity && poll.queue() == queue)
    }

    /// The first open poll of a worker for this queue.
    pub(crate) fn take(
        &mut self,
        identity: &SmolStr,
        queue: &SmolStr,
    ) -> Option<Slot<Option<P::Work>>> {
        let at = self.0.iter().position(|(poll, slot)| {
            slot.is_open() && poll.identity() == identity && poll.queue() == queue
        })?;
        Some(self.0.remove(at).1)
    }

    /// The polls of a worker that ends: by its own name, if its SDK gives it one, since all workers of a process have one
    /// identity (`workerInstancePollers` in `service/matching/matching_engine.go`).
    pub(crate) fn take_of(&mut self, gone: &WorkerGone) -> Self {
        let is_its = |(poll, _): &mut (P, _)| {
            if !gone.instance.is_empty() && !poll.instance().is_empty() {
                return gone.instance == *poll.instance();
            }
            let queue = poll.queue();
            *poll.identity() == gone.identity
                && (gone.queue.is_empty() || *queue == gone.queue || *queue == gone.sticky_queue)
        };
        Self(self.0.extract_if(.., is_its).collect())
    }

    /// All are answered so.
    pub(crate) fn answer(self, answer: &Result<(), Refused>) {
        for (_, slot) in self.0 {
            slot.tell(answer.clone().map(|()| None));
        }
    }
}
