//! The worker's half: deliveries to activations, workflow commands to server commands.
//!
//! A worker is not a pipe. It cuts the events of a delivery into workflow tasks, tells the instance what happened, gives
//! ids to what workflow code asks for, withdraws what is moot by then, and compares what a replay asks for with what was
//! recorded. [`Worker`] does this between an instance and the service; [`Replayer`] does it for a recorded history, with
//! no service at all. Both are pure: they know no clock and call nobody.
//!
//! How an SDK numbers, withdraws and reports differs from SDK to SDK; a [`Profile`] names one. What the profiles share
//! (slicing, matching, reports) lies beside the module of each. Each operation has one file in each of `go`, `core`,
//! `matcher` and `describe`, and the module above it one line for each of its commands and events.

#![no_std]

extern crate alloc;

mod attempt;
mod core;
mod describe;
mod faithful;
mod go;
mod heartbeat;
mod local;
mod matcher;
mod mismatch;
mod normal;
mod profile;
mod replayer;
mod rules;
mod run_info;
mod session;
mod slice;
mod told;
mod unsupported;
mod update;
mod worker;

pub use attempt::{AttemptRules, Expiry, Report};
pub use heartbeat::{Beat, HeartbeatThrottle};
pub use local::{LocalAttempt, LocalDone, LocalEvent, LocalKey, LocalRequest, LocalWhat};
pub use mismatch::{Grade, Mismatch};
pub use profile::Profile;
pub use replayer::{
    ReplayEnd, ReplayOptions, ReplayStep, ReplayVerdict, Replayed, Replayer, replay,
};
pub use slice::{Slices, Task, slice};
pub use worker::{Worker, WorkerInput, WorkerOptions, WorkerOutput};
