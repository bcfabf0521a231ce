//! What workflow code asks for: timers.

use core::time::Duration;

use rehearsal_history::Payload;

use super::Seq;

/// A timer to start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartTimer {
    /// The number it is known by.
    pub seq: Seq,
    /// How long it runs.
    pub after: Duration,
    /// One line for people, recorded as the event's user metadata: `Sleep`, `AwaitWithTimeout`.
    pub summary: Option<Payload>,
}
