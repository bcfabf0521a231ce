//! Activities: real async code in virtual time, seen from its own side.

pub(crate) mod client;
mod error;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use rehearsal_history::{Header, Payloads, Priority, RetryPolicy, SmolStr, Timestamp};
use rehearsal_service::{ActivityTask, ActivityToken};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::client::ActivityClient;
use self::client::Sent;
pub use self::error::ActivityError;
use crate::clock::Clock;
use crate::fake::Fakes;

/// What an activity ends with: its encoded result, or an error.
pub type ActivityResult = Result<Option<Payloads>, ActivityError>;

/// The future of one attempt of an activity.
pub type ActivityFuture = Pin<Box<dyn Future<Output = ActivityResult>>>;

/// The code of an activity, as it is registered: called once for each attempt.
pub trait ActivityCode: Send + Sync {
    /// Starts an attempt; nothing runs before the future is polled.
    fn start(&self, ctx: ActivityContext, input: Option<Payloads>) -> ActivityFuture;

    /// Whether this is the code for the attempt, if its worker is outside and has code of its own: that is used if not. It is
    /// asked of each such attempt in order, and may keep what it is told in a fake of the run.
    fn takes(&self, _task: &ActivityTask, _fakes: &Fakes) -> bool {
        true
    }

    /// In how many other ways an attempt may go, as a stub says. Which way it goes is a choice of the run,
    /// [`ChoiceKind::Stub`](crate::ChoiceKind::Stub).
    fn other_ways(&self) -> usize {
        0
    }

    /// Starts an attempt that goes another way: `way` counts from 1.
    fn start_other(
        &self,
        _way: usize,
        ctx: ActivityContext,
        input: Option<Payloads>,
    ) -> ActivityFuture {
        self.start(ctx, input)
    }

    /// What an attempt does that goes this other way, for the end of a sentence: `failed with "busy"`.
    fn other_way(&self, _way: usize) -> SmolStr {
        SmolStr::default()
    }
}

impl<F> ActivityCode for F
where
    F: Fn(ActivityContext, Option<Payloads>) -> ActivityFuture + Send + Sync,
{
    fn start(&self, ctx: ActivityContext, input: Option<Payloads>) -> ActivityFuture {
        self(ctx, input)
    }
}

/// What an attempt of an activity is told of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityInfo {
    /// Names this attempt to those who end it [from outside](ActivityError::result_pending).
    pub task_token: ActivityToken,
    /// Its id.
    pub activity_id: SmolStr,
    /// Its type.
    pub activity_type: SmolStr,
    /// The workflow it belongs to.
    pub workflow_id: SmolStr,
    /// The run of that workflow.
    pub run_id: SmolStr,
    /// The type of that workflow.
    pub workflow_type: SmolStr,
    /// The queue that the attempt waited in.
    pub task_queue: SmolStr,
    /// Context of the caller.
    pub header: Option<Header>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When the activity was scheduled.
    pub scheduled_at: Timestamp,
    /// Since when this attempt waited for a worker.
    pub attempt_scheduled_at: Timestamp,
    /// When this attempt started.
    pub started_at: Timestamp,
    /// For all attempts together, from `scheduled_at`; `None` for no limit.
    pub schedule_to_close: Option<Duration>,
    /// For one attempt; `None` for no limit.
    pub start_to_close: Option<Duration>,
    /// How the activity is retried, as the server sees it.
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of its queue, with what the workflow says.
    pub priority: Priority,
    /// Between heartbeats; `None` for no limit.
    pub heartbeat_timeout: Option<Duration>,
    /// Whether it is a local activity: it then has no heartbeats, and is told of a cancel at once.
    pub is_local: bool,
}

/// Why the context of an activity is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// The server said, in the answer to a heartbeat, that a cancel was requested (C-25).
    CancelRequested,
    /// The server no longer knows the activity: its workflow closed, or the attempt timed out (C-29, C-30).
    NotFound,
    /// The worker's own deadline for the attempt passed (C-34).
    DeadlineExceeded,
    /// The workflow canceled it, as it is a local activity (C-45).
    Canceled,
    /// Its worker has stopped and waits for it no longer.
    WorkerStops,
}

