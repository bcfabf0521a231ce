//! What the SDK's worker does around the code of an activity.
//!
//! A copy of three private pieces of temporalio-sdk 1.1.1: the closure of `ActivityDefinitions::register_activity` and
//! `activity_error_to_core_result` (`src/activities.rs`), and the task of `ActivityHalf::activity_task_handler`
//! (`src/lib.rs`). Left out are interceptors, whose `Next` cannot be made outside of the SDK.

use std::any::Any;
use std::error::Error as StdError;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use rehearsal_activation::Fault;
use rehearsal_activation::quiet;
use rehearsal_activation::wake::short_path;
use rehearsal_history::{Failure, Payloads, SmolStr};
use rehearsal_proto::{ConvertError, Mirror as _, from_list};
use temporalio_common::data_converters::{
    ActivitySerializationContext, DataConverter, GenericPayloadConverter, SerializationContext,
    SerializationContextData,
};
use temporalio_common::error::{ApplicationFailure, OutgoingActivityError, OutgoingError};
use temporalio_common::payload_visitor::encode_payloads;
use temporalio_common::protos::coresdk::ActivityTaskCompletion;
use temporalio_common::protos::coresdk::activity_result::ActivityExecutionResult;
use temporalio_common::protos::coresdk::activity_result::activity_execution_result::Status;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_common::protos::temporal::api::failure::v1 as proto;
use temporalio_common::protos::temporal::api::failure::v1::CanceledFailureInfo;
use temporalio_common::protos::temporal::api::failure::v1::failure::FailureInfo;
use temporalio_sdk::activities::{ActivityContext, ActivityError, ExecutableActivity};

use super::context::NO_CLIENT;

/// What an attempt ends with, as a worker would send it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It returned a value.
    Completed(Option<Payloads>),
    /// It failed, for this reason.
    Failed(Box<Failure>, Fault),
    /// It says that it ends because it was canceled, with these details. A worker sends that whether or not a cancel was
    /// requested; the server answers (C-28).
    Canceled(Option<Payloads>),
    /// It returned `ActivityError::WillCompleteAsync`: somebody else ends it, and a worker sends nothing.
    Pending,
    /// It did what is not simulated.
    Refused(Refusal),
}

/// What an activity can do on Temporal and not here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It recorded a heartbeat with details of a type that is not known.
    #[error(
        "activity `{activity}` records a heartbeat with details of a type that is not registered: register it with `.heartbeat_type::<T>()`"
    )]
    HeartbeatType {
        /// Its type.
        activity: SmolStr,
    },
    /// The details of its heartbeat could not be encoded. In a worker `record_heartbeat` returns that as an error; here it
    /// cannot.
    #[error("the details of a heartbeat of activity `{activity}` cannot be encoded: {reason}")]
    HeartbeatEncoding {
        /// Its type.
        activity: SmolStr,
        /// What the data converter says.
        reason: String,
    },
    /// It asked its context for a client.
    #[error("not simulated: clients in activities; activity `{activity}` asks its context for one")]
    Client {
        /// Its type.
        activity: SmolStr,
    },
    /// A payload or a failure of it has no counterpart among ours.
    #[error("what activity `{activity}` is given or gives cannot be carried over")]
    Unmapped {
        /// Its type.
        activity: SmolStr,
        /// What it is.
        #[source]
        error: ConvertError,
    },
    /// The details of an earlier attempt's heartbeat cannot be handed over.
    #[error(
        "the details of an earlier heartbeat cannot be handed to activity `{activity}`: {reason}"
    )]
    HeartbeatDetails {
        /// Its type.
        activity: SmolStr,
        /// What the data converter says.
        reason: String,
    },
}

/// The struct whose method an activity is, of one run.
pub(super) type Instance = Arc<dyn Any + Send + Sync>;

/// Runs an activity: from decoded payloads to a payload that the codec has not seen.
pub(super) type Code =
    Arc<dyn Fn(Call) -> LocalBoxFuture<'static, Result<Payload, Fallen>> + Send + Sync>;

/// How an activity failed, and why, which a worker does not tell.
pub(super) struct Fallen {
    error: ActivityError,
    fault: Fault,
}

impl Fallen {
    fn new(error: impl Into<ActivityError>, fault: Fault) -> Self {
        Self { error: error.into(), fault }
    }
}

/// One call of an activity.
pub(super) struct Call {
    pub(super) instance: Option<Instance>,
    pub(super) context: ActivityContext,
    pub(super) input: Vec<Payload>,
    pub(super) converter: DataConverter,
}

/// What payloads are encoded and decoded for.
pub(super) fn serialization() -> SerializationContextData {
    SerializationContextData::Activity(ActivitySerializationContext::new())
}

/// The code of the activity `A`. An instance of another type than `A`'s is as good as none.
pub(super) fn code_of<A: ExecutableActivity>() -> Code {
    Arc::new(|call| {
        async move {
            let data = serialization();
            let converter = call.converter.payload_converter();
            let context = SerializationContext::new(&data, converter);
            let input: A::Input = converter
                .from_payloads(&context, call.input)
                .map_err(|error| Fallen::new(error, Fault::Arguments))?;
            let instance = call.instance.and_then(|instance| instance.downcast().ok());
            let execution = async { A::execute(instance, call.context, input).await };
            let output = match AssertUnwindSafe(execution).catch_unwind().await {
                Ok(output) => output.map_err(|error| Fallen::new(error, Fault::Returned))?,
                Err(panic) => {
                    let at = quiet::take_location().map(|at| short_path(&at).to_owned());
                    return Err(Fallen::new(panicked(panic.as_ref()), Fault::Panicked { at }));
                }
            };
            converter
                .to_payload(&context, &output)
                .map_err(|error| Fallen::new(error, Fault::Result))
        }
        .boxed_local()
    })
}

