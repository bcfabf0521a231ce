//! What is recorded of the notes of Go's SDK to itself.

use alloc::vec::Vec;

use rehearsal_history::SmolStr;

use crate::command::{RecordMutableSideEffect, RecordSideEffect};

/// What the markers of a recorded task hold. It is told for every recorded task of a run that has markers, also if the task
/// has none: what is not in here is not recorded, and nothing new may be noted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recalled {
    /// Side effects.
    pub side_effects: Vec<RecordSideEffect>,
    /// Mutable side effects.
    pub mutable: Vec<RecordMutableSideEffect>,
    /// Changes, and the version that the run has of each.
    pub versions: Vec<(SmolStr, i64)>,
}
