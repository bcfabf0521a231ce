//! Ids of events.

use core::fmt;

/// The number of an event in its history, counted from 1 (H-1).
///
/// Zero is what Temporal writes where no event is meant, for example in the `started_event_id` of an
/// activity that never started; see [`EventId::NONE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId(pub u64);

impl EventId {
    /// No event.
    pub const NONE: Self = Self(0);
    /// The first event of every history.
    pub const FIRST: Self = Self(1);

    /// Whether no event is meant.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The id that follows this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The id `count` events further on.
    #[must_use]
    pub const fn plus(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
