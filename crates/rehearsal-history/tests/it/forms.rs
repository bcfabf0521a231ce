//! Histories as people have them: turned round, decoded, line by line, in other wrappings. Read, or refused by name.

use rehearsal_history::{
    DecodeError, Dialect, EventReader, History, IllFormed, Payload, Peculiarity, decode_list,
};
use serde_json::{Value, json};

use crate::{chain, fixtures};

/// The events of each recorded history of more than one, and the history.
fn recorded() -> impl Iterator<Item = (Vec<Value>, History)> {
    let histories = fixtures().into_iter().map(|(_, text)| {
        let history = History::from_json(&text).unwrap();
        let mut tree: Value = serde_json::from_str(&history.to_json()).unwrap();
        let Value::Array(events) = tree["events"].take() else { panic!("not an array") };
        (events, history)
    });
    histories.filter(|(events, _)| events.len() > 1)
}

fn error(text: &str) -> String {
    chain(&History::from_json(text).unwrap_err())
}

#[test]
fn events_that_come_last_first_are_turned_round() {
    for (mut events, history) in recorded() {
        events.reverse();
        let read = History::from_json(&json!({ "events": events }).to_string()).unwrap();
        assert_eq!(read, history);
        assert_eq!(read.peculiarities(), [Peculiarity::Descending]);
        assert_eq!(history.peculiarities(), []);
    }
    insta::assert_snapshot!(
        Peculiarity::Descending,
        @"the events came last first, and were turned round"
    );
    // The last page of a long history, last first: its start is missing either way.
    let event = |id: u64| json!({"eventId": id, "eventType": "TimerFired", "timerFiredEventAttributes": {}});
    let page = json!([event(9), event(8), event(7)]);
    insta::assert_snapshot!(error(&page.to_string()), @"
    not a history
    expected event 1, found event 7
    ");
    let swapped = json!([event(9), event(7), event(8)]);
    insta::assert_snapshot!(error(&swapped.to_string()), @"
    not a history
    expected event 1, found event 9
    ");
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    for (events, history) in recorded().take(3) {
        let text = json!({ "events": events }).to_string();
        assert_eq!(History::from_json(&format!("\u{feff}{text}")).unwrap(), history);
        let wide = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
        };
        let little = wide([0xff, 0xfe], u16::to_le_bytes);
        assert_eq!(History::from_bytes(&little).unwrap(), history);
        assert_eq!(History::from_reader(&*little).unwrap(), history);
        let big = wide([0xfe, 0xff], u16::to_be_bytes);
        assert_eq!(History::from_bytes(&big).unwrap(), history);
    }
}

#[test]
fn events_and_histories_on_lines_of_their_own_are_read() {
    for (events, history) in recorded() {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        assert_eq!(History::from_json(&lines.join("\n")).unwrap(), history);
        let streamed: Result<Vec<_>, _> = EventReader::new(lines.join("\r\n").as_bytes()).collect();
        assert_eq!(streamed.unwrap().len(), history.events().len());
        let indented: Vec<String> =
            events.iter().rev().map(|event| format!("{event:#}\n")).collect();
        let read = History::from_json(&indented.concat()).unwrap();
        assert_eq!(read.peculiarities(), [Peculiarity::Descending]);
        assert_eq!(read, history);

        let wrapped = json!({ "events": events }).to_string();
        let two = format!("{wrapped}\n{wrapped}\n");
        assert_eq!(decode_list(&two).unwrap(), [history.clone(), history]);
        assert_eq!(error(&two), "expected one history, found 2");
    }
    let event = r#"{"eventId": 1, "eventType": "WorkflowExecutionStarted", "workflowExecutionStartedEventAttributes": {}}"#;
    insta::assert_snapshot!(error(&format!("{event}\n{{\"eventId\": 2,")), @"
    not JSON from event 2 on
    EOF while parsing a value at line 2 column 14
    ");
    insta::assert_snapshot!(error(&format!("{event}\n5")), @"
    not JSON from event 2 on
    expected `,` or `]` at line 2 column 0
    ");
}

#[test]
fn files_that_are_no_text_are_refused_by_name() {
    let error = |file: &[u8]| chain(&History::from_bytes(file).unwrap_err());
    insta::assert_snapshot!(error(&[0x1f, 0x8b, 8, 0, 0, 0]), @"the file is compressed with gzip, which is not read; unpack it first, with `gunzip`");
    insta::assert_snapshot!(error(b"PK\x03\x04\x14\x00"), @"the file is a zip archive, which is not read; unpack it first");
    insta::assert_snapshot!(error(&[0x28, 0xb5, 0x2f, 0xfd, 0]), @"the file is compressed with zstd, which is not read; unpack it first, with `unzstd`");
    let protobuf = [0x0a, 0x91, 0x01, 0x08, 0x01, 0x12, 0x00];
    insta::assert_snapshot!(error(&protobuf), @"the file is a history in binary protobuf, which is not read; export it as JSON with `temporal workflow show --output json`; with the feature `temporal` a replay reads it as it is");
    let streamed = EventReader::new(&protobuf[..]).next().unwrap();
    assert!(matches!(streamed, Err(DecodeError::File { .. })));
}

/// Three events of a run in which `payloads` were given and returned.
fn with_payloads(payloads: &[Value]) -> String {
    let started = json!({"eventId": "1", "eventTime": "2026-01-02T03:04:05Z", "eventType": "WorkflowExecutionStarted",
        "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "order"}}});
    let signals = payloads.iter().enumerate().map(|(at, payload)| {
        json!({"eventId": (at + 2).to_string(), "eventTime": "2026-01-02T03:04:06Z",
            "eventType": "WorkflowExecutionSignaled", "workflowExecutionSignaledEventAttributes":
            {"signalName": "s", "input": {"payloads": [payload]}}})
    });
    let events: Vec<Value> = std::iter::once(started).chain(signals).collect();
    json!({ "events": events }).to_string()
}

fn payload(encoding: &str, data: &Value) -> Value {
    json!({"metadata": {"encoding": encoding}, "data": data})
}

/// `json/plain`, `json/protobuf`, `binary/plain` and `binary/null`.
const PLAIN: &str = "anNvbi9wbGFpbg==";
const PROTO: &str = "anNvbi9wcm90b2J1Zg==";
const BINARY: &str = "YmluYXJ5L3BsYWlu";
const NOTHING: &str = "YmluYXJ5L251bGw=";

#[test]
fn decoded_payloads_are_recognized_by_the_whole_file_and_encoded_again() {
    let file = with_payloads(&[
        // Base64 of six bytes, and no JSON.
        payload(PLAIN, &json!("Temporal")),
        payload(PLAIN, &json!("plain text")),
        payload(PLAIN, &json!(7)),
        payload(PROTO, &json!({"b": [1.5, true], "a": "x"})),
        payload(PLAIN, &Value::Null),
        json!({"metadata": {"encoding": PLAIN, "encodingDecoded": "json/plain"}, "data": "MTIz"}),
        json!({"metadata": {"encoding": NOTHING, "encodingDecoded": "binary/null"}, "data": ""}),
    ]);
    let history = History::from_json(&file).unwrap();
    assert_eq!(history.peculiarities(), [Peculiarity::DecodedPayloads]);
    insta::assert_snapshot!(history.print(), @r#"
    1  0s  WorkflowExecutionStarted   type=order
    2  1s  WorkflowExecutionSignaled  name=s input="Temporal"
    3  1s  WorkflowExecutionSignaled  name=s input="plain text"
    4  1s  WorkflowExecutionSignaled  name=s input=7
    5  1s  WorkflowExecutionSignaled  name=s input=<json/protobuf, 24 bytes>
    6  1s  WorkflowExecutionSignaled  name=s input=null
    7  1s  WorkflowExecutionSignaled  name=s input="MTIz"
    8  1s  WorkflowExecutionSignaled  name=s input=null
    "#);
    let lone = History::from_json(&with_payloads(&[payload(PLAIN, &json!("Temporal"))])).unwrap();
    assert!(lone.print().contains(r#"input="Temporal""#), "{lone}");
    // Event by event nobody can tell.
    let streamed: Result<Vec<_>, _> = EventReader::new(file.as_bytes()).collect();
    insta::assert_snapshot!(chain(&streamed.unwrap_err()), @r#"event 2: its payload is decoded, as the Web UI downloads them, and only the whole text tells; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
}

#[test]
fn what_would_be_a_guess_is_refused() {
    let mixed = [payload(PLAIN, &json!("MTIz")), payload(PLAIN, &json!({"a": 1}))];
    insta::assert_snapshot!(error(&with_payloads(&mixed)), @r#"event 3: its payload is decoded, as the Web UI downloads them, and a payload of event 2 is not; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
    // No exporter leaves padding out, so this is no base64 of six characters.
    let unpadded = [payload(PLAIN, &json!("MTIz")), payload(PLAIN, &json!("orders"))];
    assert!(error(&with_payloads(&unpadded)).starts_with("event 3: its payload is decoded"));
    let bytes = [payload(PLAIN, &json!(7)), payload(BINARY, &json!("eA=="))];
    insta::assert_snapshot!(error(&with_payloads(&bytes)), @r#"event 3: its payload is decoded, as the Web UI downloads them, and the bytes of a payload of encoding `binary/plain` cannot be told from that; use the download "Encoded" of the Web UI or `temporal workflow show --output json`"#);
}

#[test]
fn odd_bytes_among_encoded_payloads_are_left_alone() {
    // A converter of the user's may write what is no JSON.
    let odd = [payload(PLAIN, &json!("MTIz")), payload(PLAIN, &json!("Temporal"))];
    let history = History::from_json(&with_payloads(&odd)).unwrap();
    assert_eq!(history.peculiarities(), []);
    let bytes = [payload(BINARY, &json!("Temporal")), payload(PLAIN, &json!("MTIz"))];
    assert_eq!(History::from_json(&with_payloads(&bytes)).unwrap().peculiarities(), []);
    for (_, history) in recorded() {
        assert_eq!(History::from_json(&history.to_json()).unwrap().peculiarities(), []);
    }
}

#[test]
fn the_json_before_1_0_is_refused_by_its_name() {
    let event = json!({"eventId": "1", "timestamp": "1594000000000000000", "eventType": "WorkflowExecutionStarted",
        "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "order"}, "taskList": {"name": "main"},
            "workflowRunTimeoutSeconds": 60, "workflowTaskTimeoutSeconds": 10}});
    insta::assert_snapshot!(error(&json!({ "events": [event] }).to_string()), @"event 1 is in the JSON of Temporal before 1.0 (`taskList`, timeouts in seconds; until mid-2020), which is not read; no SDK of today replays it: run the workflow again on a current server, and record that");
    for attributes in [
        json!({"taskList": {"name": "main"}}),
        json!({"execution_start_to_close_timeout_seconds": 60}),
    ] {
        let event = json!([{"eventId": 1, "eventTime": "2020-06-01T00:00:00Z", "eventType": "WorkflowExecutionStarted",
            "workflowExecutionStartedEventAttributes": attributes}]);
        let refused = History::from_json(&event.to_string());
        assert!(
            matches!(refused, Err(DecodeError::Dialect { dialect: Dialect::Before1, .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn the_form_of_the_first_web_ui_is_refused_by_its_name() {
    let event = json!([{"eventId": 1, "eventTime": "2020-06-01T00:00:00Z", "eventType": "WorkflowExecutionStarted",
        "details": {"workflowType": "order"}, "kvps": [{"key": "workflowType", "value": "order"}]}]);
    insta::assert_snapshot!(error(&event.to_string()), @r#"event 1 is in the form of the first Web UI (`details`, `kvps`; until 2021), which is not read; export it anew: the download "Encoded" of the Web UI of today or `temporal workflow show --output json`"#);
}

#[test]
fn what_the_test_server_of_java_writes_is_well_formed() {
    for (mut events, history) in recorded() {
        for event in &mut events {
            if let Some(completed) = event.get_mut("workflowTaskCompletedEventAttributes") {
                completed.as_object_mut().unwrap().remove("startedEventId");
            }
        }
        let linked =
            events.iter().any(|event| event["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_COMPLETED");
        let read = History::from_json(&json!({ "events": events }).to_string()).unwrap();
        assert_eq!(read.events().len(), history.events().len());
        if linked {
            assert_eq!(read.peculiarities(), [Peculiarity::UnlinkedTasks]);
        }
        assert_eq!(read.check_well_formed(), Ok(()));
        // The same events, not read from a file of that server, lack something.
        let built = History::new(read.events().to_vec()).unwrap();
        assert_eq!(built.check_well_formed().is_err(), linked);
    }
    insta::assert_snapshot!(Peculiarity::UnlinkedTasks, @"completed workflow tasks do not say which start they belong to (`startedEventId` is 0), as the test server of the Java SDK writes them");
}

#[test]
fn a_history_of_that_server_must_be_well_formed_in_all_else() {
    let (mut events, _) = recorded().find(|(events, _)| events.len() > 8).unwrap();
    for event in &mut events {
        if let Some(completed) = event.get_mut("workflowTaskCompletedEventAttributes") {
            completed["startedEventId"] = json!("0");
            completed["scheduledEventId"] = json!("1");
        }
    }
    let read = History::from_json(&json!({ "events": events }).to_string()).unwrap();
    let wrong = read.check_well_formed().unwrap_err();
    assert!(matches!(wrong, IllFormed::Reference { path: "scheduledEventId", .. }), "{wrong}");
}

#[test]
fn every_recorded_history_ends_where_one_can_and_no_batch_is_cut() {
    let mut cuts = 0;
    for (_, history) in recorded() {
        assert_eq!(history.check_end(), Ok(()));
        for length in 1..history.events().len() {
            let first = History::new(history.events()[..length].to_vec()).unwrap();
            cuts += usize::from(first.check_end().is_err());
        }
    }
    assert!(cuts > 100, "only {cuts} cuts are noticed");
    let (_, history) = recorded().find(|(events, _)| events.len() > 8).unwrap();
    let first = History::new(history.events()[..1].to_vec()).unwrap();
    insta::assert_snapshot!(first.check_end().unwrap_err(), @"event 1: no history ends with `WorkflowExecutionStarted`: the first workflow task is scheduled with it");
}

/// Its names are users', and a payload may lack metadata: together they look like one payload with that metadata.
#[test]
fn a_header_that_is_called_metadata_makes_no_payload_of_all_headers() {
    let headers = json!({
        "metadata": {"data": "MQ=="},
        "trace": {"metadata": {"encoding": PLAIN}, "data": "MQ=="},
    });
    let events = json!([
        {"eventId": 1, "eventType": "WorkflowExecutionStarted", "workflowExecutionStartedEventAttributes": {
            "header": {"fields": headers}}},
    ]);
    let history = History::from_json(&events.to_string()).unwrap();
    let mut seen = Vec::new();
    let mapped = history.map_payloads(|path, _| {
        seen.push(path.to_owned());
        Ok::<_, std::convert::Infallible>(Payload::json("\"two\""))
    });
    assert_eq!(seen, ["header.fields.trace"]);
    let text = mapped.unwrap().to_text();
    assert!(text.contains("header.fields.trace=json:\"two\""), "{text}");
}

#[test]
fn payloads_are_mapped_wherever_they_stand_but_in_search_attributes() {
    let events = json!([
        {"eventId": 1, "eventType": "WorkflowExecutionStarted", "workflowExecutionStartedEventAttributes": {
            "memo": {"fields": {"data": {"metadata": {"encoding": PLAIN}, "data": "MQ=="}}},
            "searchAttributes": {"indexedFields": {"k": {"metadata": {"encoding": PLAIN}, "data": "MQ=="}}},
            "input": {"payloads": [{"metadata": {"encoding": PLAIN}, "data": "MQ=="}]}}},
        {"eventId": 2, "eventType": "ActivityTaskFailed", "activityTaskFailedEventAttributes": {
            "failure": {"message": "Encoded failure", "encodedAttributes": {"metadata": {"encoding": PLAIN}, "data": "MQ=="},
                "cause": {"applicationFailureInfo": {"details": {"payloads": [{"data": "", "metadata": {"encoding": NOTHING}}]}}}}}},
    ]);
    let history = History::from_json(&events.to_string()).unwrap();
    let mut seen = Vec::new();
    let mapped = history
        .map_payloads(|path, _| {
            seen.push(path.to_owned());
            Ok::<_, std::convert::Infallible>(Payload::json(
                r#"{"message":"sold out","stack_trace":"main"}"#,
            ))
        })
        .unwrap();
    insta::assert_snapshot!(seen.join("\n"), @"
    input.payloads.0
    memo.fields.data
    failure.cause.applicationFailureInfo.details.payloads.0
    failure.encodedAttributes
    ");
    assert!(
        mapped.to_text().contains(r#"failure.message="sold out" failure.stackTrace=main"#),
        "{}",
        mapped.to_text()
    );
    assert!(
        mapped.to_text().contains("searchAttributes.indexedFields.k=json:1"),
        "{}",
        mapped.to_text()
    );
    let refused = history.map_payloads(|_, _| Err(std::fmt::Error)).unwrap_err();
    insta::assert_snapshot!(refused, @"event 1: input.payloads.0: the payload cannot be decoded");
}
