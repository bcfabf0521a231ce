//! The wall clock: the one place where real time comes into the server.

#![expect(
    clippy::disallowed_types,
    reason = "a server of processes outside has to know real time; no run of its worlds can see it but through the house"
)]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rehearsal_history::Timestamp;
use rehearsal_remote::Wall;

/// The clock of this machine. It never goes back, also where somebody sets it back.
#[derive(Debug, Clone, Copy)]
pub struct WallClock {
    began: Timestamp,
    at: Instant,
}

impl WallClock {
    /// A clock that shows what the clock of the machine shows now.
    #[must_use]
    pub fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { began: Timestamp::EPOCH.saturating_add(since), at: Instant::now() }
    }
}

impl Wall for WallClock {
    fn now(&self) -> Timestamp {
        self.began.saturating_add(self.at.elapsed())
    }
}
