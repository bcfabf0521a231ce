//! Errors as gRPC has them: a code, a message, and for typed errors the details that clients look for.

use prost::Message as _;
use prost_wkt_types::Any;
use rehearsal_history::Failure;
use rehearsal_service::{RequestError, UpdateWithStart};
use temporalio_protos::google::rpc::Status as Details;
use temporalio_protos::temporal::api::enums::v1::{ResourceExhaustedCause, ResourceExhaustedScope};
use temporalio_protos::temporal::api::errordetails::v1 as proto;
use temporalio_protos::temporal::api::errordetails::v1::multi_operation_execution_failure::OperationStatus;
use tonic::{Code, Status};

use crate::command::any;
use crate::mirror::Mirror as _;
use crate::refusal::BadMessage;

/// What is said where a value of ours has no counterpart: the request was understood, and cannot be answered.
impl From<crate::ConvertError> for Status {
    fn from(error: crate::ConvertError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}

impl From<BadMessage> for Status {
    fn from(error: BadMessage) -> Self {
        let code = match error {
            BadMessage::Unreadable(_)
            | BadMessage::NotSet { .. }
            | BadMessage::Invalid { .. }
            | BadMessage::Token => Code::InvalidArgument,
            BadMessage::NotSimulated { .. } => Code::Unimplemented,
        };
        Self::new(code, error.to_string())
    }
}

/// What a client is told of a request that the service refuses.
///
/// # Examples
///
/// ```
/// use rehearsal_proto::status;
/// use rehearsal_service::{NotFound, RequestError};
///
/// let refused = RequestError::NotFound(NotFound::Completed);
/// let status = status::refused(&refused);
/// assert_eq!(status.code(), tonic::Code::NotFound);
/// assert_eq!(status.message(), "workflow execution already completed");
/// assert!(!status.details().is_empty());
/// ```
#[must_use]
pub fn refused(error: &RequestError) -> Status {
    let message = error.to_string();
    match error {
        RequestError::NotFound(_) => {
            typed(Code::NotFound, message, "NotFoundFailure", &proto::NotFoundFailure::default())
        }
        RequestError::InvalidArgument(_) => Status::new(Code::InvalidArgument, message),
        RequestError::ResourceExhausted(_) => {
            let details = proto::ResourceExhaustedFailure {
                cause: ResourceExhaustedCause::BusyWorkflow.into(),
                scope: ResourceExhaustedScope::Namespace.into(),
            };
            typed(Code::ResourceExhausted, message, "ResourceExhaustedFailure", &details)
        }
        RequestError::AlreadyStarted { run_id, .. } => {
            let details = proto::WorkflowExecutionAlreadyStartedFailure {
                run_id: run_id.as_str().to_owned(),
                ..proto::WorkflowExecutionAlreadyStartedFailure::default()
            };
            let kind = "WorkflowExecutionAlreadyStartedFailure";
            typed(Code::AlreadyExists, message, kind, &details)
        }
        RequestError::UpdateWithStart { part, error } => both(*part, error),
        RequestError::NotReady(_) => typed(
            Code::FailedPrecondition,
            message,
            "WorkflowNotReadyFailure",
            &proto::WorkflowNotReadyFailure {},
        ),
        RequestError::QueryFailed { message } => {
            query_failed(&Failure { message: message.clone(), ..Failure::default() })
        }
        RequestError::Unavailable => Status::new(Code::Unavailable, message),
        RequestError::DeadlineExceeded | RequestError::UpdateTimeout => {
            Status::new(Code::DeadlineExceeded, message)
        }
        RequestError::NotSimulated { .. } => Status::new(Code::Unimplemented, message),
        // That a run has had all its updates; and what only clients in process make.
        _ => Status::new(Code::FailedPrecondition, message),
    }
}

/// Workflow code could not answer a query.
#[must_use]
pub fn query_failed(failure: &Failure) -> Status {
    let message = failure.message.as_str().to_owned();
    // A failure that has no counterpart is told by its message alone.
    let details = proto::QueryFailedFailure { failure: failure.to_proto().ok() };
    typed(Code::InvalidArgument, message, "QueryFailedFailure", &details)
}

/// The namespace is none of the server's.
#[must_use]
pub fn no_namespace(namespace: &str) -> Status {
    let details = proto::NamespaceNotFoundFailure { namespace: cut(namespace) };
    let message = format!("Namespace {namespace} is not found.");
    typed(Code::NotFound, message, "NamespaceNotFoundFailure", &details)
}

/// The namespace is there already.
#[must_use]
pub fn namespace_exists(namespace: &str) -> Status {
    let message = format!("Namespace {namespace:?} already exists");
    let details = proto::NamespaceAlreadyExistsFailure {};
    typed(Code::AlreadyExists, message, "NamespaceAlreadyExistsFailure", &details)
}

/// So much waits already that no more is taken in.
#[must_use]
pub fn too_much(message: String) -> Status {
    let details = proto::ResourceExhaustedFailure {
        cause: ResourceExhaustedCause::ConcurrentLimit.into(),
        scope: ResourceExhaustedScope::Namespace.into(),
    };
    typed(Code::ResourceExhausted, message, "ResourceExhaustedFailure", &details)
}

/// What is named is not there, for a reason that the service does not know of.
#[must_use]
pub fn not_found(message: String) -> Status {
    typed(Code::NotFound, message, "NotFoundFailure", &proto::NotFoundFailure::default())
}

/// How long a message may be, in bytes. It is sent in the head of an answer, of which clients take 16 KiB.
const LONGEST: usize = 2_000;

/// The status with its message cut if it is too long: what a client sends and a message repeats can have any length.
///
/// # Examples
///
/// ```
/// use rehearsal_proto::status;
///
/// let told = status::short(status::not_found("x".repeat(70_000)));
/// assert_eq!(told.code(), tonic::Code::NotFound);
/// assert!(told.message().ends_with("xxx .."));
/// assert!(told.message().len() + told.details().len() < 5_000);
/// ```
#[must_use]
pub fn short(status: Status) -> Status {
    if status.message().len() <= LONGEST {
        return status;
    }
    let message = cut(status.message());
    let details = match Details::decode(status.details()) {
        Ok(details) if !details.details.is_empty() => {
            Details { message: message.clone(), ..details }.encode_to_vec()
        }
        Ok(_) | Err(_) => Vec::new(),
    };
    Status::with_details(status.code(), message, details.into())
}

fn cut(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{} ..", &text[..end])
}

/// Both halves of an update-with-start: one is refused, and the other is not done because of it
/// (`NewMultiOperationExecution` in `serviceerror/multi_op.go` of Go's API; `multioperation/api.go` of the server).
fn both(part: UpdateWithStart, error: &RequestError) -> Status {
    let failed = operation(&refused(error));
    match part {
        UpdateWithStart::Start => multi("Start", error, [failed, aborted()], 0),
        UpdateWithStart::Update => multi("Update", error, [aborted(), failed], 1),
    }
}

/// An update was not looked at that was sent with a start: behind a start that took place, or none. With `closed_twice` two
/// workflows have closed before they looked at it, and the client is to send it again (`Invoke` in
/// `service/history/api/multioperation/api.go`).
#[must_use]
pub fn behind_start(error: &RequestError, started: bool, closed_twice: bool) -> Status {
    let mut failed = operation(&refused(error));
    if closed_twice {
        failed = OperationStatus { code: Code::Aborted.into(), details: Vec::new(), ..failed };
    }
    let start = if started { OperationStatus::default() } else { aborted() };
    multi("Update", error, [start, failed], 1)
}

fn operation(status: &Status) -> OperationStatus {
    OperationStatus {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Details::decode(status.details()).unwrap_or_default().details,
    }
}

/// What is told of the one that failed because of the other.
fn aborted() -> OperationStatus {
    OperationStatus {
        code: Code::Aborted.into(),
        message: "Operation was aborted.".to_owned(),
        details: vec![any("temporal.api.failure.v1.MultiOperationExecutionAborted", Vec::new())],
    }
}

/// The whole has the code of the one that failed by itself.
fn multi(
    name: &str,
    error: &RequestError,
    statuses: [OperationStatus; 2],
    failed: usize,
) -> Status {
    let code = statuses.get(failed).map_or(Code::Unknown, |status| status.code.into());
    let details = proto::MultiOperationExecutionFailure { statuses: statuses.into() };
    let message = format!("MultiOperation could not be executed: {name} failed: {error}");
    typed(code, message, "MultiOperationExecutionFailure", &details)
}

fn typed(code: Code, message: String, kind: &str, details: &impl prost::Message) -> Status {
    let details = Details {
        code: code.into(),
        message: message.clone(),
        details: vec![details_of(kind, details.encode_to_vec())],
    };
    Status::with_details(code, message, details.encode_to_vec().into())
}

fn details_of(kind: &str, value: Vec<u8>) -> Any {
    any(&format!("temporal.api.errordetails.v1.{kind}"), value)
}

#[cfg(test)]
mod tests;
