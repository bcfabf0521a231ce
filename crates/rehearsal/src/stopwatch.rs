//! How long a campaign has gone on, in real time: for its budget and for what it tells of its progress. No run can see it.

use std::time::Duration;
#[expect(
    clippy::disallowed_types,
    reason = "a campaign may have a budget of time; no run sees it"
)]
use std::time::Instant;

/// Counts from when it is made.
#[derive(Debug)]
#[expect(clippy::disallowed_types, reason = "the type that holds the clock")]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_types, reason = "the one place that reads the clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
