//! How counterparts are described: one line for each field.

use rehearsal_history::Unknown;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ConvertError;

/// Describes messages. `mirror` names fields that are on both sides, `rename` those that have two names (ours first),
/// `json` those that Rehearsal keeps as they came in JSON, `refuse` those that it does not keep: they must not be set.
macro_rules! mirror {
    ($(
        $ours:ty => $module:ident :: $proto:ident {
            mirror { $( $field:ident ),* $(,)? }
            $( rename { $( $renamed:ident = $theirs:ident ),+ $(,)? } )?
            $( json { $( $kept:ident = $name:literal ),+ $(,)? } )?
            $( refuse { $( $refused:ident ),+ $(,)? } )?
        }
    )+) => {$(
        #[expect(clippy::allow_attributes, reason = "not every message has such fields")]
        #[allow(deprecated, unused_mut, reason = "a history may hold deprecated fields; few keep JSON")]
        const _: () = {
            use $crate::mirror::{ConvertError, Mirror};

            impl Mirror<$module::$proto> for $ours {
                fn to_proto(&self) -> Result<$module::$proto, ConvertError> {
                    $crate::mirror::refuse_unknown(&self.unknown, &[$( $( $name ),+ )?])?;
                    Ok($module::$proto {
                        $( $field: Mirror::to_proto(&self.$field)
                            .map_err(|error| error.within(stringify!($field)))?, )*
                        $( $( $theirs: Mirror::to_proto(&self.$renamed)
                            .map_err(|error| error.within(stringify!($theirs)))?, )+ )?
                        $( $( $kept: $crate::mirror::take_json(&self.unknown, $name)?, )+ )?
                        $( $( $refused: Default::default(), )+ )?
                    })
                }

                fn from_proto(proto: $module::$proto) -> Result<Self, ConvertError> {
                    let mut unknown: Vec<(String, serde_json::Value)> = Vec::new();
                    $( $( $crate::mirror::json_member(&mut unknown, $name, &proto.$kept)?; )+ )?
                    $( $( if $crate::mirror::is_set(&proto.$refused) {
                        return Err(ConvertError::unmapped(stringify!($refused)));
                    } )+ )?
                    Ok(Self {
                        $( $field: Mirror::from_proto(proto.$field)
                            .map_err(|error| error.within(stringify!($field)))?, )*
                        $( $( $renamed: Mirror::from_proto(proto.$theirs)
                            .map_err(|error| error.within(stringify!($theirs)))?, )+ )?
                        unknown: unknown.into_iter().collect(),
                    })
                }
            }
        };
    )+};
}
pub(crate) use mirror;

/// Enums, which stand in protobuf as numbers.
macro_rules! mirror_enum {
    ($($ours:ty),+ $(,)?) => {$(
        impl $crate::mirror::Mirror<i32> for $ours {
            fn to_proto(&self) -> Result<i32, $crate::mirror::ConvertError> {
                self.number().ok_or_else(|| {
                    $crate::mirror::ConvertError::new("a value with a known number", self.as_str())
                })
            }

            fn from_proto(proto: i32) -> Result<Self, $crate::mirror::ConvertError> {
                Ok(Self::from_number(proto))
            }
        }
    )+};
}
pub(crate) use mirror_enum;

/// A member that is kept as JSON, as its message; the default if it is not there.
pub(crate) fn take_json<P: DeserializeOwned + Default>(
    unknown: &Unknown,
    name: &str,
) -> Result<P, ConvertError> {
    match unknown.iter().find(|(member, _)| *member == name) {
        None => Ok(P::default()),
        Some((_, value)) => with_json(value).map_err(|error| error.within(name)),
    }
}

/// A message from its JSON.
pub(crate) fn with_json<P: DeserializeOwned>(value: &Value) -> Result<P, ConvertError> {
    serde_json::from_value(value.clone())
        .map_err(|error| ConvertError::new("the JSON of its message", error))
}

/// Keeps a message as JSON, unless nothing in it is set.
pub(crate) fn json_member<P: Serialize + Default + PartialEq>(
    members: &mut Vec<(String, Value)>,
    name: &str,
    proto: &P,
) -> Result<(), ConvertError> {
    if *proto != P::default() {
        let value = serde_json::to_value(proto)
            .map_err(|error| ConvertError::new("a message with JSON", error).within(name))?;
        members.push((name.to_owned(), value));
    }
    Ok(())
}

/// Whether a field of a message is set.
pub(crate) fn is_set<P: Default + PartialEq>(proto: &P) -> bool {
    *proto != P::default()
}
