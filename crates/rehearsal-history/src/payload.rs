//! Payloads: values of user code as bytes with metadata.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::json::schema::{Bytes, Field, Misfit, message};
use crate::json::writer::JsonWriter;

message! {
    /// One value of user code.
    pub struct Payload {
        /// How `data` is to be read: `encoding` at least.
        metadata: BTreeMap<SmolStr, Bytes> => "metadata",
        /// The value itself, encoded.
        data: Bytes => "data",
    }
}

impl Payload {
    /// A payload with the encoding `json/plain`, whose data is `text` as it is.
    #[must_use]
    pub fn json(text: impl Into<Vec<u8>>) -> Self {
        Self {
            metadata: BTreeMap::from([("encoding".into(), Bytes(b"json/plain".to_vec()))]),
            data: Bytes(text.into()),
            ..Self::default()
        }
    }

    /// The payload that SDKs write for no value: `binary/null`.
    #[must_use]
    pub fn null() -> Self {
        Self {
            metadata: BTreeMap::from([("encoding".into(), Bytes(b"binary/null".to_vec()))]),
            ..Self::default()
        }
    }

    /// The encoding, if it is there and is text.
    #[must_use]
    pub fn encoding(&self) -> Option<&str> {
        self.metadata.get("encoding").and_then(|bytes| core::str::from_utf8(&bytes.0).ok())
    }

    /// The data as text, if the encoding is `json/plain` and it is UTF-8.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        (self.encoding() == Some("json/plain")).then_some(())?;
        core::str::from_utf8(&self.data.0).ok()
    }
}

/// The arguments or results of one call. Clones share the values.
#[derive(Debug, Clone, PartialEq)]
pub struct Payloads(Arc<[Payload]>);

impl Payloads {
    /// One value.
    #[must_use]
    pub fn one(payload: Payload) -> Self {
        Self(Arc::new([payload]))
    }

    /// The values in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Payload] {
        &self.0
    }
}

impl FromIterator<Payload> for Payloads {
    fn from_iter<I: IntoIterator<Item = Payload>>(payloads: I) -> Self {
        Self(payloads.into_iter().collect())
    }
}

impl Default for Payloads {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

/// `{"payloads": [..]}`; the object has no other members.
impl Field for Payloads {
    fn absent() -> Self {
        Self::default()
    }

    fn is_absent(&self) -> bool {
        false
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        let Value::Object(mut members) = value else {
            return Err(Misfit::new("an object with `payloads`", &value));
        };
        let payloads: Vec<Payload> =
            crate::json::schema::take(&mut members, "payloads", "payloads")?;
        if !members.is_empty() {
            return Err(Misfit::new(
                "no member but `payloads`",
                &Value::Object(Map::from_iter(members)),
            ));
        }
        Ok(payloads.into_iter().collect())
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.object(|out| {
            if !self.0.is_empty() {
                out.key("payloads");
                out.array(|out| {
                    for payload in self.0.iter() {
                        out.element();
                        payload.encode(out);
                    }
                });
            }
        });
    }
}
