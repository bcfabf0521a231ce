//! The user's own data converter: payload converter and codec.

use futures::FutureExt;
use futures::future::BoxFuture;
use rehearsal_activation::{Completion, Definition, WorkflowCommand};
use rehearsal_history::{Bytes, Payload, Payloads};
use rehearsal_temporal::workflow_with;
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConversionError, PayloadConverter,
    SerializationContextData,
};
use temporalio_protos::temporal::api::common::v1::Payload as ProtoPayload;

use crate::play::{activation, initialize, json, play};
use crate::workflows::{Approval, Timers, YourWorkflow};

/// Turns all bits around, which is its own opposite.
struct Flip;

fn flip(payloads: Vec<ProtoPayload>) -> Vec<ProtoPayload> {
    let one = |mut payload: ProtoPayload| {
        payload.data.iter_mut().for_each(|byte| *byte = !*byte);
        payload
    };
    payloads.into_iter().map(one).collect()
}

type Coded = BoxFuture<'static, Result<Vec<ProtoPayload>, PayloadConversionError>>;

impl PayloadCodec for Flip {
    fn encode(&self, _context: &SerializationContextData, payloads: Vec<ProtoPayload>) -> Coded {
        async move { Ok(flip(payloads)) }.boxed()
    }

    fn decode(&self, _context: &SerializationContextData, payloads: Vec<ProtoPayload>) -> Coded {
        async move { Ok(flip(payloads)) }.boxed()
    }
}

/// Never answers, and never can.
struct Remote;

impl PayloadCodec for Remote {
    fn encode(&self, _context: &SerializationContextData, _payloads: Vec<ProtoPayload>) -> Coded {
        futures::future::pending().boxed()
    }

    fn decode(&self, _context: &SerializationContextData, _payloads: Vec<ProtoPayload>) -> Coded {
        futures::future::pending().boxed()
    }
}

/// Says no.
struct Refusing;

impl PayloadCodec for Refusing {
    fn encode(&self, _context: &SerializationContextData, _payloads: Vec<ProtoPayload>) -> Coded {
        async { Err(PayloadConversionError::WrongEncoding) }.boxed()
    }

    fn decode(&self, _context: &SerializationContextData, payloads: Vec<ProtoPayload>) -> Coded {
        async move { Ok(payloads) }.boxed()
    }
}

fn with(codec: impl PayloadCodec + Send + Sync + 'static) -> DataConverter {
    DataConverter::new(PayloadConverter::default(), DefaultFailureConverter::default(), codec)
}

fn flipped(text: &str) -> Payloads {
    let payload = Payload::json(text);
    let data = Bytes(payload.data.0.iter().map(|byte| !byte).collect());
    Payloads::one(Payload { data, ..payload })
}

/// The codec is at the border of the instance, so that histories hold what it made.
#[test]
fn a_codec_reads_arguments_and_writes_commands() {
    let definition = workflow_with::<YourWorkflow>(with(Flip));
    let mut instance = definition.instantiate();
    let completion = instance.activate(&activation(0, vec![initialize("run-1", None)]));
    let Completion::Commands(commands) = completion else { panic!("{completion:?}") };
    let [WorkflowCommand::ScheduleActivity(activity)] = commands.as_slice() else {
        panic!("{commands:?}");
    };
    assert_eq!(activity.input, Some(flipped(r#""long""#)));

    let mut instance = workflow_with::<Approval>(with(Flip)).instantiate();
    let begin = initialize("run-1", Some(flipped("0")));
    let completion = instance.activate(&activation(0, vec![begin]));
    let expected = WorkflowCommand::CompleteWorkflow { result: Some(flipped(r#"["wanted 0"]"#)) };
    assert_eq!(completion, Completion::Commands(vec![expected]));
}

#[test]
fn a_codec_that_waits_is_refused_by_name() {
    let definition = workflow_with::<Approval>(with(Remote));
    let log = crate::play::play_input(&definition, "1", &[], &[]);
    insta::assert_snapshot!(log, @r#"
    Initialize
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Failed decoding activation: the payload codec waits for something outside" (no kind)
      NotSimulated { what: "a payload codec that waits for something outside" }
    "#);
}

/// The words are those of `encode_workflow_completion` in the SDK's `lib.rs`.
#[test]
fn a_codec_that_fails_fails_the_task() {
    insta::assert_snapshot!(play(&workflow_with::<YourWorkflow>(with(Refusing)), &[], &[]), @r#"
    Initialize
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
      "Failed encoding completion: Wrong encoding" (no kind)
      TaskFailed { message: "the payload codec failed: Wrong encoding" }
    "#);
}

#[test]
fn a_summary_is_encoded_like_any_payload() {
    let mut instance = workflow_with::<Timers>(with(Flip)).instantiate();
    let completion = instance.activate(&activation(0, vec![initialize("run-1", None)]));
    let Completion::Commands(commands) = completion else { panic!("{completion:?}") };
    let Some(WorkflowCommand::StartTimer(timer)) = commands.first() else { panic!("{commands:?}") };
    let flipped: Vec<u8> = br#""a second""#.iter().map(|byte| !byte).collect();
    assert_eq!(timer.summary.as_ref().unwrap().data.0, flipped);
}

#[test]
fn without_a_codec_nothing_is_changed() {
    let mut instance = workflow_with::<Approval>(DataConverter::default()).instantiate();
    let completion = instance.activate(&activation(0, vec![initialize("run-1", Some(json("0")))]));
    let expected = WorkflowCommand::CompleteWorkflow { result: Some(json(r#"["wanted 0"]"#)) };
    assert_eq!(completion, Completion::Commands(vec![expected]));
}
