//! Failures: what went wrong, with causes.

use std::time::Duration;

use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::id::EventId;
use crate::json::schema::{Message, Misfit, Opaque, Unknown, message, message_field, put, take};
use crate::json::writer::JsonWriter;
use crate::payload::{Payload, Payloads};
use crate::policy::{Execution, RetryState, TimeoutType, TypeName};

/// What went wrong. The kind is in `info`, the reason behind it in `cause`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Failure {
    /// One line for people.
    pub message: SmolStr,
    /// Who made it: `GoSDK`, `RustSDK`, `Server`, …
    pub source: SmolStr,
    /// Where in the code, if the maker says so.
    pub stack_trace: SmolStr,
    /// Message and stack trace, if they are encoded.
    pub encoded_attributes: Option<Payload>,
    /// What led to it.
    pub cause: Option<Box<Self>>,
    /// Its kind; at most one, `None` where nothing more is known.
    pub info: Option<FailureInfo>,
    /// Members that no field is known for.
    pub unknown: Unknown,
}

message! {
    /// User code failed.
    pub struct ApplicationFailureInfo {
        /// The type that retry policies name.
        kind: SmolStr => "type",
        /// Whether it must not be tried again.
        non_retryable: bool => "nonRetryable",
        /// Values of user code.
        details: Option<Payloads> => "details",
        /// When to try again, instead of what the policy says.
        next_retry_delay: Option<Duration> => "nextRetryDelay",
        /// How serious it is.
        category: Option<Opaque> => "category",
    }

    /// A deadline passed.
    pub struct TimeoutFailureInfo {
        /// Which one.
        timeout_type: TimeoutType => "timeoutType",
        /// The details of the last heartbeat.
        last_heartbeat_details: Option<Payloads> => "lastHeartbeatDetails",
    }

    /// Something was canceled.
    pub struct CanceledFailureInfo {
        /// Values of user code.
        details: Option<Payloads> => "details",
        /// Who did it.
        identity: SmolStr => "identity",
    }

    /// Something was terminated.
    pub struct TerminatedFailureInfo {
        /// Who did it.
        identity: SmolStr => "identity",
    }

    /// The server failed.
    pub struct ServerFailureInfo {
        /// Whether it must not be tried again.
        non_retryable: bool => "nonRetryable",
    }

    /// The workflow was reset.
    pub struct ResetWorkflowFailureInfo {
        /// The details of the last heartbeat.
        last_heartbeat_details: Option<Payloads> => "lastHeartbeatDetails",
    }

    /// An activity failed; the reason is the cause.
    pub struct ActivityFailureInfo {
        /// Its `ActivityTaskScheduled`.
        scheduled_event_id: EventId => "scheduledEventId",
        /// Its `ActivityTaskStarted`; none if it never started.
        started_event_id: EventId => "startedEventId",
        /// The worker that ran it last.
        identity: SmolStr => "identity",
        /// Its type.
        activity_type: TypeName => "activityType",
        /// Its id.
        activity_id: SmolStr => "activityId",
        /// Why it was not tried again.
        retry_state: RetryState => "retryState",
    }

    /// A child workflow failed; the reason is the cause.
    pub struct ChildFailureInfo {
        /// Its namespace.
        namespace: SmolStr => "namespace",
        /// Its run.
        workflow_execution: Execution => "workflowExecution",
        /// Its type.
        workflow_type: TypeName => "workflowType",
        /// Its `StartChildWorkflowExecutionInitiated`.
        initiated_event_id: EventId => "initiatedEventId",
        /// Its `ChildWorkflowExecutionStarted`.
        started_event_id: EventId => "startedEventId",
        /// Why it was not tried again.
        retry_state: RetryState => "retryState",
    }
}

