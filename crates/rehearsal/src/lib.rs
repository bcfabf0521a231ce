//! Rehearse durable workflows before production.
//!
//! A simulated Temporal service, a virtual clock and a single-threaded executor run the real workflow code in one
//! process and record the event history that Temporal would record. A *sweep* cancels the workflow at every point, one
//! run for each, replays every run and checks that cleanup ran when it must, and only then.
//!
//! ```
//! use rehearsal::{
//!     check, secs, Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, Stub, Workflow,
//!     WorkflowError,
//! };
//!
//! const SHIP_ORDER: Workflow<(), ()> = Workflow::new("ShipOrder");
//! const SHIP: Activity<(), ()> = Activity::new("Ship");
//! const REFUND: Activity<(), ()> = Activity::new("Refund");
//!
//! async fn ship_order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
//!     let ctx = ctx.with_activity_options(
//!         ActivityOptions::start_to_close(secs(60)).with_heartbeat(secs(5)).with_wait_for_cancellation(),
//!     );
//!     let shipped = ctx.execute(SHIP, ()).await;
//!     if ctx.is_canceled() {
//!         ctx.disconnected().execute(REFUND, ()).await?;
//!     }
//!     shipped
//! }
//!
//! async fn ship(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
//!     for parcel in 0..3 {
//!         ctx.heartbeat(parcel);
//!         if ctx.sleep_or_canceled(secs(1)).await {
//!             return Err(ActivityError::canceled());
//!         }
//!     }
//!     Ok(())
//! }
//!
//! let report = Scenario::new("ship-order")
//!     .workflow(SHIP_ORDER, ship_order)
//!     .activity(SHIP, ship)
//!     .stub(REFUND, Stub::returns(()).after(secs(2)))
//!     .client(|world| {
//!         world.start(SHIP_ORDER, "order-7", ());
//!     })
//!     .check(check::cleanup_iff_canceled(REFUND))
//!     .check(check::skipped_reported_as_canceled())
//!     .sweep();
//! assert!(report.points() > 10);
//! ```
//!
//! The workflow above is written with the native API, a model in the semantics of Temporal's Go SDK; the page
//! [`native_api`] says what it is for. Workflows of the official Rust SDK are rehearsed as they stand: feature `temporal`.
//!
//! # Logging
//!
//! Workflow and activity code logs with the macros of `tracing` or `log`. With the features of these names a report shows
//! the lines of the run that it explains, at virtual time. Each line is there once: code that is replayed logs nothing, as
//! with the loggers of Temporal's SDKs.
//!
#![cfg_attr(feature = "tracing", doc = "```")]
#![cfg_attr(not(feature = "tracing"), doc = "```text")]
//! use rehearsal::{Context, Scenario, Tape, Workflow, WorkflowError, secs};
//!
//! const SHIP: Workflow<u32, ()> = Workflow::new("Ship");
//!
//! async fn ship(ctx: Context, order: u32) -> Result<(), WorkflowError> {
//!     tracing::info!(order, "packing");
//!     ctx.sleep(secs(3)).await?;
//!     tracing::info!(order, "packed");
//!     panic!("no stamps")
//! }
//!
//! let failure = Scenario::new("ship")
//!     .workflow(SHIP, ship)
//!     .client(|world| drop(world.start(SHIP, "order-7", 7)))
//!     .try_run(&Tape::calm())
//!     .unwrap_err();
//! assert!(failure.report().contains("3s   INFO  "), "{failure}");
//! assert_eq!(failure.logs()[0].to_string(), "packing order=7");
//! ```
//!
//! # Features
//!
//! None is on unless you ask for it.
//!
//! - `temporal`: workflows and activities of the official Rust SDK (`temporalio-sdk` 1.1.1), unmodified, in scenarios and
//!   replays: `Scenario::official`, `Scenario::real`, `Recorded::official`. Needs Rust 1.92.
//! - `tracing`, `log`: a report shows what user code logs through these crates in the run that it explains. In every run
//!   the thread's `tracing` subscriber hears nothing. [`Failure::logs`] has the lines as data, the page [`diagnostics`]
//!   the details.
//! - `proptest`: the module `strategy`, for property tests: where cancels strike, and what a client does and when.

