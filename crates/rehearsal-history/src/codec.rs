//! Values of user code as payloads: the default data converter of the SDKs, for `json/plain` and `binary/null`.
//!
//! Text is what Go's `encoding/json` writes, since the native profile is Go's and payloads are compared byte for byte:
//! `<`, `>`, `&` and the line separators U+2028 and U+2029 are escaped, and floats are printed its way.

mod arguments;
mod types;

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use smol_str::SmolStr;

use self::types::written;
use crate::payload::{Payload, Payloads};

/// Why a value and its payload do not go together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The value cannot be JSON, such as a map whose keys are not strings.
    #[error("cannot encode a value of type `{}`", written(type_name))]
    Encode {
        /// The Rust type of the value.
        type_name: &'static str,
        /// What is in the way.
        source: serde_json::Error,
    },

    /// The payload holds something else than the wanted type.
    #[error("cannot decode a value of type `{}` from `{found}`", written(type_name))]
    Decode {
        /// The Rust type that was wanted.
        type_name: &'static str,
        /// The start of the payload's data.
        found: SmolStr,
        /// What is in the way.
        source: serde_json::Error,
    },

    /// The payload is not JSON.
    #[error("cannot decode a value of type `{}` from encoding `{encoding}`", written(type_name))]
    Encoding {
        /// The Rust type that was wanted.
        type_name: &'static str,
        /// The encoding of the payload; empty if it says none.
        encoding: SmolStr,
    },
}

impl Payloads {
    /// Encodes one value as SDKs do. A type without size, such as `()`, is no value at all; a value that is `null` in
    /// JSON, such as `None`, becomes a payload with the encoding `binary/null`.
    ///
    /// A float that is not a number is `null` in JSON.
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] if the value cannot be JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal_history as rehearsal;
    /// use rehearsal::{Payload, Payloads};
    ///
    /// assert_eq!(Payloads::encode(&())?, None);
    /// assert_eq!(Payloads::encode(&"a<b")?, Some(Payloads::one(Payload::json(r#""a\u003cb""#))));
    /// # Ok::<(), rehearsal::CodecError>(())
    /// ```
    pub fn encode<T: Serialize>(value: &T) -> Result<Option<Self>, CodecError> {
        if size_of::<T>() == 0 {
            return Ok(None);
        }
        let text = go_json(value).map_err(|source| CodecError::Encode {
            type_name: core::any::type_name::<T>(),
            source,
        })?;
        let payload = if text == b"null" { Payload::null() } else { Payload::json(text) };
        Ok(Some(Self::one(payload)))
    }

    /// Encodes what an activity or a workflow returns: like [`encode`](Self::encode), but a value that is `null` in JSON
    /// is no payload, as in Go (recorded: `nothing-as-value`).
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] if the value cannot be JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal_history as rehearsal;
    /// use rehearsal::Payloads;
    ///
    /// assert_eq!(Payloads::encode_result(&None::<u32>)?, None);
    /// assert!(Payloads::encode(&None::<u32>)?.is_some());
    /// # Ok::<(), rehearsal::CodecError>(())
    /// ```
    pub fn encode_result<T: Serialize>(value: &T) -> Result<Option<Self>, CodecError> {
        let payloads = Self::encode(value)?;
        Ok(payloads.filter(|payloads| payloads.as_slice() != [Payload::null()]))
    }

    /// Decodes the first value. No value at all and `binary/null` are read as `null`, so as `()` or `None`; values
    /// after the first are left alone, as SDKs do.
    ///
    /// # Errors
    ///
    /// [`CodecError::Decode`] if it does not fit `T`, [`CodecError::Encoding`] if it is not JSON.
    pub fn decode<T: DeserializeOwned>(payloads: Option<&Self>) -> Result<T, CodecError> {
        let type_name = core::any::type_name::<T>();
        let data = match payloads.and_then(|payloads| payloads.as_slice().first()) {
            None => b"null",
            Some(payload) => match payload.encoding().map(str::trim_ascii) {
                Some("binary/null") => b"null",
                Some("json/plain" | "json/protobuf") => payload.data.0.as_slice(),
                other => {
                    let encoding = other.unwrap_or_default().into();
                    return Err(CodecError::Encoding { type_name, encoding });
                }
            },
        };
        serde_json::from_slice(data).map_err(|source| CodecError::Decode {
            type_name,
            found: String::from_utf8_lossy(data).chars().take(60).collect(),
            source,
        })
    }
}

/// A value as one payload, where there must be one: of a type without size it is `binary/null`.
pub(crate) fn encode_one<T: Serialize>(value: &T) -> Result<Payload, CodecError> {
    let payloads = Payloads::encode(value)?;
    let payload = payloads.and_then(|payloads| payloads.as_slice().first().cloned());
    Ok(payload.unwrap_or_else(Payload::null))
}

