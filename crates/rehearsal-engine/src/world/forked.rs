//! A world that goes on from a recorded run.

use super::World;
use super::client::Handle;
use crate::origin::Origin;

impl World {
    /// The run that was recorded and goes on here; `None` in a world that began empty.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// use rehearsal::{EventId, History, Status, replay};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// # let scenario = Scenario::new("nap").workflow(NAP, nap);
    /// # let outcome = scenario.clone().client(|world| drop(world.start(NAP, "nap-1", ()))).run();
    /// # let file = History::new(outcome.main().unwrap().history.clone())?.to_json();
    /// // The timer runs, and nothing else.
    /// let asleep = scenario.fork(&replay(file), EventId(5))?;
    /// let mut world = asleep.world();
    /// let nap = world.forked().unwrap();
    /// world.cancel(&nap)?;
    /// assert_eq!(world.wait(&nap), Status::Canceled);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn forked(&self) -> Option<Handle> {
        self.scenario.origin.as_ref()?;
        let run = self.service.runs().next()?;
        let view = self.service.run(run);
        Some(Handle { workflow_id: view.workflow_id.clone(), run_id: view.run_id.clone(), run })
    }

    /// Has the service take in the recorded run. Whoever had a workflow task of it in hand, a worker of this world has it
    /// now.
    pub(super) fn restore(&mut self, origin: &Origin) {
        let now = self.clock.now();
        let restored = self.service.restore(now, origin.events.clone(), &mut self.outbox);
        let (run, task) = match restored {
            Ok(restored) => restored,
            Err(error) => return self.bug(&format!("a run was not restored: {error}")),
        };
        self.follow_up();
        let view = self.service.run(run);
        self.main_canceled = view.cancel_requested;
        let queue = view.task_queue.clone();
        self.record.calls = origin.calls(run, &view.workflow_id, &view.run_id);
        if origin.tasks() > 0 || task.is_some() {
            self.begun.insert(run);
        }
        let host = (0..self.hosts.len()).find(|&host| self.hosts[host].polls_workflows(&queue));
        // Without a worker on that queue the task runs into its timeout.
        if let (Some(host), Some(task)) = (host, task) {
            self.deliver(host, task);
        }
        self.moved = true;
    }
}