mod answers;
mod campaign;
mod case;
pub mod check;
mod depth;
mod expect;
mod explore;
mod failure;
mod fake;
mod fork;
mod fuzz;
mod keeper;
#[cfg(any(feature = "log", feature = "tracing"))]
mod logs;
mod map;
mod names;
mod nearest;
mod occurrence;
#[cfg(feature = "temporal")]
mod official;
mod outside;
mod page;
mod pages;
mod paint;
mod prove;
mod replay;
mod report;
mod rerun;
mod retention;
mod scenario;
mod stopwatch;
#[cfg(feature = "proptest")]
pub mod strategy;
mod stub;
mod time;
mod timeline;
mod upgrade;
mod watchdog;

#[doc(inline)]
pub use rehearsal_activation::Fault;
#[doc(inline)]
pub use rehearsal_engine::{
    ActivityClient, ActivityContext, ActivityError, ActivityInfo, ActivityTarget, ActivityToken,
    Call, Check, ChildOf, ChoiceKey, ChoiceKind, ClientError, Code, Description, Dialect,
    Execution, Fakes, Finding, Forgotten, Handle, Injection, KnownDefect, Limits, LogLevel,
    LogLine, OfAttempt, Outcome, PendingActivity, PendingActivityState, PendingChild,
    PendingWorkflowTask, PendingWorkflowTaskState, Place, QueryHandle, Record, Signaled,
    StartOptions, Strike, Struck, Tape, TimerEnd, TimerOf, Unseen, UpdateHandle, WorkerSpec, World,
};
#[doc(inline)]
pub use rehearsal_explore::{
    AwaitPlace, Bounds, Case, CaseError, Choices, ChosenBy, Difference, ReachedAwait,
};
#[doc(inline)]
pub use rehearsal_history::{
    ActivityFailureInfo, ApplicationFailureInfo, BadPayload, Bytes, ChildFailureInfo, CodecError,
    CutOff, DecodeError, Event, EventId, EventKind, Execution as WorkflowExecution,
    Failure as RecordedFailure, FailureInfo, History, Memo, ParentClosePolicy, Payload, Payloads,
    Peculiarity, Priority, RetryPolicy, RetryState, SearchAttribute, SearchAttributes, SearchType,
    SearchUpdate, SmolStr, Status, TimeoutFailureInfo, TimeoutType, Timestamp,
    WorkflowIdConflictPolicy, WorkflowIdReusePolicy, duration_text,
};
#[doc(inline)]
pub use rehearsal_service::CannotRestore;
#[doc(inline)]
pub use rehearsal_worker::{Grade, Mismatch, Profile, ReplayEnd, Replayed};
#[doc(inline)]
pub use rehearsal_workflow::{
    Activity, ActivityFuture, ActivityOptions, CancelHandle, Channel, ChildExecution, ChildFuture,
    ChildOptions, ChildStarted, Context, ContinueAsNewOptions, DEFAULT_VERSION, Either,
    ExternalFuture, ExternalWorkflow, HandlerSet, Info, LocalActivityOptions, Query, Selector,
    Signal, SignalChannel, TimerFuture, Update, Workflow, WorkflowError, join, join_all, select,
    select_all,
};

pub use crate::campaign::{MergedCampaign, SavedCampaign, SavedCampaignError, merge_campaigns};
pub use crate::depth::Pairs;
pub use crate::explore::{Exploration, Explored};
pub use crate::failure::Failure;
pub use crate::fork::{ForkError, ForkReport};
pub use crate::map::CancelMap;
pub use crate::names::{ActivityName, Native};
pub use crate::occurrence::{CanceledAt, Occurrence};
#[cfg(feature = "temporal")]
pub use crate::official::{Official, OfficialWorld};
pub use crate::pages::{
    campaigns, case_format, checks, determinism, diagnostics, explain, forks, native_api,
    not_simulated, replays, upgrades,
};
pub use crate::paint::Color;
pub use crate::prove::ProofReport;
pub use crate::replay::{Recorded, ReplayError, replay};
pub use crate::report::Report;
pub use crate::scenario::Scenario;
pub use crate::stub::{Anything, Fits, Join, Stub, Takes};
pub use crate::time::{days, hours, millis, mins, secs};
pub use crate::timeline::timeline;
pub use crate::upgrade::UpgradeReport;

/// The README's code is run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}
