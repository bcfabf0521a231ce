//! Reading and writing: dialects, what is kept, what is refused and how the error reads.

use rehearsal_history::{EventKind, History, HistoryBuilder, RetryState, decode_list};
use serde_json::Value;

use crate::{chain, history, history_text};

/// The error for a history with these further events.
fn error(further: &[&str]) -> String {
    chain(&History::from_json(&history_text(further)).unwrap_err())
}

/// The error for this text.
fn error_of(text: &str) -> String {
    chain(&History::from_json(text).unwrap_err())
}

#[test]
fn both_spellings_and_numbers_are_read_as_one() {
    let newer = r#"{"eventId": "2", "eventTime": "2026-01-02T03:04:06.500Z", "eventType": "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED",
        "workflowTaskScheduledEventAttributes": {"taskQueue": {"name": "q", "kind": "TASK_QUEUE_KIND_NORMAL"},
        "startToCloseTimeout": "10s", "attempt": 1}}"#;
    let older = r#"{"eventId": 2, "eventTime": "2026-01-02T05:04:06.5+02:00", "eventType": "WorkflowTaskScheduled",
        "taskId": null, "workflowTaskScheduledEventAttributes": {"taskQueue": {"name": "q", "kind": "Normal",
        "normalName": null}, "startToCloseTimeout": "10.000s", "attempt": "1"}}"#;
    let numbers = r#"{"event_id": 2, "event_time": "2026-01-02T03:04:06.500000000Z", "event_type": 5,
        "workflow_task_scheduled_event_attributes": {"task_queue": {"name": "q", "kind": 1},
        "start_to_close_timeout": "10s", "attempt": 1}}"#;
    assert_eq!(history(&[older]), history(&[newer]));
    assert_eq!(history(&[numbers]), history(&[newer]));
}

