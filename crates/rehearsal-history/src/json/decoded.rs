//! The Web UI's decoded download: `encoding` is base64 as recorded, `data` is the value itself.
//!
//! One payload alone does not tell: `"data": "Temporal"` is base64 of six bytes too. A whole file does. What is encoded as
//! JSON holds JSON, so in an encoded file every such payload is base64 of JSON text, and in a decoded one hardly any is.
//! (A codec that leaves `json/plain` on bytes that are no JSON would be mistaken for it. Codecs name their own encoding.)
//! Where a file has both, or a payload of an encoding whose bytes are not in its text, reading it would be a guess, and
//! it is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::fields::base64_text;
use crate::error::DecodeError;
use crate::id::EventId;
use crate::payload::is_readable;

/// What to export instead of what cannot be read.
pub(super) const ADVICE: &str =
    "use the download \"Encoded\" of the Web UI or `temporal workflow show --output json`";

/// What the payloads of a text look like.
#[derive(Debug, Clone, Default)]
pub(super) struct Census {
    /// The first event with a payload that cannot be encoded.
    decoded: Option<EventId>,
    /// The first event with a payload that is base64, and of something that is not what its encoding says.
    doubtful: Option<EventId>,
    /// The first event with a payload that is encoded as its encoding says.
    encoded: Option<EventId>,
    /// The first event with a payload whose bytes cannot be told from its text if it is decoded.
    untold: Option<(EventId, String)>,
}

/// What a whole text is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Encoded,
    Decoded,
    /// Neither: the event that cannot be read, and why.
    Mixed(EventId, String),
}

impl Census {
    /// Counts the payloads of an event.
    pub(super) fn count(&mut self, event: EventId, tree: &Value) {
        match tree {
            Value::Object(members) => match encoding(members) {
                Some(encoding) => self.payload(event, encoding, members),
                None => members.values().for_each(|member| self.count(event, member)),
            },
            Value::Array(items) => items.iter().for_each(|item| self.count(event, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn payload(&mut self, event: EventId, encoding: &str, payload: &Map<String, Value>) {
        let decoded_too = payload.get("metadata").is_some_and(|metadata| {
            metadata.as_object().is_some_and(|metadata| metadata.keys().any(|key| is_decoded(key)))
        });
        let place = match (payload.get("data"), is_json(encoding)) {
            (None | Some(Value::Null), _) if !decoded_too => return,
            (_, false) if encoding == BINARY_NULL && !decoded_too => return,
            (Some(Value::String(text)), json) if !decoded_too => match (base64_text(text), json) {
                (Some(bytes), true) if is_json_text(&bytes) => &mut self.encoded,
                (Some(_), true) if is_canonical(text) => &mut self.doubtful,
                (Some(_), false) => {
                    let encoding = readable(encoding);
                    self.untold.get_or_insert((event, encoding));
                    return;
                }
                (Some(_), true) | (None, _) => &mut self.decoded,
            },
            _ => &mut self.decoded,
        };
        place.get_or_insert(event);
        if !is_json(encoding) && encoding != BINARY_NULL {
            self.untold.get_or_insert((event, readable(encoding)));
        }
    }

    /// Whether the text may be a decoded download.
    pub(super) const fn is_suspect(&self) -> bool {
        self.decoded.is_some() || self.doubtful.is_some()
    }

    /// What the text is, if all of it was counted.
    fn form(&self) -> Form {
        match (self.decoded.or(self.doubtful), self.encoded) {
            (None, _) => Form::Encoded,
            (Some(_), None) => match &self.untold {
                Some((event, encoding)) => Form::Mixed(
                    *event,
                    format!(
                        "the bytes of a payload of encoding `{encoding}` cannot be told from that"
                    ),
                ),
                None => Form::Decoded,
            },
            // Odd bytes among payloads that are as they should be: those of a converter of the user's.
            (Some(_), Some(_)) if self.decoded.is_none() => Form::Encoded,
            (Some(decoded), Some(encoded)) => {
                let other = format!("a payload of event {encoded} is not");
                Form::Mixed(decoded, other)
            }
        }
    }
}

/// Encodes the payloads of `texts`, which are all values of a text, if it is a decoded download; `None` if it is not.
pub(super) fn encode(mut values: Vec<Value>) -> Option<Result<String, DecodeError>> {
    let mut census = Census::default();
    for value in &values {
        count_events(&mut census, value);
    }
    match census.form() {
        Form::Encoded => None,
        Form::Mixed(event, why) => Some(Err(DecodeError::Decoded { event, why, advice: ADVICE })),
        Form::Decoded => {
            values.iter_mut().for_each(rewrite);
            let texts: Vec<String> = values.iter().map(Value::to_string).collect();
            Some(Ok(texts.join("\n")))
        }
    }
}

/// Counts the payloads of all events in a value, whatever they are wrapped in.
fn count_events(census: &mut Census, value: &Value) {
    match value {
        Value::Object(members) => {
            let id = ["eventId", "event_id"].iter().find_map(|key| members.get(*key));
            match id.and_then(number) {
                Some(id) => census.count(id, value),
                None => members.values().for_each(|member| count_events(census, member)),
            }
        }
        Value::Array(items) => items.iter().for_each(|item| count_events(census, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn number(id: &Value) -> Option<EventId> {
    id.as_u64().or_else(|| id.as_str()?.parse().ok()).map(EventId)
}

/// Puts base64 of JSON in the place of the values of payloads.
fn rewrite(value: &mut Value) {
    match value {
        Value::Object(members) => match encoding(members).map(is_json) {
            Some(json) => {
                if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
                    metadata.retain(|key, _| !is_decoded(key));
                }
                match members.get_mut("data") {
                    Some(data) if json => {
                        *data = Value::String(STANDARD_NO_PAD.encode(data.to_string()));
                    }
                    // Nothing has no bytes.
                    Some(data) => *data = Value::Null,
                    None => {}
                }
            }
            None => members.values_mut().for_each(rewrite),
        },
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `json/plain`, `json/protobuf` and `binary/null` in base64, without padding.
const JSON: [&str; 2] = ["anNvbi9wbGFpbg", "anNvbi9wcm90b2J1Zg"];
const BINARY_NULL: &str = "YmluYXJ5L251bGw";

/// The encoding of a payload, as it is written but for its padding; `None` if this is no payload, or one for people.
fn encoding(members: &Map<String, Value>) -> Option<&str> {
    let encoding = members.get("metadata")?.get("encoding").filter(|it| !is_readable(it))?;
    encoding.as_str().map(|text| text.trim_end_matches('='))
}

fn is_json(encoding: &str) -> bool {
    JSON.contains(&encoding)
}

/// Whether a member of the metadata is one that the Web UI adds.
fn is_decoded(key: &str) -> bool {
    key == "encodingDecoded"
}

/// Whether base64 is written as every exporter does: in the standard alphabet, padded.
fn is_canonical(base64: &str) -> bool {
    base64.len().is_multiple_of(4) && !base64.contains(['-', '_'])
}

fn is_json_text(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// An encoding for people.
fn readable(encoding: &str) -> String {
    let bytes = base64_text(encoding).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_else(|_| encoding.to_owned())
}
