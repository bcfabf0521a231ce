//! Runs that began elsewhere, rebuilt from their histories.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::TaskDelivery;
use rehearsal_history::{Event, Timestamp};

use super::Service;
use crate::input::{Effect, Outbox, RunRef};
use crate::run::{CannotRestore, Restorable, Run, Turn};

impl Service {
    /// Takes in runs that began elsewhere, each as it stood at virtual time `now` with these events, which end where a
    /// transaction ended. They are one family: a child of one of them that runs is among them, and so is whom a request that
    /// is under way is for.
    ///
    /// Their state is that of the runs that wrote the events, but for what no history holds, which is chosen: activities wait
    /// for a worker with their first attempt, and no worker has a run in its cache. A workflow task that a worker has is
    /// given to whoever calls, to be answered in its place.
    ///
    /// # Errors
    ///
    /// [`CannotRestore`] if something goes on that cannot be rebuilt; then nothing has changed.
    pub fn restore(
        &mut self,
        now: Timestamp,
        histories: Vec<Vec<Arc<Event>>>,
        out: &mut Outbox,
    ) -> Result<Vec<(RunRef, Option<TaskDelivery>)>, CannotRestore> {
        let runs = Restorable::all(histories)?;
        Ok(runs.into_iter().map(|run| self.restore_one(now, run, out)).collect())
    }

    fn restore_one(
        &mut self,
        now: Timestamp,
        run: Restorable,
        out: &mut Outbox,
    ) -> (RunRef, Option<TaskDelivery>) {
        let id = self.next_ref();
        out.effects.push(Effect::Started { run: id });
        let mut turn = Turn::new(now, Duration::ZERO, &self.config, &mut self.armed, out);
        let mut run = Run::restore(id, &mut turn, run);
        turn.tell_loose(id);
        let task = run.task_in_hand();
        out.touched.push(id);
        self.add(id, run);
        (id, task)
    }
}
