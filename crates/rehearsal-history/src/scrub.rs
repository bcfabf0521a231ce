//! What two runs of one scenario must agree in: a history without what differs from run to run.
//!
//! The list of what is taken out is closed; nothing else is ever scrubbed:
//!
//! * task id, failover version, identity, request id, namespace ids, automatic reset points, history size, metering,
//!   worker stamps and versions, SDK name and version, and stack traces are removed;
//! * the name of a sticky queue is replaced by `sticky`;
//! * SDK flags, being sets, are sorted; so are the versions of a run behind the first in the search attribute
//!   `TemporalChangeVersion`, which Go lists in random order;
//! * spaces between the tokens of a payload that protobuf wrote as JSON are taken out: it sets them at random;
//! * UUIDs are replaced, wherever they stand in a string, by their number in the history: the first distinct one by
//!   `00000000-0000-0000-0000-000000000001`. So two histories agree if there is a bijection between their UUIDs;
//! * times are taken out, to be compared apart, see [`compare()`]; so is how long the first workflow task of a run waits
//!   that follows another one, as the time when it need not wait any more: it depends on how long that one lasted. So
//!   are those in the markers of local activities, and where the time of a workflow is skipped how far that was.
//!
//! Names that users give, such as those of header fields and memos, are never taken for one of these. The data of JSON
//! payloads stands as text, not as base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::event::{Event, EventKind, WorkflowExecutionStarted};
use crate::history::History;
use crate::json;
use crate::skipping::TimeSkippingStatePropagation;
use crate::time::Timestamp;

mod compare;
mod uuid;

pub use self::compare::{Difference, compare};
pub(crate) use self::compare::{Equality, leaves};
pub(crate) use self::uuid::Uuids;

/// Members that are removed wherever they stand in an event.
const REMOVED: &[&str] = &[
    // Identity, request id, namespace ids.
    "identity",
    "requestId",
    "attachedRequestId",
    "namespaceId",
    "parentWorkflowNamespaceId",
    // Automatic reset points, history size, metering.
    "prevAutoResetPoints",
    "historySizeBytes",
    "meteringMetadata",
    // Worker stamps and versions.
    "workerVersion",
    "workerVersioningId",
    "binaryChecksum",
    "buildIdRedirectCounter",
    "sourceVersionStamp",
    "inheritedBuildId",
    "deployment",
    "deploymentVersion",
    "workerDeploymentName",
    "workerDeploymentVersion",
    // SDK name and version, stack traces.
    "sdkName",
    "sdkVersion",
    "stackTrace",
];

/// Members that hold a map whose keys are names that users give.
const MAPS: &[&str] = &["fields", "metadata", "nexusHeader"];

/// A history without what differs from run to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Scrubbed {
    /// The events as history JSON.
    pub json: Value,
    /// When each event happened.
    pub times: Vec<Timestamp>,
    /// Times in the attributes: the index of the event, the name of the attribute, and the time.
    pub attribute_times: Vec<(usize, &'static str, Timestamp)>,
}

/// Takes out of a history what differs from run to run.
///
/// # Examples
///
/// ```
/// use rehearsal_history::{HistoryBuilder, scrub};
///
/// let history = HistoryBuilder::new("order").build();
/// let scrubbed = scrub(&history);
/// let event = &scrubbed.json["events"][0];
/// assert_eq!(event["workflowExecutionStartedEventAttributes"]["workflowType"]["name"], "order");
/// assert!(event["eventTime"].is_null());
/// assert!(event["workflowExecutionStartedEventAttributes"]["identity"].is_null());
/// ```
#[must_use]
pub fn scrub(history: &History) -> Scrubbed {
    let mut scrubbed = scrub_except_uuids(history);
    Uuids::default().replace_in(&mut scrubbed.json);
    scrubbed
}

