//! The full notation: one event a line with everything in it, to be read back.
//!
//! A line has the id, the time, the type, and the leaves of the event's JSON as `key=value`, where a key is the way to
//! the leaf with dots. Keys are those of the attributes; those of the event itself, such as `@taskId`, have an `@`. A
//! step that is a number is a place in a list. A value is
//!
//! * a word, which is a string, unless JSON reads it as a number, `true`, `false` or `null`;
//! * a string in quotes, as in JSON; `{}` or `[]`;
//! * `json:` and JSON: a payload with the encoding `json/plain` and nothing else; `null:`: one with `binary/null`.
//!
//! Under a key that holds an id, such as `timerId`, every word is a string; all that is no string has a `#` before it.
//!
//! The first line has the time of its event, each other one the time since then.

use core::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Map, Value, json};

use super::duration_text;
use crate::event::{Event, EventKind};
use crate::json;

/// What stands before a payload of JSON.
pub(super) const JSON: &str = "json:";
/// A payload without a value.
pub(super) const NULL: &str = "null:";
/// What stands before the key of a member of the event itself.
pub(super) const OWN: char = '@';
/// What stands before a value that is no string, under a key that holds an id.
pub(super) const NO_STRING: char = '#';

/// The full notation of these events.
pub(crate) fn print(events: &[Arc<Event>]) -> String {
    let start = events.first().map(|event| event.time).unwrap_or_default();
    let mut text = String::new();
    for (index, event) in events.iter().enumerate() {
        let time = if index == 0 {
            event.time.to_rfc3339()
        } else if event.time < start {
            format!("-{}", duration_text(start.since(event.time)))
        } else {
            duration_text(event.time.since(start))
        };
        write!(text, "{:>3}  {time}  ", event.id).expect("a string takes any text");
        print_name(&event.kind, &mut text);
        print_members(event, &mut text);
        text.push('\n');
    }
    text
}

fn print_name(kind: &EventKind, text: &mut String) {
    let name = kind.name();
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(bare) {
        text.push_str(name);
    } else {
        text.push_str(&Value::from(name).to_string());
    }
}

fn print_members(event: &Event, text: &mut String) {
    let Value::Object(mut members) = json::event_tree(event) else {
        return;
    };
    for key in ["eventId", "eventTime", "eventType"] {
        members.remove(key);
    }
    if !matches!(event.kind, EventKind::Other(_))
        && let Some(Value::Object(attributes)) = members.remove(event.kind.attributes_key())
    {
        print_leaves("", &attributes, text);
    }
    print_leaves(&OWN.to_string(), &members, text);
}

/// Prints the leaves of an object; `before` stands before the first step of each key.
fn print_leaves(before: &str, members: &Map<String, Value>, text: &mut String) {
    for (key, member) in members {
        print_leaf(&format!("{before}{}", step(key)), key, member, text);
    }
}

fn print_leaf(path: &str, key: &str, value: &Value, text: &mut String) {
    let inner = match value {
        Value::Object(members) if !members.is_empty() => {
            let short = payload(members);
            if short.is_none() {
                for (key, member) in members {
                    print_leaf(&format!("{path}.{}", step(key)), key, member, text);
                }
                return;
            }
            short
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                print_leaf(&format!("{path}.{at}"), "", item, text);
            }
            return;
        }
        Value::String(string) if is_word(key, string) => Some(string.clone()),
        _ => None,
    };
    let no_string = is_id(key) && !value.is_string();
    let mark = if no_string { NO_STRING.to_string() } else { String::new() };
    let value = inner.unwrap_or_else(|| value.to_string());
    write!(text, " {path}={mark}{value}").expect("a string takes any text");
}

/// A step of a key: bare if it is one word and no number, else as in JSON.
fn step(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    if key.chars().all(bare) && !key.chars().all(|c| c.is_ascii_digit()) {
        key.to_owned()
    } else {
        Value::from(key).to_string()
    }
}

/// Whether words under this key are strings, whatever they look like.
pub(super) fn is_id(key: &str) -> bool {
    key.ends_with("Id")
        || matches!(
            key,
            "version" | "historySizeBytes" | "parentInitiatedEventVersion" | "forkEventVersion"
        )
}

/// Whether a string can stand without quotes.
fn is_word(key: &str, string: &str) -> bool {
    let bare = |c: char| c.is_alphanumeric() || "-_./:@$+=".contains(c);
    !string.is_empty()
        && string.chars().all(bare)
        && ![JSON, NULL].iter().any(|mark| string.starts_with(mark))
        && (is_id(key) || serde_json::from_str::<Value>(string).is_err())
}

/// The short form of a payload that has one.
fn payload(members: &Map<String, Value>) -> Option<String> {
    let encoding = members.get("metadata")?.get("encoding")?.as_str()?;
    if members.len() == 1 && *members == null_payload() {
        return Some(NULL.to_owned());
    }
    if encoding != STANDARD.encode("json/plain") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(members.get("data")?.as_str()?).ok()?).ok()?;
    (json_end(&text) == Some(text.len()) && *members == json_payload(&text))
        .then(|| format!("{JSON}{text}"))
}

/// Where the JSON ends that `text` begins with, if it is on one line and begins at once.
pub(super) fn json_end(text: &str) -> Option<usize> {
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let end = values.byte_offset();
    let one_line = !text.get(..end)?.contains(|c| c < ' ');
    (one_line && !text.starts_with(' ')).then_some(end)
}

/// The payload that `json:` stands for.
pub(super) fn json_payload(text: &str) -> Map<String, Value> {
    let mut members = payload_of("json/plain");
    members.insert("data".to_owned(), STANDARD.encode(text).into());
    members
}

/// The payload that `null:` stands for.
pub(super) fn null_payload() -> Map<String, Value> {
    payload_of("binary/null")
}

fn payload_of(encoding: &str) -> Map<String, Value> {
    let metadata = json!({ "encoding": STANDARD.encode(encoding) });
    Map::from_iter([("metadata".to_owned(), metadata)])
}
