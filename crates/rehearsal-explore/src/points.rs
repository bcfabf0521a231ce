//! The points of a baseline: where a sweep cancels.

use std::collections::BTreeMap;

use rehearsal_engine::{Injection, Outcome, Place, Record, Tape};
use rehearsal_history::{EventId, EventKind, SmolStr, Status};

/// One cancel that a sweep injects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The execution that is canceled, in the order of their starts, from 0.
    pub execution: u32,
    /// Which run of its chain it is at that point, from 0.
    pub run: u32,
    /// The kind of point it counts as.
    pub place: Place,
    /// The index of the point in the record it was found in.
    pub nth: u32,
    /// Whether the cancel comes alone or together with what was about to happen.
    pub injection: Injection,
    /// The tape that injects it.
    pub tape: Tape,
}

/// Every cancel of an execution that can be injected into the run that `record` is of: one alone at every point, and one
/// together with the next step wherever that step makes a workflow task necessary.
#[must_use]
pub fn targets(record: &Record, execution: u32, tape: &Tape) -> Vec<Target> {
    let mut targets = Vec::new();
    for (point, nth) in record.points_of(execution).iter().zip(0_u32..) {
        let mut target = |place, injection: Injection| {
            let tape = tape.clone().with_cancel_of(execution, nth, injection);
            targets.push(Target { execution, run: point.run, place, nth, injection, tape });
        };
        target(point.place, Injection::Alone);
        if point.joins && point.place != Place::SecondRequest {
            target(Place::WithJobBefore, Injection::WithNext);
        }
    }
    targets
}

/// A way in which a first cancel can end: what kind of point it strikes at, which operations are pending there, and how
/// the workflow closes. Two runs that end in one way are taken to meet a second cancel alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    place: Place,
    /// The names of activities and children, and timers; each as often as it is pending.
    pending: Vec<SmolStr>,
    status: Status,
}

impl Way {
    /// The way of a run that was canceled at `target`.
    pub(crate) fn of(target: &Target, outcome: &Outcome) -> Option<Self> {
        let point = outcome.record.point(target.execution, target.nth)?;
        let run = outcome.run_of(target.execution, point.run)?;
        let until = point.after_event;
        let mut pending = BTreeMap::new();
        for event in run.history.iter().take_while(|event| event.id <= until) {
            match &event.kind {
                EventKind::ActivityTaskScheduled(scheduled) => {
                    pending.insert(event.id, scheduled.activity_type.name.clone());
                }
                EventKind::TimerStarted(_) => {
                    pending.insert(event.id, SmolStr::new_static("a timer"));
                }
                EventKind::StartChildWorkflowExecutionInitiated(asked) => {
                    pending.insert(event.id, asked.workflow_type.name.clone());
                }
                other => {
                    ended(other).map(|ended| pending.remove(&ended));
                }
            }
        }
        let mut pending: Vec<SmolStr> = pending.into_values().collect();
        pending.sort();
        Some(Self { place: target.place, pending, status: outcome.status_of(target.execution) })
    }
}

/// The operation that an event ends.
const fn ended(kind: &EventKind) -> Option<EventId> {
    match kind {
        EventKind::StartChildWorkflowExecutionFailed(_)
        | EventKind::ChildWorkflowExecutionCompleted(_)
        | EventKind::ChildWorkflowExecutionFailed(_)
        | EventKind::ChildWorkflowExecutionCanceled(_)
        | EventKind::ChildWorkflowExecutionTimedOut(_)
        | EventKind::ChildWorkflowExecutionTerminated(_) => kind.opener(),
        other => other.ends(),
    }
}
