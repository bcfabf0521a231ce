//! The full text notation: all of a history, one event a line, read back.

use std::time::Duration;

use rehearsal_history::{Failure, History, HistoryBuilder, Payload, Payloads};

use crate::{chain, fixtures, history};

/// The error for a text of a first event and this further line.
fn error(line: &str) -> String {
    let first = "1 2026-01-02T03:04:05Z WorkflowExecutionStarted workflowType.name=order\n";
    chain(&History::from_text(&format!("{first}{line}")).unwrap_err())
}

#[test]
fn a_line_has_everything() {
    let mut builder = HistoryBuilder::new("order");
    builder.complete_task();
    let charge = builder.schedule_activity("charge");
    builder.at(Duration::from_nanos(3_500_000_001));
    builder.signal("pay now", Payloads::encode(&(7, "a b")).unwrap());
    builder.signal("", Some([Payload::null(), Payload::default()].into_iter().collect()));
    builder.start_activity(charge);
    builder.fail_activity(charge, Failure::application("a \"bad\"\nday", "42"));
    let history = builder.build();
    insta::assert_snapshot!(history.to_text(), @r#"
    1  2026-01-01T00:00:00Z  WorkflowExecutionStarted attempt=1 identity=client taskQueue.kind=TASK_QUEUE_KIND_NORMAL taskQueue.name=main workflowExecutionTimeout=0s workflowId=workflow workflowRunTimeout=0s workflowTaskTimeout=10s workflowType.name=order
    2  0s  WorkflowTaskScheduled attempt=1 startToCloseTimeout=10s taskQueue.kind=TASK_QUEUE_KIND_NORMAL taskQueue.name=main
    3  0s  WorkflowTaskStarted identity=worker scheduledEventId=2
    4  0s  WorkflowTaskCompleted identity=worker scheduledEventId=2 startedEventId=3
    5  0s  ActivityTaskScheduled activityId=5 activityType.name=charge startToCloseTimeout=60s taskQueue.kind=TASK_QUEUE_KIND_NORMAL taskQueue.name=main workflowTaskCompletedEventId=4
    6  3.500000001s  WorkflowExecutionSignaled identity=client input.payloads.0=json:[7,"a b"] signalName="pay now"
    7  3.500000001s  WorkflowExecutionSignaled identity=client input.payloads.0=null: input.payloads.1={}
    8  3.500000001s  ActivityTaskStarted attempt=1 identity=worker scheduledEventId=5
    9  3.500000001s  ActivityTaskFailed failure.applicationFailureInfo.type="42" failure.message="a \"bad\"\nday" identity=worker retryState=RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED scheduledEventId=5 startedEventId=8
    "#);
    assert_eq!(History::from_text(&history.to_text()).unwrap(), history);
}

#[test]
fn odd_events_come_back() {
    let odd = history(&[
        r#"{"eventId": "2", "eventTime": "2026-01-02T03:04:04.9Z", "eventType": "EVENT_TYPE_NEW",
            "newEventAttributes": {"a.b": 1, "": "", "7": "7", "x": [[], {}, [null, 1.5, "1.5"]]}, "links": [{"a": 1}]}"#,
        r#"{"eventId": "3", "eventType": "odd \"type\" =", "oddEventAttributes": 5, "key with = and .": "\u0085\u2028\r\n"}"#,
        r#"{"eventId": "4", "eventType": 99, "taskId": "7", "workerMayIgnore": true}"#,
        r#"{"eventId": "5", "eventType": "TimerFired", "timerFiredEventAttributes": {"timerId": "5", "newId": 5,
            "someId": {}, "otherId": {"metadata": {"encoding": "YmluYXJ5L251bGw="}}, "aId": "true", "bId": true,
            "cId": {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "eyJpZCI6IDd9"}, "word": "json:1"}}"#,
    ]);
    insta::assert_snapshot!(odd.to_text(), @r#"
    1  2026-01-02T03:04:05Z  WorkflowExecutionStarted workflowType.name=order
    2  -0.1s  EVENT_TYPE_NEW @links.0.a=1 @newEventAttributes.""="" @newEventAttributes."7"="7" @newEventAttributes."a.b"=1 @newEventAttributes.x.0=[] @newEventAttributes.x.1={} @newEventAttributes.x.2.0=null @newEventAttributes.x.2.1=1.5 @newEventAttributes.x.2.2="1.5"
    3  -20455d3h4m5s  "odd \"type\" =" @"key with = and ."=" \r\n" @oddEventAttributes=5
    4  -20455d3h4m5s  99 @taskId=7 @workerMayIgnore=true
    5  -20455d3h4m5s  TimerFired aId=true bId=#true cId=#json:{"id": 7} newId=#5 otherId=#null: someId=#{} timerId=5 word="json:1"
    "#);
    assert_eq!(History::from_text(&odd.to_text()).unwrap(), odd);
}

