//! How a field of a protobuf message stands in JSON: one trait, and the macros that describe messages and enums.
//!
//! The rules are those of protobuf's JSON mapping as Temporal's own tools write it (dialect A), and the wider set that
//! its parsers read: both spellings of a field name, both spellings of an enum value and its number, `null` for absent.

use serde_json::{Map, Value};

pub use super::fields::{Bytes, Opaque};
use super::writer::JsonWriter;

/// A value that does not fit its field. The path is put together while the error travels outwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) path: String,
    pub(crate) expected: &'static str,
    pub(crate) found: String,
}

impl Misfit {
    pub(crate) fn new(expected: &'static str, found: &Value) -> Self {
        let mut text = found.to_string();
        if let Some((cut, _)) = text.char_indices().nth(60) {
            text.truncate(cut);
            text.push('…');
        }
        Self { path: String::new(), expected, found: text }
    }

    pub(crate) fn within(mut self, step: &str) -> Self {
        if !self.path.is_empty() {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, step);
        self
    }
}

/// A type that can be a field of a message.
pub(crate) trait Field: Sized {
    /// What the field holds when its key is not there, or is `null`.
    fn absent() -> Self;
    /// Whether the key is left out when written.
    fn is_absent(&self) -> bool;
    /// Whether a value is how some writer says that there is none.
    fn says_absent(value: &Value) -> bool {
        value.is_null()
    }
    fn decode(value: Value) -> Result<Self, Misfit>;
    fn encode(&self, out: &mut JsonWriter);
}

/// A message that is read from the members of an object.
pub(crate) trait Message: Sized {
    /// Takes what it knows out of `members` and keeps the rest.
    fn decode_members(members: Map<String, Value>) -> Result<Self, Misfit>;
    fn encode_members(&self, out: &mut JsonWriter);
}

/// Members of an object that no field is known for; they are written back as they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unknown(Option<Box<Map<String, Value>>>);

impl Unknown {
    /// Keeps what is there; `null` and an empty list say that there is nothing.
    pub(crate) fn new(mut members: Map<String, Value>) -> Self {
        members.retain(|_, value| !value.is_null() && !value.as_array().is_some_and(Vec::is_empty));
        Self(if members.is_empty() { None } else { Some(Box::new(members)) })
    }

    /// The members, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().flat_map(|members| members.iter()).map(|(key, value)| (key.as_str(), value))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn encode_members(&self, out: &mut JsonWriter) {
        for (key, value) in self.iter() {
            out.key(key);
            out.value(value);
        }
    }
}

impl FromIterator<(String, Value)> for Unknown {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        Self::new(members.into_iter().collect())
    }
}

/// Takes a field out of `members` under either of its names.
pub(crate) fn take<T: Field>(
    members: &mut Map<String, Value>,
    json_name: &'static str,
    proto_name: &'static str,
) -> Result<T, Misfit> {
    let value = members.remove(json_name);
    let other = if json_name == proto_name { None } else { members.remove(proto_name) };
    if let (Some(_), Some(other)) = (&value, &other) {
        return Err(Misfit::new("one spelling of the field", other).within(json_name));
    }
    match value.or(other) {
        Some(value) if !T::says_absent(&value) => {
            T::decode(value).map_err(|misfit| misfit.within(json_name))
        }
        Some(_) | None => Ok(T::absent()),
    }
}

/// Writes a field unless it is absent.
pub(crate) fn put<T: Field>(out: &mut JsonWriter, json_name: &str, field: &T) {
    if !field.is_absent() {
        out.key(json_name);
        field.encode(out);
    }
}

/// Makes a message a field: an object, absent when nothing in it is set.
macro_rules! message_field {
    ($name:ty) => {
        impl $crate::json::schema::Field for $name {
            fn absent() -> Self {
                Self::default()
            }

            fn is_absent(&self) -> bool {
                *self == Self::default()
            }

            fn decode(value: serde_json::Value) -> Result<Self, $crate::json::schema::Misfit> {
                match value {
                    serde_json::Value::Object(members) => {
                        <Self as $crate::json::schema::Message>::decode_members(members)
                    }
                    other => Err($crate::json::schema::Misfit::new("an object", &other)),
                }
            }

            fn encode(&self, out: &mut $crate::json::writer::JsonWriter) {
                out.object(|out| $crate::json::schema::Message::encode_members(self, out));
            }
        }
    };
}
pub(crate) use message_field;

