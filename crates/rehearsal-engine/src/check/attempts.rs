//! The check that the attempts of an activity do not overlap.

use std::time::Duration;

use rehearsal_history::{SmolStr, duration_text};

use super::{Check, how_long};
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::record::Call;

/// No attempt of an activity begins while the code of an earlier one still runs (RH215).
///
/// The server tries an activity again when an attempt has timed out, whether or not its code has noticed: a worker that
/// is alive goes on with it. Compared are the attempts of each activity that was scheduled; one may begin at the very
/// nanosecond at which the one before ends. Code that died with its worker runs no longer. An attempt of which a fault has
/// lost a heartbeat is not judged: its code has no way to know that it is given up.
#[derive(Debug, Clone)]
pub struct OneAttemptAtATime {
    /// The activity.
    pub activity: SmolStr,
}

impl Check for OneAttemptAtATime {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let calls: Vec<&Call> = outcome.calls_named(&self.activity).collect();
        let mut findings = Vec::new();
        for (index, next) in calls.iter().enumerate() {
            // The first that it overlaps is enough: a later one began while that one ran.
            let earlier = calls[..index].iter().find(|call| {
                call.run_id == next.run_id
                    && call.scheduled == next.scheduled
                    && runs_at(call, next.started)
                    && outcome.record.beats_lost(call).next().is_none()
            });
            if let Some(earlier) = earlier {
                findings.push(self.finding(earlier, next).of(&next.run_id, outcome));
            }
        }
        findings
    }

    fn activities(&self) -> Vec<SmolStr> {
        vec![self.activity.clone()]
    }
}

impl OneAttemptAtATime {
    fn finding(&self, earlier: &Call, next: &Call) -> Finding {
        let headline = format!(
            "attempt {} of {} began while attempt {} still ran",
            next.attempt, self.activity, earlier.attempt
        );
        Finding::new(Code::AttemptsOverlap, headline)
            .with_detail(format!(
                "attempt {} began at {} and {}, attempt {} began at {}",
                earlier.attempt,
                duration_text(earlier.started),
                how_long(earlier),
                next.attempt,
                duration_text(next.started)
            ))
            .with_events([next.scheduled.0])
    }
}

/// Whether the code of an attempt that began before still ran at `at`.
fn runs_at(call: &Call, at: Duration) -> bool {
    call.over().is_none_or(|over| over > at)
}