/// What the engine and the code of one attempt share.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) info: ActivityInfo,
    pub(crate) heartbeat_details: Option<Payloads>,
    pub(crate) clock: Clock,
    pub(crate) done: Cell<Option<Done>>,
    /// Whether the worker stops.
    pub(crate) worker_stops: Cell<bool>,
    /// Heartbeats that the code recorded since it was last polled.
    pub(crate) beats: RefCell<Vec<Option<Payloads>>>,
    /// How many operations of this context the code waited for when it was polled last.
    pub(crate) leaves: Cell<u32>,
    /// Times at which the code wants to be polled.
    pub(crate) sleeps: RefCell<Vec<Timestamp>>,
    /// What the code has asked of the service since it was last polled.
    pub(crate) requests: RefCell<Vec<Sent>>,
    /// What it shares with all attempts of this run.
    pub(crate) fakes: Fakes,
}

impl Attempt {
    /// The code waits for one of the context's own operations.
    fn waits(&self) {
        self.leaves.set(self.leaves.get().saturating_add(1));
    }
}

/// What the code of an activity may do. Cheap to clone.
///
/// An activity runs in virtual time: [`sleep`](Self::sleep) takes no real time. It learns of a cancel only through the
/// answer to a heartbeat, as on Temporal (C-25).
///
/// # Examples
///
/// ```
/// use rehearsal::{
///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Payloads, Scenario, Workflow, WorkflowError,
///     hours, mins, secs,
/// };
///
/// const COPY: Workflow<(), u32> = Workflow::new("Copy");
/// const COPY_PAGES: Activity<u32, u32> = Activity::new("CopyPages");
///
/// /// Copies pages, one a second; the first attempt is lost on the way, and the second goes on where it was.
/// async fn copy_pages(ctx: ActivityContext, pages: u32) -> Result<u32, ActivityError> {
///     let begun = ctx.heartbeat_details::<u32>().unwrap_or(0);
///     for page in begun..pages {
///         ctx.heartbeat(page);
///         if ctx.sleep_or_canceled(secs(1)).await {
///             return Err(ActivityError::canceled());
///         }
///         if ctx.attempt() == 1 && page == 5 {
///             return Err(ActivityError::from("no paper"));
///         }
///     }
///     Ok(pages - begun)
/// }
///
/// async fn copy(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
///     let options = ActivityOptions::start_to_close(hours(1)).with_heartbeat(secs(5));
///     ctx.with_activity_options(options).execute(COPY_PAGES, 10).await
/// }
///
/// let outcome = Scenario::new("copy")
///     .workflow(COPY, copy)
///     .activity(COPY_PAGES, copy_pages)
///     .client(|world| drop(world.start(COPY, "copy-1", ())))
///     .run();
/// let copied: u32 = Payloads::decode(outcome.main().unwrap().result()).unwrap();
/// assert_eq!(copied, 5);
/// assert_eq!(outcome.calls(COPY_PAGES).count(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct ActivityContext(pub(crate) Rc<Attempt>);

impl ActivityContext {
    /// What this attempt knows of itself.
    ///
    /// ```
    /// # use rehearsal::ActivityContext;
    /// /// A key under which a payment counts once, however often it is tried.
    /// fn idempotency_key(ctx: &ActivityContext) -> String {
    ///     format!("{}/{}", ctx.info().run_id, ctx.info().activity_id)
    /// }
    /// ```
    #[must_use]
    pub fn info(&self) -> &ActivityInfo {
        &self.0.info
    }

