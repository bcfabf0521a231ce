//! Matching: which worker gets which task, and what becomes of tasks when workers come and go.

use std::collections::VecDeque;

use rehearsal_history::{SmolStr, TaskQueue, TaskQueueKind};

use super::queries::ReadyQuery;
use super::{Entry, ReadyTask, World};
use crate::choice::Touched;
use crate::host::STICKY_POLLER_AGE;
use crate::journal::Pause;

/// What a worker was about to take.
#[derive(Default)]
struct Untaken {
    /// Each with its queue: the first is that of a workflow task, the second that of an activity task.
    tasks: Vec<(ReadyTask, Option<TaskQueue>, SmolStr)>,
    queries: Vec<(ReadyQuery, TaskQueue)>,
}

impl World {
    /// Finds a worker for a workflow task, or lets it wait in its queue (W-9).
    pub(super) fn route_workflow_task(&mut self, task: ReadyTask, queue: TaskQueue) {
        let now = self.clock.now();
        if queue.kind == TaskQueueKind::Sticky {
            let polling = self.polling_owner_of(&queue);
            // A sticky queue takes no task of a run that was bound to it by a task without events: before a task is
            // completed `MakeDirectiveForWorkflowTask` asks for the rules of assignment, which a sticky queue has not
            // (`checkVersionForStickyAdd` in `service/matching/version_sets.go`). Only the timeout of the task helps.
            if let Some(host) = polling.filter(|_| self.service.has_completed_task(task.run)) {
                return self.agenda.push(now, Entry::WorkflowTask { host, task, queue });
            }
            if self.seems_polled(&queue) {
                return self.wait_for_workflow_poll(task, queue);
            }
        }
        let name = if queue.normal_name.is_empty() { queue.name } else { queue.normal_name };
        let queue = TaskQueue::normal(name);
        match self.taker(&queue.name, true) {
            Some(host) => self.agenda.push(now, Entry::WorkflowTask { host, task, queue }),
            None => self.wait_for_workflow_poll(task, queue),
        }
    }

    /// The worker whose sticky queue it is.
    pub(super) fn owner_of(&self, sticky: &TaskQueue) -> Option<usize> {
        (0..self.hosts.len()).find(|&host| self.hosts[host].sticky_queue == sticky.name)
    }

    /// The same, if it polls that queue.
    pub(super) fn polling_owner_of(&mut self, sticky: &TaskQueue) -> Option<usize> {
        let owner = self.owner_of(sticky).filter(|&host| self.hosts[host].is_polling())?;
        self.polls_now(owner, &sticky.name).then_some(owner)
    }

    /// Whether matching takes a sticky queue for one that somebody polls (`stickyWorkerAvailable`, W-9).
    pub(super) fn seems_polled(&mut self, sticky: &TaskQueue) -> bool {
        let now = self.clock.now();
        let last = self.last_sticky_polls.get(&sticky.name).copied();
        last.is_some_and(|at| now.since(at) < STICKY_POLLER_AGE)
            || self.owner_of(sticky).is_some_and(|host| {
                self.hosts[host].seems_to_poll(now) && self.polls_now(host, &sticky.name)
            })
    }

    /// Finds a worker for an activity task, or lets it wait in its queue.
    pub(super) fn route_activity_task(&mut self, task: ReadyTask, queue: SmolStr) {
        self.touch_slots();
        match self.taker(&queue, false) {
            Some(host) => {
                self.hosts[host].take_slot();
                self.agenda.push(self.clock.now(), Entry::ActivityTask { host, task, queue });
            }
            None => self.wait_for_activity_poll(task, queue),
        }
    }

    /// A workflow task waits in its queue: those of a lower key go first, and of one key those that came first
    /// (`taskBTreeLess` in `service/matching/matcher_data.go`, with one partition and `matching.enableFairness` off, as it is by
    /// default).
    pub(super) fn wait_for_workflow_poll(&mut self, task: ReadyTask, queue: TaskQueue) {
        let waiting = self.waiting_workflow_tasks.entry(queue.name.clone()).or_default();
        let at = waiting.partition_point(|(other, _)| other.key <= task.key);
        waiting.insert(at, (task, queue));
    }

    /// The same of an activity task.
    pub(super) fn wait_for_activity_poll(&mut self, task: ReadyTask, queue: SmolStr) {
        let waiting = self.waiting_activity_tasks.entry(queue).or_default();
        let at = waiting.partition_point(|other| other.key <= task.key);
        waiting.insert(at, task);
    }

    pub(super) fn start_host(&mut self, host: usize) {
        self.hosts[host].start();
        let queue = self.hosts[host].spec.queue.clone();
        if self.hosts[host].spec.workflows {
            for query in self.waiting_queries.remove(&queue).unwrap_or_default() {
                self.route_query(query, TaskQueue::normal(queue.clone()));
            }
            // One that was away for a while.
            let sticky = TaskQueue::sticky(self.hosts[host].sticky_queue.clone(), queue.clone());
            for query in self.waiting_queries.remove(&sticky.name).unwrap_or_default() {
                self.route_query(query, sticky.clone());
            }
            for (task, queue) in self.waiting_workflow_tasks.remove(&queue).unwrap_or_default() {
                self.route_workflow_task(task, queue);
            }
        }
        if self.hosts[host].spec.activities {
            for task in self.waiting_activity_tasks.remove(&queue).unwrap_or_default() {
                self.route_activity_task(task, queue.clone());
            }
        }
    }

