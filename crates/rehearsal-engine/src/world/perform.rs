//! What happens in a step.

use rehearsal_service::Input;

use super::{Entry, World};

impl World {
    pub(super) fn perform(&mut self, entry: Entry) {
        match entry {
            Entry::HostStarts(host) => self.start_host(self.in_office(host)),
            Entry::HostEnds(host) => self.end_host(self.in_office(host)),
            Entry::HostBack(host) => self.host_is_back(host),
            Entry::LateSignal(late) => self.late_signal(*late),
            Entry::HostGivesUp(host) => self.give_up_attempts_of(host),
            Entry::WorkflowTask { host, task, queue } => {
                self.take_workflow_task(host, task, &queue);
            }
            Entry::Activate { host, delivery, not_before } => {
                self.activate(host, delivery, not_before);
            }
            Entry::Respond { host, response } => self.respond(host, *response),
            Entry::Query { host, query, queue } => self.take_query(host, &query, &queue),
            Entry::QueryLeaves { query, queue } => self.leave_sticky_queue(&query, queue),
            Entry::QueryAgain(query) => self.repeat_query(query),
            Entry::ActivityTask { host, task, .. } => self.take_activity_task(host, task),
            Entry::Poll(key) => self.poll_attempt(key),
            Entry::Deadline(key) => self.attempt_deadline(key),
            Entry::Silence { key, limit } => self.silence(key, limit),
            Entry::Throttle(key) => self.throttle_elapsed(key),
            Entry::Heartbeat { key, details } => self.heartbeat(key, details),
            Entry::Request { key, sent, give_up } => self.request(key, sent, give_up),
            Entry::Report(key) => self.report(key),
            Entry::LocalTold(key) => self.local_told(key),
            Entry::LocalDue { host, key, .. } => self.local_due(host, key),
            Entry::Transfer { run, across } => self.transfer(run, across),
        }
    }

    pub(super) fn elapse(&mut self) {
        if let Err(error) = self.call(Input::Elapsed) {
            self.bug(&format!("the service refused to let time pass: {error}"));
        }
    }
}
