//! What every transaction of a run is given: the time, the settings, and where effects go.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_history::event::{WorkflowExecutionSignaled, WorkflowExecutionStarted};
use rehearsal_history::{ContinueAsNewInitiator, SmolStr, Timestamp, UserMetadata};

use super::queue::Queue;
use crate::config::ServiceConfig;
use crate::input::{Effect, Outbox, RunRef};
use crate::words::{Decision, Due, Wake};

/// One call of the service, as a run sees it.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// The time of the run.
    pub(crate) now: Timestamp,
    /// How far that is ahead of the time of the service.
    ahead: Duration,
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
    /// How far its time is ahead of that of the service.
    pub(crate) ahead: Duration,
}

impl Following {
    /// The run that follows another one, whose time is so far ahead.
    pub(crate) const fn of_chain(
        started: Box<WorkflowExecutionStarted>,
        queue: Queue,
        ahead: Duration,
    ) -> Self {
        let request_id = SmolStr::new_static("");
        let (signaled, user_metadata) = (None, None);
        Self { started, signaled, user_metadata, request_id, waits: false, queue, ahead }
    }

    /// When its first event happens, if it begins `now`. The server creates it before it knows how far the time of the run is
    /// ahead, but for that of a workflow that goes on in it, which happens in the time of the run before it.
    pub(crate) fn begins(&self, now: Timestamp) -> Timestamp {
        if self.started.initiator == ContinueAsNewInitiator::Workflow {
            return now;
        }
        now.saturating_sub(self.started.skipped_before())
    }
}

/// A task in the timer queue that may go off at another time, by the clock of the service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loose {
    /// Its place in the order of asking.
    pub(crate) armed: u64,
    pub(crate) at: Timestamp,
    /// If no queue was read for longer than the resolution.
    pub(crate) soonest: Timestamp,
    /// If one was read a moment ago.
    pub(crate) latest: Timestamp,
}

impl<'a> Turn<'a> {
    /// `now` is the time of the service, and `ahead` how far that of the run is ahead of it.
    pub(crate) fn new(
        now: Timestamp,
        ahead: Duration,
        config: &'a ServiceConfig,
        armed: &'a mut u64,
        out: &'a mut Outbox,
    ) -> Self {
        let now = now.saturating_add(ahead);
        Self { now, ahead, config, armed, out, loose: Vec::new(), next: None }
    }

    /// A time of the run by the clock of the service.
    pub(crate) fn outside(&self, at: Timestamp) -> Timestamp {
        at.saturating_sub(self.ahead)
    }

    /// The time of the run is so much later from now on.
    pub(crate) fn leap(&mut self, by: Duration) {
        self.now = self.now.saturating_add(by);
        self.ahead = self.ahead.saturating_add(by);
    }

    /// Tells what this transaction of a run has armed that may go off at another time.
    pub(crate) fn tell_loose(&mut self, run: RunRef) {
        for Loose { armed, at, soonest, latest } in core::mem::take(&mut self.loose) {
            self.push(Effect::Loose { run, armed, at, soonest, latest });
        }
    }

    /// Puts a deadline into the timer queue of its run: it goes off at `due`, or late (T-2, T-9).
    pub(crate) fn arm(&mut self, queue: &mut Queue, due: Due) -> Wake {
        *self.armed = self.armed.saturating_add(1);
        let wake = queue.arm(self.now, due, *self.armed, self.config.timer_resolution);
        let (soonest, latest) =
            (due.at.max(self.now), self.now.saturating_add(self.config.timer_resolution));
        if soonest < latest {
            let [at, soonest, latest] = [wake.at, soonest, latest].map(|at| self.outside(at));
            self.loose.push(Loose { armed: wake.order, at, soonest, latest });
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
