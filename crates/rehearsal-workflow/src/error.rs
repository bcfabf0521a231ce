//! The errors that workflow code sees and returns.

mod kind;

use std::fmt;

use rehearsal_activation::ContinueAsNew;
pub(crate) use rehearsal_activation::go_error::PANIC;
use rehearsal_activation::go_error::{CHILD_ALREADY_STARTED, GoError};
use rehearsal_history::{
    ApplicationFailureInfo, CanceledFailureInfo, Failure, FailureInfo, Payloads,
};
use serde::Serialize;

use crate::codec;

/// The name by which failures say that this API made them: the native profile is Go's.
pub(crate) const SOURCE: &str = "GoSDK";

/// What went wrong, as workflow code sees it and returns it: a [`Failure`] with its causes.
///
/// A workflow that returns an error closes as canceled if a canceled error is anywhere in the chain, else as failed.
/// It prints what the errors of the Go SDK print.
///
/// What kind of error it is can be asked as with Go's `errors.As`: [`as_activity`](Self::as_activity),
/// [`as_application`](Self::as_application), [`as_timeout`](Self::as_timeout), [`is_canceled`](Self::is_canceled). Each
/// looks at the error, then at what led to it, and gives the first of its kind.
///
/// # Examples
///
/// ```
/// use rehearsal::{TimeoutType, WorkflowError};
///
/// let sold_out = WorkflowError::application("no car left", "SoldOut").non_retryable();
/// assert_eq!(sold_out.to_string(), "no car left (type: SoldOut, retryable: false)");
///
/// /// What to tell the customer of what became of an activity.
/// fn excuse(error: &WorkflowError) -> &'static str {
///     match (error.application_type(), error.timeout_type()) {
///         _ if error.is_canceled() => "you canceled it",
///         (Some("SoldOut"), _) => "there is none left",
///         (_, Some(TimeoutType::ScheduleToStart)) => "nobody is working",
///         (_, Some(_)) => "it took too long",
///         _ => "something went wrong",
///     }
/// }
/// assert_eq!(excuse(&sold_out), "there is none left");
/// assert_eq!(excuse(&WorkflowError::canceled()), "you canceled it");
/// ```
#[derive(Clone, PartialEq)]
pub struct WorkflowError {
    failure: Box<Failure>,
    /// The run to go on in, if that is what it asks for.
    next: Option<Box<ContinueAsNew>>,
}

impl WorkflowError {
    /// An error that says nothing but `message`: what `errors.New` is to Go.
    #[must_use]
    pub fn new(message: impl fmt::Display) -> Self {
        Self::application(message, "")
    }

    /// An error of type `kind`, which retry policies and callers can tell apart.
    #[must_use]
    pub fn application(message: impl fmt::Display, kind: impl fmt::Display) -> Self {
        let info = ApplicationFailureInfo {
            kind: kind.to_string().into(),
            ..ApplicationFailureInfo::default()
        };
        Self::made(message.to_string(), FailureInfo::Application(info))
    }

    /// What a child fails with whose id another child has.
    pub(crate) fn child_already_started() -> Self {
        Self::application("child workflow execution already started", CHILD_ALREADY_STARTED)
    }

    /// The error that says that something was canceled.
    #[must_use]
    pub fn canceled() -> Self {
        Self::canceled_with(None)
    }

    /// A canceled error with details, which a workflow that returns it is closed with.
    ///
    /// # Panics
    ///
    /// Panics if `details` cannot be written as JSON, as Go does; inside of a workflow this fails the workflow task.
    #[must_use]
    pub fn canceled_with_details<T: Serialize>(details: &T) -> Self {
        Self::canceled_with(encode_details(details))
    }

    /// A canceled error with several details.
    pub(crate) fn canceled_with_all<const N: usize>(details: [&str; N]) -> Self {
        let payloads =
            details.iter().filter_map(encode_details).flat_map(|one| one.as_slice().to_vec());
        Self::canceled_with(Some(payloads.collect()))
    }

    fn canceled_with(details: Option<Payloads>) -> Self {
        let info = CanceledFailureInfo { details, ..CanceledFailureInfo::default() };
        Self::made("canceled".to_owned(), FailureInfo::Canceled(info))
    }

