//! What is taken out before histories are compared, and what never is.

use std::time::Duration;

use rehearsal_history::{History, HistoryBuilder, Payload, Payloads, scrub};
use serde_json::{Value, json};

use crate::history;

const A: &str = "01a203f4-a7ca-718f-93c2-a7fb884d8084";
const B: &str = "3f9d1020-551f-4d00-a801-f032dc300c8b";

/// A history whose second event is scrubbed.
fn scrubbed(event: &Value) -> Value {
    scrub(&history(&[&event.to_string()])).json["events"][1].clone()
}

#[test]
fn the_closed_list_is_taken_out() {
    let event = json!({
        "eventId": "2", "eventTime": "2026-01-02T03:04:05Z", "version": "4", "taskId": "5",
        "eventType": "EVENT_TYPE_WORKFLOW_TASK_COMPLETED",
        "workflowTaskCompletedEventAttributes": {
            "scheduledEventId": "2", "identity": "w", "binaryChecksum": "c", "workerVersion": {"buildId": "b"},
            "meteringMetadata": {"nonfirstLocalActivityExecutionAttempts": 1},
            "sdkMetadata": {"langUsedFlags": [3, 1, 3], "coreUsedFlags": [2, 1], "sdkName": "n", "sdkVersion": "v"},
        },
    });
    assert_eq!(
        scrubbed(&event),
        json!({
            "eventId": "2",
            "eventType": "EVENT_TYPE_WORKFLOW_TASK_COMPLETED",
            "workflowTaskCompletedEventAttributes": {
                "scheduledEventId": "2",
                "sdkMetadata": {"langUsedFlags": [1, 3], "coreUsedFlags": [1, 2]},
            },
        })
    );
    let event = json!({
        "eventId": "2", "eventType": "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED",
        "workflowTaskScheduledEventAttributes": {
            "taskQueue": {"name": "vm:1", "kind": "TASK_QUEUE_KIND_STICKY", "normalName": "main"}},
    });
    let queue = &scrubbed(&event)["workflowTaskScheduledEventAttributes"]["taskQueue"];
    assert_eq!(
        *queue,
        json!({"name": "sticky", "kind": "TASK_QUEUE_KIND_STICKY", "normalName": "main"})
    );
}

#[test]
fn identities_in_failures_are_taken_out_but_not_those_in_messages() {
    let event = json!({
        "eventId": "2", "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_FAILED",
        "workflowExecutionFailedEventAttributes": {"failure": {
            "message": "activity error (identity: worker-1)", "stackTrace": "at main",
            "cause": {"message": "m", "stackTrace": "at work", "activityFailureInfo": {"identity": "w", "activityId": "5"}},
        }},
    });
    assert_eq!(
        scrubbed(&event)["workflowExecutionFailedEventAttributes"]["failure"],
        json!({
            "message": "activity error (identity: worker-1)",
            "cause": {"message": "m", "activityFailureInfo": {"activityId": "5"}},
        })
    );
}

#[test]
fn names_that_users_give_are_left_alone() {
    let payload = json!({"metadata": {"encoding": "anNvbi9wbGFpbg==", "identity": "eA=="}, "data": "IngiCg=="});
    let event = json!({
        "eventId": "2", "eventType": "EVENT_TYPE_MARKER_RECORDED",
        "markerRecordedEventAttributes": {
            "details": {"identity": {"payloads": [payload]}, "stackTrace": {}},
            "header": {"fields": {"requestId": {"data": "eA=="}}},
        },
    });
    let attributes = scrubbed(&event)["markerRecordedEventAttributes"].clone();
    let text = json!({"metadata": {"encoding": "anNvbi9wbGFpbg==", "identity": "eA=="}, "data": "\"x\"\n"});
    assert_eq!(attributes["details"], json!({"identity": {"payloads": [text]}, "stackTrace": {}}));
    assert_eq!(attributes["header"]["fields"], json!({"requestId": {"data": "eA=="}}));
}

/// A signal with these names for a run and a message.
fn signal(run: &str, message: &str) -> History {
    let mut builder = HistoryBuilder::new("order");
    builder
        .signal(&format!("{run}_5"), Some(Payloads::one(Payload::json(format!("\"{message}\"")))));
    builder.signal(message, None);
    builder.signal(run, None);
    builder.build()
}

#[test]
fn uuids_agree_by_bijection() {
    let none = |_: usize| Duration::ZERO;
    assert_eq!(scrub(&signal(A, B)), scrub(&signal(B, A)));
    assert_eq!(scrub::compare(&signal(A, B), &signal(B, A), none), []);
    assert_ne!(scrub(&signal(A, B)), scrub(&signal(A, A)));
    let differences = scrub::compare(&signal(A, B), &signal(A, A), none);
    let paths: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(paths.len(), 2, "{paths:#?}");
}

#[test]
fn numbers_are_compared_as_numbers() {
    let event = |coefficient: &str| {
        let event = format!(
            r#"{{"eventId": "2", "eventType": "ActivityTaskScheduled", "activityTaskScheduledEventAttributes":
                {{"retryPolicy": {{"backoffCoefficient": {coefficient}}}, "new": {coefficient}}}}}"#
        );
        history(&[&event])
    };
    let none = |_: usize| Duration::ZERO;
    assert_eq!(scrub::compare(&event("2"), &event("2.0"), none), []);
    assert_eq!(scrub::compare(&event("2"), &event("2.5"), none).len(), 2);
}

#[test]
fn times_are_compared_from_the_start_on() {
    let signal = |millis: u64| {
        let mut builder = HistoryBuilder::new("order");
        builder.at(Duration::from_millis(millis)).signal("pay", None);
        builder.build()
    };
    let tolerance = |_: usize| Duration::from_millis(400);
    assert_eq!(scrub::compare(&signal(1000), &signal(1400), tolerance), []);
    let differences = scrub::compare(&signal(1000), &signal(1401), tolerance);
    assert_eq!(
        differences[0].to_string(),
        "event 2: eventTime: simulated 1s, recorded 1.401s after the start"
    );
}

#[test]
fn events_that_are_missing_are_told() {
    let mut longer = HistoryBuilder::new("order");
    longer.signal("pay", None);
    let shorter = HistoryBuilder::new("order");
    let differences = scrub::compare(&shorter.build(), &longer.build(), |_| Duration::ZERO);
    assert_eq!(differences.len(), 1);
    assert!(differences[0].to_string().starts_with("event 2: simulated nothing, recorded `{"));
}
