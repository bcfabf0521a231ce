//! What became of the signals that a run was told of.

use alloc::string::String;
use alloc::vec::Vec;

use rehearsal_history::{EventId, SmolStr};

/// What became of the signals that a run was told of so far. All else about signals is in its history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signals {
    /// The names that workflow code has listened for, in the order of the alphabet.
    pub listened: Vec<SmolStr>,
    /// The signals that nobody has taken, or looked at and could have read, oldest first.
    pub unread: Vec<Unread>,
    /// The signals that could not be read as what workflow code takes, and were dropped, oldest first.
    pub dropped: Vec<Dropped>,
}

/// A signal that nobody has taken, or looked at and could have read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its name.
    pub name: SmolStr,
    /// The event that recorded it.
    pub event: EventId,
    /// What was expected and what was found, if workflow code has counted it as what it is not. Taken, it would be
    /// dropped.
    pub misfit: Option<String>,
}

/// A signal that could not be read, and was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its name.
    pub name: SmolStr,
    /// The event that recorded it.
    pub event: EventId,
    /// What was expected and what was found.
    pub why: String,
}