    /// A worker stops, or dies.
    pub(super) fn end_host(&mut self, gone: usize) {
        self.hosts[gone].stop(self.clock.now());
        self.leave(gone);
    }

    /// A worker has stopped: what it has not taken goes back to its queue. A crash also loses all that it was doing.
    pub(super) fn leave(&mut self, gone: usize) {
        let untaken = self.untaken(gone);
        let spec = &self.hosts[gone].spec;
        let exits = spec.exits && spec.stop_timeout.is_none_or(|timeout| timeout.is_zero());
        if self.hosts[gone].is_dead() || exits {
            self.lose_all_of(gone);
        } else {
            self.stop_attempts_of(gone);
        }
        self.route_again(untaken);
    }

    /// The process of a worker is over: nothing of what it was doing is sent any more.
    pub(super) fn lose_all_of(&mut self, gone: usize) {
        self.agenda.retain(|entry| {
            !matches!(entry, Entry::Activate { host, .. } | Entry::Respond { host, .. } if *host == gone)
        });
        self.forget_local_of(gone);
        self.drop_attempts_of(gone);
        self.hosts[gone].forget_all();
    }

    /// A worker polls nothing for a while: what it has not taken goes back to its queues.
    pub(super) fn give_back(&mut self, away: usize) {
        let untaken = self.untaken(away);
        self.route_again(untaken);
    }

    /// Takes from a worker what it was about to take, with the slots for it.
    fn untaken(&mut self, of: usize) -> Untaken {
        let mut untaken = Untaken::default();
        let worker = &mut self.hosts[of];
        self.agenda.retain(|entry| match entry {
            Entry::WorkflowTask { host, task, queue } if *host == of => {
                untaken.tasks.push((*task, Some(queue.clone()), SmolStr::default()));
                false
            }
            Entry::Query { host, query, queue } if *host == of => {
                untaken.queries.push((query.clone(), queue.clone()));
                false
            }
            Entry::ActivityTask { host, task, queue } if *host == of => {
                untaken.tasks.push((*task, None, queue.clone()));
                worker.free_slot();
                false
            }
            _ => true,
        });
        untaken
    }

    /// What a worker was about to take goes back to its queues.
    fn route_again(&mut self, untaken: Untaken) {
        for (task, workflow_queue, activity_queue) in untaken.tasks {
            match workflow_queue {
                Some(queue) => self.route_workflow_task(task, queue),
                None => self.route_activity_task(task, activity_queue),
            }
        }
        for (query, queue) in untaken.queries {
            self.route_query(query, queue);
        }
    }

    /// A worker's process dies with all that it was doing, and is started again at once.
    pub(super) fn crash_host(&mut self, host: usize) {
        self.touch(Touched::Everything);
        let now = self.clock.now();
        let sticky_queue = self.hosts[host].sticky_queue.clone();
        self.last_sticky_polls.insert(sticky_queue.clone(), now);
        // What waits in its sticky queue waits there for its time-out (W-9); the process that is started again has another.
        let mut left = Vec::new();
        let mut unanswered = Vec::new();
        self.agenda.retain(|entry| match entry {
            Entry::WorkflowTask { task, queue, .. } if queue.name == sticky_queue => {
                left.push((*task, queue.clone()));
                false
            }
            Entry::Query { query, queue, .. } if queue.name == sticky_queue => {
                unanswered.push((query.clone(), queue.clone()));
                false
            }
            Entry::Activate { host: of, .. } | Entry::Respond { host: of, .. } => *of != host,
            _ => true,
        });
        self.forget_local_of(host);
        self.drop_attempts_of(host);
        {
            let _pause = Pause::new(self.journal.as_ref());
            self.hosts[host].restart();
        }
        self.tasks_outside.retain(|_, (of, _)| *of != host);
        self.remote_crashed(host);
        for (task, queue) in left {
            self.route_workflow_task(task, queue);
        }
        for (query, queue) in unanswered {
            self.route_query(query, queue);
        }
        // What it was about to take it takes after all.
        let its_own =
            |entry: &&Entry| matches!(entry, Entry::ActivityTask { host: of, .. } if *of == host);
        let taken = self.agenda.iter_due().filter(its_own).count();
        self.hosts[host].keep_slots(taken);
        self.fill_slots(host);
    }

    /// An activity of a worker is over: what waits in the queue may have its slot.
    pub(super) fn free_slot(&mut self, host: usize) {
        self.touch_slots();
        self.hosts[host].free_slot();
        self.fill_slots(host);
    }

    fn fill_slots(&mut self, host: usize) {
        if self.hosts[host].spec.activity_slots.is_none() {
            return;
        }
        let queue = self.hosts[host].spec.queue.clone();
        while self.hosts[host].polls_activities(&queue)
            && let Some(task) =
                self.waiting_activity_tasks.get_mut(&queue).and_then(VecDeque::pop_front)
        {
            self.route_activity_task(task, queue.clone());
        }
    }

    pub(super) fn drop_attempts_of(&mut self, host: usize) {
        let _pause = Pause::new(self.journal.as_ref());
        let lost = self.elapsed();
        for token in self.executor.outdoors_on(host) {
            self.remote_lost(host, token);
        }
        for call in self.executor.remove_host(host) {
            self.record.calls[call].lost = Some(lost);
        }
        let executor = &self.executor;
        self.agenda.retain(|entry| entry.attempt().is_none_or(|key| executor.is_running(key)));
    }
}