#[test]
fn every_wrapping_is_read_as_one() {
    let plain = history_text(&[]);
    let events = plain.strip_prefix(r#"{"events": "#).unwrap().strip_suffix('}').unwrap();
    let expected = history(&[]);
    for text in [
        format!(r#"{{"history": {plain}, "nextPageToken": ""}}"#),
        format!("[{plain}]"),
        events.to_owned(),
    ] {
        assert_eq!(History::from_json(&text).unwrap(), expected);
    }
    assert_eq!(decode_list(&format!("[{plain}, {plain}]")).unwrap(), [expected.clone(), expected]);
    assert_eq!(error_of(&format!("[{plain}, {plain}]")), "expected one history, found 2");
    assert_eq!(error_of("[]"), "expected one history, found 0");
}

#[test]
fn what_is_written_is_canonical() {
    let odd = r#"{"links": [{"a": 1}], "timerStartedEventAttributes": {"later": {"b": 2.5, "a": [null]},
        "startToFireTimeout": "1.5s", "timerId": "5"}, "taskId": 7, "eventType": "TimerStarted", "version": "3",
        "eventTime": "2026-01-02T03:04:05.000001Z", "eventId": 2, "userMetadata": {"summary": {"data": "eA"}}}"#;
    insta::assert_snapshot!(history(&[odd]).to_json(), @r#"
    {
      "events": [
        {
          "eventId": "1",
          "eventTime": "2026-01-02T03:04:05Z",
          "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
          "workflowExecutionStartedEventAttributes": {
            "workflowType": {
              "name": "order"
            }
          }
        },
        {
          "eventId": "2",
          "eventTime": "2026-01-02T03:04:05.000001Z",
          "eventType": "EVENT_TYPE_TIMER_STARTED",
          "version": "3",
          "taskId": "7",
          "userMetadata": {
            "summary": {
              "data": "eA=="
            }
          },
          "timerStartedEventAttributes": {
            "timerId": "5",
            "startToFireTimeout": "1.500s",
            "later": {
              "a": [
                null
              ],
              "b": 2.5
            }
          },
          "links": [
            {
              "a": 1
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn unknown_types_and_members_are_kept() {
    for event in [
        r#"{"eventId":"2","eventType":"EVENT_TYPE_NEXUS_OPERATION_STARTED","nexusOperationStartedEventAttributes":{"scheduledEventId":"1"}}"#,
        r#"{"eventId":"2","eventType":"SomethingNew","somethingNewEventAttributes":{"x":[1,{"y":null}]},"more":false}"#,
        r#"{"eventId":"2","eventType":99}"#,
        r#"{"eventId":"2","eventType":"EVENT_TYPE_TIMER_FIRED","timerFiredEventAttributes":{"timerId":"1","new":"field"}}"#,
        r#"{"eventId":"2","eventType":"EVENT_TYPE_WORKFLOW_TASK_FAILED","workflowTaskFailedEventAttributes":{"cause":77}}"#,
        r#"{"eventId":"2","eventType":"EVENT_TYPE_WORKFLOW_TASK_FAILED","workflowTaskFailedEventAttributes":{"cause":"NEW_CAUSE"}}"#,
        r#"{"eventId":"2","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_FAILED","workflowExecutionFailedEventAttributes":{"failure":{"message":"m","cause":{"newFailureInfo":{"z":1}},"serverFailureInfo":{}}}}"#,
    ] {
        let written: Value = serde_json::from_str(&history(&[event]).to_json()).unwrap();
        assert_eq!(written["events"][1], serde_json::from_str::<Value>(event).unwrap());
    }
}

#[test]
fn zero_times_and_nulls_are_absent() {
    let event = r#"{"eventId": "2", "eventType": "ActivityTaskFailed", "timerFiredEventAttributes": null,
        "activityTaskFailedEventAttributes": {"failure": null, "identity": null, "retryState": null}}"#;
    let history = history(&[event]);
    let EventKind::ActivityTaskFailed(failed) = &history.events()[1].kind else {
        panic!("{}", history.events()[1].kind.name());
    };
    assert_eq!((&failed.failure, &failed.retry_state), (&None, &RetryState::Unspecified));
    assert!(history.events()[1].server.unknown.is_empty());
    let text = history_text(&[]).replace(
        r#""workflowType""#,
        r#""workflowExecutionExpirationTime": "0001-01-01T00:00:00Z", "workflowType""#,
    );
    assert_eq!(
        History::from_json(&text).unwrap().started().workflow_execution_expiration_time,
        None
    );
}

#[test]
fn errors_name_the_event_and_the_field() {
    let timer = |attributes: &str| {
        let event = format!(
            r#"{{"eventId": "2", "eventType": "TimerStarted", "timerStartedEventAttributes": {attributes}}}"#
        );
        error(&[&event])
    };
    insta::assert_snapshot!(timer(r#"{"timerId": 5}"#), @"event 2: timerStartedEventAttributes.timerId: expected a string, found `5`");
    insta::assert_snapshot!(timer(r#"{"startToFireTimeout": "1h"}"#), @r#"event 2: timerStartedEventAttributes.startToFireTimeout: expected a duration such as `1.500s`, not negative, found `"1h"`"#);
    insta::assert_snapshot!(timer("7"), @"event 2: timerStartedEventAttributes: expected an object, found `7`");
    insta::assert_snapshot!(timer(r#"{"timerId": "1", "timer_id": "2"}"#), @r#"event 2: timerStartedEventAttributes.timerId: expected one spelling of the field, found `"2"`"#);
    insta::assert_snapshot!(timer(r#"{"workflowTaskCompletedEventId": "99999999999999999999"}"#), @r#"event 2: timerStartedEventAttributes.workflowTaskCompletedEventId: expected an event id, found `"99999999999999999999"`"#);
    insta::assert_snapshot!(error(&[r#"{"eventId": "2", "eventType": "TimerFired", "timerStartedEventAttributes": {}}"#]), @"event 2: expected `timerFiredEventAttributes` for type `TimerFired`, found `timerStartedEventAttributes`");
    insta::assert_snapshot!(error(&[r#"{"eventId": "2", "eventType": "TimerFired", "timerStartedEventAttributes": {}, "timerFiredEventAttributes": {}}"#]), @"event 2: expected one key with attributes, found `timerFiredEventAttributes` and `timerStartedEventAttributes`");
    insta::assert_snapshot!(error(&[r#"{"eventId": "2", "eventType": "TimerFired"}"#]), @"event 2: expected `timerFiredEventAttributes` for type `TimerFired`, found no attributes");
    insta::assert_snapshot!(error(&[r#"{"eventId": "2"}"#]), @"event 2: eventType: expected a type of event, found `null`");
    insta::assert_snapshot!(error(&[r#"{"eventType": "TimerFired"}"#]), @"event at index 1: eventId: expected an event id, found `null`");
    insta::assert_snapshot!(error(&[r#"{"eventId": "-3", "eventType": "TimerFired"}"#]), @r#"event at index 1: eventId: expected an event id, found `"-3"`"#);
    insta::assert_snapshot!(error(&["5"]), @"event at index 1: eventId: expected an object, found `5`");
    insta::assert_snapshot!(error(&[r#"{"eventId": "3", "eventType": "New"}"#]), @r"
    not a history
    expected event 2, found event 3
    ");
}

#[test]
fn what_is_no_history_is_refused() {
    insta::assert_snapshot!(error_of(r#"{"events": []}"#), @r"
    not a history
    expected at least one event, found none
    ");
    insta::assert_snapshot!(error_of(r#"{"events": [{"eventId": 1, "eventType": "New"}]}"#), @r"
    not a history
    event 1: expected `WorkflowExecutionStarted`, found `New`
    ");
    insta::assert_snapshot!(error_of("7"), @"not a history: expected an object with a list `events`, found `7`");
    insta::assert_snapshot!(error_of(r#"{"event": []}"#), @r#"not a history: expected an object with a list `events`, found `{"event":"…"}`"#);
    insta::assert_snapshot!(error_of(r#"{"events": [], "events": []}"#), @r"
    not JSON from event 1 on
    key `events` stands twice in one object at line 1 column 23
    ");
    insta::assert_snapshot!(error_of(r#"{"events": ["#), @r"
    not JSON from event 1 on
    EOF while parsing a list at line 1 column 12
    ");
}

#[test]
fn dialects_that_are_not_read_are_named() {
    let signal = |input: &str| {
        let event = format!(
            r#"{{"eventId": "2", "eventType": "WorkflowExecutionSignaled", "workflowExecutionSignaledEventAttributes": {{"input": {input}}}}}"#
        );
        error(&[&event])
    };
    insta::assert_snapshot!(signal(r#"["x"]"#), @r#"event 2 is in payload shorthand, which is not read; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
    insta::assert_snapshot!(signal(r#"{"payloads": [{"metadata": {"encoding": "json/plain"}, "data": {"a": 1}}]}"#), @r#"event 2 is in the Web UI's human readable form, which is not read; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
    let rust = r#"{"events": [{"event_id": 1, "event_time": "2026-01-02T03:04:05Z", "event_type": 1,
        "attributes": {"WorkflowExecutionStartedEventAttributes": {}}}]}"#;
    insta::assert_snapshot!(error_of(rust), @r#"event 1 is in the Rust client's own form, which is not read; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
}

#[test]
fn hostile_text_is_an_error() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    for text in [deep("[", "]"), deep(r#"{"events":"#, "}"), deep(r#"{"a":["#, "]}"), String::new()]
    {
        History::from_json(&text).unwrap_err();
    }
    let whole = HistoryBuilder::new("order").build().to_json();
    for cut in (0..whole.len()).filter(|&cut| whole.is_char_boundary(cut)) {
        History::from_json(&whole[..cut]).unwrap_err();
    }
    for id in ["18446744073709551616", "1e400", "1.5", "-1", "{}", "\"\u{e9}\""] {
        let text = whole.replacen("\"1\"", id, 1);
        assert_ne!(text, whole);
        History::from_json(&text).unwrap_err();
    }
}

#[test]
fn a_number_in_a_string_is_the_number() {
    for (spelled, name) in [
        ("17", "EVENT_TYPE_TIMER_STARTED"),
        ("99", "99"),
        ("+5", "+5"),
        ("007", "007"),
        ("-0", "-0"),
        ("99999999999", "99999999999"),
    ] {
        let event = format!(
            r#"{{"eventId": "2", "eventType": "{spelled}", "timerStartedEventAttributes": {{"kind": 1}}}}"#
        );
        let history = history(&[&event]);
        assert_eq!(history.events()[1].kind.type_name(), name);
        assert_eq!(History::from_json(&history.to_json()).unwrap(), history);
        let event = format!(
            r#"{{"eventId": "2", "eventType": "WorkflowExecutionFailed",
                "workflowExecutionFailedEventAttributes": {{"retryState": "{spelled}"}}}}"#
        );
        let history = crate::history(&[&event]);
        assert_eq!(History::from_json(&history.to_json()).unwrap(), history);
        assert_eq!(History::from_text(&history.to_text()).unwrap(), history);
    }
}
