//! Local activities: run by the worker of the workflow, inside of a workflow task (C-45).

use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};
use std::time::Duration;

use rehearsal_activation::{CancellationType, ScheduleLocalActivity};
use rehearsal_history::{Payload, Payloads, RetryPolicy, SmolStr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::activity::ActivityFuture;
use crate::codec;
use crate::context::Context;
use crate::error::WorkflowError;
use crate::names::Activity;
use crate::operation::{Operation, Outcome, Waiting};
use crate::state::Shared;

/// How local activities are run: their deadlines and retries.
///
/// They belong to a [`Context`] and are inherited by those derived from it. As in Go, a deadline that is left out is the
/// other one: `start_to_close` alone bounds all attempts together.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal::LocalActivityOptions;
///
/// let options = LocalActivityOptions::start_to_close(Duration::from_secs(5))
///     .with_schedule_to_close(Duration::from_secs(60));
/// assert_eq!(options.schedule_to_close, Some(Duration::from_secs(60)));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LocalActivityOptions {
    /// For one attempt.
    pub start_to_close: Option<Duration>,
    /// For all attempts together, the waits between them too.
    pub schedule_to_close: Option<Duration>,
    /// How it is retried; `None` for 1 s that doubles up to 100 s, without an end.
    pub retry_policy: Option<RetryPolicy>,
    /// One line for people, recorded with the marker.
    pub summary: Option<SmolStr>,
}

impl LocalActivityOptions {
    /// Options with a deadline for one attempt.
    #[must_use]
    pub fn start_to_close(timeout: Duration) -> Self {
        Self { start_to_close: Some(timeout), ..Self::default() }
    }

    /// Options with a deadline for all attempts together.
    #[must_use]
    pub fn schedule_to_close(timeout: Duration) -> Self {
        Self { schedule_to_close: Some(timeout), ..Self::default() }
    }

    /// Sets the deadline for one attempt.
    #[must_use]
    pub fn with_start_to_close(mut self, timeout: Duration) -> Self {
        self.start_to_close = Some(timeout);
        self
    }

    /// Sets the deadline for all attempts together.
    #[must_use]
    pub fn with_schedule_to_close(mut self, timeout: Duration) -> Self {
        self.schedule_to_close = Some(timeout);
        self
    }

    /// Sets how it is retried.
    #[must_use]
    pub fn with_retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }

    /// Sets the line for people.
    #[must_use]
    pub fn with_summary(mut self, summary: impl Into<SmolStr>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// The command for one; why there is none if the options are not enough (`getValidatedLocalActivityOptions`,
    /// `internal/internal_activity.go` of sdk-go 1.47).
    fn command(
        &self,
        activity_type: SmolStr,
        input: Option<Payloads>,
    ) -> Result<ScheduleLocalActivity, &'static str> {
        let given = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
        let (one, all) = (given(self.start_to_close), given(self.schedule_to_close));
        if one.or(all).is_none() {
            return Err(
                "at least one of ScheduleToCloseTimeout and StartToCloseTimeout is required",
            );
        }
        Ok(ScheduleLocalActivity {
            activity_type,
            input,
            attempt: 1,
            schedule_to_close: all.or(one),
            start_to_close: one.or(all),
            retry_policy: self.retry_policy.clone(),
            // Go knows no other way: whoever does not heed the cancel is not waited for.
            cancellation_type: CancellationType::TryCancel,
            summary: self.summary.as_deref().map(Payload::text),
            ..ScheduleLocalActivity::default()
        })
    }
}

impl Context {
    /// This context with other options for local activities.
    #[must_use]
    pub fn with_local_activity_options(&self, options: LocalActivityOptions) -> Self {
        let mut context = self.clone();
        context.local_options = Some(Rc::new(options));
        context
    }

