//! What is wrong, each thing once: which runs show the same, and how many.

use rehearsal_engine::{Finding, Outcome};

use crate::campaign::Found;

/// How many things that are wrong have an entry of their own.
pub(crate) const MOST: usize = 16;

/// All that is wrong so far, in the order in which it was found.
#[derive(Debug, Default)]
pub(crate) struct Kinds(Vec<Kind>);

#[derive(Debug)]
struct Kind {
    /// What was found in long runs, and shrinks to the same.
    also: Vec<Finding>,
    found: Found,
}

impl Kind {
    fn is(&self, finding: &Finding) -> bool {
        let shown = self.found.outcome.findings.first();
        self.also.iter().chain(shown).any(|known| known.is_like(finding))
    }
}

impl Kinds {
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no more of them have entries.
    pub(crate) const fn is_full(&self) -> bool {
        self.len() >= MOST
    }

    /// Whether all that was found in a run is known.
    pub(crate) fn know(&self, findings: &[Finding]) -> bool {
        findings.iter().all(|finding| self.place(finding).is_some())
    }

    /// Which one this finding is of.
    pub(crate) fn place(&self, finding: &Finding) -> Option<usize> {
        self.0.iter().position(|kind| kind.is(finding))
    }

    /// One more run shows it.
    pub(crate) fn count(&mut self, place: usize) {
        if let Some(kind) = self.0.get_mut(place) {
            kind.found.count += 1;
        }
    }

    /// Something that no entry is like was found, and shrunk to `found`, which may be what an entry shows: then that is where
    /// it belongs, and its number is returned with whether it is new.
    pub(crate) fn add(&mut self, finding: &Finding, found: Found) -> (usize, bool) {
        let shown = found.outcome.findings.first();
        if let Some(place) = shown.and_then(|shown| self.place(shown)) {
            self.0[place].also.push(finding.clone());
            return (place, false);
        }
        self.0.push(Kind { also: vec![finding.clone()], found });
        (self.0.len() - 1, true)
    }

    /// What was found before the campaign was stopped.
    pub(crate) fn restore(&mut self, found: Found) {
        self.0.push(Kind { also: Vec::new(), found });
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Found> {
        self.0.iter().map(|kind| &kind.found)
    }

    pub(crate) fn into_found(self) -> Vec<Found> {
        self.0.into_iter().map(|kind| kind.found).collect()
    }
}

/// The different things that were found in a run, in order.
pub(crate) fn different(outcome: &Outcome) -> Vec<Finding> {
    let mut different: Vec<Finding> = Vec::new();
    for finding in &outcome.findings {
        if !different.iter().any(|other| other.is_like(finding)) {
            different.push(finding.clone());
        }
    }
    different
}
