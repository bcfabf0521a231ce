//! Forms of history JSON that are not read, so that the error can say what the file is and where to get a better one.

use serde_json::Value;

use crate::error::{DecodeError, Dialect};

/// What to do instead, whatever the form is.
const ADVICE: &str =
    "use the download \"Encoded\" of the Web UI or `temporal workflow show --output json`";

/// The form of a text that could not be read, if it is a known one.
pub(crate) fn recognize(tree: &Value) -> Option<DecodeError> {
    let events = match tree {
        Value::Array(items) => items,
        Value::Object(members) => {
            members.get("events").or_else(|| members.get("history")?.get("events"))?.as_array()?
        }
        _ => return None,
    };
    let dialect = events.iter().find_map(of_event)?;
    Some(DecodeError::Dialect { dialect, advice: ADVICE })
}

fn of_event(event: &Value) -> Option<Dialect> {
    if event.get("Attributes").is_some() {
        return Some(Dialect::GoStruct);
    }
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
            if encoding.and_then(Value::as_str).is_some_and(|encoding| {
                ["json/", "binary/"].iter().any(|kind| encoding.starts_with(kind))
            }) {
                return Some(Dialect::HumanReadable);
            }
            let shortened =
                ["input", "result", "details", "args", "lastHeartbeatDetails", "success"];
            if shortened.iter().any(|key| members.get(*key).is_some_and(Value::is_array)) {
                return Some(Dialect::Shorthand);
            }
            members.values().find_map(of_value)
        }
        Value::Array(items) => items.iter().find_map(of_value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
