//! What a run hands over when a transaction is through, and in which order the server takes it.

use alloc::vec::Vec;

use rehearsal_history::EventId;

use super::{Following, Run, Turn};
use crate::input::Effect;
use crate::words::Transfer;

/// How many activities of one workflow task a worker takes along with the answer to it: `maxPerTask` in
/// `internal_eager_activity.go` of the Go SDK, `max_eager_activity_reservations_per_workflow_task` of core. No transfer
/// task is made for these.
const EAGER: usize = 3;

impl Run {
    /// Hands over what this transaction has made ready, in the order in which the server takes it.
    pub(super) fn hand_over(&mut self, turn: &mut Turn<'_>) {
        let mut transfers = core::mem::take(&mut self.transfers);
        self.put_last_first(&mut transfers);
        for transfer in transfers {
            self.transfer(turn, transfer);
        }
    }

    /// Of the transfer tasks of one transaction the last is taken first, then the others in their order.
    ///
    /// The reader of the queue submits them one after another (`loadAndSubmitTasks` in `service/history/queues/reader.go`),
    /// and each wakes a worker that waits for one (`FIFOScheduler`). Go runs the goroutine that was woken last before those
    /// that wait already (`runnext`). A server with more to do takes them in other orders; of 68 recorded tasks with two to
    /// six of them 59 had this one (`external-signals-in-order`, `children-in-parallel`).
    ///
    /// Activities keep their places, since workers poll for them in any order. One that is taken along with the answer to
    /// the workflow task is no transfer task; any other one at the end is what is taken first.
    fn put_last_first(&self, transfers: &mut [Transfer]) {
        let mut eager = EAGER;
        let mut last_is_activity = false;
        let mut across = Vec::new();
        for (place, transfer) in transfers.iter().enumerate() {
            match transfer {
                Transfer::Across(_) => {
                    across.push(place);
                    last_is_activity = false;
                }
                Transfer::Activity { scheduled }
                    if eager > 0 && self.is_of_own_queue(*scheduled) =>
                {
                    eager -= 1;
                }
                Transfer::Activity { .. } => last_is_activity = true,
                Transfer::Next(_) => {}
            }
        }
        if !last_is_activity {
            for pair in across.windows(2).rev() {
                transfers.swap(pair[0], pair[1]);
            }
        }
    }

    /// Whether an activity waits in the queue of its workflow.
    fn is_of_own_queue(&self, scheduled: EventId) -> bool {
        let activity = self.state.activities.get(&scheduled);
        activity.is_some_and(|it| it.attributes().task_queue.name == self.state.view.task_queue)
    }

    /// Hands something over, if it is still wanted.
    fn transfer(&mut self, turn: &mut Turn<'_>, transfer: Transfer) {
        match transfer {
            Transfer::Activity { scheduled } => {
                let activity = self.state.activities.get(&scheduled);
                if self.is_open() && activity.is_some_and(|it| it.waits_since().is_some()) {
                    self.queue.write();
                    self.offer_activity(turn, scheduled);
                }
            }
            Transfer::Across(across) => {
                self.queue.write();
                let at = turn.outside(turn.now);
                turn.push(Effect::Transfer { run: self.id, across, at });
            }
            Transfer::Next(started) => {
                // With the close of this run something is put into the queues that is to be done at once.
                self.queue.write();
                turn.next = Some(Following::of_chain(started, self.queue.clone(), self.ahead));
            }
        }
    }

    /// Tells that an activity waits for a worker.
    pub(super) fn offer_activity(&self, turn: &mut Turn<'_>, scheduled: EventId) {
        let Some(activity) = self.state.activities.get(&scheduled) else { return };
        turn.push(Effect::ActivityTask {
            run: self.id,
            scheduled,
            attempt: activity.attempt,
            queue: activity.attributes().task_queue.name.clone(),
        });
    }
}
