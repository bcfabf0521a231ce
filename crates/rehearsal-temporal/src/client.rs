//! What a client and a stub write: arguments and results, through the user's data converter.

use std::sync::LazyLock;

use futures::FutureExt as _;
use rehearsal_history::Payloads;
use rehearsal_proto as proto;
use temporalio_common::data_converters::{
    ActivitySerializationContext, DataConverter, GenericPayloadConverter as _, PayloadConverter,
    SerializationContext, SerializationContextData, TemporalDeserializable, TemporalSerializable,
    WorkflowSerializationContext,
};
use temporalio_protos::temporal::api::common::v1::Payload;

/// The arguments of a workflow or a signal as a client sends them: converted, then encoded by the codec.
///
/// # Errors
///
/// What the converter or the codec says; a codec that waits for something outside is refused.
pub fn encode_input<T: TemporalSerializable + 'static>(
    converter: &DataConverter,
    input: &T,
) -> Result<Option<Payloads>, String> {
    let data = SerializationContextData::Workflow(WorkflowSerializationContext::new());
    let payloads = converter.payload_converter();
    let context = SerializationContext::new(&data, payloads);
    let payloads = payloads.to_payloads(&context, input).map_err(|error| error.to_string())?;
    let encoded = converter.codec().encode(&data, payloads).now_or_never();
    let encoded = encoded.ok_or("a payload codec that waits for something outside")?;
    recorded(encoded.map_err(|error| error.to_string())?)
}

/// What a client makes of the answer to a query or an update: decoded by the codec, then converted.
///
/// # Errors
///
/// What the converter or the codec says; a codec that waits for something outside is refused.
pub fn decode_answer<T: TemporalDeserializable + 'static>(
    converter: &DataConverter,
    answer: Option<&Payloads>,
) -> Result<T, String> {
    let data = SerializationContextData::Workflow(WorkflowSerializationContext::new());
    let payloads = proto::list(answer).map_err(|error| error.to_string())?;
    let decoded = converter.from_payloads(&data, payloads).now_or_never();
    let decoded = decoded.ok_or("a payload codec that waits for something outside")?;
    decoded.map_err(|error| error.to_string())
}

/// The result of an activity as a worker sends it, with the SDK's default data converter.
///
/// # Errors
///
/// What the converter says.
pub fn encode_result<T: TemporalSerializable + 'static>(
    value: &T,
) -> Result<Option<Payloads>, String> {
    static CONVERTER: LazyLock<PayloadConverter> = LazyLock::new(PayloadConverter::default);
    let data = SerializationContextData::Activity(ActivitySerializationContext::new());
    let context = SerializationContext::new(&data, &CONVERTER);
    let payload = CONVERTER.to_payload(&context, value).map_err(|error| error.to_string())?;
    recorded(vec![payload])
}

fn recorded(payloads: Vec<Payload>) -> Result<Option<Payloads>, String> {
    proto::from_list(payloads).map_err(|error| error.to_string())
}
