//! Other payloads in the place of all of a history, wherever they stand in it.

use core::fmt;
use std::error::Error;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::event::Event;
use crate::id::EventId;
use crate::json::schema::{Field as _, Message as _};
use crate::json::writer::JsonWriter;
use crate::json::{decode_event, event_tree};
use crate::payload::Payload;

/// What is wrong with one payload of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPayload<E> {
    /// The event that it stands in.
    pub event: EventId,
    /// The way to it, with dots.
    pub path: String,
    /// What is wrong.
    pub source: E,
}

impl<E> fmt::Display for BadPayload<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}: {}: the payload cannot be decoded", self.event, self.path)
    }
}

impl<E: Error + 'static> Error for BadPayload<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// The events with what `map` makes of each payload.
pub(crate) fn events<E>(
    events: &[Arc<Event>],
    mut map: impl FnMut(&str, Payload) -> Result<Payload, E>,
) -> Result<Vec<Arc<Event>>, BadPayload<E>> {
    events
        .iter()
        .enumerate()
        .map(|(index, event)| {
            let mut tree = event_tree(event);
            let mut found = false;
            let mut walk = Walk { map: &mut map, found: &mut found };
            walk.value(&mut String::new(), &mut tree).map_err(|(path, source)| BadPayload {
                event: event.id,
                path,
                source,
            })?;
            if !found {
                return Ok(Arc::clone(event));
            }
            let event = decode_event(index, tree);
            // Payloads stand where the schema has payloads, and one is as good there as another.
            Ok(Arc::new(event.expect("an event with other payloads is one")))
        })
        .collect()
}

/// Where the payloads of a header or a memo stand, by name.
const FIELDS: &str = "fields";

struct Walk<'a, F> {
    map: F,
    found: &'a mut bool,
}

impl<E, F: FnMut(&str, Payload) -> Result<Payload, E>> Walk<'_, F> {
    /// Maps the payloads in `value`, which stands at `path`.
    fn value(&mut self, path: &mut String, value: &mut Value) -> Result<(), (String, E)> {
        match value {
            Value::Object(members) => {
                if let Some(payload) = payload(members) {
                    *self.found = true;
                    let mapped =
                        (self.map)(path, payload).map_err(|error| (path.clone(), error))?;
                    *value = tree(&mapped);
                    return Ok(());
                }
                self.members(path, members)?;
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.within(path, &index.to_string(), item)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }

    fn members(
        &mut self,
        path: &mut String,
        members: &mut Map<String, Value>,
    ) -> Result<(), (String, E)> {
        for (key, member) in members.iter_mut() {
            if key != "searchAttributes" {
                self.within(path, key, member)?;
            }
        }
        restore_message(members);
        Ok(())
    }

    fn within(
        &mut self,
        path: &mut String,
        step: &str,
        value: &mut Value,
    ) -> Result<(), (String, E)> {
        let length = path.len();
        // The attributes are all that an event has of this; their name says nothing that its type does not.
        if !step.ends_with("EventAttributes") {
            if length > 0 {
                path.push('.');
            }
            path.push_str(step);
        }
        match value {
            // Users choose the names in a header and in a memo: one that is called `metadata` makes no payload of them all.
            Value::Object(names) if step == FIELDS => self.members(path, names)?,
            _ => self.value(path, value)?,
        }
        path.truncate(length);
        Ok(())
    }
}

/// The payload that an object is: one whose `metadata` are texts and whose `data` is text, if it has any.
fn payload(members: &Map<String, Value>) -> Option<Payload> {
    let metadata = members.get("metadata")?.as_object()?;
    let data = members.get("data");
    let is_one = metadata.values().all(Value::is_string) && data.is_none_or(Value::is_string);
    is_one.then(|| Payload::decode_members(members.clone()).ok()).flatten()
}

fn tree(payload: &Payload) -> Value {
    let mut out = JsonWriter::pretty();
    payload.encode(&mut out);
    serde_json::from_str(&out.finish()).expect("what the writer writes is JSON")
}

/// A codec may take message and stack trace of a failure along, in a payload (`EncodeCommonFailureAttributes`).
fn restore_message(failure: &mut Map<String, Value>) {
    let Some(encoded) = failure.get("encodedAttributes").and_then(Value::as_object) else { return };
    let attributes = payload(encoded)
        .and_then(|payload| serde_json::from_str::<Map<String, Value>>(payload.as_json()?).ok());
    let Some(mut attributes) = attributes else { return };
    for (theirs, ours) in [("message", "message"), ("stack_trace", "stackTrace")] {
        if let Some(text @ Value::String(_)) = attributes.remove(theirs) {
            failure.insert(ours.to_owned(), text);
        }
    }
    failure.remove("encodedAttributes");
}
