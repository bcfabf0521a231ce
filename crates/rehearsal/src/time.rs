//! Short names for durations.

use std::time::Duration;

/// So many milliseconds.
#[must_use]
pub const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// So many seconds.
#[must_use]
pub const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// So many minutes; at most `u64::MAX` seconds.
#[must_use]
pub const fn mins(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}

/// So many hours; at most `u64::MAX` seconds.
#[must_use]
pub const fn hours(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(3600))
}

/// So many days of 24 hours; at most `u64::MAX` seconds.
#[must_use]
pub const fn days(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(24 * 3600))
}