fn panicked(panic: &(dyn Any + Send)) -> ActivityError {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    let said = said.unwrap_or_else(|| "Couldn't turn panic into a string".to_owned());
    ApplicationFailure::new(anyhow::anyhow!("Activity function panicked: {said}")).into()
}

/// The failure of an attempt whose task the codec could not read.
pub(super) fn undecodable(reason: &dyn StdError) -> proto::Failure {
    let message = format!("Failed decoding activity task: {reason}");
    proto::Failure::application_failure(message, false)
}

/// What a worker sends for `result`, encoded by the codec.
pub(super) async fn outcome(
    activity: &SmolStr,
    converter: &DataConverter,
    result: Result<Payload, Fallen>,
) -> Outcome {
    let (result, fault) = match result {
        Ok(payload) => (ActivityExecutionResult::ok(payload), Fault::Result),
        Err(Fallen { error, fault }) => (execution_result(converter, error), fault),
    };
    encoded(activity, converter, result, fault).await
}

/// What a worker sends for `failure`, encoded by the codec.
pub(super) async fn failed(
    activity: &SmolStr,
    converter: &DataConverter,
    failure: proto::Failure,
) -> Outcome {
    encoded(activity, converter, ActivityExecutionResult::fail(failure), Fault::Arguments).await
}

/// What a worker sends; `fault` is why, if it is a failure.
async fn encoded(
    activity: &SmolStr,
    converter: &DataConverter,
    result: ActivityExecutionResult,
    mut fault: Fault,
) -> Outcome {
    if let Some(Status::Failed(failed)) = &result.status
        && failed.failure.as_ref().is_some_and(|failure| failure.message.contains(NO_CLIENT))
    {
        return Outcome::Refused(Refusal::Client { activity: activity.clone() });
    }
    let mut completion = ActivityTaskCompletion { task_token: Vec::new(), result: Some(result) };
    if let Err(error) = encode_payloads(&mut completion, converter.codec(), &serialization()).await
    {
        let message = format!("Failed encoding activity completion: {error}");
        let failure = proto::Failure::application_failure(message, false);
        completion.result = Some(ActivityExecutionResult::fail(failure));
        fault = Fault::Result;
    }
    let status = completion.result.and_then(|result| result.status);
    sent(status, fault).unwrap_or_else(|error| {
        Outcome::Refused(Refusal::Unmapped { activity: activity.clone(), error })
    })
}

/// What core makes of the status that a worker gives it.
fn sent(status: Option<Status>, fault: Fault) -> Result<Outcome, ConvertError> {
    Ok(match status {
        Some(Status::Completed(success)) => {
            Outcome::Completed(from_list(success.result.into_iter().collect())?)
        }
        Some(Status::Failed(failed)) => {
            let failure = Failure::from_proto(failed.failure.unwrap_or_default())?;
            Outcome::Failed(Box::new(failure), fault)
        }
        // Core sends the details alone (`worker/activities.rs` of temporalio-sdk-core).
        Some(Status::Cancelled(cancellation)) => {
            let info = cancellation.failure.and_then(|failure| failure.failure_info);
            let Some(FailureInfo::CanceledFailureInfo(CanceledFailureInfo {
                details: Some(details),
                ..
            })) = info
            else {
                return Ok(Outcome::Canceled(None));
            };
            Outcome::Canceled(from_list(details.payloads)?)
        }
        Some(Status::WillCompleteAsync(_)) | None => Outcome::Pending,
    })
}

fn execution_result(converter: &DataConverter, error: ActivityError) -> ActivityExecutionResult {
    let encode = |error| converter.to_failure(&serialization(), OutgoingError::Activity(error));
    match error {
        ActivityError::Application(application) => {
            let mut failure = encode(OutgoingActivityError::Application(application));
            forget_task_ids(&mut failure);
            ActivityExecutionResult::fail(failure)
        }
        ActivityError::Cancelled { details } => {
            ActivityExecutionResult::cancel(encode(OutgoingActivityError::Cancelled { details }))
        }
        ActivityError::WillCompleteAsync => ActivityExecutionResult::will_complete_async(),
        other => {
            let unsupported = anyhow::anyhow!("Unsupported activity error: {other:?}");
            let unsupported = Box::new(ApplicationFailure::new(unsupported));
            ActivityExecutionResult::fail(encode(OutgoingActivityError::Application(unsupported)))
        }
    }
}

/// Puts the same number in place of the ids of tasks, in a failure and what led to it.
///
/// tokio counts tasks through the whole process, and a `JoinError` prints the id, so two runs would never fail in the same
/// way. The error itself is out of reach: `anyhow` has wrapped it.
fn forget_task_ids(failure: &mut proto::Failure) {
    for end in [" panicked", " was cancelled"] {
        if let Some(message) = without_task_id(&failure.message, end) {
            failure.message = message;
        }
    }
    if let Some(cause) = &mut failure.cause {
        forget_task_ids(cause);
    }
}

/// `text` with `task 1` in place of the first `task 123` that `end` follows.
fn without_task_id(text: &str, end: &str) -> Option<String> {
    let (before, after) = text.split_once(end)?;
    let number = before.trim_end_matches(|digit: char| digit.is_ascii_digit());
    (number.len() < before.len() && number.ends_with("task "))
        .then(|| format!("{number}1{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_tasks_are_forgotten() {
        let without = |text| without_task_id(text, " panicked");
        let forgotten = "join: task 1 panicked with message \"task 3 panicked\"";
        assert_eq!(
            without("join: task 207 panicked with message \"task 3 panicked\"").as_deref(),
            Some(forgotten)
        );
        assert_eq!(without("task panicked"), None);
        assert_eq!(without("order 7 panicked"), None);
    }
}