#[test]
fn every_recorded_history_comes_back() {
    for (path, text) in fixtures() {
        let history = History::from_json(&text).unwrap();
        let again = History::from_text(&history.to_text());
        assert_eq!(again.unwrap(), history, "{}", path.display());
    }
}

#[test]
fn errors_name_the_line_and_the_key() {
    insta::assert_snapshot!(error("two 1s TimerFired"), @"line 2: expected an event id, found `two`");
    insta::assert_snapshot!(error("2 soon TimerFired"), @"line 2: expected a time such as `3.5s` or `-1h2m`, found `soon`");
    insta::assert_snapshot!(error("2 -9999999999999d TimerFired"), @"line 2: expected a time such as `3.5s` or `-1h2m`, found `-9999999999999d`");
    insta::assert_snapshot!(error("2 1s"), @"line 2: expected a type of event, found ``");
    insta::assert_snapshot!(error("2 1s TimerFired timerId"), @"line 2: expected `=` behind the key, found `timerId`");
    insta::assert_snapshot!(error("2 1s TimerFired timerId= startedEventId=5"), @"line 2: timerId: expected a value, found ` startedEventId=5`");
    insta::assert_snapshot!(error("2 1s TimerFired timerId=5 timerId=5"), @"line 2: timerId: expected the key once, found `5`");
    insta::assert_snapshot!(error("2 1s TimerFired \"timerId=5"), @r#"line 2: expected a string in quotes, found `"timerId=5`"#);
    insta::assert_snapshot!(error("2 1s TimerFired timerId=\"5"), @r#"line 2: timerId: expected a string in quotes, found `"5`"#);
    insta::assert_snapshot!(error("2 1s TimerFired startedEventId=five"), @r#"
    line 2: not an event
    event 2: timerFiredEventAttributes.startedEventId: expected an event id, found `"five"`
    "#);
    insta::assert_snapshot!(error("2 1s TimerFired header.fields.x=json:{ startedEventId=5"), @"line 2: header.fields.x: expected JSON on one line behind `json:`, found `json:{ startedEventId=5`");
    insta::assert_snapshot!(error("2 1s TimerFired new.1=5"), @"line 2: new.1: expected places in their order, from 0, found `5`");
    insta::assert_snapshot!(error("2 1s TimerFired new=5 new.a=5"), @"line 2: new.a: expected members of one thing only, found `5`");
    insta::assert_snapshot!(error("2 1s TimerFired 7=5"), @"line 2: 7: expected a key that does not begin with a number, found `5`");
    insta::assert_snapshot!(error("2 1s Unheard timerId=5"), @"line 2: timerId: expected `@` before the key, as the type is not known, found `5`");
    insta::assert_snapshot!(error("3 1s TimerFired timerId=5"), @"
    not a history
    expected event 2, found event 3
    ");
    insta::assert_snapshot!(error(&format!("2 1s TimerFired {}=5", "a.".repeat(100_000))), @"line 2: expected a key of at most 100 steps, found `a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.…`");
    insta::assert_snapshot!(chain(&History::from_text("\n").unwrap_err()), @"
    not a history
    expected at least one event, found none
    ");
}
