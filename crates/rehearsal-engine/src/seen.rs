//! What many runs have seen together: what some run must reach, and who listens for what is sent.

use std::sync::Arc;

use crate::check::{Check, Reached};
use crate::finding::Finding;
use crate::outcome::Outcome;
use crate::scenario::Scenario;
use crate::signals::SignalsSeen;

/// Keeps count, over the runs of one scenario, of what they have seen.
#[derive(Debug)]
pub struct Seen<'a> {
    scenario: &'a Scenario,
    signals: SignalsSeen,
    reached: Reached<'a>,
}

impl<'a> Seen<'a> {
    /// Nothing is seen yet. The first run that is noted must be the calm one.
    #[must_use]
    pub fn new(scenario: &'a Scenario, checks: &'a [Arc<dyn Check>]) -> Self {
        Self { scenario, signals: SignalsSeen::default(), reached: Reached::new(checks) }
    }

    /// Notes what a run saw.
    pub fn note(&mut self, outcome: &Outcome) {
        self.signals.note(outcome);
        self.reached.note(outcome);
    }

    /// What was sent and could be read in no run (RH602).
    #[must_use]
    pub fn never_read(&self) -> Vec<Finding> {
        self.signals.never_read(self.scenario)
    }

    /// What no run reached (RH210).
    #[must_use]
    pub fn never_reached(&self) -> Vec<Finding> {
        self.reached.missing()
    }
}
