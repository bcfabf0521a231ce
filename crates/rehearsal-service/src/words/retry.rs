//! Whether and when an attempt is followed by another, of an activity (T-4 to T-7) or of a workflow (T-11), in integers.

use core::fmt;
use core::num::FpCategory;
use core::time::Duration;

use rehearsal_history::{
    Failure, FailureInfo, RetryPolicy, RetryState, SmolStr, TimeoutType, Timestamp,
};

/// What is wrong with a retry policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPolicy {
    /// The backoff coefficient is below one.
    BackoffCoefficient,
    /// The maximum interval is shorter than the initial one.
    MaximumInterval,
    /// The number of attempts is negative.
    MaximumAttempts,
}

impl fmt::Display for BadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BackoffCoefficient => "BackoffCoefficient cannot be less than 1 on retry policy.",
            Self::MaximumInterval => {
                "MaximumInterval cannot be less than InitialInterval on retry policy."
            }
            Self::MaximumAttempts => "MaximumAttempts cannot be negative on retry policy.",
        })
    }
}

/// A retry policy as the server fills it in (T-4).
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn with_defaults(mut policy: RetryPolicy) -> Result<RetryPolicy, BadPolicy> {
    let or = |given: Option<Duration>, otherwise: Duration| {
        given.filter(|given| !given.is_zero()).unwrap_or(otherwise)
    };
    let initial = or(policy.initial_interval, Duration::from_secs(1));
    let maximum = or(policy.maximum_interval, initial.saturating_mul(100));
    policy.initial_interval = Some(initial);
    policy.maximum_interval = Some(maximum);
    if policy.backoff_coefficient.classify() == FpCategory::Zero {
        policy.backoff_coefficient = 2.0;
    }
    if policy.maximum_attempts == 1 {
        return Ok(policy);
    }
    if policy.backoff_coefficient < 1.0 || policy.backoff_coefficient.is_nan() {
        return Err(BadPolicy::BackoffCoefficient);
    }
    if maximum < initial {
        return Err(BadPolicy::MaximumInterval);
    }
    if policy.maximum_attempts < 0 {
        return Err(BadPolicy::MaximumAttempts);
    }
    Ok(policy)
}

/// When the run after attempt `attempt` of a workflow is to begin, if the policy grants one (`getBackoffInterval`,
/// `workflow/retry.go`). Unlike an activity's, a delay that the failure asks for is no longer than the maximum interval.
/// `expires` is when all runs must have ended; as with activities, what falls on it in virtual time is behind it.
///
/// # Errors
///
/// Why there is none.
pub(crate) fn next_run(
    policy: &RetryPolicy,
    attempt: u32,
    failure: &Failure,
    now: Timestamp,
    expires: Option<Timestamp>,
) -> Result<Timestamp, RetryState> {
    let maximum = policy.maximum_interval.unwrap_or_default();
    next(policy, attempt, failure, now, expires, |delay| {
        Ok(if delay.is_zero() { maximum } else { delay.min(maximum) })
    })
}

/// When the attempt after `attempt` is to begin, if the policy grants one (T-6). `deadline` is the schedule-to-close
/// deadline. On the server an attempt may begin exactly then; but an attempt that began at once began a moment after it
/// was scheduled, so what falls on the deadline in virtual time is behind it there.
///
/// # Errors
///
/// Why there is none.
pub(crate) fn next_attempt(
    policy: &RetryPolicy,
    attempt: u32,
    failure: &Failure,
    now: Timestamp,
    deadline: Option<Timestamp>,
) -> Result<Timestamp, RetryState> {
    if matches!(
        timeout_type(failure),
        Some(TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose)
    ) {
        return Err(RetryState::Timeout);
    }
    next(policy, attempt, failure, now, deadline, |delay| {
        if delay.is_zero() { Err(RetryState::Timeout) } else { Ok(delay) }
    })
}

/// When the next attempt is to begin: before `end`, if there is one. `asked` says what comes of a delay that the
/// failure asks for.
fn next(
    policy: &RetryPolicy,
    attempt: u32,
    failure: &Failure,
    now: Timestamp,
    end: Option<Timestamp>,
    asked: impl FnOnce(Duration) -> Result<Duration, RetryState>,
) -> Result<Timestamp, RetryState> {
    if !is_retryable(failure, &policy.non_retryable_error_types) {
        return Err(RetryState::NonRetryableFailure);
    }
    let maximum = u32::try_from(policy.maximum_attempts).unwrap_or(0);
    if maximum > 0 && attempt >= maximum {
        return Err(RetryState::MaximumAttemptsReached);
    }
    let wait = match next_retry_delay(failure) {
        Some(delay) => asked(delay)?,
        // T-5.
        None => policy.wait_after(attempt),
    };
    let next = now.saturating_add(wait);
    if end.is_some_and(|end| next >= end) {
        return Err(RetryState::Timeout);
    }
    Ok(next)
}

/// Whether a failure may be followed by another attempt at all (T-7).
fn is_retryable(failure: &Failure, types: &[SmolStr]) -> bool {
    match &failure.info {
        Some(FailureInfo::Canceled(_) | FailureInfo::Terminated(_)) => false,
        Some(FailureInfo::Timeout(info)) => {
            let name = match info.timeout_type {
                TimeoutType::StartToClose => "TemporalTimeout:StartToClose",
                TimeoutType::Heartbeat => "TemporalTimeout:Heartbeat",
                _ => return false,
            };
            !types.iter().any(|listed| listed == name)
        }
        Some(FailureInfo::Server(info)) => !info.non_retryable,
        Some(FailureInfo::Application(info)) => !info.non_retryable && !types.contains(&info.kind),
        // Wrappers, and what is not known, may.
        _ => true,
    }
}

