//! How an attempt of an activity fails.

use std::fmt;
use std::time::Duration;

use rehearsal_activation::Fault;
use rehearsal_history::{Failure, FailureInfo, Payloads, SmolStr};
use rehearsal_service::RequestError;
use serde::Serialize;

/// How an attempt of an activity fails.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityError {
    failure: Box<Failure>,
    fault: Fault,
    /// Whether it is no failure: somebody outside ends the activity.
    pending: bool,
}

impl ActivityError {
    fn new(failure: Failure) -> Self {
        Self { failure: Box::new(failure), fault: Fault::default(), pending: false }
    }

    /// No failure: somebody outside ends the activity, as with Go's `activity.ErrResultPending`.
    ///
    /// The worker reports nothing and is done with the attempt. The service goes on: timeouts run, and heartbeats are
    /// wanted if there is a heartbeat timeout. A client ends the activity by its id or by the token of the attempt, with
    /// [`complete_activity`](crate::World::complete_activity) and its siblings.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{ActivityContext, ActivityError};
    ///
    /// /// Asks somebody, who answers by the token that is in the letter.
    /// async fn ask(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    ///     let _letter = ctx.info().task_token.to_bytes();
    ///     Err(ActivityError::result_pending())
    /// }
    /// ```
    #[must_use]
    pub fn result_pending() -> Self {
        Self { pending: true, ..Self::from("the activity is to be ended from outside") }
    }

    /// Whether it says that somebody outside ends the activity.
    #[must_use]
    pub const fn is_result_pending(&self) -> bool {
        self.pending
    }

    /// Where it comes from; an error that code makes is [`Fault::Returned`] until it is told otherwise.
    #[must_use]
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }

    /// This error with another origin, which is recorded nowhere.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// An error of the application, with a type that retry policies can name.
    #[must_use]
    pub fn application(message: impl Into<SmolStr>, kind: impl Into<SmolStr>) -> Self {
        Self::new(Failure { source: SOURCE, ..Failure::application(message, kind) })
    }

    /// The activity ends because it was canceled.
    ///
    /// Reported as canceled only if a cancel was requested; otherwise it is a failure like any other, and retried
    /// (§3.4.3 of the semantics, C-28).
    #[must_use]
    pub fn canceled() -> Self {
        Self::new(Failure::canceled("canceled", None))
    }

    /// The same, with details that the workflow sees.
    ///
    /// # Panics
    ///
    /// Panics if `details` cannot be written as JSON.
    #[must_use]
    pub fn canceled_with_details<T: Serialize>(details: &T) -> Self {
        let details = Payloads::encode(details).unwrap_or_else(|error| panic!("details: {error}"));
        Self::new(Failure::canceled("canceled", details))
    }

    /// The same, with several details.
    #[must_use]
    pub fn canceled_with(details: Payloads) -> Self {
        Self::new(Failure::canceled("canceled", Some(details)))
    }

    /// What a panic of activity code is reported as. Unlike a panic of workflow code it can be retried.
    #[must_use]
    pub fn panicked(message: impl Into<SmolStr>) -> Self {
        Self::application(message, "PanicError")
    }

    /// A cancel that somebody outside confirms, maybe with details.
    pub(crate) fn confirmed(details: Option<Payloads>) -> Self {
        Self::new(Failure::canceled("canceled", details))
    }

    /// What a canceled error is reported as when no cancel was requested: a failure like any other, with the canceled
    /// error as its cause (§3.4.3 of the semantics).
    pub(crate) fn unexpected_cancel(mut canceled: Self) -> Self {
        canceled.failure.source = SOURCE;
        Self::application("unexpected activity cancel error: canceled", "wrapError")
            .with_cause(canceled)
    }

    /// This error with what led to it.
    #[must_use]
    pub fn with_cause(mut self, cause: Self) -> Self {
        self.failure.cause = Some(cause.failure);
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
        if let Some(FailureInfo::Application(info)) = &mut self.failure.info {
            info.non_retryable = true;
        }
        self
    }

    /// This error, to be retried after `delay` whatever the policy says (T-5).
    #[must_use]
    pub fn with_next_retry_delay(mut self, delay: Duration) -> Self {
        if let Some(FailureInfo::Application(info)) = &mut self.failure.info {
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
        if let Some(FailureInfo::Application(info)) = &mut self.failure.info {
            info.details = details;
        }
        self
    }

    /// Its message, without its type and without what led to it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.failure.message
    }

    /// Its type, if it is an error of the application.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::ActivityError;
    ///
    /// let error = ActivityError::application("the card is empty", "NoMoney").non_retryable();
    /// assert_eq!(error.application_type(), Some("NoMoney"));
    /// assert!(error.is_non_retryable() && !error.is_canceled());
    /// ```
    #[must_use]
    pub fn application_type(&self) -> Option<&str> {
        match &self.failure.info {
            Some(FailureInfo::Application(info)) => Some(&info.kind),
            _ => None,
        }
    }

    /// Whether it must not be tried again, whatever the policy says.
    #[must_use]
    pub fn is_non_retryable(&self) -> bool {
        matches!(&self.failure.info, Some(FailureInfo::Application(info)) if info.non_retryable)
    }

    /// Whether it says that the activity was canceled.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        matches!(&self.failure.info, Some(FailureInfo::Canceled(_)))
    }

    /// The failure, with what led to it.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    pub(crate) fn into_failure(self) -> Failure {
        *self.failure
    }
}

const SOURCE: SmolStr = SmolStr::new_static("GoSDK");

/// The failure that is reported, whole.
impl From<Failure> for ActivityError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
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

/// The service's refusal of what the activity asked of it. Its type is that of Go's error.
impl From<RequestError> for ActivityError {
    fn from(error: RequestError) -> Self {
        Self::application(error.to_string(), error.kind())
    }
}

impl fmt::Display for ActivityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure.message)
    }
}

impl std::error::Error for ActivityError {}
