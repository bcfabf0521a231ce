//! What at least one of many runs must reach.

use std::sync::Arc;

use super::Check;
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;

/// Keeps count, over many runs, of what the checks must see some time.
#[derive(Debug)]
pub struct Reached<'a> {
    runs: usize,
    /// The checks that wait for something no run has reached so far.
    waiting: Vec<&'a dyn Check>,
}

impl<'a> Reached<'a> {
    /// Nothing is reached yet.
    #[must_use]
    pub fn new(checks: &'a [Arc<dyn Check>]) -> Self {
        let waiting =
            checks.iter().map(AsRef::as_ref).filter(|check| check.must_be_reached().is_some());
        Self { runs: 0, waiting: waiting.collect() }
    }

    /// Notes what a run reached.
    pub fn note(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.waiting.retain(|check| !check.reached(outcome));
    }

    /// A finding for each thing that no run reached (RH210).
    #[must_use]
    pub fn missing(&self) -> Vec<Finding> {
        self.waiting
            .iter()
            .filter_map(|check| check.must_be_reached())
            .map(|name| {
                let headline = format!("no run reached this: {name}");
                Finding::new(Code::NeverReached, headline)
                    .with_detail(format!("{} runs were made", self.runs))
            })
            .collect()
    }
}
