//! Compares timers.

use core::time::Duration;

use rehearsal_history::UserMetadata;
use rehearsal_history::event::{TimerCanceled, TimerStarted};

use super::attributes::Attributes;
use crate::mismatch::Grade;

/// A timer is started.
pub(super) fn started(
    at: &mut Attributes<'_>,
    recorded: &TimerStarted,
    timer_id: &str,
    after: Duration,
    user_metadata: Option<&UserMetadata>,
) {
    at.target(recorded.timer_id == timer_id);
    if recorded.start_to_fire_timeout.unwrap_or_default() != after {
        at.whole(Grade::ChangesBehavior);
    }
    at.summary(user_metadata);
}

/// A timer is canceled.
pub(super) fn canceled(at: &mut Attributes<'_>, recorded: &TimerCanceled, timer_id: &str) {
    at.target(recorded.timer_id == timer_id);
}
