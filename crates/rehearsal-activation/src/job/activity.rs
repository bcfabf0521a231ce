//! How activities end.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::{Failure, Payloads, Timestamp};

/// How an activity has ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ActivityResolution {
    /// It returned a value.
    Completed(Option<Payloads>),
    /// It failed or timed out, or, in Go, was canceled. The failure is the one that workflow code sees: of kind activity,
    /// with what the event holds as its cause (C-36, T-3b).
    Failed(Box<Failure>),
    /// It was canceled. Only SDKs on Temporal's core tell this apart; the failure is of kind activity with a canceled
    /// one as its cause (C-36).
    Canceled(Box<Failure>),
}

/// What became of a local activity.
#[derive(Debug, Clone, PartialEq)]
pub enum LocalResolution {
    /// It has ended.
    Ended(ActivityResolution),
    /// Its next attempt is to wait for longer than the SDK waits by itself: the instance starts a timer, and asks for
    /// the local activity again when that fires.
    Backoff {
        /// Which attempt comes next, from 1.
        attempt: u32,
        /// How long to wait.
        after: Duration,
        /// When the first attempt was asked for.
        first_scheduled_at: Timestamp,
    },
}
