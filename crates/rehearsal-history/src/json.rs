//! History JSON: from text to events and back.
//!
//! A scanner finds the events in the text, one after the other. Each becomes a tree, and is taken out of it field by
//! field; what no field is known for stays behind and is kept. Writing needs no tree. The forms that are read are those
//! of history JSON A to D, G and I, the bare array, events or histories that follow one another, and, from the whole
//! text, the Web UI's [`decoded`] download; others are refused by name, see [`dialect`] and [`container`]. Lost are only
//! members beside the list of events, such as `nextPageToken`, unknown members that are `null` or an empty list, which
//! both say that there is nothing, and digits of numbers in unknown members that fit neither 64-bit integers nor floats.

mod container;
mod decoded;
mod dialect;
mod event_writer;
mod fields;
mod go_struct;
mod reader;
mod scan;
pub(crate) mod schema;
mod tree;
pub(crate) mod writer;

use std::sync::Arc;

use serde_json::{Map, Value};
use smol_str::{SmolStr, ToSmolStr as _};

pub use container::is_protobuf;
pub(crate) use container::unpack;
pub use event_writer::EventWriter;
pub use reader::EventReader;
pub use schema::{Bytes, Opaque, Unknown};

use self::reader::{Item, Reader};
use self::schema::{Misfit, put, take};
use self::writer::JsonWriter;
use crate::error::DecodeError;
use crate::event::{Event, EventKind, OtherEvent, ServerFields};
use crate::history::History;
use crate::id::EventId;
use crate::peculiarity::Peculiarity;
use crate::policy::UserMetadata;
use crate::time::Timestamp;

/// Reads a list of histories, or one history as a list of one.
///
/// # Errors
///
/// As [`History::from_json`].
///
/// # Examples
///
/// ```
/// let started = r#"{"eventId": "1", "eventTime": "2026-01-02T03:04:05Z", "eventType": "WorkflowExecutionStarted",
///     "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "order"}}}"#;
/// let histories = rehearsal_history::decode_list(&format!(
///     r#"[{{"events": [{started}]}}, {{"events": [{started}]}}]"#
/// ))?;
/// assert_eq!(histories.len(), 2);
/// # Ok::<(), rehearsal_history::DecodeError>(())
/// ```
pub fn decode_list(text: &str) -> Result<Vec<History>, DecodeError> {
    decode_bytes(text.as_bytes())
}

/// Reads the histories of a text that may not be UTF-8 to its end.
pub(crate) fn decode_bytes(text: &[u8]) -> Result<Vec<History>, DecodeError> {
    let mut reader = Reader::new(text);
    let histories = read_all(&mut reader);
    if !reader.census().is_suspect() {
        return histories;
    }
    let values = core::str::from_utf8(text).ok().and_then(|text| tree::parse_all(text).ok());
    match values.and_then(decoded::encode) {
        None => histories,
        Some(encoded) => {
            let histories = read_all(&mut Reader::new(encoded?.as_bytes()))?;
            let odd = |history: History| history.with_peculiarity(Peculiarity::DecodedPayloads);
            Ok(histories.into_iter().map(odd).collect())
        }
    }
}

fn read_all(reader: &mut Reader<&[u8]>) -> Result<Vec<History>, DecodeError> {
    let (mut histories, mut events) = (Vec::new(), Vec::new());
    while let Some(item) = reader.next()? {
        match item {
            Item::Event(event) => events.push(Arc::from(event)),
            Item::End => histories.push(History::read(core::mem::take(&mut events))?),
        }
    }
    Ok(histories)
}

/// Reads one event, the one at `index`.
pub(crate) fn decode_event(index: usize, event: Value) -> Result<Event, DecodeError> {
    let no_id = |misfit: Misfit| DecodeError::NoId {
        index,
        expected: misfit.expected,
        found: misfit.found,
    };
    let Value::Object(mut members) = event else {
        return Err(no_id(Misfit::new("an object", &event)));
    };
    if let (1, Some(Value::String(message))) = (members.len(), members.get("error")) {
        let expected = EventId::FIRST.plus(index as u64);
        return Err(DecodeError::Reported { expected, message: message.into() });
    }
    if go_struct::is_event(&members) {
        members = go_struct::canonical(members);
    }
    let id: Option<EventId> = take(&mut members, "eventId", "event_id").map_err(no_id)?;
    let id = id.ok_or_else(|| no_id(Misfit::new("an event id", &Value::Null)))?;
    let field = |misfit| DecodeError::field(id, misfit);
    let event_type = members
        .remove("eventType")
        .or_else(|| members.remove("event_type"))
        .ok_or_else(|| field(Misfit::new("a type of event", &Value::Null).within("eventType")))?;
    let time: Option<Timestamp> = take(&mut members, "eventTime", "event_time").map_err(field)?;
    let version = take(&mut members, "version", "version").map_err(field)?;
    let task_id = take(&mut members, "taskId", "task_id").map_err(field)?;
    let worker_may_ignore =
        take(&mut members, "workerMayIgnore", "worker_may_ignore").map_err(field)?;
    let user_metadata: Option<Box<UserMetadata>> =
        take(&mut members, "userMetadata", "user_metadata").map_err(field)?;
    let kind = decode_kind(id, &event_type, &mut members)?;
    Ok(Event {
        id,
        time: time.unwrap_or_default(),
        kind,
        user_metadata,
        server: ServerFields {
            version,
            task_id,
            worker_may_ignore,
            unknown: Unknown::new(members),
        },
    })
}

