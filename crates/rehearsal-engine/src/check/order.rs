//! The check that one activity is over before another begins.

use rehearsal_history::{EventId, SmolStr, duration_text};

use super::{Check, how_long, in_each};
use crate::finding::{Code, Finding};
use crate::outcome::{Execution, Outcome};
use crate::record::Call;

/// When the code of one activity begins, that of another which was scheduled before it is over (RH221).
///
/// Looked at are all attempts of the first, whether the service still waits for them or not: a workflow is told that an
/// attempt has timed out, and its code may run on. One may end at the very nanosecond at which the second begins. Code that
/// died with its worker runs no longer. An attempt of which a fault has lost a heartbeat is not judged: its code has no way
/// to know that it is given up. Local activities are not judged: no event says when they were asked for.
#[derive(Debug, Clone)]
pub struct OverBefore {
    /// The activity that must be over.
    pub first: SmolStr,
    /// The activity that begins then.
    pub then: SmolStr,
}

impl Check for OverBefore {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        in_each(outcome, |execution| self.check_execution(execution, outcome))
    }

    fn activities(&self) -> Vec<SmolStr> {
        vec![self.first.clone(), self.then.clone()]
    }
}

impl OverBefore {
    fn check_execution(&self, execution: &Execution, outcome: &Outcome) -> Option<Finding> {
        let calls = outcome.calls_of(execution).filter(|call| call.scheduled != EventId::NONE);
        let (first, then): (Vec<&Call>, Vec<&Call>) = calls
            .filter(|call| call.activity == self.first || call.activity == self.then)
            .partition(|call| call.activity == self.first);
        then.into_iter().find_map(|next| {
            let not_over = |call: &&&Call| {
                call.scheduled < next.scheduled
                    && call.over().is_none_or(|over| over > next.started)
                    && outcome.record.beats_lost(call).next().is_none()
            };
            first.iter().find(not_over).map(|call| self.finding(call, next))
        })
    }

    fn finding(&self, call: &Call, next: &Call) -> Finding {
        let Self { first, then } = self;
        let attempt = call.attempt;
        let headline = if call.started > next.started {
            format!("attempt {attempt} of {first} began when {then} had begun")
        } else {
            format!("{then} began while attempt {attempt} of {first} still ran")
        };
        let detail = format!(
            "attempt {attempt} of {first} began at {} and {}, {then} began at {}",
            duration_text(call.started),
            how_long(call),
            duration_text(next.started)
        );
        let finding = Finding::new(Code::OrderBroken, headline).with_detail(detail);
        finding.with_events([call.scheduled.0, next.scheduled.0])
    }
}
