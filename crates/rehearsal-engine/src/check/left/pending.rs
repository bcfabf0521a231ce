//! All checks of what is left behind, as one.

use super::{Check, NoChildOrphanedAtClose, NoTimerLeftAtClose, NoWorkLostAtClose};
use crate::check::NoActivityOutlivesClose;
use crate::finding::Finding;
use crate::outcome::Outcome;

/// Nothing is pending when a workflow closes: no code of an activity still runs (RH205), no work that was asked for is
/// lost (RH214), no timer runs (RH217), no child goes on (RH219).
///
/// Each finding has the code of the check that it comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingPendingAtClose;

/// They name no activities, and none of them must be reached by some run.
const PARTS: [&dyn Check; 4] =
    [&NoActivityOutlivesClose, &NoWorkLostAtClose, &NoTimerLeftAtClose, &NoChildOrphanedAtClose];

impl Check for NothingPendingAtClose {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        PARTS.iter().flat_map(|part| part.check(outcome)).collect()
    }
}
