//! What workflow code asks for: notes of an SDK to itself. The worker records them as markers.

use alloc::vec::Vec;

use rehearsal_history::{Payloads, SmolStr};

/// What a side effect of Go's returned when it ran.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordSideEffect {
    /// Its number: side effects are counted from 1.
    pub id: u64,
    /// What it returned.
    pub result: Option<Payloads>,
}

/// The value of a mutable side effect of Go's: live if it has changed, in a replay whenever it is asked for. Then the worker
/// knows whether that is recorded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordMutableSideEffect {
    /// Its id, which workflow code chose.
    pub id: SmolStr,
    /// Which call it is, counted from 1 (`mutableSideEffectCallCounter` of sdk-go); 0 in a marker that does not say.
    pub call: u64,
    /// What it returned.
    pub result: Option<Payloads>,
}

/// Which version of a change a run has, as Go notes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordVersion {
    /// The change.
    pub change_id: SmolStr,
    /// The version.
    pub version: i64,
    /// All versions that the run has, this one first, as the search attribute `TemporalChangeVersion` lists them.
    pub versions: Vec<SmolStr>,
}

/// A patch that a run has, as core notes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetPatch {
    /// The patch.
    pub patch_id: SmolStr,
    /// Whether the workflow does not ask for it any more.
    pub deprecated: bool,
}
