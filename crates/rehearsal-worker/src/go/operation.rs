//! The activities and timers of a run, by the number that the instance knows them by.
//!
//! Go keeps one state machine for each operation. What matters here of its states is whether an operation is
//! still pending, whether its cancel was sent, and whether it has ended: a cancel is sent at most once, and not at all
//! for what has ended in the meantime (C-18).

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::time::Duration;

use rehearsal_activation::{Seq, Trouble};
use rehearsal_history::{EventId, SmolStr};

/// The operations of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operations {
    pub(super) activities: BTreeMap<Seq, Activity>,
    pub(super) timers: BTreeMap<Seq, Timer>,
    pub(super) by_scheduled: BTreeMap<EventId, Seq>,
    pub(super) by_timer_id: BTreeMap<SmolStr, Seq>,
    /// The queue of the workflow: that of activities which name none.
    pub(super) task_queue: SmolStr,
    /// The run timeout, which caps those of activities (T-1).
    pub(crate) run_timeout: Option<Duration>,
}

/// An activity that was scheduled.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    pub(super) id: SmolStr,
    /// Its type.
    pub(super) name: SmolStr,
    pub(super) scheduled: EventId,
    pub(super) phase: Phase,
}

/// A timer that was started.
#[derive(Debug, Clone)]
pub(super) struct Timer {
    pub(super) id: SmolStr,
    pub(super) phase: Phase,
}

/// Where an operation is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It runs.
    Pending,
    /// It runs, and its cancel was sent.
    CancelSent,
    /// Terminal: an event has ended it.
    Ended,
}

impl Phase {
    /// Whether a cancel that workflow code asks for is sent.
    pub(super) const fn sends_cancel(self) -> bool {
        match self {
            Self::Pending => true,
            Self::CancelSent | Self::Ended => false,
        }
    }
}

/// Why what an instance asks for cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing simulates it.
    NotSimulated(&'static str),
    /// Go's state machines would panic: it cancels what it never started, or uses the id of something that runs.
    Illegal(String),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotSimulated(what) => Self::NotSimulated { what: what.into() },
            Refusal::Illegal(message) => Self::Nondeterminism { message },
        }
    }
}
