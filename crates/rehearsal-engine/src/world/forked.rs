//! A world that goes on from a recorded run.

use super::World;
use super::client::Handle;
use crate::origin::{self, Origin};
use crate::record::Call;

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

    /// Has the service take in the recorded runs. Whoever had a workflow task of one in hand, a worker of this world has it
    /// now.
    pub(super) fn restore(&mut self, origin: &Origin) {
        let now = self.clock.now();
        let restored = self.service.restore(now, origin.histories.clone(), &mut self.outbox);
        let restored = match restored {
            Ok(restored) => restored,
            Err(error) => return self.bug(&format!("a run was not restored: {error}")),
        };
        self.follow_up();
        let main = restored.first().map(|(run, _)| *run);
        self.main_canceled = main.is_some_and(|run| self.service.run(run).cancel_requested);
        let mut calls: Vec<Call> = Vec::new();
        for ((run, task), events) in restored.into_iter().zip(&origin.histories) {
            let view = self.service.run(run);
            let queue = view.task_queue.clone();
            let ids = (&view.workflow_id, &view.run_id);
            calls.extend(origin::calls(events, origin.began(), run, ids));
            if origin::tasks(events) > 0 || task.is_some() {
                self.begun.insert(run);
            }
            let host = (0..self.hosts.len()).find(|&host| self.hosts[host].polls_workflows(&queue));
            // Without a worker on that queue the task runs into its timeout.
            if let (Some(host), Some(task)) = (host, task) {
                self.deliver(host, task);
            }
        }
        calls.sort_by_key(|call| call.started);
        self.record.calls = calls;
        self.moved = true;
    }
}
