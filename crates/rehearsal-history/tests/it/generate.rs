//! Histories of any events, in JSON of any dialect.

use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// Every type of the catalog, with some that are kept as they came.
const TYPES: &[&str] = &[
    "WorkflowExecutionCompleted",
    "WorkflowExecutionFailed",
    "WorkflowExecutionTimedOut",
    "WorkflowTaskScheduled",
    "WorkflowTaskStarted",
    "WorkflowTaskCompleted",
    "WorkflowTaskTimedOut",
    "WorkflowTaskFailed",
    "ActivityTaskScheduled",
    "ActivityTaskStarted",
    "ActivityTaskCompleted",
    "ActivityTaskFailed",
    "ActivityTaskTimedOut",
    "ActivityTaskCancelRequested",
    "ActivityTaskCanceled",
    "TimerStarted",
    "TimerFired",
    "TimerCanceled",
    "WorkflowExecutionCancelRequested",
    "WorkflowExecutionCanceled",
    "RequestCancelExternalWorkflowExecutionInitiated",
    "RequestCancelExternalWorkflowExecutionFailed",
    "ExternalWorkflowExecutionCancelRequested",
    "MarkerRecorded",
    "WorkflowExecutionSignaled",
    "WorkflowExecutionTerminated",
    "WorkflowExecutionContinuedAsNew",
    "StartChildWorkflowExecutionInitiated",
    "StartChildWorkflowExecutionFailed",
    "ChildWorkflowExecutionStarted",
    "ChildWorkflowExecutionCompleted",
    "ChildWorkflowExecutionFailed",
    "ChildWorkflowExecutionCanceled",
    "ChildWorkflowExecutionTimedOut",
    "ChildWorkflowExecutionTerminated",
    "SignalExternalWorkflowExecutionInitiated",
    "SignalExternalWorkflowExecutionFailed",
    "ExternalWorkflowExecutionSignaled",
    "UpsertWorkflowSearchAttributes",
    "WorkflowExecutionUpdateAccepted",
    "WorkflowExecutionUpdateRejected",
    "WorkflowExecutionUpdateCompleted",
    "WorkflowPropertiesModified",
    "WorkflowExecutionUpdateAdmitted",
    "WorkflowExecutionOptionsUpdated",
    "WorkflowExecutionTimeSkippingTransitioned",
    "NexusOperationScheduled",
    "SomethingNew",
];

/// Strings, of which some have special characters.
fn text() -> impl Strategy<Value = Value> {
    select(vec!["", "a", "b<&>", "\u{2028}\"\\\n", "日本", "0"]).prop_map(Value::from)
}

