//! Round trips: what goes over comes back as it was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use rehearsal_history::{
    ActivityFailureInfo, ApplicationFailureInfo, Bytes, CanceledFailureInfo, ChildFailureInfo,
    EventId, Execution, Failure, FailureInfo, Header, Opaque, Payload, Payloads,
    ResetWorkflowFailureInfo, RetryPolicy, RetryState, ServerFailureInfo, SmolStr,
    TerminatedFailureInfo, TimeoutFailureInfo, TimeoutType, Timestamp, TypeName,
};
use serde_json::json;
use temporalio_protos::temporal::api::common::v1 as proto_common;
use temporalio_protos::temporal::api::failure::v1 as proto_failure;
use temporalio_protos::temporal::api::workflow::v1 as proto_workflow;

use super::Mirror;

fn text() -> impl Strategy<Value = SmolStr> {
    "[a-zß ]{0,6}".prop_map(SmolStr::from)
}

fn event_id() -> impl Strategy<Value = EventId> {
    (0..9_u64).prop_map(EventId)
}

fn duration() -> impl Strategy<Value = Duration> {
    (0..1000_u64, 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos))
}

fn payload() -> impl Strategy<Value = Payload> {
    let unknown = of(Just(json!([{"sizeBytes": "12"}])));
    (btree_map(text(), vec(any::<u8>(), 0..4), 0..3), vec(any::<u8>(), 0..6), unknown).prop_map(
        |(metadata, data, external)| Payload {
            metadata: Arc::new(metadata.into_iter().map(|(key, it)| (key, Bytes(it))).collect()),
            data: Bytes(data),
            unknown: external.map(|it| ("externalPayloads".to_owned(), it)).into_iter().collect(),
        },
    )
}

fn payloads() -> impl Strategy<Value = Payloads> {
    vec(payload(), 0..3).prop_map(|payloads| payloads.into_iter().collect())
}

fn retry_state() -> impl Strategy<Value = RetryState> {
    (0..10_i32).prop_map(RetryState::from_number)
}

fn application() -> impl Strategy<Value = FailureInfo> {
    let category = of(prop_oneof![
        Just(Opaque(json!("APPLICATION_ERROR_CATEGORY_BENIGN"))),
        Just(Opaque(json!(77))),
    ]);
    (text(), any::<bool>(), of(payloads()), of(duration()), category).prop_map(
        |(kind, non_retryable, details, next_retry_delay, category)| {
            FailureInfo::Application(ApplicationFailureInfo {
                kind,
                non_retryable,
                details,
                next_retry_delay,
                category,
                ..ApplicationFailureInfo::default()
            })
        },
    )
}

fn activity() -> impl Strategy<Value = FailureInfo> {
    (event_id(), event_id(), text(), text(), text(), retry_state()).prop_map(
        |(scheduled_event_id, started_event_id, identity, activity_type, activity_id, state)| {
            FailureInfo::Activity(ActivityFailureInfo {
                scheduled_event_id,
                started_event_id,
                identity,
                activity_type: TypeName::from(activity_type),
                activity_id,
                retry_state: state,
                ..ActivityFailureInfo::default()
            })
        },
    )
}

fn child() -> impl Strategy<Value = FailureInfo> {
    (text(), text(), text(), text(), event_id(), retry_state()).prop_map(
        |(namespace, workflow_id, run_id, workflow_type, initiated_event_id, retry_state)| {
            FailureInfo::ChildWorkflow(ChildFailureInfo {
                namespace,
                workflow_execution: Execution { workflow_id, run_id, ..Execution::default() },
                workflow_type: TypeName::from(workflow_type),
                initiated_event_id,
                started_event_id: EventId(7),
                retry_state,
                ..ChildFailureInfo::default()
            })
        },
    )
}

/// The kinds that hold little.
fn small() -> impl Strategy<Value = FailureInfo> {
    (0..5_u8, of(payloads()), text(), any::<bool>(), 0..6_i32).prop_map(
        |(kind, details, identity, non_retryable, number)| match kind {
            0 => FailureInfo::Timeout(TimeoutFailureInfo {
                timeout_type: TimeoutType::from_number(number),
                last_heartbeat_details: details,
                ..TimeoutFailureInfo::default()
            }),
            1 => FailureInfo::Canceled(CanceledFailureInfo {
                details,
                identity,
                ..CanceledFailureInfo::default()
            }),
            2 => FailureInfo::Terminated(TerminatedFailureInfo {
                identity,
                ..TerminatedFailureInfo::default()
            }),
            3 => FailureInfo::Server(ServerFailureInfo {
                non_retryable,
                ..ServerFailureInfo::default()
            }),
            _ => FailureInfo::ResetWorkflow(ResetWorkflowFailureInfo {
                last_heartbeat_details: details,
                ..ResetWorkflowFailureInfo::default()
            }),
        },
    )
}

