//! Writing workflows natively, in the model of Temporal's Go SDK: contexts that are canceled in trees, operations that
//! are bound to the context they are called on, cleanup on a context that is [disconnected](Context::disconnected).
//!
//! A workflow is an async function of a [`Context`] and its arguments. Everything that it asks for goes through the
//! context, and is recorded; so the same code, told the same, asks for the same again.
//!
//! ```
//! use std::time::Duration;
//!
//! use rehearsal_workflow::{Activity, ActivityOptions, Context, Workflow, WorkflowError, definition};
//!
//! const YOUR_WORKFLOW: Workflow<(), ()> = Workflow::new("YourWorkflow");
//! const TO_BE_CANCELED: Activity<(), String> = Activity::new("ActivityToBeCanceled");
//! const TO_BE_SKIPPED: Activity<(), ()> = Activity::new("ActivityToBeSkipped");
//! const CLEANUP: Activity<(), ()> = Activity::new("CleanupActivity");
//!
//! async fn your_workflow(ctx: Context, (): ()) -> Result<(), WorkflowError> {
//!     let options = ActivityOptions::start_to_close(Duration::from_secs(600))
//!         .with_heartbeat(Duration::from_secs(5))
//!         .with_wait_for_cancellation();
//!     let ctx = ctx.with_activity_options(options);
//!
//!     let _result = ctx.execute(TO_BE_CANCELED, ()).await;
//!     // In a canceled context it never runs and comes back as canceled.
//!     let result = ctx.execute(TO_BE_SKIPPED, ()).await;
//!
//!     if ctx.is_canceled() {
//!         // The context is canceled, so cleanup needs one of its own.
//!         ctx.disconnected().execute(CLEANUP, ()).await?;
//!     }
//!     result
//! }
//!
//! // A worker hosts it. Here one is played by hand: the run starts, then its client asks it to cancel.
//! # use rehearsal_activation::{Activation, Completion, Initialize, Job, Seq, WorkflowCommand};
//! # use rehearsal_history::{EventId, Timestamp};
//! # fn activation(jobs: Vec<Job>) -> Activation {
//! #     let time = Timestamp::EPOCH;
//! #     Activation { run_id: "run".into(), time, started: EventId(3), jobs, ..Activation::default() }
//! # }
//! # let initialize = Initialize {
//! #     workflow_type: "YourWorkflow".into(),
//! #     workflow_id: "order-7".into(),
//! #     run_id: "run".into(),
//! #     first_run_id: "run".into(),
//! #     task_queue: "main".into(),
//! #     attempt: 1,
//! #     task_timeout: Duration::from_secs(10),
//! #     ..Initialize::default()
//! # };
//! let mut run = definition(YOUR_WORKFLOW, your_workflow).instantiate();
//!
//! run.activate(&activation(vec![Job::Initialize(Box::new(initialize))]));
//! assert_eq!(run.pending(), ["ActivityToBeCanceled (activity 1)"]);
//!
//! let completion = run.activate(&activation(vec![Job::CancelWorkflow { reason: "".into() }]));
//! let cancel = WorkflowCommand::RequestCancelActivity { seq: Seq(1) };
//! assert_eq!(completion, Completion::Commands(vec![cancel]));
//! ```
//!
//! # How a workflow is run
//!
//! An activation first applies all its jobs, then polls the routines of the run, the main one first and those that were
//! [spawned](Context::spawn) in the order in which they were, until none gets any further. What they asked for meanwhile
//! is the answer; a command that closes the workflow comes last (C-48). Futures of this crate have no wakers: they look
//! at the state of the run each time they are polled. A future from elsewhere would need one, and whatever wakes it is in
//! no history: it is refused as [foreign](rehearsal_activation::Trouble::ForeignFuture). To wait for several things use
//! [`select()`], [`select_all`], [`join`] and [`join_all`], or a [`Selector`], which goes by what came first, as in Go.
//!
//! A panic of workflow code fails the workflow task, not the process; see [`quiet`].
//!
//! Where Go is random, this crate is not: a canceled context cancels the contexts derived from it in the order in which
//! they were made (C-16).

mod activity;
mod blocked;
mod chain;
mod channel;
mod child;
mod codec;
mod condition;
mod context;
mod definition;
mod error;
mod external;
mod info;
mod instance;
mod local;
mod marker;
mod names;
mod operation;
mod options;
mod properties;
mod query;
mod random;
mod routine;
mod scope;
mod select;
mod selector;
mod signal;
mod state;
mod timer;
mod update;

pub use activity::ActivityFuture;
pub use chain::ContinueAsNewOptions;
pub use channel::Channel;
pub use child::{ChildExecution, ChildFuture, ChildOptions, ChildStarted};
pub use condition::{Done, Wait, WaitTimeout};
pub use context::{CancelHandle, Context};
pub use definition::definition;
pub use error::WorkflowError;
pub use external::{ExternalFuture, ExternalWorkflow};
pub use info::Info;
pub use local::LocalActivityOptions;
pub use marker::DEFAULT_VERSION;
pub use names::{Activity, Query, Signal, Update, Workflow};
pub use options::ActivityOptions;
pub use rehearsal_activation::quiet;
pub use select::{Either, join, join_all, select, select_all};
pub use selector::Selector;
pub use signal::SignalChannel;
pub use timer::TimerFuture;
pub use update::HandlerSet;