fn payloads() -> impl Strategy<Value = Value> {
    let payload = select(vec![
        json!({"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "eyJpZCI6N30="}),
        json!({"metadata": {"encoding": "YmluYXJ5L251bGw="}}),
        json!({"data": "_-8", "new": {"x": 1}}),
        json!({}),
    ]);
    vec(payload, 0..3).prop_map(|payloads| json!({ "payloads": payloads }))
}

fn failure() -> impl Strategy<Value = Value> {
    let kinds = select(vec![
        json!({"applicationFailureInfo": {"type": "T", "nonRetryable": true, "nextRetryDelay": "1.5s", "category": 1}}),
        json!({"timeoutFailureInfo": {"timeoutType": "Heartbeat", "lastHeartbeatDetails": {}}}),
        json!({"canceledFailureInfo": {}}),
        json!({"activityFailureInfo": {"scheduledEventId": 5, "activityType": {"name": "a"}, "retryState": 4}}),
        json!({"childWorkflowExecutionFailureInfo": {"initiatedEventId": "3", "retryState": "NEW"}}),
        json!({"nexusHandlerFailureInfo": {"type": "x"}}),
        json!({"newFailureInfo": [1]}),
    ]);
    let leaf = (text(), kinds).prop_map(|(message, mut kind)| {
        kind["message"] = message;
        kind
    });
    leaf.prop_recursive(3, 4, 1, |inner| {
        inner.prop_map(|cause| json!({"message": "outer", "source": "GoSDK", "cause": cause}))
    })
}

/// Fields of all types. Where a type has no such field, it is one that is kept.
fn attributes() -> impl Strategy<Value = Value> {
    let ids = select(vec![json!("5"), json!(5), json!("0"), json!(9_007_199_254_740_993_u64)]);
    let durations = select(vec!["0s", "10s", "0.001s", "1.000000001s"]).prop_map(Value::from);
    let enums =
        select(vec![json!("IN_PROGRESS"), json!(1), json!(33), json!("SomethingNew"), json!(0)]);
    let queue = select(vec![
        json!({"name": "q", "kind": 1}),
        json!({"name": "s", "kind": "Sticky", "normalName": "q"}),
        json!({}),
    ]);
    let fields: Vec<(&str, BoxedStrategy<Value>)> = vec![
        ("workflowTaskCompletedEventId", ids.clone().boxed()),
        ("scheduled_event_id", ids.clone().boxed()),
        ("startedEventId", ids.clone().boxed()),
        ("initiatedEventId", ids.boxed()),
        ("startToFireTimeout", durations.clone().boxed()),
        ("heartbeatTimeout", durations.clone().boxed()),
        ("workflowRunTimeout", durations.boxed()),
        ("retryState", enums.clone().boxed()),
        ("initiator", enums.clone().boxed()),
        ("timeoutType", enums.boxed()),
        ("failure", failure().boxed()),
        ("lastFailure", failure().boxed()),
        ("input", payloads().boxed()),
        ("result", payloads().boxed()),
        ("taskQueue", queue.boxed()),
        ("timerId", text().boxed()),
        ("activityId", text().boxed()),
        ("identity", text().boxed()),
        (
            "retryPolicy",
            select(vec![json!({"backoffCoefficient": 2.7, "maximumAttempts": 3}), json!({})])
                .boxed(),
        ),
        (
            "header",
            select(vec![json!({"fields": {"k": {"data": "eA=="}}}), json!({}), Value::Null])
                .boxed(),
        ),
        ("attempt", select(vec![json!(1), json!("2"), json!(0)]).boxed()),
        ("new", select(vec![json!({"b": 1.5, "a": [null, true]}), json!([]), json!("x")]).boxed()),
    ];
    subsequence(fields, 0..8).prop_flat_map(|fields| {
        let (keys, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        values.prop_map(move |values| {
            Value::Object(keys.iter().map(ToString::to_string).zip(values).collect::<Map<_, _>>())
        })
    })
}

fn event() -> impl Strategy<Value = Value> {
    let extra = btree_map(select(vec!["links", "principal", "new"]), text(), 0..2);
    (select(TYPES), any::<bool>(), attributes(), extra, 0..4_u32, any::<bool>()).prop_map(
        |(name, newer, attributes, extra, nanos, metadata)| {
            let mut key = name.to_owned();
            key[..1].make_ascii_lowercase();
            let mut event = json!({
                "eventType": if newer { screaming(name) } else { name.to_owned() },
                "eventTime": format!("2026-01-02T03:04:05.{nanos}Z"),
                "taskId": nanos,
                format!("{key}EventAttributes"): attributes,
            });
            for (key, value) in extra {
                event[key] = value;
            }
            if metadata {
                event["userMetadata"] = json!({"summary": {"data": "eA=="}, "new": 1});
            }
            event
        },
    )
}

/// `SomeName` as `EVENT_TYPE_SOME_NAME`.
fn screaming(name: &str) -> String {
    let mut text = "EVENT_TYPE".to_owned();
    for c in name.chars() {
        let separator = if c.is_ascii_uppercase() { "_" } else { "" };
        write!(text, "{separator}{}", c.to_ascii_uppercase()).unwrap();
    }
    text
}

/// A history of any events, in JSON of any dialect.
pub(crate) fn any_history() -> impl Strategy<Value = Value> {
    (attributes(), vec(event(), 0..6)).prop_map(|(started, further)| {
        let first = json!({"eventType": 1, "workflowExecutionStartedEventAttributes": started});
        let mut events: Vec<Value> = std::iter::once(first).chain(further).collect();
        for (id, event) in (1..).zip(&mut events) {
            event["eventId"] = Value::from(id);
        }
        json!({ "events": events })
    })
}