fn decode_kind(
    id: EventId,
    event_type: &Value,
    members: &mut Map<String, Value>,
) -> Result<EventKind, DecodeError> {
    let number = event_type.as_str().and_then(schema::number).map(Value::from);
    let event_type = number.as_ref().unwrap_or(event_type);
    let type_name: SmolStr = match event_type {
        Value::String(name) => name.into(),
        Value::Number(number) => number.to_smolstr(),
        other => {
            let misfit = Misfit::new("a type of event", other).within("eventType");
            return Err(DecodeError::field(id, misfit));
        }
    };
    let found = take_attributes(id, members)?;
    let Some(expected) = EventKind::key_for(event_type) else {
        let (attributes_key, attributes) = found.unwrap_or_default();
        return Ok(EventKind::Other(Box::new(OtherEvent {
            event_type: type_name,
            attributes_key,
            attributes,
        })));
    };
    let attributes = match found {
        Some((key, attributes)) if camel(&key) == expected => attributes,
        Some((found, _)) => {
            return Err(DecodeError::WrongAttributes {
                event: id,
                event_type: type_name,
                expected,
                found,
            });
        }
        None => {
            return Err(DecodeError::NoAttributes { event: id, event_type: type_name, expected });
        }
    };
    match EventKind::decode(expected, attributes) {
        Ok(Some(kind)) => Ok(kind),
        Ok(None) => unreachable!("`key_for` gives only keys that `decode` takes, not {expected}"),
        Err(misfit) => Err(DecodeError::field(id, misfit.within(expected))),
    }
}

/// Takes the one member that holds attributes, if there is one.
fn take_attributes(
    id: EventId,
    members: &mut Map<String, Value>,
) -> Result<Option<(SmolStr, Value)>, DecodeError> {
    let mut keys = members
        .iter()
        .filter(|(key, value)| {
            (key.ends_with("EventAttributes") || key.ends_with("_event_attributes"))
                && !value.is_null()
        })
        .map(|(key, _)| SmolStr::from(key));
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    if let Some(second) = keys.next() {
        return Err(DecodeError::TwoAttributes { event: id, first: key, second });
    }
    drop(keys);
    let attributes = members.remove(key.as_str()).unwrap_or_default();
    // Absent attributes of other types, which a schema-driven writer puts there, say nothing.
    members.retain(|key, value| !(key.ends_with("EventAttributes") && value.is_null()));
    Ok(Some((key, attributes)))
}

/// `some_name` as `someName`.
fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for (at, word) in name.split('_').enumerate() {
        let mut chars = word.chars();
        match chars.next() {
            Some(first) if at > 0 => {
                camel.push(first.to_ascii_uppercase());
                camel.push_str(chars.as_str());
            }
            _ => camel.push_str(word),
        }
    }
    camel
}

/// Writes `{"events": []}`.
pub(crate) fn encode(events: &[Arc<Event>]) -> String {
    let mut out = JsonWriter::pretty();
    out.object(|out| {
        out.key("events");
        out.array(|out| {
            for event in events {
                out.element();
                out.object(|out| encode_event(event, out));
            }
        });
    });
    out.finish()
}

/// The members of an event, in the order in which a server writes them.
fn encode_event(event: &Event, out: &mut JsonWriter) {
    put(out, "eventId", &event.id);
    put(out, "eventTime", &event.time);
    out.key("eventType");
    match (&event.kind, event.kind.type_name()) {
        // A type that only has a number was written as a number.
        (EventKind::Other(_), number) if schema::number(number).is_some() => out.display(number),
        (_, name) => out.string(name),
    }
    put(out, "version", &event.server.version);
    put(out, "taskId", &event.server.task_id);
    put(out, "workerMayIgnore", &event.server.worker_may_ignore);
    put(out, "userMetadata", &event.user_metadata);
    let key = event.kind.attributes_key();
    if !key.is_empty() {
        out.key(key);
        event.kind.encode(out);
    }
    event.server.unknown.encode_members(out);
}

/// The tree of one event as it is written.
pub(crate) fn event_tree(event: &Event) -> Value {
    let mut out = JsonWriter::pretty();
    out.object(|out| encode_event(event, out));
    serde_json::from_str(&out.finish()).expect("what the writer writes is JSON")
}