/// The value that one payload holds; `None` if that is `binary/null`.
pub(crate) fn decode_one<T: DeserializeOwned>(payload: &Payload) -> Result<Option<T>, CodecError> {
    if payload.encoding() == Some("binary/null") {
        return Ok(None);
    }
    Payloads::decode(Some(&Payloads::one(payload.clone()))).map(Some)
}

/// The text that Go's `encoding/json` writes for `value`.
fn go_json<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut serializer = Serializer::with_formatter(Vec::new(), GoFormatter(CompactFormatter));
    value.serialize(&mut serializer)?;
    Ok(serializer.into_inner())
}

/// JSON on one line, with the escapes and floats of Go.
struct GoFormatter(CompactFormatter);

impl Formatter for GoFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        text: &str,
    ) -> io::Result<()> {
        // Text of other bytes has none of these characters.
        if !text.bytes().any(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2)) {
            return self.0.write_string_fragment(writer, text);
        }
        let mut rest = text;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, escaped) = rest.split_at(at);
            self.0.write_string_fragment(writer, plain)?;
            let mut chars = escaped.chars();
            if let Some(c) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(c))?;
            }
            rest = chars.as_str();
        }
        self.0.write_string_fragment(writer, rest)
    }

    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) {
            write_exponent(writer, &format!("{value:e}"))
        } else {
            write!(writer, "{value}")
        }
    }

    fn write_f32<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) {
            write_exponent(writer, &format!("{value:e}"))
        } else {
            write!(writer, "{value}")
        }
    }
}

/// Writes `1e21` as `1e+21`.
fn write_exponent<W: io::Write + ?Sized>(writer: &mut W, text: &str) -> io::Result<()> {
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => {
            write!(writer, "{digits}e+{exponent}")
        }
        _ => writer.write_all(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn json<T: Serialize>(value: &T) -> String {
        let payloads = Payloads::encode(value).unwrap().unwrap();
        payloads.as_slice()[0].as_json().unwrap().to_owned()
    }

    #[test]
    fn text_is_escaped_as_go_does() {
        assert_eq!(json(&"<a>&\u{2028}\u{2029}"), r#""\u003ca\u003e\u0026\u2028\u2029""#);
        assert_eq!(json(&"\"\\\n\r\t\u{8}\u{c}\u{1}é"), r#""\"\\\n\r\t\b\f\u0001é""#);
        assert_eq!(json(&BTreeMap::from([("<k>", "v")])), r#"{"\u003ck\u003e":"v"}"#);
    }

    #[test]
    fn floats_are_printed_as_go_does() {
        assert_eq!(
            json(&[1.0, 0.5, -0.0, 0.0, 1e20, 123_456.75]),
            "[1,0.5,-0,0,100000000000000000000,123456.75]"
        );
        assert_eq!(
            json(&[1e21, -2.5e300, 1e-6, 1e-7, 1.5e-9]),
            "[1e+21,-2.5e+300,0.000001,1e-7,1.5e-9]"
        );
        assert_eq!(json(&[1.0_f32, 0.1, 1e21]), "[1,0.1,1e+21]");
    }

    #[test]
    fn no_value_and_null_differ() {
        assert_eq!(Payloads::encode(&()).unwrap(), None);
        assert_eq!(Payloads::encode(&None::<u8>).unwrap(), Some(Payloads::one(Payload::null())));
        assert_eq!(json(&Some(7)), "7");
    }

    #[test]
    fn values_come_back() {
        let text = "a<b\u{2028}".to_owned();
        let payloads = Payloads::encode(&text).unwrap();
        assert_eq!(Payloads::decode::<String>(payloads.as_ref()).unwrap(), text);
        Payloads::decode::<()>(None).unwrap();
        assert_eq!(
            Payloads::decode::<Option<u8>>(Some(&Payloads::one(Payload::null()))).unwrap(),
            None
        );
        assert_eq!(Payloads::decode::<Option<u8>>(Some(&Payloads::default())).unwrap(), None);
    }

    #[test]
    fn a_wrong_type_is_an_error() {
        let payloads = Payloads::encode(&"seven").unwrap();
        let error = Payloads::decode::<u8>(payloads.as_ref()).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode a value of type `u8` from `\"seven\"`");
        let error = Payloads::decode::<u8>(None).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode a value of type `u8` from `null`");
        let error = Payloads::decode::<u8>(Some(&Payloads::one(Payload::default()))).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode a value of type `u8` from encoding ``");
        let error = Payloads::encode(&BTreeMap::from([((1, 2), 3)])).unwrap_err();
        assert!(error.to_string().starts_with("cannot encode a value of type `"), "{error}");
    }
}
