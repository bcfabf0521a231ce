//! How a local activity has ended, and what workflow code is told of that.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_activation::ActivityResolution;
use rehearsal_history::{
    ActivityFailureInfo, Failure, FailureInfo, Payloads, RetryState, SmolStr, Timestamp, TypeName,
};

/// How one has ended (`LocalActivityExecutionResult`).
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    Completed(Option<Payloads>),
    Failed(Failure),
    TimedOut(Failure),
    Canceled(Failure),
}

impl Outcome {
    pub(super) fn empty_cancel() -> Self {
        Self::Canceled(Failure::canceled("Activity cancelled", None))
    }

    pub(super) const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Completed(_) => None,
            Self::Failed(failure) | Self::TimedOut(failure) | Self::Canceled(failure) => {
                Some(failure)
            }
        }
    }
}

/// What resolves one (`ResolveDat`).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resolve {
    pub(super) outcome: Outcome,
    pub(super) complete_time: Option<Timestamp>,
    pub(super) attempt: u32,
    pub(super) backoff: Option<Duration>,
    pub(super) first_scheduled_at: Option<Timestamp>,
    pub(super) activation_index: Option<u64>,
}

impl Resolve {
    pub(super) const fn of(outcome: Outcome, first_scheduled_at: Option<Timestamp>) -> Self {
        Self {
            outcome,
            complete_time: None,
            attempt: 0,
            backoff: None,
            first_scheduled_at,
            activation_index: None,
        }
    }
}

impl Outcome {
    /// How workflow code is told.
    pub(super) fn told(&self, name: SmolStr, id: SmolStr) -> ActivityResolution {
        match self {
            Self::Completed(result) => ActivityResolution::Completed(result.clone()),
            Self::Failed(failure) => ActivityResolution::Failed(Box::new(failure.clone())),
            Self::TimedOut(failure) => {
                let is = matches!(failure.info, Some(FailureInfo::Timeout(_)));
                let failure = wrapped("Local Activity timed out", failure, is, name, id);
                ActivityResolution::Failed(Box::new(failure))
            }
            Self::Canceled(failure) => {
                let is = matches!(failure.info, Some(FailureInfo::Canceled(_)));
                let failure = wrapped("Local Activity cancelled", failure, is, name, id);
                ActivityResolution::Canceled(Box::new(failure))
            }
        }
    }
}

/// What says that it timed out or was canceled is the cause of a failure of kind activity; anything else stands as it is.
fn wrapped(
    message: &'static str,
    failure: &Failure,
    wraps: bool,
    name: SmolStr,
    id: SmolStr,
) -> Failure {
    if !wraps {
        return failure.clone();
    }
    let info = ActivityFailureInfo {
        activity_type: TypeName::from(name),
        activity_id: id,
        retry_state: RetryState::CancelRequested,
        ..ActivityFailureInfo::default()
    };
    Failure {
        message: message.into(),
        cause: Some(Box::new(failure.clone())),
        info: Some(FailureInfo::Activity(info)),
        ..Failure::default()
    }
}
