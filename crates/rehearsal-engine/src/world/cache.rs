//! Workers that keep no more than so many workflows: who has to go, and who has to wait.

use rehearsal_activation::TaskDelivery;
use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_worker::Profile;

use super::{Entry, World};
use crate::journal::Pause;

impl World {
    /// Whether a worker begins with a task now. Go does at once. Core lets the task of a run that is not in its cache wait
    /// while the cache is full of runs with tasks (`buffer_resp_on_full_cache`); one that has none is dropped for it, and what
    /// it waits for canceled (`CancelAllInRun`).
    pub(super) fn has_place(&mut self, host: usize, run_id: &str) -> bool {
        match self.scenario.profile {
            Profile::Core => {
                while !self.hosts[host].has_room_for(run_id) {
                    let process = &self.hosts[host];
                    let dropped = process.longest_idle().or_else(|| process.longest_waiting());
                    let Some(run_id) = dropped else { return false };
                    self.cancel_local(host, &run_id);
                    self.drop_from_cache(host, &run_id);
                }
                true
            }
            _ => true,
        }
    }

    /// A task waits in the worker until a place is free.
    pub(super) fn wait_for_place(
        &mut self,
        host: usize,
        delivery: Box<TaskDelivery>,
        not_before: Timestamp,
    ) {
        self.hosts[host].without_place.push_back((delivery, not_before));
    }

    /// A worker has done something: it drops what is too much, and takes up what waits for a place.
    pub(super) fn settle_cache(&mut self, host: usize) {
        while self.hosts[host].keeps_too_many()
            && let Some(superfluous) = self.hosts[host].superfluous()
        {
            self.drop_from_cache(host, &superfluous);
        }
        while let Some((delivery, _)) = self.hosts[host].without_place.front() {
            let run_id = delivery.token.run_id.clone();
            if !self.has_place(host, &run_id) {
                break;
            }
            if let Some((delivery, not_before)) = self.hosts[host].without_place.pop_front() {
                // Its place is taken from now on.
                self.hosts[host].uses(&run_id);
                let entry = Entry::Activate { host, delivery, not_before };
                self.agenda.push(self.clock.now(), entry);
            }
        }
    }

    /// A run was deleted, so that nobody can ask for it any more: workers that keep all runs drop it now. A run that was
    /// terminated is there until then, as no task tells its worker. Of a worker with only so many places it keeps its place,
    /// until another run needs it.
    pub(super) fn drop_deleted(&mut self, run_id: &SmolStr) {
        for host in 0..self.hosts.len() {
            if self.hosts[host].spec.cache.is_none() && self.hosts[host].is_idle(run_id) {
                self.drop_from_cache(host, run_id);
            }
        }
    }

    fn drop_from_cache(&mut self, host: usize, run_id: &SmolStr) {
        let _pause = Pause::new(self.journal.as_ref());
        self.hosts[host].worker.evict(run_id);
        self.forget(host, run_id);
    }
}
