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
//! # Features
//!
//! - `tracing`, `log`: a report shows what user code logs through these crates in the run that it explains. In every run
//!   the thread's `tracing` subscriber hears nothing. [`Failure::logs`] has the lines as data, the page [`diagnostics`]
//!   the details.
//! - `proptest`: strategies for property tests.

mod case;
pub mod check;
mod explore;
mod failure;
mod keeper;
#[cfg(any(feature = "log", feature = "tracing"))]
mod logs;
mod names;
#[cfg(feature = "temporal")]
mod official;
mod page;
mod pages;
mod paint;
mod replay;
mod report;
mod scenario;
#[cfg(feature = "proptest")]
pub mod strategy;
mod stub;
mod time;
mod timeline;
mod watchdog;

pub use rehearsal_engine::{
    ActivityContext, ActivityError, Call, Check, ChoiceKey, ChoiceKind, ClientError, Code,
    Execution, Finding, Handle, Injection, Limits, LogLevel, LogLine, Outcome, Place, Record,
    StartOptions, Tape, WorkerSpec, World,
};
pub use rehearsal_explore::{Case, CaseError, Choices, Difference};
pub use rehearsal_history::{
    Event, EventId, EventKind, History, Payload, Payloads, RetryPolicy, Status, TimeoutType,
    Timestamp,
};
pub use rehearsal_worker::{Grade, Mismatch, Profile, ReplayEnd, Replayed};
pub use rehearsal_workflow::{
    Activity, ActivityFuture, ActivityOptions, CancelHandle, Context, Either, Info, Signal,
    SignalChannel, TimerFuture, Workflow, WorkflowError, join, join_all, select, select_all,
};

pub use crate::explore::{Exploration, Explored};
pub use crate::failure::Failure;
pub use crate::names::{ActivityName, Native};
#[cfg(feature = "temporal")]
pub use crate::official::{Official, OfficialWorld};
pub use crate::pages::{diagnostics, explain, not_simulated};
pub use crate::paint::Color;
pub use crate::replay::{Recorded, ReplayError, replay};
pub use crate::report::Report;
pub use crate::scenario::Scenario;
pub use crate::stub::Stub;
pub use crate::time::{hours, millis, mins, secs};
pub use crate::timeline::timeline;

/// The README's code is run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}
