//! The contract between a workflow and whatever drives it, and between a worker and the service.
//!
//! Three machines stand in a ring, and these types are all they say to each other:
//!
//! ```text
//!              WorkflowCommand                ServerCommand
//!   INSTANCE ──────────────────▶  WORKER  ─────────────────▶  SERVICE ──▶ history
//!      ▲          Activation        │  ▲      TaskDelivery       │
//!      └────────────────────────────┘  └─────────────────────────┘
//! ```
//!
//! - The service hands a worker a [`TaskDelivery`]: the events of a workflow task.
//! - The worker cuts them into [`Activation`]s, each a list of [`Job`]s: what the workflow is told.
//! - The instance answers each with a [`Completion`]: [`WorkflowCommand`]s, what workflow code asks for, known by
//!   sequence numbers.
//! - The worker gives ids, withdraws what is moot, and sends [`ServerCommand`]s in a [`TaskResponse`].
//!
//! Nothing here decides anything.
//!
//! With the feature `std` it also holds what every host of user code needs: `quiet`, which catches panics, and `wake`,
//! which notes who calls the waker of workflow code.

#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod activation;
mod asked;
mod command;
mod delivery;
mod fault;
mod flag;
pub mod go_error;
mod instance;
mod job;
pub mod names;
#[cfg(feature = "std")]
pub mod quiet;
mod server;
mod signals;
mod trouble;
#[cfg(feature = "std")]
pub mod wake;

pub use activation::Activation;
pub use asked::{Asked, AskedAt, Awaited, Misread};
pub use command::{
    AnswerQuery, CancelChild, CancelExternal, CancellationType, ChildCancellationType, Completion,
    ContinueAsNew, ExternalTarget, RecordMutableSideEffect, RecordSideEffect, RecordVersion,
    RespondUpdate, ScheduleActivity, ScheduleLocalActivity, Seq, SetPatch, SignalExternal,
    StartChild, StartTimer, TaskFailure, UpdateResponse, WorkflowCommand,
};
pub use delivery::{Message, Query, QueryTask, TaskDelivery, TaskToken};
pub use fault::Fault;
pub use flag::{Flag, MissingFlags};
pub use instance::{Definition, Instance};
pub use job::{
    ActivityResolution, ChildResolution, ChildStart, Initialize, Job, LocalResolution,
    QueryWorkflow, Recalled, Signal, Update,
};
pub use server::{
    CancelExternalWorkflow, ContinueAsNewWorkflow, RecordMarker, ScheduleActivityTask,
    ServerCommand, SignalExternalWorkflow, StartChildWorkflow, TaskOutcome, TaskResponse,
    UpdateMessage, WorkerTaskFailure,
};
pub use signals::{Dropped, Signals, Unread};
pub use trouble::Trouble;
