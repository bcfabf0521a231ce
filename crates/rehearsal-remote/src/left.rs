//! What a world leaves behind beside its outcome.

use std::collections::BTreeSet;

/// What a world leaves behind beside its outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// What went wrong outside, a line each.
    pub(crate) findings: BTreeSet<String>,
    /// Workers that took nothing in time.
    pub(crate) silent: BTreeSet<usize>,
}

impl Left {
    /// What one more world has left.
    pub(crate) fn add(&mut self, more: Self) {
        let Self { findings, silent } = more;
        self.findings.extend(findings);
        self.silent.extend(silent);
    }
}
