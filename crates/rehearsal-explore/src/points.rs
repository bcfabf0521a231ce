//! The points of a baseline: where a sweep cancels.

use rehearsal_engine::{Injection, Place, Record, Tape};

/// One cancel that a sweep injects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The kind of point it counts as.
    pub place: Place,
    /// The index of the point in the record it was found in.
    pub nth: u32,
    /// Whether the cancel comes alone or together with what was about to happen.
    pub injection: Injection,
    /// The tape that injects it.
    pub tape: Tape,
}

/// Every cancel that can be injected into the run that `record` is of: one alone at every point, and one together with
/// the next step wherever that step makes a workflow task necessary.
#[must_use]
pub fn targets(record: &Record, tape: &Tape) -> Vec<Target> {
    let mut targets = Vec::new();
    for (point, nth) in record.points.iter().zip(0_u32..) {
        let mut target = |place, injection: Injection| {
            let tape = tape.clone().with_cancel(nth, injection);
            targets.push(Target { place, nth, injection, tape });
        };
        target(point.place, Injection::Alone);
        if point.joins && point.place != Place::SecondRequest {
            target(Place::WithJobBefore, Injection::WithNext);
        }
    }
    targets
}
