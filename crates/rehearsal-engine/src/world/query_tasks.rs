//! Where queries wait for a worker (`queryDirectlyThroughMatching` in `service/history/api/queryworkflow/api.go` of server
//! 1.32).

use rehearsal_history::{TaskQueue, TaskQueueKind};
use rehearsal_service::{Input, QueryInput, RunRef};

use super::queries::ReadyQuery;
use super::{Entry, World};

impl World {
    /// Finds a worker for a query, or lets it wait in its queue.
    ///
    /// In a sticky queue it waits for the schedule-to-start timeout of that queue, also for a worker that has died: matching
    /// takes the queue for one that somebody polls for a while (W-9). One that is known to have no poller is left at once.
    pub(super) fn route_query(&mut self, query: ReadyQuery, queue: TaskQueue) {
        let now = self.clock.now();
        if queue.kind == TaskQueueKind::Sticky {
            if let Some(host) = self.polling_owner_of(&queue) {
                return self.agenda.push(now, Entry::Query { host, query, queue });
            }
            if self.seems_polled(&queue) {
                return self.keep_query(query, queue);
            }
            self.reset_stickiness(query.run);
        }
        let name = if queue.normal_name.is_empty() { queue.name } else { queue.normal_name };
        let queue = TaskQueue::normal(name);
        match self.taker(&queue.name, true) {
            Some(host) => self.agenda.push(now, Entry::Query { host, query, queue }),
            None => self.keep_query(query, queue),
        }
    }

    /// Lets a query wait in its queue; if that is sticky for no longer than its schedule-to-start timeout.
    pub(super) fn keep_query(&mut self, query: ReadyQuery, queue: TaskQueue) {
        let name = queue.name.clone();
        if queue.kind == TaskQueueKind::Sticky {
            let due = self.clock.now() + self.scenario.profile.sticky_timeout();
            self.agenda.push(due, Entry::QueryLeaves { query: query.clone(), queue });
        }
        self.waiting_queries.entry(name).or_default().push_back(query);
    }

    /// A query has waited in a sticky queue for as long as it may: the run is bound to that queue no more, and the query
    /// goes to the normal one. Does nothing if a worker has taken it.
    pub(super) fn leave_sticky_queue(&mut self, query: &ReadyQuery, queue: TaskQueue) {
        let Some(waiting) = self.waiting_queries.get_mut(&queue.name) else { return };
        let Some(place) = waiting.iter().position(|it| it == query) else { return };
        waiting.remove(place);
        self.reset_stickiness(query.run);
        let name = if queue.normal_name.is_empty() { queue.name } else { queue.normal_name };
        self.route_query(query.clone(), TaskQueue::normal(name));
    }

    fn reset_stickiness(&mut self, run: RunRef) {
        // Cannot be refused.
        let _done = self.call(Input::Query(Box::new(QueryInput::ResetStickiness { run })));
    }
}
