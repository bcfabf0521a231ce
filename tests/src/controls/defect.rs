//! Rules of the service that are broken on purpose, to see that a check notices.
//!
//! A defect bends what was decided before it happens. The service knows of the door, and of none that goes through it.

use rehearsal::secs;
use rehearsal_history::{EventId, EventKind, Failure, RetryState, Timestamp};
use rehearsal_service::{Bend, Decision};

/// Against C-24: an activity that was canceled before it started is handed to a worker all the same.
pub const SKIPPED_RUNS: Bend = Bend { name: "a skipped activity runs", bend: skipped_runs };
/// Against C-1: a cancel request is answered, and forgotten.
pub const CANCEL_LOST: Bend = Bend { name: "a cancel is lost", bend: cancel_lost };
/// Against H-12: the start of an activity is not recorded.
pub const EVENT_DROPPED: Bend = Bend { name: "an event is dropped", bend: event_dropped };
/// Against T-6: an activity that has used up its attempts is tried again, a second later.
pub const RETRY_TOO_MANY: Bend = Bend { name: "an attempt too many", bend: retry_too_many };

fn skipped_runs(_: Timestamp, decision: &mut Decision) {
    // A cancel that a worker confirms comes with the start of the attempt.
    if !holds(decision, is_start) {
        forget(decision, |kind| matches!(kind, EventKind::ActivityTaskCanceled(_)));
    }
}

fn cancel_lost(_: Timestamp, decision: &mut Decision) {
    forget(decision, |kind| matches!(kind, EventKind::WorkflowExecutionCancelRequested(_)));
}

fn event_dropped(_: Timestamp, decision: &mut Decision) {
    decision.drop_events(is_start);
}

fn retry_too_many(now: Timestamp, decision: &mut Decision) {
    let used_up = decision.events().find_map(|event| used_up(&event.kind));
    if let Some((scheduled, failure)) = used_up {
        let until = now.saturating_add(secs(1));
        decision.retry_instead(scheduled, (now, until), Box::new(failure));
    }
}

const fn is_start(kind: &EventKind) -> bool {
    matches!(kind, EventKind::ActivityTaskStarted(_))
}

fn holds(decision: &Decision, is: impl Fn(&EventKind) -> bool) -> bool {
    decision.events().any(|event| is(&event.kind))
}

/// If an event of this kind was decided, it is not recorded, and the workflow does not hear of it.
fn forget(decision: &mut Decision, is: impl Fn(&EventKind) -> bool) {
    if holds(decision, &is) {
        decision.drop_events(is);
        decision.silence();
    }
}

/// The activity that fails with this event because its attempts are used up, and its last failure.
fn used_up(kind: &EventKind) -> Option<(EventId, Failure)> {
    let EventKind::ActivityTaskFailed(failed) = kind else { return None };
    if failed.retry_state != RetryState::MaximumAttemptsReached {
        return None;
    }
    Some((failed.scheduled_event_id, failed.failure.clone()?))
}

#[cfg(test)]
mod tests {
    use rehearsal_history::event::{
        ActivityTaskCancelRequested, ActivityTaskCanceled, ActivityTaskFailed, ActivityTaskStarted,
        WorkflowExecutionCancelRequested,
    };

    use super::*;

    fn started() -> EventKind {
        Box::new(ActivityTaskStarted::default()).into()
    }

    fn canceled() -> EventKind {
        ActivityTaskCanceled::default().into()
    }

    fn failed(retry_state: RetryState) -> EventKind {
        let failure = Some(Failure::application("boom", ""));
        Box::new(ActivityTaskFailed { failure, retry_state, ..ActivityTaskFailed::default() })
            .into()
    }

    /// The events that are left, and whether the workflow still hears of them.
    fn bent(defect: Bend, kinds: impl IntoIterator<Item = EventKind>) -> (Vec<&'static str>, bool) {
        let mut decision = Decision::default();
        for kind in kinds {
            decision.record(Timestamp::EPOCH, kind);
        }
        decision.need_workflow_task();
        (defect.bend)(Timestamp::EPOCH, &mut decision);
        let events = decision.events().map(|event| match &event.kind {
            EventKind::ActivityTaskStarted(_) => "started",
            EventKind::ActivityTaskCancelRequested(_) => "cancel requested",
            EventKind::ActivityTaskCanceled(_) => "canceled",
            EventKind::ActivityTaskFailed(_) => "failed",
            _ => "other event",
        });
        (events.collect(), decision.needs_task())
    }

    #[test]
    fn a_skipped_activity_is_not_confirmed_as_canceled_but_one_that_ran_is() {
        let requested = EventKind::from(ActivityTaskCancelRequested::default());
        let skipped = bent(SKIPPED_RUNS, [requested, canceled()]);
        assert_eq!(skipped, (["cancel requested"].into(), false));
        let ran = bent(SKIPPED_RUNS, [started(), canceled()]);
        assert_eq!(ran, (["started", "canceled"].into(), true));
    }

    #[test]
    fn a_cancel_request_is_lost_without_a_trace() {
        let request = WorkflowExecutionCancelRequested::default().into();
        assert_eq!(bent(CANCEL_LOST, [request]), ([].into(), false));
        assert_eq!(bent(CANCEL_LOST, [canceled()]), (["canceled"].into(), true));
    }

    #[test]
    fn a_start_is_dropped_and_nothing_else() {
        assert_eq!(bent(EVENT_DROPPED, [started(), canceled()]), (["canceled"].into(), true));
    }

    #[test]
    fn only_an_activity_without_attempts_left_is_tried_again() {
        let used_up = [started(), failed(RetryState::MaximumAttemptsReached)];
        assert_eq!(bent(RETRY_TOO_MANY, used_up), ([].into(), false));
        let fatal = [started(), failed(RetryState::NonRetryableFailure)];
        assert_eq!(bent(RETRY_TOO_MANY, fatal), (["started", "failed"].into(), true));
    }
}
