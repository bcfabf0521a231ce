//! How values stand in JSON: scalars, times, bytes, lists, maps, and parts that are kept as they came.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use smol_str::SmolStr;

use super::schema::{Field, Misfit};
use super::writer::JsonWriter;
use crate::id::EventId;
use crate::time::{Timestamp, decimals};

impl<T: Field> Field for Option<T> {
    fn absent() -> Self {
        None
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn says_absent(value: &Value) -> bool {
        T::says_absent(value)
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        T::decode(value).map(Some)
    }

    fn encode(&self, out: &mut JsonWriter) {
        if let Some(value) = self {
            value.encode(out);
        }
    }
}

impl<T: Field> Field for Box<T> {
    fn absent() -> Self {
        Self::new(T::absent())
    }

    fn is_absent(&self) -> bool {
        T::is_absent(self)
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        T::decode(value).map(Self::new)
    }

    fn encode(&self, out: &mut JsonWriter) {
        T::encode(self, out);
    }
}

impl<T: Field> Field for Vec<T> {
    fn absent() -> Self {
        Self::new()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        match value {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(at, item)| T::decode(item).map_err(|misfit| misfit.within(&at.to_string())))
                .collect(),
            other => Err(Misfit::new("an array", &other)),
        }
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.array(|out| {
            for item in self {
                out.element();
                item.encode(out);
            }
        });
    }
}

impl<T: Field> Field for BTreeMap<SmolStr, T> {
    fn absent() -> Self {
        Self::new()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        match value {
            Value::Object(members) => members
                .into_iter()
                .map(|(key, member)| match T::decode(member) {
                    Ok(member) => Ok((key.into(), member)),
                    Err(misfit) => Err(misfit.within(&key)),
                })
                .collect(),
            other => Err(Misfit::new("an object", &other)),
        }
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.object(|out| {
            for (key, value) in self {
                out.key(key);
                value.encode(out);
            }
        });
    }
}

impl Field for SmolStr {
    fn absent() -> Self {
        Self::default()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        match value {
            Value::String(text) => Ok(text.into()),
            other => Err(Misfit::new("a string", &other)),
        }
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.string(self);
    }
}

impl Field for bool {
    fn absent() -> Self {
        false
    }

    fn is_absent(&self) -> bool {
        !*self
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        value.as_bool().ok_or_else(|| Misfit::new("true or false", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.display(self);
    }
}

/// An integer that may come as a number or as a string of digits.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// int64: written as a string.
impl Field for i64 {
    fn absent() -> Self {
        0
    }

    fn is_absent(&self) -> bool {
        *self == 0
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        integer(&value).ok_or_else(|| Misfit::new("a 64-bit integer", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.display(format_args!("\"{self}\""));
    }
}

/// int32: written as a number.
impl Field for i32 {
    fn absent() -> Self {
        0
    }

    fn is_absent(&self) -> bool {
        *self == 0
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        integer(&value)
            .and_then(|wide| Self::try_from(wide).ok())
            .ok_or_else(|| Misfit::new("a 32-bit integer", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.display(self);
    }
}

/// uint32: written as a number.
impl Field for u32 {
    fn absent() -> Self {
        0
    }

    fn is_absent(&self) -> bool {
        *self == 0
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        integer(&value)
            .and_then(|wide| Self::try_from(wide).ok())
            .ok_or_else(|| Misfit::new("an unsigned 32-bit integer", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.display(self);
    }
}

impl Field for f64 {
    fn absent() -> Self {
        0.0
    }

    fn is_absent(&self) -> bool {
        *self == 0.0
    }

    /// `NaN` is refused: no field means anything by it, and it differs from itself.
    fn decode(value: Value) -> Result<Self, Misfit> {
        let number: Option<Self> = value.as_f64().or_else(|| value.as_str()?.parse().ok());
        number.filter(|number| !number.is_nan()).ok_or_else(|| Misfit::new("a number", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        if self.is_finite() {
            out.display(self);
        } else if self.is_nan() {
            // Only a history that was built, not read, can say this.
            out.string("NaN");
        } else {
            out.string(if self.is_sign_negative() { "-Infinity" } else { "Infinity" });
        }
    }
}

impl Field for f32 {
    fn absent() -> Self {
        0.0
    }

    fn is_absent(&self) -> bool {
        *self == 0.0
    }

    /// `NaN` is refused, as in a field of more digits.
    fn decode(value: Value) -> Result<Self, Misfit> {
        let number: Option<Self> = match &value {
            Value::Number(number) => number.to_string().parse().ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| !number.is_nan()).ok_or_else(|| Misfit::new("a number", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        if self.is_finite() { out.display(self) } else { f64::from(*self).encode(out) }
    }
}

impl Field for EventId {
    fn absent() -> Self {
        Self::NONE
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        integer(&value)
            .and_then(|id| u64::try_from(id).ok())
            .map(Self)
            .ok_or_else(|| Misfit::new("an event id", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.display(format_args!("\"{self}\""));
    }
}

impl Field for Timestamp {
    fn absent() -> Self {
        Self::EPOCH
    }

    fn is_absent(&self) -> bool {
        *self == Self::EPOCH
    }

    /// The older dialect writes Go's zero time where there is none.
    fn says_absent(value: &Value) -> bool {
        value.is_null() || value == "0001-01-01T00:00:00Z"
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        value
            .as_str()
            .and_then(Self::parse_rfc3339)
            .ok_or_else(|| Misfit::new("an RFC 3339 timestamp from 1970 to 2554", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.string(&self.to_rfc3339());
    }
}

impl Field for Duration {
    fn absent() -> Self {
        Self::ZERO
    }

    fn is_absent(&self) -> bool {
        self.is_zero()
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        value
            .as_str()
            .and_then(parse_duration)
            .ok_or_else(|| Misfit::new("a duration such as `1.500s`, not negative", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.string(&print_duration(*self));
    }
}

/// Reads `10s`, `0.5s`, `1.000000001s`.
fn parse_duration(text: &str) -> Option<Duration> {
    let seconds = text.strip_suffix('s')?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, nanos))
}

/// Seconds with 0, 3, 6 or 9 decimals, as protobuf JSON writes them.
pub(super) fn print_duration(duration: Duration) -> String {
    let nanos = duration.subsec_nanos();
    match usize::from(decimals(nanos)) {
        0 => format!("{}s", duration.as_secs()),
        digits => {
            let fraction = format!("{nanos:09}");
            format!("{}.{}s", duration.as_secs(), &fraction[..digits])
        }
    }
}

/// Bytes that stand in JSON as base64.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

impl Field for Bytes {
    fn absent() -> Self {
        Self::default()
    }

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        let Value::String(text) = &value else {
            return Err(Misfit::new("base64 text", &value));
        };
        base64_text(text).map(Self).ok_or_else(|| Misfit::new("base64 text", &value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.string(&STANDARD.encode(&self.0));
    }
}

/// The bytes that a text is base64 of, in either alphabet and with or without padding; `None` if it is not.
pub(super) fn base64_text(text: &str) -> Option<Vec<u8>> {
    let standard = text.replace('-', "+").replace('_', "/");
    let unpadded = standard.trim_end_matches('=');
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(unpadded).ok()
}

/// A part of an event that Rehearsal does not look into: kept and written back as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque(pub Value);

impl Field for Opaque {
    fn absent() -> Self {
        Self(Value::Null)
    }

    fn is_absent(&self) -> bool {
        self.0.is_null()
    }

    fn decode(value: Value) -> Result<Self, Misfit> {
        Ok(Self(value))
    }

    fn encode(&self, out: &mut JsonWriter) {
        out.value(&self.0);
    }
}
