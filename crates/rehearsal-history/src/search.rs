//! Search attributes as typed names, and the payloads that hold their values.

use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use smol_str::SmolStr;

use crate::codec::{decode_one, encode_one};
use crate::json::schema::Bytes;
use crate::payload::Payload;
use crate::policy::SearchAttributes;
use crate::time::Timestamp;

/// Of which type the values of a search attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SearchType {
    /// `true` or `false`.
    Bool,
    /// A point in time.
    Datetime,
    /// A number with decimals.
    Double,
    /// A whole number.
    Int,
    /// A text that is looked for as a whole.
    Keyword,
    /// Several of them.
    KeywordList,
    /// A text in which words are looked for.
    Text,
}

impl SearchType {
    /// Its name as the server prints it, and as SDKs note it in the metadata of a value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "Bool",
            Self::Datetime => "Datetime",
            Self::Double => "Double",
            Self::Int => "Int",
            Self::Keyword => "Keyword",
            Self::KeywordList => "KeywordList",
            Self::Text => "Text",
        }
    }

    /// Whether the server can read a value of this type from `payload`: one value, none, or, of every type, a list of
    /// such values (`DecodeValue` of `common/searchattribute/sadefs/encode_value.go`, server 1.32; lists are allowed by
    /// default).
    #[must_use]
    pub fn reads(self, payload: &Payload) -> bool {
        let value: Value = match payload.encoding() {
            Some("binary/null") => return true,
            Some("json/plain") => match serde_json::from_slice(&payload.data.0) {
                Ok(value) => value,
                Err(_) => return false,
            },
            _ => return false,
        };
        match value {
            Value::Null => true,
            // Go decodes a `null` in a list as an empty text.
            Value::Array(items) => items.iter().all(|item| item.is_null() || self.is_one(item)),
            value => self != Self::KeywordList && self.is_one(&value),
        }
    }

    /// A value as Go prints it in an error: text without quotes, lists and objects with spaces.
    #[must_use]
    pub fn printed(payload: &Payload) -> SmolStr {
        fn print(value: &Value) -> String {
            match value {
                Value::Null => "<nil>".to_owned(),
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(items) => {
                    let items: Vec<String> = items.iter().map(print).collect();
                    format!("[{}]", items.join(" "))
                }
                Value::Object(members) => {
                    let members =
                        members.iter().map(|(key, value)| format!("{key}:{}", print(value)));
                    format!("map[{}]", members.collect::<Vec<_>>().join(" "))
                }
            }
        }

        let value = serde_json::from_slice(&payload.data.0);
        value.map_or_else(|_| "value from <>".into(), |value| print(&value).into())
    }

    fn is_one(self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_boolean(),
            Self::Datetime => {
                value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
            }
            Self::Double => value.is_number(),
            Self::Int => value.is_i64(),
            Self::Keyword | Self::KeywordList | Self::Text => value.is_string(),
        }
    }
}

impl fmt::Display for SearchType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A search attribute whose values are `T`s: the same constant is used by the workflow, the client and the scenario.
///
/// # Examples
///
/// ```
/// # use rehearsal_history as rehearsal;
/// use rehearsal::{SearchAttribute, SearchAttributes};
///
/// const CUSTOMER: SearchAttribute<String> = SearchAttribute::keyword("Customer");
/// const ITEMS: SearchAttribute<i64> = SearchAttribute::int("Items");
///
/// let attributes = SearchAttributes::of([CUSTOMER.set("ada"), ITEMS.set(3)]);
/// assert_eq!(CUSTOMER.get(&attributes).as_deref(), Some("ada"));
/// assert_eq!(ITEMS.get(&attributes), Some(3));
/// ```
pub struct SearchAttribute<T> {
    name: &'static str,
    kind: SearchType,
    value: PhantomData<fn() -> T>,
}

/// Writes a constructor.
macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident: $type:ty => $kind:ident;)*) => {
        $(impl SearchAttribute<$type> {
            $(#[$meta])*
            #[must_use]
            pub const fn $name(name: &'static str) -> Self {
                Self { name, kind: SearchType::$kind, value: PhantomData }
            }
        })*
    };
}

kinds! {
    /// One of `true` and `false`.
    bool: bool => Bool;
    /// A point in time.
    datetime: Timestamp => Datetime;
    /// A number with decimals.
    double: f64 => Double;
    /// A whole number.
    int: i64 => Int;
    /// A text that is looked for as a whole.
    keyword: String => Keyword;
    /// Several texts that are looked for as a whole.
    keyword_list: Vec<String> => KeywordList;
    /// A text in which words are looked for.
    text: String => Text;
}

impl<T> SearchAttribute<T> {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The type of its values.
    #[must_use]
    pub const fn kind(&self) -> SearchType {
        self.kind
    }

    /// That it has no value from now on.
    #[must_use]
    pub fn unset(&self) -> SearchUpdate {
        SearchUpdate { name: SmolStr::new_static(self.name), value: Payload::null() }
    }
}

