//! Recorded histories, turned into other dialects, read as the same history.

use rehearsal_history::{DecodeError, Dialect, EventKind, History, Payload, Timestamp};
use serde_json::{Map, Value, json};

use crate::{chain, fixtures, history_text};

/// The enums of recorded histories, with the numbers of their values.
const ENUMS: &[(&str, &[(&str, u64)])] = &[
    ("TASK_QUEUE_KIND", &[("NORMAL", 1), ("STICKY", 2)]),
    (
        "TIMEOUT_TYPE",
        &[
            ("START_TO_CLOSE", 1),
            ("SCHEDULE_TO_START", 2),
            ("SCHEDULE_TO_CLOSE", 3),
            ("HEARTBEAT", 4),
        ],
    ),
    (
        "RETRY_STATE",
        &[
            ("IN_PROGRESS", 1),
            ("NON_RETRYABLE_FAILURE", 2),
            ("TIMEOUT", 3),
            ("MAXIMUM_ATTEMPTS_REACHED", 4),
            ("RETRY_POLICY_NOT_SET", 5),
            ("CANCEL_REQUESTED", 7),
        ],
    ),
    (
        "WORKFLOW_TASK_FAILED_CAUSE",
        &[
            ("UNHANDLED_COMMAND", 1),
            ("FORCE_CLOSE_COMMAND", 17),
            ("WORKFLOW_WORKER_UNHANDLED_FAILURE", 14),
        ],
    ),
    (
        "EVENT_TYPE",
        &[
            ("WORKFLOW_EXECUTION_STARTED", 1),
            ("WORKFLOW_EXECUTION_COMPLETED", 2),
            ("WORKFLOW_EXECUTION_FAILED", 3),
            ("WORKFLOW_EXECUTION_TIMED_OUT", 4),
            ("WORKFLOW_TASK_SCHEDULED", 5),
            ("WORKFLOW_TASK_STARTED", 6),
            ("WORKFLOW_TASK_COMPLETED", 7),
            ("WORKFLOW_TASK_TIMED_OUT", 8),
            ("WORKFLOW_TASK_FAILED", 9),
            ("ACTIVITY_TASK_SCHEDULED", 10),
            ("ACTIVITY_TASK_STARTED", 11),
            ("ACTIVITY_TASK_COMPLETED", 12),
            ("ACTIVITY_TASK_FAILED", 13),
            ("ACTIVITY_TASK_TIMED_OUT", 14),
            ("ACTIVITY_TASK_CANCEL_REQUESTED", 15),
            ("ACTIVITY_TASK_CANCELED", 16),
            ("TIMER_STARTED", 17),
            ("TIMER_FIRED", 18),
            ("TIMER_CANCELED", 19),
            ("WORKFLOW_EXECUTION_CANCEL_REQUESTED", 20),
            ("WORKFLOW_EXECUTION_CANCELED", 21),
            ("MARKER_RECORDED", 25),
            ("WORKFLOW_EXECUTION_SIGNALED", 26),
            ("WORKFLOW_EXECUTION_TERMINATED", 27),
            ("WORKFLOW_EXECUTION_CONTINUED_AS_NEW", 28),
        ],
    ),
];

/// The value of an enum that a string spells: the name without its prefix, and the number.
fn enum_value(text: &str) -> Option<(&'static str, u64)> {
    ENUMS.iter().find_map(|(prefix, values)| {
        let name = text.strip_prefix(prefix)?.strip_prefix('_')?;
        values.iter().find(|(value, _)| *value == name).copied()
    })
}

/// `SOME_NAME` as `SomeName`.
fn pascal(name: &str) -> String {
    let word = |word: &str| word[..1].to_owned() + &word[1..].to_lowercase();
    name.split('_').map(word).collect()
}

