//! The user's payload codec, applied where the SDK's worker applies it: around activations and completions; and to a
//! whole history, for people and for replays.

use futures::FutureExt;
use rehearsal_activation::Trouble;
use rehearsal_activation::quiet;
use rehearsal_history::Payload;
use rehearsal_proto::Mirror as _;
use temporalio_common::data_converters::{
    DataConverter, PayloadConversionError, SerializationContextData, WorkflowSerializationContext,
};
use temporalio_common::payload_visitor::{decode_payloads, encode_payloads};
use temporalio_protos::coresdk::workflow_activation::WorkflowActivation;
use temporalio_protos::coresdk::workflow_completion::WorkflowActivationCompletion;

/// Why a codec gave nothing.
#[derive(Debug)]
pub(crate) enum CodecStop {
    /// It says so.
    Failed(PayloadConversionError),
    /// It panicked.
    Panicked(quiet::Panic),
    /// It waits for something outside.
    Waits,
}

impl CodecStop {
    /// What a report says of it.
    pub(crate) fn trouble(&self) -> Trouble {
        match self {
            Self::Failed(error) => {
                Trouble::TaskFailed { message: format!("the payload codec failed: {error}") }
            }
            Self::Panicked(panic) => {
                Trouble::Panicked { message: format!("in the payload codec: {panic}") }
            }
            Self::Waits => Trouble::NotSimulated {
                what: "a payload codec that waits for something outside".to_owned(),
            },
        }
    }
}

impl std::fmt::Display for CodecStop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Panicked(panic) => write!(f, "the payload codec panicked: {panic}"),
            Self::Waits => f.write_str("the payload codec waits for something outside"),
        }
    }
}

/// Decodes all payloads of an activation.
pub(crate) fn decode(
    converter: &DataConverter,
    activation: &mut WorkflowActivation,
) -> Result<(), CodecStop> {
    let context = context();
    at_once(|| decode_payloads(activation, converter.codec(), &context).now_or_never())
}

/// Encodes all payloads of a completion, those of failures among them.
pub(crate) fn encode(
    converter: &DataConverter,
    completion: &mut WorkflowActivationCompletion,
) -> Result<(), CodecStop> {
    let context = context();
    at_once(|| encode_payloads(completion, converter.codec(), &context).now_or_never())
}

/// Decodes one payload.
pub(crate) fn decode_one(converter: &DataConverter, payload: &Payload) -> Result<Payload, String> {
    let context = context();
    let encoded = payload.to_proto().map_err(|error| error.to_string())?;
    let mut decoded = Vec::new();
    at_once(|| {
        let payloads = converter.codec().decode(&context, vec![encoded]).now_or_never()?;
        Some(payloads.map(|payloads| decoded = payloads))
    })
    .map_err(|stop| stop.to_string())?;
    let [decoded] = <[_; 1]>::try_from(decoded)
        .map_err(|decoded| format!("the payload codec made {} payloads of one", decoded.len()))?;
    Payload::from_proto(decoded).map_err(|error| error.to_string())
}

fn context() -> SerializationContextData {
    SerializationContextData::Workflow(WorkflowSerializationContext::new())
}

/// One poll is all a codec gets: there is no runtime that could wake it.
fn at_once(
    poll: impl FnOnce() -> Option<Result<(), PayloadConversionError>>,
) -> Result<(), CodecStop> {
    match quiet::catch(poll) {
        Ok(Some(result)) => result.map_err(CodecStop::Failed),
        Ok(None) => Err(CodecStop::Waits),
        Err(panic) => Err(CodecStop::Panicked(panic)),
    }
}
