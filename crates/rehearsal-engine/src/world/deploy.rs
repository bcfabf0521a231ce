//! Deployments: new code takes over between two workflow tasks.

use rehearsal_history::{EventId, EventKind};

use super::{ReadyTask, World};
use crate::choice::ChoiceKind;
use crate::host::Host;
use crate::record::Moment;

impl World {
    /// Asks whether new code takes over before this task is taken, unless it has already, and has it take over.
    ///
    /// The workers that run stop in good order, one that is away for a while too: they finish what they have, and what waits
    /// in their sticky queues goes to the normal one at once (W-9). In the place of each another one starts.
    pub(super) fn deploys(&mut self, task: ReadyTask) -> bool {
        if self.office > 0 || !self.still_waits(task) {
            return false;
        }
        let moment = self.moment(task);
        self.record.moments.push(moment);
        if !self.strikes(ChoiceKind::Deploy) {
            return false;
        }
        self.office = self.hosts.len() / 2;
        let runs = |host: &Host| host.is_polling() || host.is_away();
        let running: Vec<usize> =
            (0..self.office).filter(|&host| runs(&self.hosts[host])).collect();
        for host in running {
            self.hosts[host].retire();
            self.start_host(self.in_office(host));
            self.leave(host);
        }
        true
    }

    /// The worker that stands in the place of this one.
    pub(super) const fn in_office(&self, host: usize) -> usize {
        host + self.office
    }

    fn moment(&self, task: ReadyTask) -> Moment {
        let (view, history) = (self.service.run(task.run), self.service.history(task.run));
        let completed = history
            .iter()
            .filter(|event| matches!(event.kind, EventKind::WorkflowTaskCompleted(_)));
        Moment {
            at: self.elapsed(),
            workflow_id: view.workflow_id.clone(),
            run_id: view.run_id.clone(),
            task: completed.count() + 1,
            after_event: EventId(history.len() as u64),
            points: self.record.points.len(),
        }
    }
}
