//! Payloads: values of user code as bytes with metadata.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use smol_str::SmolStr;

use crate::json::schema::{Bytes, Field, Message, Misfit, Unknown, message_field, put, take};
use crate::json::writer::JsonWriter;

/// One value of user code.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Payload {
    /// How `data` is to be read: `encoding` at least. Clones share it.
    pub metadata: Arc<Metadata>,
    /// The value itself, encoded.
    pub data: Bytes,
    /// Members that no field is known for.
    pub unknown: Unknown,
}

/// What is said of a payload, by name.
pub type Metadata = BTreeMap<SmolStr, Bytes>;

/// The metadata of nearly all payloads, made once.
static JSON_PLAIN: LazyLock<Arc<Metadata>> = LazyLock::new(|| metadata_of("json/plain"));
/// The metadata of payloads without a value.
static BINARY_NULL: LazyLock<Arc<Metadata>> = LazyLock::new(|| metadata_of("binary/null"));

fn metadata_of(encoding: &str) -> Arc<Metadata> {
    Arc::new(BTreeMap::from([("encoding".into(), Bytes(encoding.into()))]))
}

impl Message for Payload {
    fn decode_members(mut members: Map<String, Value>) -> Result<Self, Misfit> {
        let encoding = members.get("metadata").and_then(|metadata| metadata.get("encoding"));
        if let Some(encoding) = encoding.filter(|encoding| is_readable(encoding)) {
            return Err(Misfit::new("an encoding in base64", encoding).within("metadata.encoding"));
        }
        if !members.is_empty() && !members.keys().any(|key| MEMBERS.contains(&key.as_str())) {
            return Err(Misfit::new("a payload", &Value::Object(members)));
        }
        let metadata: Metadata = take(&mut members, "metadata", "metadata")?;
        let shared = [&JSON_PLAIN, &BINARY_NULL].into_iter().find(|shared| ****shared == metadata);
        Ok(Self {
            metadata: shared.map_or_else(|| Arc::new(metadata), |shared| Arc::clone(shared)),
            data: take(&mut members, "data", "data")?,
            unknown: Unknown::new(members),
        })
    }

    fn encode_members(&self, out: &mut JsonWriter) {
        put(out, "metadata", &*self.metadata);
        put(out, "data", &self.data);
        self.unknown.encode_members(out);
    }
}

message_field!(Payload);

/// The members of a payload; an object that has others only is a value that somebody put in place of one.
const MEMBERS: &[&str] = &["metadata", "data", "externalPayloads", "external_payloads"];

/// Whether an encoding stands there for people, not in base64. Some of them would pass for base64.
pub(crate) fn is_readable(encoding: &Value) -> bool {
    encoding
        .as_str()
        .is_some_and(|encoding| ["json/", "binary/"].iter().any(|kind| encoding.starts_with(kind)))
}

impl Payload {
    /// A payload with the encoding `json/plain`, whose data is `text` as it is.
    #[must_use]
    pub fn json(text: impl Into<Vec<u8>>) -> Self {
        Self {
            metadata: Arc::clone(&JSON_PLAIN),
            data: Bytes(text.into()),
            unknown: Unknown::default(),
        }
    }

    /// Text, as the string of JSON that Go's `encoding/json` writes: with `<`, `>` and `&` escaped.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::json(json_string(text))
    }

    /// The payload that SDKs write for no value: `binary/null`.
    #[must_use]
    pub fn null() -> Self {
        Self {
            metadata: Arc::clone(&BINARY_NULL),
            data: Bytes::default(),
            unknown: Unknown::default(),
        }
    }

    /// Payloads within a payload: as protobuf writes them as JSON, with the encoding `json/protobuf`. Go's markers of
    /// mutable side effects hold one.
    #[must_use]
    pub fn of_payloads(payloads: &Payloads) -> Self {
        let mut out = JsonWriter::line();
        payloads.encode(&mut out);
        let metadata = BTreeMap::from([
            ("encoding".into(), Bytes("json/protobuf".into())),
            ("messageType".into(), Bytes("temporal.api.common.v1.Payloads".into())),
        ]);
        Self {
            metadata: Arc::new(metadata),
            data: Bytes(out.finish().into_bytes()),
            unknown: Unknown::default(),
        }
    }

    /// The payloads that stand within this one, if it is [of them](Self::of_payloads).
    #[must_use]
    pub fn to_payloads(&self) -> Option<Payloads> {
        (self.encoding() == Some("json/protobuf")).then_some(())?;
        Payloads::decode_tree(serde_json::from_slice(&self.data.0).ok()?)
    }

    /// The encoding, if it is there and is text.
    #[must_use]
    pub fn encoding(&self) -> Option<&str> {
        self.metadata.get("encoding").and_then(|bytes| core::str::from_utf8(&bytes.0).ok())
    }

    /// Whether another payload holds the same value: the same bytes of the same encoding, or JSON that says the same in
    /// other spaces, another order of keys or another spelling of a number.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_history::Payload;
    ///
    /// let ours = Payload::json(r#"{"a":1,"b":[2]}"#);
    /// assert!(ours.is_same_value(&Payload::json(r#"{"b": [2.0], "a": 1}"#)));
    /// assert!(!ours.is_same_value(&Payload::json(r#"{"a":1,"b":["2"]}"#)));
    /// ```
    #[must_use]
    pub fn is_same_value(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        let json =
            |payload: &Self| -> Option<Value> { serde_json::from_str(payload.as_json()?).ok() };
        match (json(self), json(other)) {
            (Some(ours), Some(theirs)) => same_json(&ours, &theirs),
            _ => false,
        }
    }

    /// The value that this holds as JSON; `None` if it is none of that type.
    #[must_use]
    pub fn to_value<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.as_json()?).ok()
    }

    /// A member of the object of JSON that this holds; `None` if it holds none, or no such member of that type.
    #[must_use]
    pub fn member<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let mut members: Map<String, Value> = serde_json::from_str(self.as_json()?).ok()?;
        serde_json::from_value(members.remove(key)?).ok()
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

    /// From `{"payloads": [..]}`.
    fn decode_tree(value: Value) -> Option<Self> {
        <Self as Field>::decode(value).ok()
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
        let payloads: Vec<Payload> = take(&mut members, "payloads", "payloads")?;
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

/// Whether two values of JSON are the same; `1` and `1.0` are.
fn same_json(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => {
            let float = |number: &Number| number.as_f64().map(f64::to_bits);
            a == b || (a.is_f64() || b.is_f64()) && float(a) == float(b)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(key, a)| b.get(key).is_some_and(|b| same_json(a, b));
            a.len() == b.len() && a.iter().all(same)
        }
        (a, b) => a == b,
    }
}

/// `text` as a JSON string, escaped as Go's `encoding/json` does.
fn json_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                json.extend(format!("\\u{:04x}", u32::from(char)).chars());
            }
            _ => json.push(char),
        }
    }
    json.push('"');
    json
}
