//! Forms of history JSON that are not read, so that the error can say what the file is and where to get a better one.

use serde_json::Value;

use crate::error::{DecodeError, Dialect};
use crate::id::EventId;
use crate::payload::is_readable;

/// What to do instead, whatever the form is.
const ADVICE: &str =
    "use the download \"Encoded\" of the Web UI or `temporal workflow show --output json`";

/// The form of an event that could not be read, if it is a known one.
pub(crate) fn recognize(event: EventId, tree: &Value) -> Option<DecodeError> {
    Some(DecodeError::Dialect { event, dialect: of_event(tree)?, advice: ADVICE })
}

fn of_event(event: &Value) -> Option<Dialect> {
    if event.get("classification").is_some() {
        return Some(Dialect::WebUi);
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
