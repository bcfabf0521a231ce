//! Whether and when an attempt of a local activity is followed by another.

use core::time::Duration;

use rehearsal_history::{Failure, FailureInfo, RetryPolicy, TimeoutType, Timestamp};

/// How long to wait for the attempt after `attempt`; `None` if there is none (`getRetryBackoffWithNowTime`).
pub(super) fn backoff(
    policy: &RetryPolicy,
    attempt: u32,
    failure: &Failure,
    now: Timestamp,
    expires: Option<Timestamp>,
) -> Option<Duration> {
    if !is_retryable(policy, failure) {
        return None;
    }
    let maximum = u32::try_from(policy.maximum_attempts).unwrap_or(0);
    if maximum > 0 && attempt >= maximum {
        return None;
    }
    let chosen = match &failure.info {
        Some(FailureInfo::Application(info)) => info.next_retry_delay,
        _ => None,
    };
    let chosen = chosen.filter(|delay| !delay.is_zero());
    let wait = chosen.unwrap_or_else(|| policy.wait_after(attempt));
    // An attempt takes some time in reality, so that one which would begin at the very end is too late.
    let late = expires.is_some_and(|expires| now.saturating_add(wait) >= expires);
    (!wait.is_zero() && !late).then_some(wait)
}

/// Whether anything in the chain says that it was canceled: such an error is never tried again (`IsCanceledError`).
pub(super) fn is_canceled(failure: &Failure) -> bool {
    failure.chain().any(|failure| matches!(failure.info, Some(FailureInfo::Canceled(_))))
}

/// `IsRetryable` of `internal/error.go`, which looks at the first error of each kind in the chain.
fn is_retryable(policy: &RetryPolicy, failure: &Failure) -> bool {
    let closes = |failure: &Failure| {
        matches!(failure.info, Some(FailureInfo::Canceled(_) | FailureInfo::Terminated(_)))
    };
    if failure.chain().any(closes) {
        return false;
    }
    let timeout = failure.chain().find_map(|failure| match &failure.info {
        Some(FailureInfo::Timeout(info)) => Some(&info.timeout_type),
        _ => None,
    });
    if let Some(timeout) = timeout {
        return matches!(timeout, TimeoutType::StartToClose | TimeoutType::Heartbeat);
    }
    let application = failure.chain().find_map(|failure| match &failure.info {
        Some(FailureInfo::Application(info)) => Some(info),
        _ => None,
    });
    application.is_none_or(|info| {
        !info.non_retryable && !policy.non_retryable_error_types.contains(&info.kind)
    })
}
