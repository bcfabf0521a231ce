//! What workflow code asks for: notes of an SDK to itself. The worker records them as markers.

use rehearsal_history::{Payloads, SmolStr};

/// What a side effect of Go's returned when it ran.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordSideEffect {
    /// Its number: side effects are counted from 1.
    pub id: u64,
    /// What it returned.
    pub result: Option<Payloads>,
}

/// A changed value of a mutable side effect of Go's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordMutableSideEffect {
    /// Its id, which workflow code chose.
    pub id: SmolStr,
    /// How often it was asked for before (`mutableSideEffectCallCounter` of sdk-go).
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
    /// Whether the search attribute `TemporalChangeVersion` is upserted with it.
    pub upserts: bool,
}

/// A patch that a run has, as core notes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetPatch {
    /// The patch.
    pub patch_id: SmolStr,
    /// Whether the workflow does not ask for it any more.
    pub deprecated: bool,
}
