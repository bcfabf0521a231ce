//! Runs that began elsewhere, rebuilt from their histories.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::TaskDelivery;
use rehearsal_history::{Event, Timestamp};

use super::Service;
use crate::input::{Effect, Outbox, RunRef};
use crate::run::{CannotRestore, Run, Turn};

impl Service {
    /// Takes in a run that began elsewhere, as it stood at virtual time `now` with these events, which end where a
    /// transaction ended.
    ///
    /// Its state is that of the run that wrote them, but for what no history holds, which is chosen: activities wait for a
    /// worker with their first attempt, and no worker has the run in its cache. A workflow task that a worker has is given
    /// to whoever calls, to be answered in its place.
    ///
    /// # Errors
    ///
    /// [`CannotRestore`] if something goes on that cannot be rebuilt; then nothing has changed.
    pub fn restore(
        &mut self,
        now: Timestamp,
        events: Vec<Arc<Event>>,
        out: &mut Outbox,
    ) -> Result<(RunRef, Option<TaskDelivery>), CannotRestore> {
        let id = self.next_ref();
        let before = out.effects.len();
        out.effects.push(Effect::Started { run: id });
        let mut turn = Turn::new(now, &self.config, &mut self.armed, out);
        let restored = Run::restore(id, &mut turn, events);
        let mut run = match restored {
            Ok(run) => run,
            Err(error) => {
                out.effects.truncate(before);
                return Err(error);
            }
        };
        turn.tell_loose(id);
        let task = run.task_in_hand();
        out.touched.push(id);
        self.add(id, run);
        Ok((id, task))
    }
}
