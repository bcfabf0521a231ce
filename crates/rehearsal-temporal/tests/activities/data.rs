//! Payloads go through the user's data converter.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use rehearsal_history::{Payload, Payloads};
use rehearsal_temporal::activity::{AttemptInfo, Registry};
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, DefaultPayloadCodec, PayloadCodec,
    PayloadConversionError, PayloadConverter, SerializationContextData,
};
use temporalio_common::protos::temporal::api::common::v1::Payload as ProtoPayload;

use crate::acts::{Acts, Plain};
use crate::engine::{Engine, json, log_of, ms};

/// Turns data around, and takes its time.
struct Backwards;

impl Backwards {
    fn turn(
        mut payloads: Vec<ProtoPayload>,
    ) -> BoxFuture<'static, Result<Vec<ProtoPayload>, PayloadConversionError>> {
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            for payload in &mut payloads {
                payload.data.reverse();
            }
            if payloads.iter().any(|payload| payload.data.starts_with(b"!")) {
                return Err(PayloadConversionError::EncodingError("a bang".into()));
            }
            Ok(payloads)
        }
        .boxed()
    }
}

impl PayloadCodec for Backwards {
    fn encode(
        &self,
        _: &SerializationContextData,
        payloads: Vec<ProtoPayload>,
    ) -> BoxFuture<'static, Result<Vec<ProtoPayload>, PayloadConversionError>> {
        Self::turn(payloads)
    }

    fn decode(
        &self,
        _: &SerializationContextData,
        payloads: Vec<ProtoPayload>,
    ) -> BoxFuture<'static, Result<Vec<ProtoPayload>, PayloadConversionError>> {
        Self::turn(payloads)
    }
}

fn registry() -> Registry {
    let converter = PayloadConverter::default();
    let converter = DataConverter::new(converter, DefaultFailureConverter::new(true), Backwards);
    Registry::default()
        .activities(|| Plain)
        .real(Plain::echo)
        .activities(Acts::default)
        .real(Acts::sleeps)
        .real(Acts::fails)
        .with_data_converter(converter)
}

#[test]
fn input_results_and_heartbeats_pass_the_codec() {
    insta::assert_snapshot!(log_of(&registry(), "plain-echo", Some(&json("\"oh\""))), @r#"30ms #0 completed "oh""#);
    insta::assert_snapshot!(log_of(&registry(), "Acts::sleeps", Some(&json("]0["))), @"
    30ms #0 heartbeat 0
    30ms #0 completed 1
    ");
}

#[test]
fn failures_pass_the_codec() {
    insta::assert_snapshot!(log_of(&registry(), "Acts::fails", None), @r#"
    50ms #0 failed: "Encoded failure" type "Storage", not retryable, details "24 redro", again in 1.5s, "APPLICATION_ERROR_CATEGORY_BENIGN"
        because of "Encoded failure" type ""
    "#);
}

#[test]
fn input_that_the_codec_refuses_is_a_failure() {
    insta::assert_snapshot!(log_of(&registry(), "plain-echo", Some(&json("\"oh!"))), @r#"10ms #0 failed: "Failed decoding activity task: Encoding error: a bang" type """#);
}

/// A converter of serde types alone cannot be given raw payloads, but reads them.
#[test]
fn details_of_an_earlier_attempt_reach_a_converter_of_serde_types() {
    let converter = DataConverter::new(
        PayloadConverter::serde_json(),
        DefaultFailureConverter::default(),
        DefaultPayloadCodec,
    );
    let registry = Registry::default()
        .activities(Acts::default)
        .real(Acts::long)
        .with_data_converter(converter);
    let start = |details: Option<Payloads>| {
        let mut engine = Engine::new(&registry);
        let info = AttemptInfo {
            activity_type: "Acts::long".into(),
            heartbeat_details: details,
            ..AttemptInfo::default()
        };
        engine.start_with(info, Some(&json("\"Ann\"")));
        engine.run_until(ms(1000));
        engine.text()
    };
    assert_eq!(start(Some(json("40"))), "1s #0 heartbeat 41\n");
    assert_eq!(start(None), "1s #0 heartbeat 1\n");
}

/// History JSON may hold members of a payload that no message of Temporal has.
#[test]
fn a_payload_that_cannot_be_carried_over_is_refused() {
    let mut payload = Payload::json("\"oh\"");
    payload.unknown = [("color".to_owned(), serde_json::json!("red"))].into_iter().collect();
    let registry = Registry::default().activities(|| Plain).real(Plain::echo);

    insta::assert_snapshot!(
        log_of(&registry, "plain-echo", Some(&Payloads::one(payload))),
        @"0ns #0 refused: what activity `plain-echo` is given or gives cannot be carried over"
    );
}
