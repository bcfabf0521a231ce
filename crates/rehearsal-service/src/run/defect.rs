//! Rules that are broken on purpose, to see that a check notices: the controls of Rehearsal's own tests.
//!
//! A defect bends what a machine has decided before it happens. Nothing else knows of it.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{EventKind, RetryState, Timestamp};

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
    /// Against T-6: an activity gets an attempt more than its retry policy allows.
    RetryTooMany,
}

impl Defect {
    pub(crate) fn bend(self, now: Timestamp, decision: &mut Decision) {
        match self {
            Self::SkippedRuns => {
                // A cancel that a worker confirms is recorded together with the start.
                let ran = decision.steps.iter().any(|step| is(step, is_start));
                if !ran
                    && drop_events(decision, |kind| {
                        matches!(kind, EventKind::ActivityTaskCanceled(_))
                    })
                {
                    decision.needs_task = false;
                }
            }
            Self::CancelLost => {
                if drop_events(decision, |kind| {
                    matches!(kind, EventKind::WorkflowExecutionCancelRequested(_))
                }) {
                    decision.needs_task = false;
                }
            }
            Self::EventDropped => {
                drop_events(decision, is_start);
            }
            Self::RetryTooMany => retry_once_more(now, decision),
        }
    }
}

const fn is_start(kind: &EventKind) -> bool {
    matches!(kind, EventKind::ActivityTaskStarted(_))
}

fn is(step: &Step, kind: impl Fn(&EventKind) -> bool) -> bool {
    matches!(step, Step::Event(event) if kind(&event.kind))
}

/// Drops the events that `drops` names; returns whether there were any.
fn drop_events(decision: &mut Decision, drops: impl Fn(&EventKind) -> bool) -> bool {
    let before = decision.steps.len();
    decision.steps.retain(|step| !is(step, &drops));
    decision.steps.len() < before
}

/// Turns the end of an activity whose attempts are used up into one more attempt.
fn retry_once_more(now: Timestamp, decision: &mut Decision) {
    let used_up = decision.steps.iter().find_map(|step| match step {
        Step::Event(event) => match &event.kind {
            EventKind::ActivityTaskFailed(failed)
                if failed.retry_state == RetryState::MaximumAttemptsReached =>
            {
                Some((failed.scheduled_event_id, failed.failure.clone()?))
            }
            _ => None,
        },
        _ => None,
    });
    if let Some((scheduled, failure)) = used_up {
        decision.steps.clear();
        decision.needs_task = false;
        let until = now.saturating_add(Duration::from_secs(1));
        decision
            .note_activity(scheduled, ActivityNote::Retried { until, failure: Box::new(failure) });
    }
}