fn timeout_type(failure: &Failure) -> Option<&TimeoutType> {
    match &failure.info {
        Some(FailureInfo::Timeout(info)) => Some(&info.timeout_type),
        _ => None,
    }
}

fn next_retry_delay(failure: &Failure) -> Option<Duration> {
    match &failure.info {
        Some(FailureInfo::Application(info)) => info.next_retry_delay,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use rehearsal_history::{CanceledFailureInfo, ServerFailureInfo};

    use super::*;

    fn policy(initial: Duration, coefficient: f64, maximum: Duration) -> RetryPolicy {
        RetryPolicy {
            initial_interval: Some(initial),
            backoff_coefficient: coefficient,
            maximum_interval: Some(maximum),
            ..RetryPolicy::default()
        }
    }

    fn defaults() -> RetryPolicy {
        policy(Duration::from_secs(1), 2.0, Duration::from_secs(100))
    }

    #[test]
    fn sg_9_default_intervals_double_up_to_a_hundred_seconds() {
        let waits: Vec<u64> =
            (1..=9).map(|attempt| defaults().wait_after(attempt).as_secs()).collect();

        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 100, 100]);
    }

    #[test]
    fn t_5_intervals_are_exact_to_the_nanosecond() {
        let policy = policy(Duration::from_secs(1), 1.5, Duration::from_secs(1000));
        let waits: Vec<u128> =
            (1..=6).map(|attempt| policy.wait_after(attempt).as_nanos()).collect();

        assert_eq!(
            waits,
            [
                1_000_000_000,
                1_500_000_000,
                2_250_000_000,
                3_375_000_000,
                5_062_500_000,
                7_593_750_000
            ]
        );
    }

    #[test]
    fn t_5_a_coefficient_of_one_needs_no_steps_and_a_huge_one_is_capped() {
        assert_eq!(
            policy(Duration::from_secs(3), 1.0, Duration::from_secs(9))
                .wait_after(u32::MAX)
                .as_secs(),
            3
        );
        assert_eq!(
            policy(Duration::from_secs(3), 1e300, Duration::from_secs(9)).wait_after(2).as_secs(),
            9
        );
        assert_eq!(
            policy(Duration::MAX, 2.0, Duration::MAX).wait_after(5),
            Duration::from_nanos(u64::MAX)
        );
    }

    #[test]
    fn t_6_the_first_reason_counts() {
        let now = Timestamp::from_nanos(0);
        let once = RetryPolicy { maximum_attempts: 1, ..defaults() };
        let late = Some(Timestamp::from_nanos(999_999_999));
        let plain = Failure::application("boom", "");
        let fatal = Failure {
            info: Some(FailureInfo::Canceled(CanceledFailureInfo::default())),
            ..plain.clone()
        };
        let close = Failure::timeout("", TimeoutType::ScheduleToClose);

        assert_eq!(next_attempt(&once, 1, &close, now, late), Err(RetryState::Timeout));
        assert_eq!(next_attempt(&once, 1, &fatal, now, late), Err(RetryState::NonRetryableFailure));
        assert_eq!(
            next_attempt(&once, 1, &plain, now, late),
            Err(RetryState::MaximumAttemptsReached)
        );
        assert_eq!(next_attempt(&defaults(), 1, &plain, now, late), Err(RetryState::Timeout));
    }

    #[test]
    fn t_6_an_attempt_cannot_begin_at_the_very_deadline() {
        let second = Timestamp::from_nanos(1_000_000_000);
        let later = Timestamp::from_nanos(1_000_000_001);
        let failure = Failure::application("boom", "");
        let next =
            |deadline| next_attempt(&defaults(), 1, &failure, Timestamp::EPOCH, Some(deadline));

        assert_eq!(next(second), Err(RetryState::Timeout));
        assert_eq!(next(later), Ok(second));
    }

    #[test]
    fn t_7_what_is_not_retried() {
        let types = vec![SmolStr::new("Fatal"), SmolStr::new("TemporalTimeout:Heartbeat")];
        let server = |non_retryable| Failure {
            info: Some(FailureInfo::Server(ServerFailureInfo {
                non_retryable,
                ..ServerFailureInfo::default()
            })),
            ..Failure::default()
        };

        assert!(!is_retryable(&Failure::application("", "Fatal"), &types));
        assert!(is_retryable(&Failure::application("", "Other"), &types));
        assert!(!is_retryable(&Failure::timeout("", TimeoutType::Heartbeat), &types));
        assert!(is_retryable(&Failure::timeout("", TimeoutType::StartToClose), &types));
        assert!(!is_retryable(&Failure::canceled("", None), &types));
        assert!(!is_retryable(&server(true), &types));
        assert!(is_retryable(&server(false), &types));
        assert!(is_retryable(&Failure::default(), &types));
    }

    #[test]
    fn sg_8_a_delay_of_the_failure_replaces_interval_and_maximum() {
        let mut failure = Failure::application("", "");
        let Some(FailureInfo::Application(info)) = &mut failure.info else {
            unreachable!("made above")
        };
        info.next_retry_delay = Some(Duration::from_secs(500));

        assert_eq!(
            next_attempt(&defaults(), 1, &failure, Timestamp::EPOCH, None),
            Ok(Timestamp::from_nanos(500_000_000_000))
        );
    }
}