/// As [`scrub`], but UUIDs stand as they are.
pub(crate) fn scrub_except_uuids(history: &History) -> Scrubbed {
    let mut events = Vec::with_capacity(history.events().len());
    let mut attribute_times = Vec::new();
    for (index, event) in history.events().iter().enumerate() {
        let mut tree = json::event_tree(event);
        if let Value::Object(members) = &mut tree {
            for key in ["eventTime", "taskId", "version"] {
                members.remove(key);
            }
            if let EventKind::WorkflowExecutionStarted(started) = &event.kind
                && let Some(Value::Object(attributes)) =
                    members.get_mut("workflowExecutionStartedEventAttributes")
            {
                let times = started_times(event, started, attributes);
                attribute_times.extend(times.map(|(name, time)| (index, name, time)));
            }
            let times = skipping_times(event, members);
            attribute_times.extend(times.into_iter().map(|(name, time)| (index, name, time)));
            let marker = members.contains_key("markerRecordedEventAttributes");
            scrub_members(members, marker);
            if let Some(marker) = members.get_mut("markerRecordedEventAttributes") {
                let times = marker_times(marker).into_iter();
                attribute_times.extend(times.map(|(key, time)| (index, key, time)));
            }
        }
        events.push(tree);
    }
    let json = Value::Object(Map::from_iter([("events".to_owned(), Value::Array(events))]));
    let times = history.events().iter().map(|event| event.time).collect();
    Scrubbed { json, times, attribute_times }
}

/// Takes the times out of the attributes of a start.
fn started_times(
    event: &Event,
    started: &WorkflowExecutionStarted,
    attributes: &mut Map<String, Value>,
) -> impl Iterator<Item = (&'static str, Timestamp)> + use<> {
    const EXPIRES: &str = "workflowExecutionExpirationTime";
    const BACKOFF: &str = "firstWorkflowTaskBackoff";
    attributes.remove(EXPIRES);
    let expires = started.workflow_execution_expiration_time.map(|time| (EXPIRES, time));
    let follows = !started.continued_execution_run_id.is_empty();
    let backoff = started.first_workflow_task_backoff.filter(|wait| follows && !wait.is_zero());
    let backoff = backoff.map(|wait| {
        // That there is one stays.
        attributes.insert(BACKOFF.to_owned(), "some".into());
        (BACKOFF, event.time.saturating_add(wait))
    });
    expires.into_iter().chain(backoff)
}

/// Takes out the times of what says how the time of a workflow is skipped, and how much was.
fn skipping_times(
    event: &Event,
    members: &mut Map<String, Value>,
) -> Vec<(&'static str, Timestamp)> {
    const TARGET: &str = "targetTime";
    const WALL: &str = "wallClockTime";
    const SKIPPED: &str = "initialSkippedDuration";
    const FORWARD: &str = "fastForwardTargetTime";
    let Some(Value::Object(attributes)) = members.get_mut(event.kind.attributes_key()) else {
        return Vec::new();
    };
    let (names, times) = match &event.kind {
        EventKind::WorkflowExecutionTimeSkippingTransitioned(it) => {
            ([TARGET, WALL], [it.target_time, it.wall_clock_time])
        }
        EventKind::WorkflowExecutionStarted(it) => {
            ([SKIPPED, FORWARD], handed_on(event, it.time_skipping_state_propagation.as_deref()))
        }
        EventKind::StartChildWorkflowExecutionInitiated(it) => {
            ([SKIPPED, FORWARD], handed_on(event, it.time_skipping_state_propagation.as_deref()))
        }
        _ => return Vec::new(),
    };
    // That there is one stays.
    let is_time = |name: &str| names.contains(&name);
    for (name, value) in attributes {
        match value {
            Value::Object(handed_on) if name == "timeSkippingStatePropagation" => {
                let of_time = handed_on.iter_mut().filter(|(name, _)| is_time(name));
                of_time.for_each(|(_, value)| *value = "some".into());
            }
            value if is_time(name) => *value = "some".into(),
            _ => {}
        }
    }
    let times = names.into_iter().zip(times);
    times.filter_map(|(name, time)| Some((name, time?))).collect()
}

/// How much was skipped before a run, from its event on, and how far it is to be skipped.
fn handed_on(
    event: &Event,
    propagation: Option<&TimeSkippingStatePropagation>,
) -> [Option<Timestamp>; 2] {
    let skipped = propagation.and_then(|it| it.initial_skipped_duration);
    [
        skipped.map(|by| event.time.saturating_add(by)),
        propagation.and_then(|it| it.fast_forward_target_time),
    ]
}

