//! Messages that no SDK sends: each is understood or refused, and none makes a conversion panic.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use rehearsal_proto::{BadMessage, history, request, workflow_task};
use temporalio_protos::temporal::api::history::v1::History;
use temporalio_protos::temporal::api::workflowservice::v1::{
    ExecuteMultiOperationRequest, QueryWorkflowRequest, RespondQueryTaskCompletedRequest,
    RespondWorkflowTaskCompletedRequest, SignalWithStartWorkflowExecutionRequest,
    StartWorkflowExecutionRequest, UpdateWorkflowExecutionRequest,
};

/// A field of a message on the wire: a number that is likely to be one, and a value of any of the four kinds.
fn field() -> impl Strategy<Value = Vec<u8>> {
    (1..30_u8, 0..4_u8, vec(any::<u8>(), 0..24)).prop_map(|(number, kind, bytes)| {
        let mut field = Vec::new();
        let key = |kind: u8| (u64::from(number) << 3) | u64::from(kind);
        match kind {
            0 => {
                prost::encoding::encode_varint(key(0), &mut field);
                let value = bytes.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
                prost::encoding::encode_varint(value, &mut field);
            }
            1 => {
                prost::encoding::encode_varint(key(1), &mut field);
                field.extend([0xff; 8]);
            }
            _ => {
                prost::encoding::encode_varint(key(2), &mut field);
                prost::encoding::encode_varint(bytes.len() as u64, &mut field);
                field.extend(bytes);
            }
        }
        field
    })
}

/// Fields, some of them around others.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let leaf = vec(field(), 0..6).prop_map(|fields| fields.concat());
    leaf.prop_recursive(4, 32, 4, |inner| {
        vec((1..30_u8, inner), 1..4).prop_map(|parts| {
            let mut out = Vec::new();
            for (number, inner) in parts {
                prost::encoding::encode_varint((u64::from(number) << 3) | 2, &mut out);
                prost::encoding::encode_varint(inner.len() as u64, &mut out);
                out.extend(inner);
            }
            out
        })
    })
}

/// Reads bytes as a message and takes it over, if it is one. What comes of it is nothing to this test but that it comes.
fn tried<M: Message + Default, T>(bytes: &[u8], take: impl FnOnce(M) -> Result<T, BadMessage>) {
    if let Ok(message) = M::decode(bytes) {
        drop(take(message));
    }
}

proptest! {
    #[test]
    fn no_message_makes_a_conversion_panic(bytes in message()) {
        tried::<RespondWorkflowTaskCompletedRequest, _>(&bytes, |it| {
            workflow_task::completed(it, "default")
        });
        tried::<RespondQueryTaskCompletedRequest, _>(&bytes, workflow_task::query_completed);
        tried::<StartWorkflowExecutionRequest, _>(&bytes, request::start);
        tried::<SignalWithStartWorkflowExecutionRequest, _>(&bytes, request::signal_with_start);
        tried::<ExecuteMultiOperationRequest, _>(&bytes, request::update_with_start);
        tried::<UpdateWorkflowExecutionRequest, _>(&bytes, request::update);
        tried::<QueryWorkflowRequest, _>(&bytes, request::query);
        tried::<History, _>(&bytes, |it| Ok(history::from_proto(it)?));
    }
}
