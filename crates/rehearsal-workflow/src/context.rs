//! The context of workflow code: its only door to the outside world.

use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use rehearsal_activation::{CancellationType, ScheduleActivity};
use rehearsal_history::{SmolStr, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::activity::ActivityFuture;
use crate::child::ChildOptions;
use crate::codec;
use crate::condition::{Done, Wait, WaitTimeout};
use crate::error::WorkflowError;
use crate::info::Info;
use crate::local::LocalActivityOptions;
use crate::names::{Activity, Query, Signal};
use crate::options::ActivityOptions;
use crate::scope::{Look, ScopeId};
use crate::selector::Selector;
use crate::signal::SignalChannel;
use crate::state::Shared;
use crate::timer::TimerFuture;

/// What workflow code may do: run activities, start timers, receive signals, wait, derive contexts.
///
/// Operations are bound to the context they are called on: they are asked for when they are called, and canceled with
/// it. In a context that is canceled already they are asked for all the same, and their cancel follows at once (C-35).
/// Clones are the same context.
///
/// When the workflow is asked to cancel, the context it was called with is canceled before any of its code runs, and
/// with it all contexts derived from it but those that are [`disconnected`](Self::disconnected). Within one context
/// operations are canceled in the order in which they were asked for, then derived contexts in the order in which they
/// were made. (The Go SDK takes derived contexts in random order, C-16.)
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal::{Activity, ActivityOptions, Context, WorkflowError};
///
/// const REPORT: Activity<String, ()> = Activity::new("Report");
///
/// async fn remind(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(Duration::from_secs(60)));
///     // Both are asked for now and run side by side.
///     let (scope, cancel) = ctx.with_cancel();
///     let day = scope.timer(Duration::from_secs(86_400));
///     let report = ctx.execute(REPORT, "begun".to_owned());
///
///     report.await?;
///     cancel.cancel();
///     assert!(day.await.is_err_and(|error| error.is_canceled()));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Context {
    pub(crate) shared: Shared,
    pub(crate) scope: ScopeId,
    options: Rc<ActivityOptions>,
    child_options: Rc<ChildOptions>,
    pub(crate) local_options: Option<Rc<LocalActivityOptions>>,
}

impl Context {
    pub(crate) fn root(shared: Shared) -> Self {
        Self {
            shared,
            scope: ScopeId::ROOT,
            options: Rc::default(),
            child_options: Rc::default(),
            local_options: None,
        }
    }

    /// A context that is canceled with this one, and by its handle.
    ///
    /// Of a context that is canceled already, the new one is canceled from the start.
    #[must_use]
    pub fn with_cancel(&self) -> (Self, CancelHandle) {
        let scope = self.shared.borrow_mut().scopes.link(self.scope);
        self.in_scope(scope)
    }

    /// A context that is not canceled when this one is: for cleanup after a cancel.
    #[must_use]
    pub fn disconnected(&self) -> Self {
        self.disconnected_with_cancel().0
    }

    /// A context that is canceled by its handle only.
    #[must_use]
    pub fn disconnected_with_cancel(&self) -> (Self, CancelHandle) {
        let scope = self.shared.borrow_mut().scopes.disconnected();
        self.in_scope(scope)
    }

    fn in_scope(&self, scope: ScopeId) -> (Self, CancelHandle) {
        let context = Self { scope, ..self.clone() };
        (context.clone(), CancelHandle(context))
    }

    /// This context with other options for activities. A queue that `options` leaves out stays as it was; all else is
    /// replaced.
    #[must_use]
    pub fn with_activity_options(&self, mut options: ActivityOptions) -> Self {
        if options.task_queue.is_none() {
            options.task_queue.clone_from(&self.options.task_queue);
        }
        Self { options: Rc::new(options), ..self.clone() }
    }

    /// This context with another queue for activities.
    #[must_use]
    pub fn with_task_queue(&self, queue: impl Into<SmolStr>) -> Self {
        let options = (*self.options).clone().with_task_queue(queue);
        Self { options: Rc::new(options), ..self.clone() }
    }

    /// This context with other options for child workflows. A queue that `options` leaves out stays as it was; all else is
    /// replaced.
    #[must_use]
    pub fn with_child_options(&self, mut options: ChildOptions) -> Self {
        if options.task_queue.is_none() {
            options.task_queue.clone_from(&self.child_options.task_queue);
        }
        Self { child_options: Rc::new(options), ..self.clone() }
    }

    pub(crate) fn child_options(&self) -> &ChildOptions {
        &self.child_options
    }

