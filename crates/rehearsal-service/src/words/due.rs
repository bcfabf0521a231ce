//! When something is due, and when that goes off (T-2, T-9).

use core::time::Duration;

use rehearsal_history::{EventId, Timestamp};

/// When something is due. Virtual time stands still while tasks are handed over; on a server each hand-over takes some
/// milliseconds. So what falls due at the same time and was asked for by a later workflow task, or goes by a heartbeat,
/// is due a moment later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    pub(crate) at: Timestamp,
    pub(crate) moment: Moment,
}

/// The order of what is due at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// The `WorkflowTaskCompleted` that asked for it.
    pub(crate) task: EventId,
    /// Whether it goes by a heartbeat, which comes after the start of its attempt.
    pub(crate) beaten: bool,
}

impl Moment {
    const LAST: Self = Self { task: EventId(u64::MAX), beaten: true };

    /// That of everything that a workflow task asked for.
    pub(crate) const fn of(task: EventId) -> Self {
        Self { task, beaten: false }
    }
}

/// A task in the timer queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wake {
    /// When it goes off, which may be later than what it is about.
    pub(crate) at: Timestamp,
    /// Its place in the order of asking.
    pub(crate) order: u64,
    /// What it is about.
    pub(crate) due: Due,
}

impl Wake {
    /// The same by a clock that is so far ahead of the one it goes by.
    pub(crate) fn later(self, by: Duration) -> Self {
        Self { at: self.at.saturating_add(by), ..self }
    }

    /// Whether what is due then is due when this goes off.
    pub(crate) fn takes(&self, due: Due) -> bool {
        // On time, it takes of all that is due at the same time what is due no later; late, all of it.
        let reach = if self.at > self.due.at { Moment::LAST } else { self.due.moment };
        due.at < self.at || (due.at == self.at && due.moment <= reach)
    }

    /// The same, if it goes off at `now`.
    pub(crate) fn takes_at(&self, now: Timestamp, due: Due) -> bool {
        due.at < now || (due.at == now && self.takes(due))
    }
}
