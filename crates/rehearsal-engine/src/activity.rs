//! Activities: real async code in virtual time, seen from its own side.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use rehearsal_history::{Failure, FailureInfo, Header, Payloads, RetryPolicy, SmolStr, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Clock;

/// What an activity ends with: its encoded result, or an error.
pub type ActivityResult = Result<Option<Payloads>, ActivityError>;

/// The future of one attempt of an activity.
pub type ActivityFuture = Pin<Box<dyn Future<Output = ActivityResult>>>;

/// The code of an activity, as it is registered: called once for each attempt.
pub trait ActivityCode: Send + Sync {
    /// Starts an attempt; nothing runs before the future is polled.
    fn start(&self, ctx: ActivityContext, input: Option<Payloads>) -> ActivityFuture;
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
    /// Between heartbeats; `None` for no limit.
    pub heartbeat_timeout: Option<Duration>,
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
}

/// What the engine and the code of one attempt share.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) info: ActivityInfo,
    pub(crate) heartbeat_details: Option<Payloads>,
    pub(crate) clock: Clock,
    pub(crate) done: Cell<Option<Done>>,
    /// Heartbeats that the code recorded since it was last polled.
    pub(crate) beats: RefCell<Vec<Option<Payloads>>>,
    /// How many operations of this context the code waited for when it was polled last.
    pub(crate) leaves: Cell<u32>,
    /// Times at which the code wants to be polled.
    pub(crate) sleeps: RefCell<Vec<Timestamp>>,
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
#[derive(Debug, Clone)]
pub struct ActivityContext(pub(crate) Rc<Attempt>);

impl ActivityContext {
    /// What this attempt knows of itself.
    #[must_use]
    pub fn info(&self) -> &ActivityInfo {
        &self.0.info
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.info.attempt
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Waits `by` in virtual time. It does not end early when the activity is canceled; race it against
    /// [`canceled`](Self::canceled), or use [`sleep_or_canceled`](Self::sleep_or_canceled).
    pub fn sleep(&self, by: Duration) -> impl Future<Output = ()> + Unpin + 'static {
        Sleep { attempt: Rc::clone(&self.0), due: self.0.clock.now() + by, registered: false }
    }

