//! What every transaction of a run is given: the time, the settings, and where effects go.

use rehearsal_history::Timestamp;

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

/// A deadline in the timer queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wake {
    /// When it goes off, which may be later than what it is about (T-9).
    pub(crate) at: Timestamp,
    /// Its place in the order of asking.
    order: u64,
}

impl Turn<'_> {
    /// Puts a deadline into the timer queue: it goes off at `due`, but not before the resolution has passed (T-2, T-9;
    /// the server's `timerProcessorMaxTimeShift`).
    pub(crate) fn arm(&mut self, due: Timestamp) -> Wake {
        *self.armed = self.armed.saturating_add(1);
        Wake {
            at: due.max(self.now.saturating_add(self.config.timer_resolution)),
            order: *self.armed,
        }
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
