//! Asking an error for its kind: what `errors.As` is to Go.

use rehearsal_history::{
    ActivityFailureInfo, ApplicationFailureInfo, ChildFailureInfo, FailureInfo, TimeoutFailureInfo,
    TimeoutType,
};
use serde::de::DeserializeOwned;

use super::{PANIC, WorkflowError};

impl WorkflowError {
    /// Whether it, or anything that led to it, is a canceled error.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.find_canceled().is_some()
    }

    /// The activity that failed, timed out or was canceled, if it comes from one: its type and id, its worker, and why it
    /// was not tried again. What it ended with is the [`cause`](Self::cause).
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityError, ActivityOptions, Context, Payloads, RetryPolicy, RetryState, Scenario, Stub, Workflow,
    ///     WorkflowError, secs,
    /// };
    ///
    /// const BUY: Workflow<(), String> = Workflow::new("Buy");
    /// const CHARGE: Activity<(), ()> = Activity::new("Charge");
    ///
    /// async fn buy(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ///     let options = ActivityOptions::start_to_close(secs(5));
    ///     let twice = RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() };
    ///     let ctx = ctx.with_activity_options(options.with_retry_policy(twice));
    ///     let Err(error) = ctx.execute(CHARGE, ()).await else { return Ok("charged".to_owned()) };
    ///
    ///     let activity = error.as_activity().expect("it comes from an activity");
    ///     assert_eq!(activity.activity_type.name, "Charge");
    ///     assert_eq!(activity.retry_state, RetryState::MaximumAttemptsReached);
    ///
    ///     let cause = error.cause().expect("the activity failed with something");
    ///     assert_eq!(cause.application_type(), Some("NoMoney"));
    ///     Ok(cause.message().to_owned())
    /// }
    ///
    /// let outcome = Scenario::new("buy")
    ///     .workflow(BUY, buy)
    ///     .stub(CHARGE, Stub::fails(ActivityError::application("the card is empty", "NoMoney")))
    ///     .client(|world| drop(world.start(BUY, "order-7", ())))
    ///     .run();
    /// let said: String = Payloads::decode(outcome.main().unwrap().result()).unwrap();
    /// assert_eq!(said, "the card is empty");
    /// ```
    #[must_use]
    pub fn as_activity(&self) -> Option<&ActivityFailureInfo> {
        self.find(|info| match info {
            FailureInfo::Activity(info) => Some(info),
            _ => None,
        })
    }

    /// The child workflow that failed, timed out, was canceled, terminated or not started, if it comes from one: its type,
    /// id and run, and why it was not tried again. What it ended with is the [`cause`](Self::cause).
    #[must_use]
    pub fn as_child_workflow(&self) -> Option<&ChildFailureInfo> {
        self.find(|info| match info {
            FailureInfo::ChildWorkflow(info) => Some(info),
            _ => None,
        })
    }

    /// The first application error: its type, whether it must not be tried again, and when to try again.
    #[must_use]
    pub fn as_application(&self) -> Option<&ApplicationFailureInfo> {
        self.find(|info| match info {
            FailureInfo::Application(info) => Some(info),
            _ => None,
        })
    }

    /// The type of the first application error.
    #[must_use]
    pub fn application_type(&self) -> Option<&str> {
        self.as_application().map(|info| info.kind.as_str())
    }

    /// Whether the first application error must not be tried again.
    #[must_use]
    pub fn is_non_retryable(&self) -> bool {
        self.as_application().is_some_and(|info| info.non_retryable)
    }

    /// Whether it comes from a panic of activity code.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.application_type() == Some(PANIC)
    }

    /// The first timeout: which deadline passed, and what the activity said last.
    #[must_use]
    pub fn as_timeout(&self) -> Option<&TimeoutFailureInfo> {
        self.find(|info| match info {
            FailureInfo::Timeout(info) => Some(info),
            _ => None,
        })
    }

    /// Which deadline passed, if that is what it, or anything that led to it, says.
    #[must_use]
    pub fn timeout_type(&self) -> Option<TimeoutType> {
        self.as_timeout().map(|info| info.timeout_type.clone())
    }

    /// The details of the first error in the chain that has any: of an application or canceled error those it was made
    /// with, of a timeout those of the last heartbeat. Several values are read as one tuple.
    ///
    /// `None` if there are none, or if they are not a `T`.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::WorkflowError;
    ///
    /// let error = WorkflowError::application("too heavy", "Weight").with_details(&12.5);
    /// assert_eq!(error.details(), Some(12.5));
    /// ```
    #[must_use]
    pub fn details<T: DeserializeOwned>(&self) -> Option<T> {
        let details = self.find(|info| match info {
            FailureInfo::Application(info) => info.details.as_ref(),
            FailureInfo::Canceled(info) => info.details.as_ref(),
            FailureInfo::Timeout(info) => info.last_heartbeat_details.as_ref(),
            _ => None,
        })?;
        details.decode_tuple()
    }

    /// Its message, without its kind and without what led to it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.failure().message
    }

    /// What led to it, as an error that can be asked in turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::WorkflowError;
    ///
    /// let error = WorkflowError::new("not shipped").with_cause(WorkflowError::canceled());
    /// assert_eq!(error.cause(), Some(WorkflowError::canceled()));
    /// ```
    #[must_use]
    pub fn cause(&self) -> Option<Self> {
        self.failure().cause.clone().map(Self::from)
    }

    /// It, and what led to it, one after the other.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::WorkflowError;
    ///
    /// let error = WorkflowError::new("not shipped").with_cause(WorkflowError::new("no truck"));
    /// let messages: Vec<_> = error.chain().map(|error| error.message().to_owned()).collect();
    /// assert_eq!(messages, ["not shipped", "no truck"]);
    /// ```
    pub fn chain(&self) -> impl Iterator<Item = Self> {
        self.failure().chain().cloned().map(Self::from)
    }

    /// The first in the chain of which `kind` wants something.
    fn find<'a, T: ?Sized>(
        &'a self,
        kind: impl Fn(&'a FailureInfo) -> Option<&'a T>,
    ) -> Option<&'a T> {
        self.failure().chain().find_map(|failure| failure.info.as_ref().and_then(&kind))
    }
}