    /// Waits until the context is done: canceled through a heartbeat, unknown to the server, or past its deadline.
    pub fn canceled(&self) -> impl Future<Output = ()> + Unpin + 'static {
        UntilDone(Rc::clone(&self.0))
    }

    /// Waits `by`, or until the context is done; returns whether it is. The time is looked at first.
    pub async fn sleep_or_canceled(&self, by: Duration) -> bool {
        match futures::future::select(self.sleep(by), self.canceled()).await {
            futures::future::Either::Left(_) => false,
            futures::future::Either::Right(_) => true,
        }
    }

    /// Whether the context is done.
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
    pub fn heartbeat<T: Serialize>(&self, details: T) {
        let details =
            Payloads::encode(&details).unwrap_or_else(|error| panic!("heartbeat details: {error}"));
        self.0.beats.borrow_mut().push(details);
    }

    /// The details of the last heartbeat of an earlier attempt, if there was one and they can be read as `T` (C-31).
    #[must_use]
    pub fn heartbeat_details<T: DeserializeOwned>(&self) -> Option<T> {
        let details = self.0.heartbeat_details.as_ref()?;
        Payloads::decode(Some(details)).ok()
    }

    /// Records a heartbeat whose details are encoded already.
    pub fn heartbeat_encoded(&self, details: Option<Payloads>) {
        self.0.beats.borrow_mut().push(details);
    }

    /// The details of the last heartbeat of an earlier attempt, as they were recorded (C-31).
    #[must_use]
    pub fn encoded_heartbeat_details(&self) -> Option<&Payloads> {
        self.0.heartbeat_details.as_ref()
    }

    /// What Go's `ctx.Err()` is while the context is done: an error that reports the activity as canceled if a cancel
    /// was requested, and as failed otherwise (C-30). `None` while it is not done.
    #[must_use]
    pub fn err(&self) -> Option<ActivityError> {
        match self.0.done.get()? {
            Done::CancelRequested => Some(ActivityError::canceled()),
            Done::NotFound => Some(ActivityError::from("context canceled")),
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

/// How an attempt of an activity fails.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityError(Box<Failure>);

impl ActivityError {
    /// An error of the application, with a type that retry policies can name.
    #[must_use]
    pub fn application(message: impl Into<SmolStr>, kind: impl Into<SmolStr>) -> Self {
        Self(Box::new(Failure { source: SOURCE, ..Failure::application(message, kind) }))
    }

    /// The activity ends because it was canceled.
    ///
    /// Reported as canceled only if a cancel was requested; otherwise it is a failure like any other, and retried
    /// (§3.4.3 of the semantics, C-28).
    #[must_use]
    pub fn canceled() -> Self {
        Self(Box::new(Failure::canceled("canceled", None)))
    }

    /// The same, with details that the workflow sees.
    ///
    /// # Panics
    ///
    /// Panics if `details` cannot be written as JSON.
    #[must_use]
    pub fn canceled_with_details<T: Serialize>(details: &T) -> Self {
        let details = Payloads::encode(details).unwrap_or_else(|error| panic!("details: {error}"));
        Self(Box::new(Failure::canceled("canceled", details)))
    }

    /// The same, with several details.
    #[must_use]
    pub fn canceled_with(details: Payloads) -> Self {
        Self(Box::new(Failure::canceled("canceled", Some(details))))
    }

    /// What a panic of activity code is reported as. Unlike a panic of workflow code it can be retried.
    #[must_use]
    pub fn panicked(message: impl Into<SmolStr>) -> Self {
        Self::application(message, "PanicError")
    }

    /// What a canceled error is reported as when no cancel was requested: a failure like any other, with the canceled
    /// error as its cause (§3.4.3 of the semantics).
    pub(crate) fn unexpected_cancel(mut canceled: Self) -> Self {
        canceled.0.source = SOURCE;
        Self::application("unexpected activity cancel error: canceled", "wrapError")
            .with_cause(canceled)
    }

    /// This error with what led to it.
    #[must_use]
    pub fn with_cause(mut self, cause: Self) -> Self {
        self.0.cause = Some(cause.0);
        self
    }

    /// This error with several details, each a payload of its own.
    #[must_use]
    pub fn with_detail_payloads(self, details: Payloads) -> Self {
        self.set_details(Some(details))
    }

    /// This error, not to be retried.
    #[must_use]
    pub fn non_retryable(mut self) -> Self {
        if let Some(FailureInfo::Application(info)) = &mut self.0.info {
            info.non_retryable = true;
        }
        self
    }

    /// This error, to be retried after `delay` whatever the policy says (T-5).
    #[must_use]
    pub fn with_next_retry_delay(mut self, delay: Duration) -> Self {
        if let Some(FailureInfo::Application(info)) = &mut self.0.info {
            info.next_retry_delay = Some(delay);
        }
        self
    }

    /// This error with details.
    ///
    /// # Panics
    ///
    /// Panics if `details` cannot be written as JSON.
    #[must_use]
    pub fn with_details<T: Serialize>(self, details: &T) -> Self {
        let details = Payloads::encode(details).unwrap_or_else(|error| panic!("details: {error}"));
        self.set_details(details)
    }

    fn set_details(mut self, details: Option<Payloads>) -> Self {
        if let Some(FailureInfo::Application(info)) = &mut self.0.info {
            info.details = details;
        }
        self
    }

    pub(crate) fn failure(&self) -> &Failure {
        &self.0
    }

    pub(crate) fn into_failure(self) -> Failure {
        *self.0
    }
}

const SOURCE: SmolStr = SmolStr::new_static("GoSDK");

/// The failure that is reported, whole.
impl From<Failure> for ActivityError {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure))
    }
}

/// A plain error without a type, as Go's `errors.New`.
impl From<&str> for ActivityError {
    fn from(message: &str) -> Self {
        Self::application(message, "")
    }
}

/// A plain error without a type, as Go's `fmt.Errorf`.
impl From<String> for ActivityError {
    fn from(message: String) -> Self {
        Self::application(message, "")
    }
}

impl fmt::Display for ActivityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for ActivityError {}
