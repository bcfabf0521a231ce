//! Forms of history JSON that are not read, so that the error can say what the file is and where to get a better one.

use serde_json::{Map, Value};

use crate::error::{DecodeError, Dialect};
use crate::id::EventId;
use crate::payload::is_readable;

/// What to do instead, whatever the form is.
const ADVICE: &str =
    "use the download \"Encoded\" of the Web UI or `temporal workflow show --output json`";

/// What to do instead with a form that no tool of today writes or reads.
const OLD_ADVICE: &str =
    "no SDK of today replays it: run the workflow again on a current server, and record that";

/// The form of an event that could not be read, if it is a known one.
pub(crate) fn recognize(event: EventId, tree: &Value) -> Option<DecodeError> {
    let dialect = of_event(tree)?;
    let advice = match dialect {
        Dialect::FirstWebUi => {
            "export it anew: the download \"Encoded\" of the Web UI of today or \
             `temporal workflow show --output json`"
        }
        _ => ADVICE,
    };
    Some(DecodeError::Dialect { event, dialect, advice })
}

/// The error for a first event in the JSON of Temporal before 1.0.
///
/// It would pass for one of today, with all that had another name left out: an event without a time, a workflow without
/// a task queue and timeouts. The first event alone shows it, since it always has a task list and timeouts.
pub(super) fn before_1(event: &Map<String, Value>) -> Option<DecodeError> {
    let has = |object: &Map<String, Value>, keys: [&str; 2]| {
        keys.iter().any(|key| object.contains_key(*key))
    };
    let old_time = event.contains_key("timestamp") && !has(event, ["eventTime", "event_time"]);
    let old_names = event.values().filter_map(Value::as_object).any(|attributes| {
        let seconds = ["TimeoutSeconds", "_timeout_seconds"];
        let is_old = |key: &String| seconds.iter().any(|end| key.ends_with(end));
        has(attributes, ["taskList", "task_list"]) || attributes.keys().any(is_old)
    });
    (old_time || old_names).then_some(DecodeError::Dialect {
        event: EventId::FIRST,
        dialect: Dialect::Before1,
        advice: OLD_ADVICE,
    })
}

fn of_event(event: &Value) -> Option<Dialect> {
    if event.get("classification").is_some() {
        return Some(Dialect::WebUi);
    }
    if event.get("kvps").is_some() || event.get("details").is_some_and(Value::is_object) {
        return Some(Dialect::FirstWebUi);
    }
    if let Some(Value::Object(attributes)) = event.get("attributes") {
        let pascal = |key: &String| key.starts_with(|c: char| c.is_ascii_uppercase());
        return Some(if attributes.keys().any(pascal) {
            Dialect::RustClient
        } else {
            Dialect::WebUi
        });
    }
    of_value(event)
}

/// Payloads that are not encoded, anywhere in an event.
fn of_value(value: &Value) -> Option<Dialect> {
    match value {
        Value::Object(members) => {
            let encoding = members.get("metadata").and_then(|metadata| metadata.get("encoding"));
            if encoding.is_some_and(is_readable) {
                return Some(Dialect::HumanReadable);
            }
            let shortened =
                ["input", "result", "details", "args", "lastHeartbeatDetails", "success"];
            if shortened.iter().any(|key| members.get(*key).is_some_and(Value::is_array)) {
                return Some(Dialect::Shorthand);
            }
            let named = ["fields", "indexedFields"].iter().filter_map(|key| members.get(*key));
            if named.filter_map(Value::as_object).any(|map| !map.values().all(is_payload)) {
                return Some(Dialect::Shorthand);
            }
            // Those of a marker have names.
            let details = members.get("details").and_then(Value::as_object);
            if details.is_some_and(|map| map.values().any(Value::is_array))
                && members.contains_key("markerName")
            {
                return Some(Dialect::Shorthand);
            }
            members.values().find_map(of_value)
        }
        Value::Array(items) => items.iter().find_map(of_value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Whether this may be a payload, rather than the value that one holds.
fn is_payload(value: &Value) -> bool {
    value.is_null()
        || value.as_object().is_some_and(|members| {
            members.is_empty() || members.contains_key("metadata") || members.contains_key("data")
        })
}
