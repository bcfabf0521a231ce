//! What an SDK looks at when it compares by itself.

use core::time::Duration;

use super::close::Ends;

/// What a comparison depends on beside the events and the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) strictness: Strictness,
    /// Whether what becomes of updates has its place among the commands: with Go since its flag 3, with core always.
    pub(crate) places_updates: bool,
    /// That of the run, which caps the timeouts of activities (T-1).
    pub(crate) run_timeout: Option<Duration>,
    /// That of all runs together, which caps that of the next run.
    pub(crate) execution_timeout: Option<Duration>,
}

/// What an SDK compares by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Go: whatever names an operation, and only the last part of a type's name; how a run closes only at the end of a
    /// history that ends in one of two ways.
    Go(Ends),
    /// Core: the order and kinds of commands, closes too. Ids and types of activities only if `activities`; that of a
    /// timer when it fires.
    Core { activities: bool },
}