/// Describes protobuf messages: each field with its name in JSON.
macro_rules! message {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty => $json:literal, )*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $type, )*
            /// Members that no field is known for.
            pub unknown: $crate::json::schema::Unknown,
        }

        impl $crate::json::schema::Message for $name {
            fn decode_members(
                mut members: serde_json::Map<String, serde_json::Value>,
            ) -> Result<Self, $crate::json::schema::Misfit> {
                Ok(Self {
                    $( $field: $crate::json::schema::take(&mut members, $json, stringify!($field))?, )*
                    unknown: $crate::json::schema::Unknown::new(members),
                })
            }

            fn encode_members(&self, out: &mut $crate::json::writer::JsonWriter) {
                $( $crate::json::schema::put(out, $json, &self.$field); )*
                self.unknown.encode_members(out);
            }
        }

        $crate::json::schema::message_field!($name);
    )+};
}
pub(crate) use message;

/// Describes a protobuf enum: the prefix of its values in JSON, and each value with its name and number.
macro_rules! enumeration {
    (
        $(#[$meta:meta])*
        pub enum $name:ident $prefix:literal {
            $( $(#[$value_meta:meta])* $value:ident = $number:literal $json:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub enum $name {
            /// Not said; left out when written.
            #[default]
            Unspecified,
            $( $(#[$value_meta])* $value, )+
            /// A value that this version does not know, kept as it was written.
            Unknown(smol_str::SmolStr),
        }

        impl $name {
            /// The name in the newer dialect of history JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    Self::Unspecified => concat!($prefix, "_UNSPECIFIED"),
                    $( Self::$value => concat!($prefix, "_", $json), )+
                    Self::Unknown(name) => name,
                }
            }

            /// The number that stands for it in protobuf; `None` for an unknown value of which only the name is known.
            #[must_use]
            pub fn number(&self) -> Option<i32> {
                match self {
                    Self::Unspecified => Some(0),
                    $( Self::$value => Some($number), )+
                    Self::Unknown(name) => $crate::json::schema::number(name),
                }
            }

            /// The value that `number` stands for in protobuf.
            #[must_use]
            pub fn from_number(number: i32) -> Self {
                match number {
                    0 => Self::Unspecified,
                    $( $number => Self::$value, )+
                    unknown => Self::Unknown(smol_str::ToSmolStr::to_smolstr(&unknown)),
                }
            }
        }

        impl $crate::json::schema::Field for $name {
            fn absent() -> Self {
                Self::Unspecified
            }

            fn is_absent(&self) -> bool {
                matches!(self, Self::Unspecified)
            }

            fn decode(value: serde_json::Value) -> Result<Self, $crate::json::schema::Misfit> {
                let number = match &value {
                    serde_json::Value::String(text) => $crate::json::schema::number(text),
                    serde_json::Value::Number(number) => match number.as_i64().map(i32::try_from) {
                        Some(Ok(number)) => Some(number),
                        Some(Err(_)) | None => {
                            return Err($crate::json::schema::Misfit::new(
                                concat!("a number of enum ", stringify!($name)), &value));
                        }
                    },
                    _ => None,
                };
                if let Some(number) = number {
                    return Ok(Self::from_number(number));
                }
                let Some(spelled) = value.as_str() else {
                    return Err($crate::json::schema::Misfit::new(
                        concat!("a value of enum ", stringify!($name)), &value));
                };
                Ok(match $crate::json::schema::enum_value_name(spelled, $prefix).as_str() {
                    "UNSPECIFIED" => Self::Unspecified,
                    $( $json => Self::$value, )+
                    _ => Self::Unknown(spelled.into()),
                })
            }

            fn encode(&self, out: &mut $crate::json::writer::JsonWriter) {
                match self {
                    // A value that only has a number was written as a number.
                    Self::Unknown(number) if $crate::json::schema::number(number).is_some() => out.display(number),
                    known => out.string(known.as_str()),
                }
            }
        }
    };
}
pub(crate) use enumeration;

/// The number that a text spells, if it spells it as JSON does.
pub(crate) fn number(text: &str) -> Option<i32> {
    let number: i32 = text.parse().ok()?;
    (!text.starts_with('+') && number.to_string() == text).then_some(number)
}

/// The name of an enum's value without its prefix, in `SCREAMING_SNAKE`, whichever way it is spelled.
pub(crate) fn enum_value_name(spelled: &str, prefix: &str) -> String {
    if let Some(rest) = spelled.strip_prefix(prefix) {
        return rest.trim_start_matches('_').to_owned();
    }
    let mut name = String::with_capacity(spelled.len() + 4);
    for (at, c) in spelled.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}