    /// Runs a local activity with the options of this context, as `workflow.ExecuteLocalActivity` of Go, whether or not it
    /// is awaited: the worker runs its code inside of the workflow task, which is answered when all that run have ended,
    /// or at 0.8 of its timeout and then goes on as another one (W-18). A marker records how it ended.
    ///
    /// It is tried again by the worker. A wait that is longer than the task's timeout is a marker and a timer of the
    /// workflow. A worker that dies has run it for nothing: another one runs it again, so its code runs at least once.
    ///
    /// A cancel of the context tells its code at once. Code that ends there ends it as always; code that goes on is left to
    /// itself, and the result is a canceled error (C-45). Code that answers with what Go's `ctx.Err()` is
    /// ([`ActivityContext::err`](https://docs.rs/rehearsal)) has failed, and its next attempt is canceled.
    ///
    /// The error of one that failed is the one that its code returned, as in Go, not one of kind activity around it.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON, as Go does; inside of a workflow this fails the workflow task.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, Context, LocalActivityOptions, Payloads, Scenario, Workflow,
    ///     WorkflowError, secs,
    /// };
    ///
    /// const PRICE: Workflow<(), u32> = Workflow::new("Price");
    /// const LOOK_UP: Activity<String, u32> = Activity::new("LookUp");
    ///
    /// async fn price(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    ///     let ctx = ctx.with_local_activity_options(LocalActivityOptions::start_to_close(secs(5)));
    ///     ctx.execute_local(LOOK_UP, "a pen".to_owned()).await
    /// }
    ///
    /// /// The first attempt finds nothing.
    /// async fn look_up(ctx: ActivityContext, what: String) -> Result<u32, ActivityError> {
    ///     if ctx.attempt() == 1 { Err("the list is locked".into()) } else { Ok(what.len() as u32) }
    /// }
    ///
    /// let outcome = Scenario::new("price")
    ///     .workflow(PRICE, price)
    ///     .activity(LOOK_UP, look_up)
    ///     .client(|world| drop(world.start(PRICE, "price-1", ())))
    ///     .run();
    /// let found: u32 = Payloads::decode(outcome.main().unwrap().result()).unwrap();
    /// assert_eq!(found, 5);
    /// // One workflow task, one marker, and the two attempts are nowhere in the history.
    /// assert_eq!(outcome.main().unwrap().history.len(), 6);
    /// ```
    #[track_caller]
    pub fn execute_local<I: Serialize, O: DeserializeOwned>(
        &self,
        activity: Activity<I, O>,
        input: I,
    ) -> ActivityFuture<O> {
        self.seen(Location::caller());
        let several = activity.has_several_arguments();
        let activity_type = activity.into_name();
        let input = codec::must_encode_arguments(
            format_args!("the input of local activity `{activity_type}`"),
            &input,
            several,
        );
        let whole = self.shared.borrow_mut().begin_local(self.scope, &activity_type);
        let missing =
            || Err("missing local activity parameters through context, check LocalActivityOptions");
        let options = self.local_options.as_deref();
        match options.map_or_else(missing, |options| options.command(activity_type, input)) {
            Ok(mut command) => {
                command.first_scheduled_at = Some(self.now());
                let (ctx, of) = (self.clone(), Rc::clone(&whole));
                self.spawn(async move { ctx.attempt_local(command, of).await });
            }
            Err(why) => {
                self.shared.borrow_mut().end_local(&whole, Err(WorkflowError::new(why)));
            }
        }
        ActivityFuture::new(Rc::clone(&self.shared), whole)
    }

    /// Asks for it, and again after each wait that is a timer: a routine of its own, as in Go (`ExecuteLocalActivity`,
    /// `internal/workflow.go`).
    async fn attempt_local(self, mut command: ScheduleLocalActivity, whole: Rc<Operation>) {
        loop {
            let operation =
                self.shared.borrow_mut().schedule_local(self.scope, command.clone(), &whole);
            let attempts = Attempts {
                shared: Rc::clone(&self.shared),
                operation: Rc::clone(&operation),
                whole: Rc::clone(&whole),
            };
            let outcome = attempts.await;
            let backoff = self.shared.borrow_mut().take_backoff(operation.seq);
            let Some((attempt, after)) = backoff else {
                self.shared.borrow_mut().end_local(&whole, outcome);
                return;
            };
            // A cancel of it is that of the attempt behind it.
            let _: Result<(), WorkflowError> = self.start_timer(after, Some("Sleep")).await;
            command.attempt = attempt;
        }
    }
}

/// What the worker makes of a local activity, up to its end or to a wait that is a timer.
struct Attempts {
    shared: Shared,
    operation: Rc<Operation>,
    whole: Rc<Operation>,
}

impl Future for Attempts {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Outcome> {
        if let Some(outcome) = self.operation.outcome() {
            self.shared.borrow_mut().advance();
            return Poll::Ready(outcome);
        }
        let waiting = || Waiting::Operation(Rc::clone(&self.whole));
        self.shared.borrow_mut().wait(self.whole.ticket, waiting);
        Poll::Pending
    }
}