    /// Which attempt this is, from 1.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError};
    /// async fn pay(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     if ctx.attempt() < 3 { Err(ActivityError::from("the line is busy")) } else { Ok(()) }
    /// }
    /// ```
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.info.attempt
    }

    /// A client of the service, to start other executions, to signal and cancel them, and to wait for them.
    ///
    /// It is that of the worker, as in Go (`activity.GetClient`), and acts under its identity.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError};
    /// /// Tells another execution, which is known by its id.
    /// async fn nudge(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     Ok(ctx.client().signal_workflow("ledger", None, "nudge", None).await?)
    /// }
    /// ```
    #[must_use]
    pub fn client(&self) -> ActivityClient {
        ActivityClient(Rc::clone(&self.0))
    }

    /// Virtual time.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError, Timestamp};
    /// /// Waits until noon on January 2, 2026.
    /// async fn until_noon(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     let noon = Timestamp::parse_rfc3339("2026-01-02T12:00:00Z").ok_or("no date")?;
    ///     ctx.sleep(noon.since(ctx.now())).await;
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Waits `by` in virtual time. It does not end early when the activity is canceled; race it against
    /// [`canceled`](Self::canceled), or use [`sleep_or_canceled`](Self::sleep_or_canceled).
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError, mins};
    /// async fn bake(ctx: ActivityContext, (): ()) -> Result<&'static str, ActivityError> {
    ///     ctx.sleep(mins(40)).await;
    ///     Ok("a cake")
    /// }
    /// ```
    pub fn sleep(&self, by: Duration) -> impl Future<Output = ()> + Unpin + 'static {
        Sleep { attempt: Rc::clone(&self.0), due: self.0.clock.now() + by, registered: false }
    }

    /// Waits until the context is done: canceled through a heartbeat, unknown to the server, or past its deadline.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError};
    /// /// Rents a room until it is told to give it back.
    /// async fn rent(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     ctx.heartbeat("rented");
    ///     ctx.canceled().await;
    ///     Err(ActivityError::canceled())
    /// }
    /// ```
    pub fn canceled(&self) -> impl Future<Output = ()> + Unpin + 'static {
        UntilDone(Rc::clone(&self.0))
    }

    /// Waits until the worker stops: Go's `activity.GetWorkerStopChannel`. The context is not done yet; that it is when the
    /// [timeout](crate::WorkerSpec::with_stop_timeout) of the worker is over.
    ///
    /// The SDKs have no such thing for local activities.
    ///
    /// ```
    /// use rehearsal::{Either, select};
    /// # use rehearsal::{ActivityContext, ActivityError, mins};
    ///
    /// /// Leaves the rest to its next attempt, which another worker takes.
    /// async fn copy(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     match select(ctx.worker_stops(), ctx.sleep(mins(10))).await {
    ///         Either::Left(_) => Err(ActivityError::from("the worker stops")),
    ///         Either::Right(_) => Ok(()),
    ///     }
    /// }
    /// ```
    pub fn worker_stops(&self) -> impl Future<Output = ()> + Unpin + 'static {
        UntilStop(Rc::clone(&self.0))
    }

    /// Waits `by`, or until the context is done; returns whether it is. The time is looked at first.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError, secs};
    /// async fn watch(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     while !ctx.sleep_or_canceled(secs(1)).await {
    ///         ctx.heartbeat(());
    ///     }
    ///     Err(ActivityError::canceled())
    /// }
    /// ```
    pub async fn sleep_or_canceled(&self, by: Duration) -> bool {
        match futures::future::select(self.sleep(by), self.canceled()).await {
            futures::future::Either::Left(_) => false,
            futures::future::Either::Right(_) => true,
        }
    }

    /// Whether the context is done.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError, secs};
    /// async fn count(ctx: ActivityContext, most: u32) -> Result<u32, ActivityError> {
    ///     for number in 0..most {
    ///         ctx.heartbeat(number);
    ///         ctx.sleep(secs(1)).await;
    ///         if ctx.is_canceled() {
    ///             return Ok(number);
    ///         }
    ///     }
    ///     Ok(most)
    /// }
    /// ```
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.0.done.get().is_some()
    }

    /// Records a heartbeat with details.
    ///
    /// The worker sends the first one at once and holds later ones back, as both SDKs do (C-32): with a heartbeat
    /// timeout of 5 s it sends one every 4 s at most.
    ///
    /// # Panics
    ///
    /// Panics if `details` cannot be written as JSON, which fails the attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError, secs};
    /// /// Tells how far it is, and does not wait for an answer: the next poll sees a cancel.
    /// async fn upload(ctx: ActivityContext, parts: u32) -> Result<(), ActivityError> {
    ///     for part in 0..parts {
    ///         ctx.heartbeat(part);
    ///         ctx.sleep(secs(2)).await;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn heartbeat<T: Serialize>(&self, details: T) {
        let details =
            Payloads::encode(&details).unwrap_or_else(|error| panic!("heartbeat details: {error}"));
        self.0.beats.borrow_mut().push(details);
    }

    /// The details of the last heartbeat of an earlier attempt, if there was one and they can be read as `T` (C-31).
    ///
    /// ```
    /// # use rehearsal::ActivityContext;
    /// /// The first part that is not known to be there.
    /// fn next_part(ctx: &ActivityContext) -> u32 {
    ///     ctx.heartbeat_details::<u32>().map_or(0, |sent| sent + 1)
    /// }
    /// ```
    #[must_use]
    pub fn heartbeat_details<T: DeserializeOwned>(&self) -> Option<T> {
        let details = self.0.heartbeat_details.as_ref()?;
        Payloads::decode(Some(details)).ok()
    }

    /// Records a heartbeat whose details are encoded already.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError, Payloads};
    /// /// Says again what an earlier attempt said last.
    /// async fn repeat(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     let said: Option<Payloads> = ctx.encoded_heartbeat_details().cloned();
    ///     ctx.heartbeat_encoded(said);
    ///     Ok(())
    /// }
    /// ```
    pub fn heartbeat_encoded(&self, details: Option<Payloads>) {
        self.0.beats.borrow_mut().push(details);
    }

    /// The details of the last heartbeat of an earlier attempt, as they were recorded (C-31).
    ///
    /// ```
    /// # use rehearsal::ActivityContext;
    /// fn was_here_before(ctx: &ActivityContext) -> bool {
    ///     ctx.encoded_heartbeat_details().is_some()
    /// }
    /// ```
    #[must_use]
    pub fn encoded_heartbeat_details(&self) -> Option<&Payloads> {
        self.0.heartbeat_details.as_ref()
    }

    /// What Go's `ctx.Err()` is while the context is done: an error that reports the activity as canceled if a cancel
    /// was requested, and as failed otherwise (C-30). `None` while it is not done.
    ///
    /// ```
    /// # use rehearsal::{ActivityContext, ActivityError};
    /// async fn wait(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     ctx.heartbeat("waiting");
    ///     ctx.canceled().await;
    ///     ctx.err().map_or(Ok(()), Err)
    /// }
    /// ```
    #[must_use]
    pub fn err(&self) -> Option<ActivityError> {
        match self.0.done.get()? {
            Done::CancelRequested => Some(ActivityError::canceled()),
            Done::NotFound | Done::Canceled | Done::WorkerStops => {
                Some(ActivityError::from("context canceled"))
            }
            Done::DeadlineExceeded => Some(ActivityError::from("context deadline exceeded")),
        }
    }
}

struct Sleep {
    attempt: Rc<Attempt>,
    due: Timestamp,
    registered: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        if self.attempt.clock.now() >= self.due {
            return Poll::Ready(());
        }
        self.attempt.waits();
        if !self.registered {
            self.registered = true;
            let due = self.due;
            self.attempt.sleeps.borrow_mut().push(due);
        }
        Poll::Pending
    }
}

/// The engine polls an attempt whenever its context becomes done, so nothing is registered.
struct UntilDone(Rc<Attempt>);

impl Future for UntilDone {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        if self.0.done.get().is_some() {
            return Poll::Ready(());
        }
        self.0.waits();
        Poll::Pending
    }
}

/// The engine polls an attempt when its worker stops, so nothing is registered.
struct UntilStop(Rc<Attempt>);

impl Future for UntilStop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<()> {
        if self.0.worker_stops.get() {
            return Poll::Ready(());
        }
        self.0.waits();
        Poll::Pending
    }
}
