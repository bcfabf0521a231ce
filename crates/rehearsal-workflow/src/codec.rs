//! Typed values of workflow code to payloads and back, with errors that say all in one line.

use std::error::Error;
use std::fmt::Display;

use rehearsal_history::{CodecError, Payload, Payloads};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One value as payloads; `None` if its type has no size.
fn encode<T: Serialize>(value: &T) -> Result<Option<Payloads>, String> {
    Payloads::encode(value).map_err(|error| in_full(&error))
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
    let several = payloads.filter(|payloads| payloads.as_slice().len() > 1);
    several.and_then(decode_all).map_or_else(|| decode(payloads), Ok)
}

/// Like [`decode`], but several payloads are read as one tuple; `None` if they are none.
pub(crate) fn decode_all<T: DeserializeOwned>(payloads: &Payloads) -> Option<T> {
    match payloads.as_slice() {
        [] | [_] => Payloads::decode(Some(payloads)).ok(),
        several => {
            let texts: Vec<&str> =
                several.iter().map(|payload| payload.as_json().unwrap_or("null")).collect();
            let tuple = Payload::json(format!("[{}]", texts.join(",")));
            Payloads::decode(Some(&Payloads::one(tuple))).ok()
        }
    }
}

/// An error and its cause: what is passed on is text only.
fn in_full(error: &CodecError) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
