//! What every transaction of a run is given: the time, the settings, and where effects go.

use rehearsal_history::Timestamp;

use super::queue::{Due, Queue, Wake};
use super::step::Decision;
use crate::config::ServiceConfig;
use crate::input::{Effect, Outbox};

/// One call of the service, as a run sees it.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) now: Timestamp,
    pub(crate) config: &'a ServiceConfig,
    /// How many deadlines were armed so far; orders those that fall on the same nanosecond.
    pub(crate) armed: &'a mut u64,
    pub(crate) out: &'a mut Outbox,
}

impl Turn<'_> {
    /// Puts a deadline into the timer queue of its run: it goes off at `due`, or late (T-2, T-9).
    pub(crate) fn arm(&mut self, queue: &mut Queue, due: Due) -> Wake {
        *self.armed = self.armed.saturating_add(1);
        queue.arm(self.now, due, *self.armed, self.config.timer_resolution)
    }

    /// Bends what was decided if a rule is to be broken.
    pub(crate) fn bend(&self, decision: &mut Decision) {
        if let Some(defect) = self.config.defect {
            defect.bend(self.now, decision);
        }
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.out.effects.push(effect);
    }
}
