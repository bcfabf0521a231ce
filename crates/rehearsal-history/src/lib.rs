//! What a durable history is, and how it is read, written and compared.
//!
//! A [`History`] holds the [`Event`]s of one run. It is read from and written to history JSON and the text notation, in
//! one piece or [event](EventReader) by [event](EventWriter), [checked](History::check_well_formed), put side by side with another one ([`diff()`]) and compared with a
//! recorded one ([`scrub()`]). [`Payloads`] encode and decode values of user code. Tests build histories with
//! [`HistoryBuilder`].

mod backoff;
mod boundary;
mod builder;
mod by_id;
mod codec;
pub mod diff;
mod ending;
mod error;
pub mod event;
mod failure;
mod history;
mod id;
mod json;
mod memo;
mod payload;
mod payload_map;
mod peculiarity;
mod policy;
pub mod scrub;
mod search;
mod skipping;
mod status;
mod text;
mod time;
mod well_formed;

pub use builder::HistoryBuilder;
pub use by_id::ById;
pub use codec::CodecError;
pub use diff::diff;
pub use ending::CutOff;
pub use error::{DecodeError, Dialect, HistoryError, TextError};
pub use event::{Event, EventKind};
pub use failure::*;
pub use history::History;
pub use id::EventId;
pub use json::{Bytes, EventReader, EventWriter, Opaque, Unknown, decode_list, is_protobuf};
pub use payload::{Metadata, Payload, Payloads};
pub use payload_map::BadPayload;
pub use peculiarity::Peculiarity;
pub use policy::*;
pub use scrub::scrub;
pub use search::{SearchAttribute, SearchType, SearchUpdate, SearchValue};
pub use skipping::*;
pub use smol_str::SmolStr;
pub use status::Status;
pub use text::{Line, duration_text, side_by_side};
pub use time::Timestamp;
pub use well_formed::IllFormed;