    /// Whether it was canceled.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.shared.borrow().scopes.is_canceled(self.scope)
    }

    /// Whether a wait finds it canceled: it looks at the channel, as Go's does.
    pub(crate) fn finds_cancel(&self) -> bool {
        self.shared.borrow_mut().scopes.look(self.scope) == Look::Closed
    }

    /// The canceled error if it was canceled, as Go's `ctx.Err()`.
    #[must_use]
    pub fn err(&self) -> Option<WorkflowError> {
        self.is_canceled().then(WorkflowError::canceled)
    }

    /// Ends when the context is canceled.
    #[track_caller]
    pub fn done(&self) -> Done {
        self.seen(Location::caller());
        Done::new(self)
    }

    /// Runs an activity with the options of this context. It is scheduled now, whether or not it is awaited.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON, as Go does; inside of a workflow this fails the workflow task.
    #[track_caller]
    pub fn execute<I: Serialize, O: DeserializeOwned>(
        &self,
        activity: Activity<I, O>,
        input: I,
    ) -> ActivityFuture<O> {
        self.seen(Location::caller());
        let several = activity.has_several_arguments();
        let activity_type = activity.into_name();
        let input = codec::must_encode_arguments(
            format_args!("the input of activity `{activity_type}`"),
            &input,
            several,
        );
        let options = &*self.options;
        let cancellation_type = if options.wait_for_cancellation {
            CancellationType::WaitCancellationCompleted
        } else {
            CancellationType::TryCancel
        };
        let command = ScheduleActivity {
            activity_id: options.activity_id.clone(),
            activity_type,
            task_queue: options.task_queue.clone(),
            input,
            schedule_to_close: options.schedule_to_close,
            schedule_to_start: options.schedule_to_start,
            start_to_close: options.start_to_close,
            heartbeat: options.heartbeat,
            retry_policy: options.retry_policy.clone(),
            priority: options.priority.clone(),
            cancellation_type,
            ..ScheduleActivity::default()
        };
        let operation =
            self.shared.borrow_mut().schedule(self.scope, options.wait_for_cancellation, command);
        ActivityFuture::new(Rc::clone(&self.shared), operation)
    }

    /// Starts a timer, now, whether or not it is awaited. One of no length is over at once and leaves no trace (C-39).
    #[track_caller]
    pub fn timer(&self, after: Duration) -> TimerFuture {
        self.seen(Location::caller());
        self.start_timer(after, None)
    }

    /// As [`timer`](Self::timer), but recorded as Go records its `Sleep`: with that word as summary.
    #[track_caller]
    pub fn sleep(&self, after: Duration) -> TimerFuture {
        self.seen(Location::caller());
        self.start_timer(after, Some("Sleep"))
    }

    /// Notes where workflow code is.
    pub(crate) fn seen(&self, place: &'static Location<'static>) {
        self.shared.borrow_mut().seen = Some(place);
    }

    pub(crate) fn start_timer(
        &self,
        after: Duration,
        summary: Option<&'static str>,
    ) -> TimerFuture {
        let operation = self.shared.borrow_mut().start_timer(self.scope, after, summary);
        TimerFuture::new(Rc::clone(&self.shared), operation)
    }

    /// Waits until `condition` is true. It is asked whenever anything in the workflow got further.
    ///
    /// # Errors
    ///
    /// A canceled error with the details `Await context canceled` if the context is canceled while the condition is
    /// false (C-17).
    #[track_caller]
    pub fn wait<C: FnMut() -> bool>(&self, condition: C) -> Wait<C> {
        self.seen(Location::caller());
        Wait::new(self, condition)
    }

    /// Waits until `condition` is true, at most for `timeout`; tells whether it came true. The timer is started now.
    ///
    /// As in Go a condition that comes true leaves the timer running, and one that is true from the start is asked for
    /// the first time after a timer was started and all other routines have run.
    ///
    /// # Errors
    ///
    /// A canceled error if the context is canceled: at the start before the condition is asked, later after that. Its
    /// details are those that Go gives it, `%s context canceled` and `AwaitWithTimeout`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rehearsal::{Context, Signal, WorkflowError};
    ///
    /// const APPROVE: Signal<String> = Signal::new("approve");
    ///
    /// async fn approved_within_an_hour(ctx: Context, (): ()) -> Result<bool, WorkflowError> {
    ///     let approvals = ctx.signals(APPROVE);
    ///     ctx.wait_timeout(Duration::from_secs(3600), || approvals.len() >= 2).await
    /// }
    /// ```
    #[track_caller]
    pub fn wait_timeout<C: FnMut() -> bool>(
        &self,
        timeout: Duration,
        condition: C,
    ) -> WaitTimeout<C> {
        self.seen(Location::caller());
        WaitTimeout::new(self, timeout, condition)
    }

    /// The signals of one name. They are kept from the start of the run until somebody reads them; all channels of one
    /// name read from the same queue.
    ///
    /// A name that is made at run time is a [`Signal::named`].
    #[must_use]
    #[track_caller]
    pub fn signals<T: DeserializeOwned>(&self, signal: Signal<T>) -> SignalChannel<T> {
        self.seen(Location::caller());
        SignalChannel::new(Rc::clone(&self.shared), signal)
    }

    /// The names of which signals came that nobody has read, in the order of the alphabet: what Go calls unhandled
    /// signals.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Signal, WorkflowError};
    ///
    /// /// Gives up everything that it was told and has not looked at.
    /// async fn left_over(ctx: Context, (): ()) -> Result<Vec<(String, String)>, WorkflowError> {
    ///     let mut left = Vec::new();
    ///     for name in ctx.unhandled_signals() {
    ///         let signals = ctx.signals(Signal::<String>::named(name.clone()));
    ///         while let Some(value) = signals.try_recv() {
    ///             left.push((name.to_string(), value));
    ///         }
    ///     }
    ///     Ok(left)
    /// }
    /// ```
    #[must_use]
    pub fn unhandled_signals(&self) -> Vec<SmolStr> {
        self.shared.borrow().unread_names()
    }

    /// Sets who answers a query, as `workflow.SetQueryHandler` does; a handler of the same name is replaced.
    ///
    /// The handler is called while nothing of the workflow runs, at any time from now on, and also after the workflow has
    /// closed. It may look at what it shares with the workflow, and must not change it: that is a finding, RH110. What it
    /// asks of a context fails the query, as in Go.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use std::rc::Rc;
    ///
    /// use rehearsal::{Context, Query, Scenario, Workflow, WorkflowError, mins};
    ///
    /// const ORDER: Workflow<(), ()> = Workflow::new("Order");
    /// const STAGE: Query<(), &'static str> = Query::new("stage");
    ///
    /// async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let stage = Rc::new(Cell::new("packing"));
    ///     let seen = Rc::clone(&stage);
    ///     ctx.on_query(STAGE, move |()| Ok(seen.get()));
    ///     ctx.sleep(mins(5)).await?;
    ///     stage.set("sent");
    ///     Ok(())
    /// }
    ///
    /// let mut world = Scenario::new("order").workflow(ORDER, order).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// let stage = rehearsal::Query::<(), String>::new("stage");
    /// assert_eq!(world.query(&order, stage.clone(), ())?, "packing");
    /// world.wait(&order);
    /// assert_eq!(world.query(&order, stage, ())?, "sent");
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    #[track_caller]
    pub fn on_query<I: DeserializeOwned, O: Serialize>(
        &self,
        query: Query<I, O>,
        handler: impl Fn(I) -> Result<O, WorkflowError> + 'static,
    ) {
        self.seen(Location::caller());
        self.shared.borrow_mut().queries.set(query, handler);
    }

    /// A selector in Go's manner, without cases yet.
    pub fn selector<'a, R>(&self) -> Selector<'a, R> {
        Selector::new(Rc::clone(&self.shared))
    }

    /// Runs a further routine, as `workflow.Go` does. It is polled after those that were spawned before it, for the
    /// first time in the pass that is under way.
    pub fn spawn(&self, routine: impl Future<Output = ()> + 'static) {
        self.shared.borrow_mut().spawn(Box::pin(routine));
    }

    /// Workflow time: when the workflow task was started (R-20). It stands still while workflow code runs.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.borrow().now
    }

    /// A random number, the same in every replay.
    #[must_use]
    pub fn random(&self) -> u64 {
        self.shared.borrow_mut().random.next()
    }

    /// A random id in the shape of a UUID, the same in every replay.
    #[must_use]
    pub fn new_id(&self) -> String {
        self.shared.borrow_mut().random.next_id()
    }

    /// What the run knows of itself.
    #[must_use]
    pub fn info(&self) -> Info {
        self.shared.borrow().info.clone()
    }

    /// Whether history is being replayed. For logs only: a workflow that acts on it is not deterministic.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        self.shared.borrow().replaying
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("canceled", &self.is_canceled())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Cancels a context.
#[derive(Debug, Clone)]
pub struct CancelHandle(Context);

impl CancelHandle {
    /// Cancels the context, its pending operations and the contexts derived from it. A second time changes nothing.
    pub fn cancel(&self) {
        self.0.shared.borrow_mut().cancel(self.0.scope);
    }
}