/// The kinds that Rehearsal keeps as JSON, in the spelling of protobuf.
fn nexus() -> impl Strategy<Value = FailureInfo> {
    prop_oneof![
        Just(FailureInfo::NexusOperation(Opaque(json!({
            "scheduledEventId": "5", "endpoint": "pay", "service": "Pay", "operation": "charge"
        })))),
        Just(FailureInfo::NexusHandler(Opaque(json!({
            "type": "INTERNAL",
            "retryBehavior": "NEXUS_HANDLER_ERROR_RETRY_BEHAVIOR_NON_RETRYABLE"
        })))),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    let info = of(prop_oneof![application(), activity(), child(), small(), nexus()]);
    let one = (text(), text(), text(), of(payload()), info).prop_map(
        |(message, source, stack_trace, encoded_attributes, info)| Failure {
            message,
            source,
            stack_trace,
            encoded_attributes,
            info,
            ..Failure::default()
        },
    );
    vec(one, 1..4).prop_map(|chain| {
        let link =
            |cause: Option<Box<Failure>>, failure| Some(Box::new(Failure { cause, ..failure }));
        *chain.into_iter().fold(None, link).unwrap()
    })
}

fn retry_policy() -> impl Strategy<Value = RetryPolicy> {
    (of(duration()), 0..40_u8, of(duration()), any::<i32>(), vec(text(), 0..3)).prop_map(
        |(initial_interval, coefficient, maximum_interval, maximum_attempts, types)| RetryPolicy {
            initial_interval,
            backoff_coefficient: f64::from(coefficient),
            maximum_interval,
            maximum_attempts,
            non_retryable_error_types: types,
            ..RetryPolicy::default()
        },
    )
}

#[track_caller]
fn there_and_back<T: Mirror<P> + PartialEq + std::fmt::Debug, P>(value: &T) {
    let proto = value.to_proto().unwrap();
    assert_eq!(*value, T::from_proto(proto).unwrap());
}

proptest! {
    #[test]
    fn payloads_come_back(payloads in payloads()) {
        there_and_back::<_, proto_common::Payloads>(&payloads);
    }

    #[test]
    fn headers_come_back(fields in btree_map(text(), payload(), 0..3)) {
        there_and_back::<_, proto_common::Header>(&Header { fields, ..Header::default() });
    }

    /// All kinds, with causes.
    #[test]
    fn failures_come_back(failure in failure()) {
        there_and_back::<_, proto_failure::Failure>(&failure);
    }

    #[test]
    fn retry_policies_come_back(policy in retry_policy()) {
        there_and_back::<_, proto_common::RetryPolicy>(&policy);
    }

    #[test]
    fn points_in_time_come_back(nanos in any::<u64>()) {
        there_and_back::<_, prost_wkt_types::Timestamp>(&Timestamp::from_nanos(nanos));
    }
}

/// As a real server records them in a run that continues another one.
#[test]
fn reset_points_come_back() {
    there_and_back::<_, proto_workflow::ResetPoints>(&Opaque(json!({"points": [{
        "buildId": "14a4360d", "runId": "run-1", "firstWorkflowTaskCompletedId": "4",
        "createTime": "2026-11-22T16:04:15.016982392Z", "resettable": true
    }]})));
}

#[test]
fn what_has_no_counterpart_is_refused_by_name() {
    let strange = json!({"colour": "red"});
    let unknown = BTreeMap::from([("colour".to_owned(), strange)]).into_iter().collect();
    let cause = Failure { unknown, ..Failure::default() };
    let failure = Failure { cause: Some(Box::new(cause)), ..Failure::default() };
    let refused: Result<proto_failure::Failure, _> = failure.to_proto();
    insta::assert_snapshot!(
        refused.unwrap_err(),
        @"`cause.colour`: expected a field that Temporal's messages have, found it set"
    );

    let late = prost_wkt_types::Timestamp { seconds: 1 << 40, nanos: 0 };
    insta::assert_snapshot!(
        Timestamp::from_proto(late).unwrap_err(),
        @"expected a point in time from 1970 to 2554, found 1099511627776 s and 0 ns"
    );
    let negative = prost_wkt_types::Duration { seconds: -1, nanos: 0 };
    insta::assert_snapshot!(
        Duration::from_proto(negative).unwrap_err(),
        @"expected a time that is not negative, found -1 s and 0 ns"
    );
}
