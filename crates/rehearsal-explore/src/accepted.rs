//! Known defects of an SDK that a scenario accepts, counted over many runs.

use std::collections::BTreeMap;

use rehearsal_engine::{KnownDefect, Record};
use rehearsal_history::SmolStr;

/// In how many runs known defects of the SDK struck that the scenario accepts, and why it does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted(BTreeMap<KnownDefect, (usize, SmolStr)>);

impl Accepted {
    /// Counts those of a run.
    pub fn note(&mut self, record: &Record) {
        for (defect, reason) in &record.accepted {
            self.0.entry(*defect).or_insert_with(|| (0, reason.clone())).0 += 1;
        }
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        for (defect, (runs, reason)) in other.0 {
            self.0.entry(defect).or_insert((0, reason)).0 += runs;
        }
    }

    /// Each defect with the number of runs in which it struck, and why it is accepted.
    pub fn iter(&self) -> impl Iterator<Item = (KnownDefect, usize, &str)> {
        self.0.iter().map(|(defect, (runs, reason))| (*defect, *runs, reason.as_str()))
    }
}
