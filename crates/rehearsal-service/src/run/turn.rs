//! What every transaction of a run is given: the time, the settings, and where effects go.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rehearsal_history::event::{WorkflowExecutionSignaled, WorkflowExecutionStarted};
use rehearsal_history::{SmolStr, Timestamp, UserMetadata};

use super::queue::Queue;
use crate::config::ServiceConfig;
use crate::input::{Effect, Outbox, RunRef};
use crate::words::{Decision, Due, Wake};

/// One call of the service, as a run sees it.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) now: Timestamp,
    pub(crate) config: &'a ServiceConfig,
    /// How many deadlines were armed so far; orders those that fall on the same nanosecond.
    pub(crate) armed: &'a mut u64,
    pub(crate) out: &'a mut Outbox,
    /// What was armed and depends on when the queues are read.
    pub(crate) loose: Vec<Loose>,
    /// The run that follows one that closed, in the same transaction.
    pub(crate) next: Option<Following>,
}

/// A run that is to be started.
#[derive(Debug)]
pub(crate) struct Following {
    pub(crate) started: Box<WorkflowExecutionStarted>,
    /// The signal that starts it.
    pub(crate) signaled: Option<Box<WorkflowExecutionSignaled>>,
    pub(crate) user_metadata: Option<Box<UserMetadata>>,
    /// The request of the client that starts it; empty if there is none.
    pub(crate) request_id: SmolStr,
    /// Whether its first workflow task waits until somebody says otherwise: that of a child, until its parent was told.
    pub(crate) waits: bool,
    /// The timer queue that they have in common: one workflow id is one shard.
    pub(crate) queue: Queue,
}

impl Following {
    /// The run that follows another one.
    pub(crate) const fn of_chain(started: Box<WorkflowExecutionStarted>, queue: Queue) -> Self {
        let request_id = SmolStr::new_static("");
        Self { started, signaled: None, user_metadata: None, request_id, waits: false, queue }
    }
}

/// A task in the timer queue that may go off at another time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loose {
    pub(crate) wake: Wake,
    /// If no queue was read for longer than the resolution.
    pub(crate) soonest: Timestamp,
    /// If one was read a moment ago.
    pub(crate) latest: Timestamp,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(
        now: Timestamp,
        config: &'a ServiceConfig,
        armed: &'a mut u64,
        out: &'a mut Outbox,
    ) -> Self {
        Self { now, config, armed, out, loose: Vec::new(), next: None }
    }

    /// Tells what this transaction of a run has armed that may go off at another time.
    pub(crate) fn tell_loose(&mut self, run: RunRef) {
        for Loose { wake, soonest, latest } in core::mem::take(&mut self.loose) {
            self.push(Effect::Loose { run, armed: wake.order, at: wake.at, soonest, latest });
        }
    }

    /// Puts a deadline into the timer queue of its run: it goes off at `due`, or late (T-2, T-9).
    pub(crate) fn arm(&mut self, queue: &mut Queue, due: Due) -> Wake {
        *self.armed = self.armed.saturating_add(1);
        let wake = queue.arm(self.now, due, *self.armed, self.config.timer_resolution);
        let (soonest, latest) =
            (due.at.max(self.now), self.now.saturating_add(self.config.timer_resolution));
        if soonest < latest {
            self.loose.push(Loose { wake, soonest, latest });
        }
        wake
    }

    /// The one place at which the door stands: everything that is decided comes by.
    pub(crate) fn bend(&self, decision: &mut Decision) {
        if let Some(door) = self.config.bend {
            (door.bend)(self.now, decision);
        }
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.out.effects.push(effect);
    }
}
