//! Failures as the Go SDK prints the errors that it makes of them, in workflow code and in clients.

use core::fmt;

use rehearsal_history::{Failure, FailureInfo, TimeoutType};

/// The type of the application failure that a panic becomes.
pub const PANIC: &str = "PanicError";

/// The type of the error of a child whose id is in use: one of Go's own, as the next. Both print their message alone where
/// they arise. What another workflow failed with is an application error of that type.
pub const CHILD_ALREADY_STARTED: &str = "ChildWorkflowExecutionAlreadyStartedError";

/// The type of the error of a signal to, or a cancel of, a workflow that is not there.
pub const UNKNOWN_EXTERNAL: &str = "UnknownExternalWorkflowExecutionError";

/// A failure as Go prints its error: each with its kind and the numbers it has, then, after a colon, what led to it.
#[derive(Debug, Clone, Copy)]
pub struct GoError<'a> {
    failure: &'a Failure,
    foreign: bool,
}

impl<'a> GoError<'a> {
    /// An error that arose in the code that prints it.
    #[must_use]
    pub const fn made_here(failure: &'a Failure) -> Self {
        Self { failure, foreign: false }
    }

    /// An error that came as a failure, of which Go knows no type but `PanicError` (`FailureToError` in
    /// `internal/failure_converter.go` of Go SDK 1.47).
    #[must_use]
    pub const fn received(failure: &'a Failure) -> Self {
        Self { failure, foreign: true }
    }

    /// What `errors.As` finds in it: the type of the first application error, `Canceled` if there is none but a canceled
    /// one, and else the name of Go's own type for it.
    #[must_use]
    pub fn kind(&self) -> &'a str {
        let application = self.failure.chain().find_map(|failure| match &failure.info {
            Some(FailureInfo::Application(info)) if info.kind != PANIC => Some(info.kind.as_str()),
            _ => None,
        });
        let is_canceled =
            |failure: &Failure| matches!(failure.info, Some(FailureInfo::Canceled(_)));
        match (application, &self.failure.info) {
            (Some(kind), _) => kind,
            (None, _) if self.failure.chain().any(is_canceled) => "Canceled",
            (None, Some(FailureInfo::Application(_))) => PANIC,
            (None, Some(FailureInfo::Activity(_))) => "ActivityError",
            (None, Some(FailureInfo::ChildWorkflow(_))) => "ChildWorkflowExecutionError",
            (None, Some(FailureInfo::Timeout(_))) => "TimeoutError",
            (None, Some(FailureInfo::Terminated(_))) => "TerminatedError",
            (None, Some(FailureInfo::Server(_))) => "ServerError",
            (None, _) => "",
        }
    }
}

impl fmt::Display for GoError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut foreign = self.foreign;
        for (index, failure) in self.failure.chain().enumerate() {
            if index > 0 {
                f.write_str(": ")?;
            }
            print(failure, foreign, f)?;
            if hides_cause(failure) {
                break;
            }
            foreign |= holds_a_failure(failure);
        }
        Ok(())
    }
}

/// Whether Go's error of this kind prints nothing of what led to it.
fn hides_cause(failure: &Failure) -> bool {
    match &failure.info {
        Some(FailureInfo::Canceled(_) | FailureInfo::Terminated(_)) => true,
        Some(FailureInfo::Application(info)) => info.kind == PANIC,
        _ => false,
    }
}

/// Whether what led to it came as a failure. Of a child that was never started it is the SDK's own error.
fn holds_a_failure(failure: &Failure) -> bool {
    match &failure.info {
        Some(FailureInfo::Activity(_)) => true,
        Some(FailureInfo::ChildWorkflow(info)) => !info.started_event_id.is_none(),
        _ => false,
    }
}

/// One error without what led to it; `foreign` if it came as a failure.
fn print(failure: &Failure, foreign: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let message = &failure.message;
    match &failure.info {
        Some(FailureInfo::Application(info)) if !prints_message_alone(&info.kind, foreign) => {
            write!(f, "{message} (type: {}, retryable: {})", info.kind, !info.non_retryable)
        }
        Some(FailureInfo::Timeout(info)) => {
            write!(f, "{message} (type: {})", timeout_name(&info.timeout_type))
        }
        Some(FailureInfo::Canceled(_)) if message.is_empty() => f.write_str("canceled"),
        Some(FailureInfo::Terminated(_)) => f.write_str("terminated"),
        Some(FailureInfo::Activity(info)) => write!(
            f,
            "activity error (type: {}, scheduledEventID: {}, startedEventID: {}, identity: {})",
            info.activity_type.name, info.scheduled_event_id, info.started_event_id, info.identity,
        ),
        Some(FailureInfo::ChildWorkflow(info)) => write!(
            f,
            "child workflow execution error (type: {}, workflowID: {}, runID: {}, initiatedEventID: {}, \
             startedEventID: {})",
            info.workflow_type.name,
            info.workflow_execution.workflow_id,
            info.workflow_execution.run_id,
            info.initiated_event_id,
            info.started_event_id,
        ),
        _ => f.write_str(message),
    }
}

/// Whether Go's error of this type prints its message alone.
fn prints_message_alone(kind: &str, foreign: bool) -> bool {
    let own = [CHILD_ALREADY_STARTED, UNKNOWN_EXTERNAL].contains(&kind);
    kind.is_empty() || kind == PANIC || own && !foreign
}

/// The name that Go prints for a kind of timeout.
fn timeout_name(timeout: &TimeoutType) -> &str {
    match timeout {
        TimeoutType::StartToClose => "StartToClose",
        TimeoutType::ScheduleToStart => "ScheduleToStart",
        TimeoutType::ScheduleToClose => "ScheduleToClose",
        TimeoutType::Heartbeat => "Heartbeat",
        TimeoutType::Unspecified => "Unspecified",
        other => other.as_str(),
    }
}