    fn made(message: String, info: FailureInfo) -> Self {
        Self::from(Failure {
            message: message.into(),
            source: SOURCE.into(),
            info: Some(info),
            ..Failure::default()
        })
    }

    /// The error that has the workflow go on in a new run.
    pub(crate) fn continue_as_new(next: ContinueAsNew) -> Self {
        let failure = Failure {
            message: "continue as new".into(),
            source: SOURCE.into(),
            ..Failure::default()
        };
        Self { failure: Box::new(failure), next: Some(Box::new(next)) }
    }

    /// Whether it asks to go on in a new run: it was made by
    /// [`Context::continue_as_new`](crate::Context::continue_as_new), or something that led to it was.
    #[must_use]
    pub const fn is_continue_as_new(&self) -> bool {
        self.next.is_some()
    }

    /// The run to go on in, if that is what it asks for.
    pub(crate) fn take_next(&mut self) -> Option<Box<ContinueAsNew>> {
        self.next.take()
    }

    /// Says that it must not be tried again. Changes application errors only.
    #[must_use]
    pub fn non_retryable(mut self) -> Self {
        if let Some(FailureInfo::Application(info)) = &mut self.failure.info {
            info.non_retryable = true;
        }
        self
    }

    /// Sets the details of an application or canceled error; of others it changes nothing.
    ///
    /// # Panics
    ///
    /// As [`WorkflowError::canceled_with_details`].
    #[must_use]
    pub fn with_details<T: Serialize>(mut self, details: &T) -> Self {
        match &mut self.failure.info {
            Some(FailureInfo::Application(info)) => info.details = encode_details(details),
            Some(FailureInfo::Canceled(info)) => info.details = encode_details(details),
            _ => {}
        }
        self
    }

    /// Sets several details of an application or canceled error, each a payload of its own.
    #[must_use]
    pub fn with_detail_payloads(mut self, details: Payloads) -> Self {
        match &mut self.failure.info {
            Some(FailureInfo::Application(info)) => info.details = Some(details),
            Some(FailureInfo::Canceled(info)) => info.details = Some(details),
            _ => {}
        }
        self
    }

    /// Sets what led to it.
    #[must_use]
    pub fn with_cause(mut self, cause: Self) -> Self {
        self.failure.cause = Some(cause.failure);
        self.next = self.next.or(cause.next);
        self
    }

    /// The failure.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The failure itself.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        *self.failure
    }

    /// The failure as it is recorded when a workflow closes with this error: what nobody has signed is signed.
    pub(crate) fn into_recorded(mut self) -> Failure {
        let mut next = Some(&mut *self.failure);
        while let Some(failure) = next {
            if failure.source.is_empty() {
                failure.source = SOURCE.into();
            }
            if failure.message.is_empty() {
                failure.message = match failure.info {
                    Some(FailureInfo::Activity(_)) => "activity error".into(),
                    Some(FailureInfo::ChildWorkflow(_)) => "child workflow execution error".into(),
                    _ => failure.message.clone(),
                };
            }
            next = failure.cause.as_deref_mut();
        }
        *self.failure
    }

    /// The first canceled error in the chain.
    pub(crate) fn find_canceled(&self) -> Option<&CanceledFailureInfo> {
        self.failure.chain().find_map(|failure| match &failure.info {
            Some(FailureInfo::Canceled(info)) => Some(info),
            _ => None,
        })
    }
}

impl From<Failure> for WorkflowError {
    fn from(failure: Failure) -> Self {
        Self::from(Box::new(failure))
    }
}

impl From<Box<Failure>> for WorkflowError {
    fn from(failure: Box<Failure>) -> Self {
        Self { failure, next: None }
    }
}

/// One line, so that an `unwrap` in workflow code gives a report that can be read.
impl fmt::Debug for WorkflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkflowError({self})")
    }
}

impl std::error::Error for WorkflowError {}

/// What the Go SDK prints: each error with its kind and the numbers it has, then, after a colon, what led to it.
impl fmt::Display for WorkflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", GoError::made_here(&self.failure))
    }
}

/// Details as payloads.
fn encode_details<T: Serialize>(details: &T) -> Option<Payloads> {
    codec::must_encode("the details of an error", details)
}