/// Dialect C: short names of enums, and what is absent written out.
fn older(value: Value) -> Value {
    match value {
        Value::String(text) => {
            Value::from(enum_value(&text).map_or(text.clone(), |(name, _)| pascal(name)))
        }
        Value::Array(items) => items.into_iter().map(older).collect(),
        Value::Object(members) => {
            let mut out: Map<String, Value> =
                members.into_iter().map(|(key, member)| (key, older(member))).collect();
            let absent = if out.contains_key("eventType") {
                json!({"version": "0", "workerMayIgnore": false, "userMetadata": null, "links": [],
                    "nexusOperationScheduledEventAttributes": null})
            } else if out.contains_key("startToFireTimeout") || out.contains_key("timerId") {
                json!({"control": null})
            } else if out.contains_key("activityType") && out.contains_key("retryPolicy") {
                json!({"header": null, "input": null, "useWorkflowBuildId": false, "heartbeatTimeout": null})
            } else if out.contains_key("workflowTaskTimeout") && out.contains_key("attempt") {
                json!({"parentWorkflowNamespace": "", "parentWorkflowExecution": null,
                    "parentInitiatedEventId": "0", "initiator": "Unspecified", "continuedFailure": null,
                    "workflowExecutionExpirationTime": "0001-01-01T00:00:00Z", "memo": null, "completionCallbacks": null})
            } else if out.contains_key("message") {
                json!({"source": "", "stackTrace": "", "encodedAttributes": null, "cause": null,
                    "timeoutFailureInfo": null})
            } else if out.contains_key("initialInterval") {
                json!({"nonRetryableErrorTypes": [], "maximumAttempts": 0})
            } else if out.contains_key("metadata") {
                json!({"data": null, "externalPayloads": []})
            } else {
                json!({})
            };
            for (key, value) in absent.as_object().unwrap() {
                out.entry(key.clone()).or_insert_with(|| value.clone());
            }
            Value::Object(out)
        }
        other => other,
    }
}

/// Dialect G: what Go's `encoding/json` makes of the generated structs.
fn go(key: &str, value: Value) -> Value {
    let int64 =
        key.ends_with("EventId") || matches!(key, "eventId" | "taskId" | "historySizeBytes");
    match value {
        Value::String(text) => {
            if let Some((_, number)) = enum_value(&text) {
                Value::from(number)
            } else if int64 {
                Value::from(text.parse::<u64>().unwrap())
            } else if key.ends_with("Time") {
                let nanos = Timestamp::parse_rfc3339(&text).unwrap().as_nanos();
                seconds(nanos / 1_000_000_000, nanos % 1_000_000_000)
            } else if ["Timeout", "Interval", "Backoff", "Delay"]
                .iter()
                .any(|end| key.ends_with(end))
            {
                let text = text.strip_suffix('s').unwrap();
                let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
                seconds(whole.parse().unwrap(), format!("{fraction:0<9}").parse().unwrap())
            } else {
                Value::from(text)
            }
        }
        Value::Array(items) => items.into_iter().map(|item| go(key, item)).collect(),
        Value::Object(members) => {
            let map = matches!(key, "fields" | "indexedFields" | "metadata");
            let mut out = Map::new();
            for (key, member) in members {
                let member = go(if map { "" } else { &key }, member);
                let oneof =
                    if key.ends_with("EventAttributes") { "Attributes" } else { "FailureInfo" };
                if key.ends_with("EventAttributes") || key.ends_with("FailureInfo") {
                    let name = key[..1].to_uppercase() + &key[1..];
                    out.insert(oneof.to_owned(), json!({ name: member }));
                } else {
                    out.insert(if map { key } else { snake(&key) }, member);
                }
            }
            if out.contains_key("message") && !out.contains_key("FailureInfo") {
                out.insert("FailureInfo".to_owned(), Value::Null);
            }
            Value::Object(out)
        }
        other => other,
    }
}

/// A time as a struct, zeros left out.
fn seconds(seconds: u64, nanos: u64) -> Value {
    let parts = [("seconds", seconds), ("nanos", nanos)].into_iter().filter(|(_, part)| *part > 0);
    Value::Object(parts.map(|(key, part)| (key.to_owned(), Value::from(part))).collect())
}

fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// The events of each recorded history, and the history.
fn recorded() -> Vec<(Vec<Value>, History)> {
    let all = fixtures().into_iter().map(|(_, text)| {
        let history = History::from_json(&text).unwrap();
        let mut tree: Value = serde_json::from_str(&history.to_json()).unwrap();
        let Value::Array(events) = tree["events"].take() else { panic!("not an array") };
        (events, history)
    });
    all.collect()
}

#[test]
fn c_with_all_defaults_and_wrapped_is_read() {
    for (events, history) in recorded() {
        let events: Vec<Value> = events.into_iter().map(older).collect();
        let text = json!({"history": {"events": events}, "nextPageToken": null, "archived": false});
        assert!(text.to_string().contains(r#""eventType":"WorkflowExecutionStarted""#));
        let read = History::from_json(&text.to_string()).unwrap();
        assert_eq!(read.to_json(), history.to_json());
        assert_eq!(read, history);
    }
}

#[test]
fn d_with_both_spellings_in_one_file_is_read() {
    for (events, history) in recorded() {
        let mixed = |(at, event)| if at % 2 == 0 { older(event) } else { event };
        let events: Vec<Value> = events.into_iter().enumerate().map(mixed).collect();
        let text = json!({ "events": events }).to_string();
        assert_eq!(History::from_json(&text).unwrap(), history);
    }
}

#[test]
fn g_with_structs_of_go_is_read() {
    for (events, history) in recorded() {
        let events: Value = events.into_iter().map(|event| go("", event)).collect();
        assert!(!events.to_string().contains("eventId"), "{events}");
        let read = History::from_json(&events.to_string()).unwrap();
        assert_eq!(read.to_json(), history.to_json());
        assert_eq!(read, history);
    }
}

#[test]
fn g_is_read_in_its_odd_corners() {
    let started = json!({"event_id": 1, "event_time": {"seconds": 1, "nanos": 500}, "event_type": 1,
        "Attributes": {"WorkflowExecutionStartedEventAttributes": {"workflow_type": {"name": "order"},
            "workflow_run_timeout": {}, "header": {"fields": {"user_key": {"data": "eA=="}}}, "attempt": 1}}});
    let marker = json!({"event_id": 2, "event_type": 25, "Attributes": {"MarkerRecordedEventAttributes": {
        "marker_name": "m", "details": {"user_key": {"payloads": [{"data": "eA=="}]}},
        "failure": {"message": "m", "FailureInfo": {"ApplicationFailureInfo": {"type": "T",
            "details": {"payloads": [{"data": "eA=="}]}, "next_retry_delay": {"seconds": 1}}}}}}});
    let update = json!({"event_id": 3, "event_type": 43, "Attributes": {
        "WorkflowExecutionUpdateCompletedEventAttributes": {"accepted_event_id": 2,
            "outcome": {"Value": {"Success": {"payloads": [{"data": "eA=="}]}}}}}});
    let kept = json!({"event_id": 4, "event_type": 52, "links": [{"Variant": {"BatchJob": {"job_id": "j"}}}],
        "Attributes": {"NexusOperationFailedEventAttributes": {"scheduled_event_id": 3}}});
    let text = json!([started, marker, update, kept]).to_string();
    let history = History::from_json(&text).unwrap();
    insta::assert_snapshot!(history.to_text(), @"
    1  1970-01-01T00:00:01.000000500Z  WorkflowExecutionStarted attempt=1 header.fields.user_key.data=eA== workflowRunTimeout=0s workflowType.name=order
    2  -1.0000005s  MarkerRecorded details.user_key.payloads.0.data=eA== failure.applicationFailureInfo.details.payloads.0.data=eA== failure.applicationFailureInfo.nextRetryDelay=1s failure.applicationFailureInfo.type=T failure.message=m markerName=m
    3  -1.0000005s  WorkflowExecutionUpdateCompleted acceptedEventId=2 outcome.success.payloads.0.data=eA==
    4  -1.0000005s  52 @links.0.batchJob.jobId=j @nexusOperationFailedEventAttributes.scheduledEventId=#3
    ");
    let EventKind::MarkerRecorded(marker) = &history.events()[1].kind else { panic!("no marker") };
    let payload = Payload { data: rehearsal_history::Bytes(b"x".to_vec()), ..Payload::default() };
    assert_eq!(marker.details["user_key"].as_slice(), [payload]);

    let cut = json!([started, {"error": "rpc error: code = DeadlineExceeded"}]).to_string();
    insta::assert_snapshot!(chain(&History::from_json(&cut).unwrap_err()), @"expected event 2, found the error `rpc error: code = DeadlineExceeded` of a server");
    let two = json!([{"event_id": 1, "event_type": 1, "Attributes": {"AEventAttributes": {}, "BEventAttributes": {}}}]);
    insta::assert_snapshot!(chain(&History::from_json(&two.to_string()).unwrap_err()), @"event 1: expected one key with attributes, found `aEventAttributes` and `bEventAttributes`");
    let none = json!([{"event_id": 1, "event_type": 1, "Attributes": null}]);
    insta::assert_snapshot!(chain(&History::from_json(&none.to_string()).unwrap_err()), @"event 1: expected `workflowExecutionStartedEventAttributes` for type `1`, found no attributes");
    let early = json!([{"event_id": 1, "event_type": 1, "event_time": {"seconds": -1}, "Attributes": null}]);
    insta::assert_snapshot!(chain(&History::from_json(&early.to_string()).unwrap_err()), @r#"event 1: eventTime: expected an RFC 3339 timestamp from 1970 to 2554, found `{"seconds":-1}`"#);
}

/// The dialect that is named when the attributes of a signal are these.
#[track_caller]
fn refused(attributes: &Value) -> Dialect {
    let event = json!({"eventId": "2", "eventType": "WorkflowExecutionSignaled",
        "workflowExecutionSignaledEventAttributes": attributes});
    match History::from_json(&history_text(&[&event.to_string()])) {
        Err(DecodeError::Dialect { dialect, .. }) => dialect,
        other => panic!("{other:?}"),
    }
}

#[test]
fn shortened_and_readable_payloads_are_refused_wherever_they_stand() {
    let readable = |encoding: &str, data: Value| json!({"input": {"payloads": [{"metadata": {"encoding": encoding}, "data": data}]}});
    for attributes in [
        readable("json/plain", json!({"a": 1})),
        readable("json/plain", json!("eA==")),
        readable("binary/plain", json!("eA==")),
        readable("json/protobuf", json!("eA==")),
    ] {
        assert_eq!(refused(&attributes), Dialect::HumanReadable, "{attributes}");
    }
    for attributes in [
        json!({"input": ["x"]}),
        json!({"header": {"fields": {"key": "x"}}}),
        json!({"header": {"fields": {"key": {"a": 1}}}}),
        json!({"header": {"fields": {"key": 5}}}),
    ] {
        assert_eq!(refused(&attributes), Dialect::Shorthand, "{attributes}");
    }
    let marker = r#"{"eventId": "2", "eventType": "MarkerRecorded",
        "markerRecordedEventAttributes": {"markerName": "m", "details": {"data": [1]}}}"#;
    let error = chain(&History::from_json(&history_text(&[marker])).unwrap_err());
    insta::assert_snapshot!(error, @r#"event 2 is in payload shorthand, which is not read; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
}

#[test]
fn the_inner_form_of_the_web_ui_is_refused() {
    let event = json!([{"id": "1", "eventId": "1", "eventType": "WorkflowExecutionStarted",
        "name": "WorkflowExecutionStarted", "classification": "Started", "attributes": {"type": "x"}}]);
    insta::assert_snapshot!(chain(&History::from_json(&event.to_string()).unwrap_err()), @r#"event 1 is in the Web UI's inner form, which is not read; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
}
