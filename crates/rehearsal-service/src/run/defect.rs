//! Rules that are broken on purpose, to see that a check notices: the controls of Rehearsal's own tests.
//!
//! A defect bends what a machine has decided before it happens. Nothing else knows of it.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{EventId, EventKind, Failure, RetryState, Timestamp};

use super::activity::ActivityNote;
use super::step::{Decision, Step};

/// A rule that is broken on purpose. No user has a reason to set one.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Against C-24: an activity that was canceled before it started is handed to a worker all the same.
    SkippedRuns,
    /// Against C-1: a cancel request is answered, and forgotten.
    CancelLost,
    /// Against H-12: the start of an activity is not recorded.
    EventDropped,
    /// Against T-6: an activity that has used up its attempts is tried again, a second later.
    RetryTooMany,
}

impl Defect {
    /// Bends what was decided at `now`; a decision that the rule says nothing about stays as it is.
    pub(crate) fn bend(self, now: Timestamp, decision: &mut Decision) {
        match self {
            // A cancel that a worker confirms comes with the start of the attempt.
            Self::SkippedRuns if holds(decision, is_start) => {}
            Self::SkippedRuns => {
                silence(decision, |kind| matches!(kind, EventKind::ActivityTaskCanceled(_)));
            }
            Self::CancelLost => silence(decision, |kind| {
                matches!(kind, EventKind::WorkflowExecutionCancelRequested(_))
            }),
            Self::EventDropped => decision.steps.retain(|step| !records(step, is_start)),
            Self::RetryTooMany => retry_once_more(now, decision),
        }
    }
}

const fn is_start(kind: &EventKind) -> bool {
    matches!(kind, EventKind::ActivityTaskStarted(_))
}

fn records(step: &Step, is: impl Fn(&EventKind) -> bool) -> bool {
    matches!(step, Step::Event(event) if is(&event.kind))
}

fn holds(decision: &Decision, is: impl Fn(&EventKind) -> bool) -> bool {
    decision.steps.iter().any(|step| records(step, &is))
}

/// If an event of this kind was decided, it is not recorded, and the workflow does not hear of it.
fn silence(decision: &mut Decision, is: impl Fn(&EventKind) -> bool) {
    if holds(decision, &is) {
        decision.steps.retain(|step| !records(step, &is));
        decision.needs_task = false;
    }
}

/// Turns the end of an activity whose attempts are used up into one more attempt.
fn retry_once_more(now: Timestamp, decision: &mut Decision) {
    if let Some((scheduled, failure)) = decision.steps.iter().find_map(used_up) {
        decision.steps.clear();
        decision.needs_task = false;
        let until = now.saturating_add(Duration::from_secs(1));
        decision.note_activity(scheduled, ActivityNote::Retried { until, failure });
    }
}

/// The activity that fails in this step because its attempts are used up, and its last failure.
fn used_up(step: &Step) -> Option<(EventId, Box<Failure>)> {
    let Step::Event(event) = step else { return None };
    let EventKind::ActivityTaskFailed(failed) = &event.kind else { return None };
    if failed.retry_state != RetryState::MaximumAttemptsReached {
        return None;
    }
    Some((failed.scheduled_event_id, Box::new(failed.failure.clone()?)))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use rehearsal_history::event::{
        ActivityTaskCancelRequested, ActivityTaskCanceled, ActivityTaskFailed, ActivityTaskStarted,
        WorkflowExecutionCancelRequested,
    };

    use super::*;

    fn decision(kinds: impl IntoIterator<Item = EventKind>) -> Decision {
        let mut decision = Decision::default();
        for kind in kinds {
            decision.record(Timestamp::EPOCH, kind);
        }
        decision.need_workflow_task();
        decision
    }

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

    /// The steps that are left, and whether the workflow still hears of them.
    fn bent(
        defect: Defect,
        kinds: impl IntoIterator<Item = EventKind>,
    ) -> (Vec<&'static str>, bool) {
        let mut decision = decision(kinds);
        defect.bend(Timestamp::EPOCH, &mut decision);
        let steps = decision.steps.iter().map(|step| match step {
            Step::Event(event) => match &event.kind {
                EventKind::ActivityTaskStarted(_) => "started",
                EventKind::ActivityTaskCancelRequested(_) => "cancel requested",
                EventKind::ActivityTaskCanceled(_) => "canceled",
                EventKind::ActivityTaskFailed(_) => "failed",
                _ => "other event",
            },
            Step::Activity(_, ActivityNote::Retried { .. }) => "note Retried",
            _ => "other step",
        });
        (steps.collect(), decision.needs_task)
    }

    #[test]
    fn a_skipped_activity_is_not_confirmed_as_canceled_but_one_that_ran_is() {
        let requested = EventKind::from(ActivityTaskCancelRequested::default());
        let skipped = bent(Defect::SkippedRuns, [requested, canceled()]);
        assert_eq!(skipped, (["cancel requested"].into(), false));
        let ran = bent(Defect::SkippedRuns, [started(), canceled()]);
        assert_eq!(ran, (["started", "canceled"].into(), true));
    }

    #[test]
    fn a_cancel_request_is_lost_without_a_trace() {
        let request = WorkflowExecutionCancelRequested::default().into();
        assert_eq!(bent(Defect::CancelLost, [request]), ([].into(), false));
        assert_eq!(bent(Defect::CancelLost, [canceled()]), (["canceled"].into(), true));
    }

    #[test]
    fn a_start_is_dropped_and_nothing_else() {
        assert_eq!(
            bent(Defect::EventDropped, [started(), canceled()]),
            (["canceled"].into(), true)
        );
    }

    #[test]
    fn only_an_activity_without_attempts_left_is_tried_again() {
        let used_up = [started(), failed(RetryState::MaximumAttemptsReached)];
        assert_eq!(bent(Defect::RetryTooMany, used_up), (["note Retried"].into(), false));
        let fatal = [started(), failed(RetryState::NonRetryableFailure)];
        assert_eq!(bent(Defect::RetryTooMany, fatal), (["started", "failed"].into(), true));
    }
}
