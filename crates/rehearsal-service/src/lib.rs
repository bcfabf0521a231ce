//! The simulated Temporal service: server commands in, events out.
//!
//! [`Service`] is one pure machine: [`handle`](Service::handle) takes an [`Input`] and the time, appends events to the
//! histories it keeps, answers, and pushes on an [`Outbox`] what others have to do now. It has no clock and no queue of
//! its own: [`deadline`](Service::deadline) says when it next wants [`Input::Elapsed`], and who takes which task, and
//! when, is up to the caller.
//!
//! Inside, a run *decides* and *evolves* apart. Deciding looks at the state and gives steps; evolving by the events
//! among these steps is the only way in which state that a history holds changes, so that a recorded history rebuilds
//! it. What no history holds (attempts, heartbeats, stickiness, the buffer) changes by notes, which stand among the
//! same steps.
//!
//! Rules are cited by their ids, such as W-12; `docs/service-semantics.md` lists each with its file and its tests.

#![no_std]

extern crate alloc;

mod config;
mod cron;
mod error;
mod indexes;
mod input;
mod machine;
mod refusal;
mod run;
mod runs;
mod service;
mod view;
mod visibility;
mod words;

pub use config::{Limits, ServiceConfig};
pub use cron::next_round;
pub use error::{Busy, IdTaken, InvalidRequest, NotFound, NotReady, RequestError, UpdateWithStart};
pub use input::{
    ActivityResponse, ActivityTask, ActivityToken, Answer, Effect, Input, Outbox, Poll, QueryInput,
    QueryRejectCondition, RunRef, StartWorkflow, Target,
};
pub use refusal::{
    BadAcross, BadChild, BadCommand, BadPolicy, BadPriority, BadSearchAttribute, Refusal,
};
pub use run::CannotRestore;
pub use service::Service;
pub use view::{
    ChildStanding, DeadlineOf, PendingKind, PendingOp, PendingState, RunView, SkippingView,
    Standing, TaskState, UpdateStage,
};
pub use words::{Across, BadSkipping};
#[doc(hidden)]
pub use words::{Bend, Decision};
