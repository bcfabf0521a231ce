//! What the server makes of the options of an activity before it records them (T-1, T-4).
//!
//! A recorded event is compared with what the server would record for the command, so that a default that it fills in
//! is no difference.

use core::time::Duration;

use rehearsal_activation::ScheduleActivityTask;
use rehearsal_history::RetryPolicy;
use rehearsal_history::event::ActivityTaskScheduled;

/// The timeouts of an activity as they are recorded; zero for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    schedule_to_close: Duration,
    schedule_to_start: Duration,
    start_to_close: Duration,
    heartbeat: Duration,
}

impl Timeouts {
    pub(crate) fn recorded(event: &ActivityTaskScheduled) -> Self {
        Self {
            schedule_to_close: event.schedule_to_close_timeout.unwrap_or_default(),
            schedule_to_start: event.schedule_to_start_timeout.unwrap_or_default(),
            start_to_close: event.start_to_close_timeout.unwrap_or_default(),
            heartbeat: event.heartbeat_timeout.unwrap_or_default(),
        }
    }

    /// The name and value of each.
    pub(crate) const fn named(&self) -> [(&'static str, Duration); 4] {
        [
            ("schedule-to-close", self.schedule_to_close),
            ("schedule-to-start", self.schedule_to_start),
            ("start-to-close", self.start_to_close),
            ("heartbeat timeout", self.heartbeat),
        ]
    }

    /// What the server records for `command` in a run with this run timeout.
    pub(crate) fn normalized(command: &ScheduleActivityTask, run: Option<Duration>) -> Self {
        let run = run.unwrap_or_default();
        let given = |timeout: Option<Duration>| timeout.unwrap_or_default();
        let or_capped = |timeout: Duration, limit| {
            if timeout.is_zero() { limit } else { capped(timeout, limit) }
        };
        let limit = capped(given(command.schedule_to_close), run);
        let (schedule_to_close, limit) = if limit.is_zero() { (run, run) } else { (limit, limit) };
        let start_to_close = or_capped(given(command.start_to_close), limit);
        Self {
            schedule_to_close,
            schedule_to_start: or_capped(given(command.schedule_to_start), limit),
            start_to_close,
            heartbeat: capped(given(command.heartbeat), start_to_close),
        }
    }
}

/// `timeout`, no longer than `limit`; zero means none of both.
fn capped(timeout: Duration, limit: Duration) -> Duration {
    if limit.is_zero() { timeout } else { timeout.min(limit) }
}

/// A retry policy with the server's defaults filled in.
pub(crate) fn retry_policy(policy: Option<&RetryPolicy>) -> RetryPolicy {
    let given = |interval: Option<Duration>| interval.filter(|interval| !interval.is_zero());
    let mut policy = policy.cloned().unwrap_or_default();
    let initial = given(policy.initial_interval).unwrap_or(Duration::from_secs(1));
    let maximum = given(policy.maximum_interval).unwrap_or(initial.saturating_mul(100));
    policy.initial_interval = Some(initial);
    policy.maximum_interval = Some(maximum);
    // Zero, of either sign, is not given.
    if policy.backoff_coefficient.to_bits() << 1 == 0 {
        policy.backoff_coefficient = 2.0;
    }
    policy
}
