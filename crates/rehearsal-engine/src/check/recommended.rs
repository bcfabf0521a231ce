//! What a team should start with: checks that name nothing and fit every workflow.

use super::{Check, NoWorkLostAtClose, SkippedReportedAsCanceled};
use crate::finding::Finding;
use crate::outcome::Outcome;

/// The checks that hold of every workflow that is right, whatever it does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recommended;

/// They name no activities, and none of them must be reached by some run.
const PARTS: [&dyn Check; 2] = [&SkippedReportedAsCanceled, &NoWorkLostAtClose];

impl Check for Recommended {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        PARTS.iter().flat_map(|part| part.check(outcome)).collect()
    }
}
