//! Bounds on a run. Reaching one is a finding, never silence.

use std::time::Duration;

/// How far a run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps of the world.
    pub steps: u64,
    /// Events in one history; the server's own limit is 51,200 (T-12).
    pub events: usize,
    /// Virtual time from the start of the run.
    pub virtual_time: Duration,
    /// Attempts of one workflow task that fail one after another before the run counts as stuck. An attempt that ends
    /// because its worker died or was too late is none of them.
    pub failed_tasks: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 100_000,
            events: 50 * 1024,
            virtual_time: Duration::from_secs(100 * 365 * 24 * 3600),
            failed_tasks: 5,
        }
    }
}
