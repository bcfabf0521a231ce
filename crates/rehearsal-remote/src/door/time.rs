//! What is asked of time: by tests of that of the world, by clients of that of single workflows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_service::Target;

use super::{Door, Reply, Slot, Ticket};
use crate::answer::{Changeable, FastForward, FastForwardStanding, ForwardEnd};
use crate::ask::Change;
use crate::inbox::Request;

#[expect(
    clippy::must_use_candidate,
    reason = "whoever keeps no time of a request drops its ticket"
)]
impl Door {
    /// Locks time once more.
    pub fn lock_time(&self, reply: Reply<()>) {
        self.ask(Request::Lock { reply: Slot::new(reply) });
    }

    /// Takes back one lock.
    pub fn unlock_time(&self, reply: Reply<()>) {
        self.ask(Request::Unlock { reply: Slot::new(reply) });
    }

    /// Waits for that long in virtual time. With `unlocks` time is unlocked once meanwhile. Zero waits until the world is at
    /// rest.
    pub fn sleep(&self, by: Duration, unlocks: bool, reply: Reply<()>) {
        self.ask(Request::Sleep { by, unlocks, reply: Slot::new(reply) });
    }

    /// Waits until that time.
    pub fn sleep_until(&self, until: Timestamp, reply: Reply<()>) {
        self.ask(Request::SleepUntil { until, reply: Slot::new(reply) });
    }

    /// Virtual time.
    pub fn now(&self, reply: Reply<Timestamp>) {
        self.ask(Request::Now { reply: Slot::new(reply) });
    }

    /// What of a workflow can be changed, once that is changed which is to be.
    pub fn change(
        &self,
        target: Target,
        change: Change,
        identity: SmolStr,
        reply: Reply<Changeable>,
    ) {
        self.ask(Request::Change { target, change, identity, reply: Slot::new(reply) });
    }

    /// Waits until a fast-forward of a workflow has come to its end, which makes time leap. When the ticket expires the answer
    /// is that it goes on.
    pub fn poll_fast_forward(
        &self,
        target: Target,
        id: SmolStr,
        reply: Reply<FastForwardStanding>,
    ) -> Ticket {
        let slot = Slot::new(reply);
        let known = Arc::new(Mutex::new(None::<FastForward>));
        let seen = Arc::clone(&known);
        let ticket = Ticket::of(&slot, move || FastForwardStanding {
            forward: seen.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            end: ForwardEnd::Pending,
        });
        self.ask(Request::PollFastForward { target, id, known, reply: slot });
        ticket
    }
}