/// The kinds of failures.
macro_rules! failure_info {
    ($( $(#[$meta:meta])* $kind:ident($info:ty) => $json:literal, $proto:literal; )+) => {
        /// What kind of failure it is.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum FailureInfo {
            $( $(#[$meta])* $kind($info), )+
        }

        impl FailureInfo {
            fn take(members: &mut Map<String, Value>) -> Result<Option<Self>, Misfit> {
                $(
                    if let Some(info) = take::<Option<$info>>(members, $json, $proto)? {
                        return Ok(Some(Self::$kind(info)));
                    }
                )+
                Ok(None)
            }

            fn put(&self, out: &mut JsonWriter) {
                match self {
                    $( Self::$kind(info) => {
                        out.key($json);
                        crate::json::schema::Field::encode(info, out);
                    } )+
                }
            }
        }
    };
}

failure_info! {
    /// User code failed.
    Application(ApplicationFailureInfo) => "applicationFailureInfo", "application_failure_info";
    /// A deadline passed.
    Timeout(TimeoutFailureInfo) => "timeoutFailureInfo", "timeout_failure_info";
    /// Something was canceled.
    Canceled(CanceledFailureInfo) => "canceledFailureInfo", "canceled_failure_info";
    /// Something was terminated.
    Terminated(TerminatedFailureInfo) => "terminatedFailureInfo", "terminated_failure_info";
    /// The server failed.
    Server(ServerFailureInfo) => "serverFailureInfo", "server_failure_info";
    /// The workflow was reset.
    ResetWorkflow(ResetWorkflowFailureInfo) => "resetWorkflowFailureInfo", "reset_workflow_failure_info";
    /// An activity failed.
    Activity(ActivityFailureInfo) => "activityFailureInfo", "activity_failure_info";
    /// A child workflow failed.
    ChildWorkflow(ChildFailureInfo) => "childWorkflowExecutionFailureInfo", "child_workflow_execution_failure_info";
    /// A Nexus operation failed.
    NexusOperation(Opaque) => "nexusOperationExecutionFailureInfo", "nexus_operation_execution_failure_info";
    /// The handler of a Nexus operation failed.
    NexusHandler(Opaque) => "nexusHandlerFailureInfo", "nexus_handler_failure_info";
}

impl Message for Failure {
    fn decode_members(mut members: Map<String, Value>) -> Result<Self, Misfit> {
        Ok(Self {
            message: take(&mut members, "message", "message")?,
            source: take(&mut members, "source", "source")?,
            stack_trace: take(&mut members, "stackTrace", "stack_trace")?,
            encoded_attributes: take(&mut members, "encodedAttributes", "encoded_attributes")?,
            cause: take(&mut members, "cause", "cause")?,
            info: FailureInfo::take(&mut members)?,
            unknown: Unknown::new(members),
        })
    }

    fn encode_members(&self, out: &mut JsonWriter) {
        put(out, "message", &self.message);
        put(out, "source", &self.source);
        put(out, "stackTrace", &self.stack_trace);
        put(out, "encodedAttributes", &self.encoded_attributes);
        put(out, "cause", &self.cause);
        if let Some(info) = &self.info {
            info.put(out);
        }
        self.unknown.encode_members(out);
    }
}

message_field!(Failure);

impl Failure {
    /// A failure that user code reports.
    #[must_use]
    pub fn application(message: impl Into<SmolStr>, kind: impl Into<SmolStr>) -> Self {
        let info =
            ApplicationFailureInfo { kind: kind.into(), ..ApplicationFailureInfo::default() };
        Self {
            message: message.into(),
            info: Some(FailureInfo::Application(info)),
            ..Self::default()
        }
    }

    /// A failure that the server reports because a deadline passed.
    #[must_use]
    pub fn timeout(message: impl Into<SmolStr>, timeout_type: TimeoutType) -> Self {
        let info = TimeoutFailureInfo { timeout_type, ..TimeoutFailureInfo::default() };
        Self {
            message: message.into(),
            source: "Server".into(),
            info: Some(FailureInfo::Timeout(info)),
            ..Self::default()
        }
    }

    /// A failure that says that something was canceled.
    #[must_use]
    pub fn canceled(message: impl Into<SmolStr>, details: Option<Payloads>) -> Self {
        let info = CanceledFailureInfo { details, ..CanceledFailureInfo::default() };
        Self { message: message.into(), info: Some(FailureInfo::Canceled(info)), ..Self::default() }
    }

    /// This failure and what led to it, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        core::iter::successors(Some(self), |failure| failure.cause.as_deref())
    }
}
