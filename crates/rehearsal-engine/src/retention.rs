//! How long the executions of a scenario are kept once they are closed, or how many of them.

use std::time::Duration;

use crate::scenario::Scenario;

impl Scenario {
    /// Has closed executions deleted this long after their close, as at the end of the retention of a namespace.
    #[must_use]
    pub fn with_retention(mut self, after: Duration) -> Self {
        self.retention = Some(after);
        self
    }

    /// Has the executions deleted that closed first once so many others have closed, without a look at what they did: for a
    /// world that serves clients and that nobody examines.
    #[must_use]
    pub fn with_most_closed(mut self, most: usize) -> Self {
        self.most_closed = Some(most);
        self
    }

    /// How long closed executions are kept; for good, if there is none.
    #[must_use]
    pub const fn retention(&self) -> Option<Duration> {
        self.retention
    }
}
