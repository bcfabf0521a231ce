//! Typed values of workflow code to payloads and back, with errors that say all in one line.

use std::error::Error;
use std::fmt::Display;

use rehearsal_history::{CodecError, Payloads};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One value as payloads; `None` if its type has no size.
fn encode<T: Serialize>(value: &T) -> Result<Option<Payloads>, String> {
    Payloads::encode(value).map_err(|error| in_full(&error))
}

/// Like [`must_encode`], for what is given to an activity or a workflow, which may be several arguments.
///
/// # Panics
///
/// As [`must_encode`].
#[track_caller]
pub(crate) fn must_encode_arguments<T: Serialize>(
    what: impl Display,
    value: &T,
    several: bool,
) -> Option<Payloads> {
    match Payloads::encode_arguments(value, several) {
        Ok(payloads) => payloads,
        Err(error) => panic!("unable to encode {what}: {}", in_full(&error)),
    }
}

/// Like [`encode`], for a value whose error has nobody to go to; `what` names the value.
///
/// # Panics
///
/// Panics if the value cannot be written as JSON. Where it panics is where it is called.
#[track_caller]
pub(crate) fn must_encode<T: Serialize>(what: impl Display, value: &T) -> Option<Payloads> {
    // Not by `unwrap_or_else`: a closure panics where it stands.
    match encode(value) {
        Ok(payloads) => payloads,
        Err(error) => panic!("unable to encode {what}: {error}"),
    }
}

/// What a workflow returns as payloads; `None` also if it is `null`.
pub(crate) fn encode_result<T: Serialize>(value: &T) -> Result<Option<Payloads>, String> {
    Payloads::encode_result(value).map_err(|error| in_full(&error))
}

/// The value that payloads hold.
pub(crate) fn decode<T: DeserializeOwned>(payloads: Option<&Payloads>) -> Result<T, String> {
    Payloads::decode(payloads).map_err(|error| in_full(&error))
}

/// The arguments of a workflow: several are read as one tuple, or else the first of them alone.
pub(crate) fn decode_arguments<T: DeserializeOwned>(
    payloads: Option<&Payloads>,
) -> Result<T, String> {
    Payloads::decode_arguments(payloads).map_err(|error| in_full(&error))
}

/// An error and its cause: what is passed on is text only.
fn in_full(error: &CodecError) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