impl<T: SearchValue> SearchAttribute<T> {
    /// That it has this value from now on.
    #[must_use]
    pub fn set(&self, value: impl Into<T>) -> SearchUpdate {
        let value = typed(value.into().to_payload(), self.kind);
        SearchUpdate { name: SmolStr::new_static(self.name), value }
    }

    /// Its value among `attributes`; `None` if it has none, or one that is no `T`.
    #[must_use]
    pub fn get(&self, attributes: &SearchAttributes) -> Option<T> {
        T::from_payload(attributes.indexed_fields.get(self.name)?)
    }
}

impl<T> Clone for SearchAttribute<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SearchAttribute<T> {}

impl<T> fmt::Debug for SearchAttribute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SearchAttribute").field(&self.name).field(&self.kind).finish()
    }
}

/// A change of one search attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchUpdate {
    /// The attribute.
    pub name: SmolStr,
    /// Its value; `binary/null` for none.
    pub value: Payload,
}

impl SearchUpdate {
    /// That the keyword list of this name has these keywords from now on.
    #[must_use]
    pub fn keyword_list(name: SmolStr, keywords: &[SmolStr]) -> Self {
        let texts: Vec<&str> = keywords.iter().map(SmolStr::as_str).collect();
        Self { name, value: typed(json(&texts), SearchType::KeywordList) }
    }
}

impl SearchAttributes {
    /// What these changes say; the last of one attribute counts.
    #[must_use]
    pub fn of(updates: impl IntoIterator<Item = SearchUpdate>) -> Self {
        let fields = updates.into_iter().map(|update| (update.name, update.value));
        Self { indexed_fields: fields.collect(), ..Self::default() }
    }

    /// Takes over what an upsert has changed. One that was unset stays, without a value (`mergeSearchAttributes` of
    /// sdk-go).
    pub fn merge(&mut self, changed: &Self) {
        let fields = changed.indexed_fields.iter();
        self.indexed_fields.extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    }
}

/// A type that values of search attributes can have. Sealed: the types are the server's.
pub trait SearchValue: Sized + sealed::Sealed {
    #[doc(hidden)]
    fn to_payload(&self) -> Payload;
    #[doc(hidden)]
    fn from_payload(payload: &Payload) -> Option<Self>;
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else may implement it")]
    pub trait Sealed {}
}

/// Writes the implementation for a type that JSON has.
macro_rules! json_values {
    ($($type:ty),*) => {
        $(impl sealed::Sealed for $type {}

        impl SearchValue for $type {
            fn to_payload(&self) -> Payload {
                json(self)
            }

            fn from_payload(payload: &Payload) -> Option<Self> {
                decode_one(payload).ok()?
            }
        })*
    };
}

json_values!(bool, i64, f64, String, Vec<String>);

impl sealed::Sealed for Timestamp {}

impl SearchValue for Timestamp {
    fn to_payload(&self) -> Payload {
        json(&self.to_rfc3339_nano())
    }

    fn from_payload(payload: &Payload) -> Option<Self> {
        Self::parse_rfc3339(&String::from_payload(payload)?)
    }
}

/// A value that says of which type it is.
fn typed(mut value: Payload, kind: SearchType) -> Payload {
    let metadata = Arc::make_mut(&mut value.metadata);
    metadata.insert("type".into(), Bytes(kind.name().into()));
    value
}

/// A value as JSON, in Go's spelling. A number that is none is `null`.
fn json<T: Serialize>(value: &T) -> Payload {
    encode_one(value).expect("values of search attributes are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_stands_in_the_metadata() {
        const WHEN: SearchAttribute<Timestamp> = SearchAttribute::datetime("When");
        let update = WHEN.set(Timestamp::from_nanos(1_500_000_000));
        assert_eq!(update.value.as_json(), Some("\"1970-01-01T00:00:01.5Z\""));
        assert_eq!(update.value.metadata["type"], Bytes("Datetime".into()));
        let attributes = SearchAttributes::of([update]);
        assert_eq!(WHEN.get(&attributes), Some(Timestamp::from_nanos(1_500_000_000)));
        assert_eq!(WHEN.get(&SearchAttributes::of([WHEN.unset()])), None);
    }

    #[test]
    fn what_the_server_reads() {
        let reads = |kind: SearchType, text: &str| kind.reads(&Payload::json(text));
        assert!(reads(SearchType::Keyword, "\"a\""));
        assert!(reads(SearchType::Keyword, "[\"a\",\"b\"]"));
        assert!(!reads(SearchType::Keyword, "1"));
        assert!(reads(SearchType::Int, "1"));
        assert!(!reads(SearchType::Int, "1.5"));
        assert!(reads(SearchType::Double, "1"));
        assert!(!reads(SearchType::KeywordList, "\"a\""));
        assert!(reads(SearchType::Datetime, "\"2026-01-01T00:00:00Z\""));
        assert!(!reads(SearchType::Datetime, "\"soon\""));
        assert!(SearchType::Bool.reads(&Payload::null()));
        assert!(!SearchType::Bool.reads(&Payload::default()));
    }
}
