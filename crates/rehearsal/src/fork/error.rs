//! Why a recorded history was not gone on from.

use std::fmt;

use rehearsal_history::{EventId, IllFormed};
use rehearsal_service::CannotRestore;
use thiserror::Error;

use crate::failure::Failure;
use crate::replay::ReplayError;

/// Why a recorded history was not gone on from. `Debug` is the report where there is one, so that `?` in a test reads well.
#[derive(Error)]
#[non_exhaustive]
pub enum ForkError {
    /// The file cannot be read; the message is that of the [`ReplayError`].
    #[error("{0}")]
    Unreadable(String),

    /// There is no such event.
    #[error("event {event}: the history has {events} events")]
    NoEvent {
        /// The number that was given.
        event: EventId,
        /// How many there are.
        events: usize,
    },

    /// The event is inside of a transaction of the server, so that the history never stood there.
    #[error("event {event} `{found}` does not end a transaction of the server{}", nearest(*.before, *.after))]
    InsideTransaction {
        /// The event.
        event: EventId,
        /// Its type.
        found: String,
        /// The last one before it that does.
        before: Option<EventId>,
        /// The first one behind it that does.
        after: Option<EventId>,
    },

    /// The history is none that a server writes.
    #[error("the history is not well formed: {0}")]
    IllFormed(#[from] IllFormed),

    /// The scenario has no code for the workflow.
    #[error("the history is one of workflow type `{workflow}`, for which the scenario has no code")]
    NoCode {
        /// The type.
        workflow: String,
    },

    /// The code does not replay what is recorded up to there.
    #[error(transparent)]
    Replay(#[from] ReplayError),

    /// Something goes on there that the history does not hold, and that nothing can be chosen for.
    #[error(transparent)]
    CannotRestore(#[from] CannotRestore),

    /// Something was found in a run that went on.
    #[error(transparent)]
    Found(Box<Failure>),
}

/// Where the history stood instead.
fn nearest(before: Option<EventId>, after: Option<EventId>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => format!(": events {before} and {after} do"),
        (Some(one), None) | (None, Some(one)) => format!(": event {one} does"),
        (None, None) => String::new(),
    }
}

impl fmt::Debug for ForkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replay(error) => write!(f, "{error:?}"),
            other => write!(f, "{other}"),
        }
    }
}
