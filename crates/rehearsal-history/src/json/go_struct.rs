//! Dialect G: what Go's `encoding/json` makes of the generated structs, the raw view of the Web UI.
//!
//! Names are in `snake_case`, enums are numbers, a oneof is a member with the name of the Go interface, and times are
//! `{"seconds", "nanos"}`. An event of this form is turned into the usual one before it is read. Payload data is base64
//! either way.

use std::time::Duration;

use serde_json::{Map, Value};

use super::camel;
use super::fields::print_duration;
use crate::time::Timestamp;

/// The names of oneofs: their one member takes their place.
const ONEOFS: &[&str] = &["Attributes", "FailureInfo", "Value", "Variant", "Reference", "Override"];
/// Members that hold a map whose keys are names that users give.
const MAPS: &[&str] = &["fields", "indexed_fields", "metadata", "nexus_header"];
/// How the names of durations end.
const DURATIONS: &[&str] = &["Timeout", "Interval", "Backoff", "Delay", "Duration", "duration"];

/// Whether an event is in this form.
pub(super) fn is_event(members: &Map<String, Value>) -> bool {
    members.contains_key("Attributes")
}

/// The members of a message in the usual form.
pub(super) fn canonical(members: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, member) in members {
        match member {
            Value::Null if ONEOFS.contains(&key.as_str()) => {}
            Value::Object(one) if ONEOFS.contains(&key.as_str()) => {
                out.extend(one.into_iter().map(|(pascal, member)| {
                    let name = lower_first(&pascal);
                    let member = value(&name, member);
                    (name, member)
                }));
            }
            Value::Object(map) if MAPS.contains(&key.as_str()) || is_map_of_details(&key, &map) => {
                let map = map.into_iter().map(|(name, member)| (name, value("", member)));
                out.insert(camel(&key), Value::Object(map.collect()));
            }
            member => {
                let name = camel(&key);
                let member = value(&name, member);
                out.insert(name, member);
            }
        }
    }
    out
}

/// A value in the usual form; `name` is that of its field.
fn value(name: &str, member: Value) -> Value {
    match member {
        Value::Object(members) => match time(name, &members) {
            Some(text) => Value::String(text),
            None => Value::Object(canonical(members)),
        },
        Value::Array(items) => items.into_iter().map(|item| value(name, item)).collect(),
        other => other,
    }
}

/// The details of a marker are a map of payloads, all others are payloads.
fn is_map_of_details(key: &str, members: &Map<String, Value>) -> bool {
    key == "details" && !members.get("payloads").is_some_and(Value::is_array)
}

/// `{"seconds", "nanos"}` as text, if the field is a time. What does not fit is left as it is, to be refused later.
fn time(name: &str, members: &Map<String, Value>) -> Option<String> {
    let part = |key| members.get(key).map_or(Some(0), Value::as_u64);
    if members.keys().any(|key| key != "seconds" && key != "nanos") {
        return None;
    }
    let (seconds, nanos) = (part("seconds")?, part("nanos").filter(|&n| n < 1_000_000_000)?);
    if name.ends_with("Time") {
        let nanos = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
        Some(Timestamp::from_nanos(nanos).to_rfc3339())
    } else if DURATIONS.iter().any(|end| name.ends_with(end)) {
        Some(print_duration(Duration::new(seconds, u32::try_from(nanos).ok()?)))
    } else {
        None
    }
}

fn lower_first(pascal: &str) -> String {
    let mut chars = pascal.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str())
}
