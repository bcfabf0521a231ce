//! The errors that workflow code sees of activities (C-36).

use alloc::boxed::Box;

use rehearsal_history::event::{ActivityTaskCanceled, ActivityTaskFailed, ActivityTaskTimedOut};
use rehearsal_history::{ActivityFailureInfo, Failure, FailureInfo, RetryState, TypeName};

use super::Activity;

/// When one failed.
pub(super) fn failed(activity: &Activity, failed: &ActivityTaskFailed) -> Failure {
    let info = ActivityFailureInfo {
        identity: failed.identity.clone(),
        retry_state: failed.retry_state.clone(),
        started_event_id: failed.started_event_id,
        scheduled_event_id: failed.scheduled_event_id,
        ..ActivityFailureInfo::default()
    };
    activity_failure("Activity task failed", activity, info, failed.failure.clone())
}

/// When one timed out (T-3b).
pub(super) fn timed_out(activity: &Activity, timed_out: &ActivityTaskTimedOut) -> Failure {
    let info = ActivityFailureInfo {
        retry_state: timed_out.retry_state.clone(),
        started_event_id: timed_out.started_event_id,
        scheduled_event_id: timed_out.scheduled_event_id,
        ..ActivityFailureInfo::default()
    };
    activity_failure("Activity task timed out", activity, info, timed_out.failure.clone())
}

/// When one was canceled. Without an event, that is at once, it names no events.
pub(super) fn canceled(activity: &Activity, canceled: Option<&ActivityTaskCanceled>) -> Failure {
    let details = canceled.and_then(|canceled| canceled.details.clone());
    let info = canceled.map_or_else(ActivityFailureInfo::default, |canceled| ActivityFailureInfo {
        identity: canceled.identity.clone(),
        started_event_id: canceled.started_event_id,
        scheduled_event_id: canceled.scheduled_event_id,
        ..ActivityFailureInfo::default()
    });
    let info = ActivityFailureInfo { retry_state: RetryState::CancelRequested, ..info };
    activity_failure("Activity cancelled", activity, info, Some(Failure::canceled("", details)))
}

fn activity_failure(
    message: &'static str,
    activity: &Activity,
    info: ActivityFailureInfo,
    cause: Option<Failure>,
) -> Failure {
    let info = ActivityFailureInfo {
        activity_type: TypeName::from(activity.name.clone()),
        activity_id: activity.id.clone(),
        ..info
    };
    Failure {
        message: message.into(),
        cause: cause.map(Box::new),
        info: Some(FailureInfo::Activity(info)),
        ..Failure::default()
    }
}