/// Scrubs a message. `marker`: `details` in it is a map, not a list of payloads.
fn scrub_members(members: &mut Map<String, Value>, marker: bool) {
    members.retain(|key, _| !REMOVED.contains(&key.as_str()));
    if members.get("kind").is_some_and(|kind| kind == "TASK_QUEUE_KIND_STICKY") {
        members.insert("name".to_owned(), "sticky".into());
    }
    if let Some(text) = payload_text(members) {
        members.insert("data".to_owned(), Value::String(text));
        return;
    }
    for (key, member) in members {
        match (key.as_str(), member) {
            ("coreUsedFlags" | "langUsedFlags", Value::Array(flags)) => {
                flags.sort_by_key(Value::as_u64);
                flags.dedup();
            }
            ("indexedFields", Value::Object(map)) => {
                map.values_mut().for_each(|value| scrub_value(value, false));
                let versions = map.get_mut("TemporalChangeVersion");
                versions.into_iter().for_each(sort_versions);
            }
            (key, Value::Object(map)) if MAPS.contains(&key) || (marker && key == "details") => {
                map.values_mut().for_each(|value| scrub_value(value, false));
            }
            (key, member) => scrub_value(member, marker && key == "markerRecordedEventAttributes"),
        }
    }
}

fn scrub_value(value: &mut Value, marker: bool) {
    match value {
        Value::Object(members) => scrub_members(members, marker),
        Value::Array(items) => items.iter_mut().for_each(|item| scrub_value(item, false)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The data of a payload as text, if it is JSON.
fn payload_text(members: &Map<String, Value>) -> Option<String> {
    let bytes = |value: &Value| STANDARD.decode(value.as_str()?).ok();
    let encoding = bytes(members.get("metadata")?.get("encoding")?)?;
    if !encoding.starts_with(b"json/") {
        return None;
    }
    let text = String::from_utf8(bytes(members.get("data")?)?).ok()?;
    Some(if encoding == b"json/protobuf" { without_spaces(&text) } else { text })
}

/// Takes the times out of the marker of a local activity, as Go and core write them.
fn marker_times(marker: &mut Value) -> Vec<(&'static str, Timestamp)> {
    let name = marker.get("markerName").and_then(Value::as_str).unwrap_or_default();
    let keys: &[&'static str] = match name {
        "LocalActivity" => &["ReplayTime"],
        "core_local_activity" => &["complete_time", "original_schedule_time"],
        _ => return Vec::new(),
    };
    let Some(Value::String(data)) = marker.pointer_mut("/details/data/payloads/0/data") else {
        return Vec::new();
    };
    let Ok(mut note) = serde_json::from_str::<Value>(data) else { return Vec::new() };
    let mut times = Vec::new();
    for key in keys {
        let Some(member) = note.get_mut(*key).filter(|member| !member.is_null()) else { continue };
        times.extend(time(member).map(|time| (*key, time)));
        *member = "a time".into();
    }
    *data = note.to_string();
    times
}

/// A time, as text or as seconds and nanoseconds.
fn time(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        return Timestamp::parse_rfc3339(text);
    }
    let nanos = value.get("nanos").and_then(Value::as_u64).unwrap_or_default();
    let seconds = value.get("seconds")?.as_u64()?;
    Some(Timestamp::from_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?))
}

/// Sorts the versions behind the first in a payload that is scrubbed.
fn sort_versions(payload: &mut Value) {
    let Some(Value::String(data)) = payload.get_mut("data") else { return };
    if let Ok(mut versions) = serde_json::from_str::<Vec<String>>(data) {
        versions.get_mut(1..).into_iter().for_each(<[String]>::sort);
        *data = Value::from(versions).to_string();
    }
}

/// JSON without the spaces between its tokens.
fn without_spaces(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = json.chars().filter(|&char| {
        let keep = quoted || char != ' ';
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
        keep
    });
    kept.collect()
}
