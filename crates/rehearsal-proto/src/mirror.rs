//! Rehearsal's types and their counterparts in Temporal's protobuf messages.
//!
//! [`Mirror`] goes both ways, and both ways are complete: what has no counterpart on the other side is refused by name
//! and never dropped. The macro `mirror!` names every field of a message, so a field that a new version of the SDK adds
//! does not compile here until somebody says what becomes of it.

mod failure;
mod message;
mod opaque;
mod payload;
mod policy;
mod reset;

use std::fmt;

use prost_wkt_types::{Duration as ProtoDuration, Timestamp as ProtoTimestamp};
use rehearsal_history::{EventId, SmolStr, Timestamp, Unknown};

pub(crate) use self::message::{is_set, json_member, mirror, mirror_enum, take_json, with_json};
pub use self::payload::{ProtoMap, from_header, from_list, header, list};

/// Why something has no counterpart in Temporal's protobuf messages, or the other way round.
///
/// # Examples
///
/// ```
/// use rehearsal_history::History;
/// use rehearsal_proto::history;
///
/// let json = r#"{"events": [{
///     "eventId": "1", "eventTime": "2026-01-02T03:04:05Z",
///     "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
///     "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "Order"}, "colour": "red"}
/// }]}"#;
///
/// let error = history::to_proto(&History::from_json(json)?).unwrap_err();
/// assert_eq!(error.to_string(), "`event 1.colour`: expected a field that Temporal's messages have, found it set");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", place(.path))]
pub struct ConvertError {
    /// Where it stands: names of fields, outermost first, with dots between them.
    path: String,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    /// A value has no counterpart.
    #[error("expected {expected}, found {found}")]
    Misfit {
        /// What could have stood there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// All values have one, but together they are no history.
    #[error("not a history: {0}")]
    NotAHistory(String),
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("`{path}`: ") }
}

impl ConvertError {
    /// A value that has no counterpart: what could stand there, and what does.
    pub fn new(expected: &'static str, found: impl fmt::Display) -> Self {
        let problem = Problem::Misfit { expected, found: found.to_string() };
        Self { path: String::new(), problem }
    }

    pub(crate) fn not_a_history(error: impl fmt::Display) -> Self {
        Self { path: String::new(), problem: Problem::NotAHistory(error.to_string()) }
    }

    /// A field of a protobuf message that Rehearsal's type does not have.
    pub(crate) fn unmapped(field: &str) -> Self {
        Self::new("a field that Rehearsal knows", "it set").within(field)
    }

    /// The same, one step further out: the value stands in the field `step`.
    #[must_use]
    pub fn within(mut self, step: &str) -> Self {
        if !self.path.is_empty() {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, step);
        self
    }
}

/// A type with a counterpart `P` in protobuf.
///
/// # Examples
///
/// ```
/// use rehearsal_history::Payload;
/// use rehearsal_proto::Mirror as _;
///
/// let payload = Payload::default();
/// assert_eq!(Payload::from_proto(payload.to_proto()?)?, payload);
/// # Ok::<(), rehearsal_proto::ConvertError>(())
/// ```
pub trait Mirror<P>: Sized {
    /// The message.
    ///
    /// # Errors
    ///
    /// [`ConvertError`] if something in the value has no place in the message.
    fn to_proto(&self) -> Result<P, ConvertError>;

    /// The value of a message.
    ///
    /// # Errors
    ///
    /// [`ConvertError`] if something is set in the message that the value has no place for, or is out of range.
    fn from_proto(proto: P) -> Result<Self, ConvertError>;
}

/// Refuses members that are in no message, apart from those in `known`.
pub(crate) fn refuse_unknown(unknown: &Unknown, known: &[&str]) -> Result<(), ConvertError> {
    match unknown.iter().find(|(name, _)| !known.contains(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let error = ConvertError::new("a field that Temporal's messages have", "it set");
            Err(error.within(name))
        }
    }
}

/// Types that are the same on both sides.
macro_rules! same {
    ($($type:ty),+) => {$(
        impl Mirror<Self> for $type {
            fn to_proto(&self) -> Result<Self, ConvertError> {
                Ok(self.clone())
            }

            fn from_proto(proto: Self) -> Result<Self, ConvertError> {
                Ok(proto)
            }
        }
    )+};
}

same!(bool, i32, i64, u32, f32, f64);

impl<T: Mirror<P>, P> Mirror<Option<P>> for Option<T> {
    fn to_proto(&self) -> Result<Option<P>, ConvertError> {
        self.as_ref().map(T::to_proto).transpose()
    }

    fn from_proto(proto: Option<P>) -> Result<Self, ConvertError> {
        proto.map(T::from_proto).transpose()
    }
}

impl<T: Mirror<P>, P> Mirror<P> for Box<T> {
    fn to_proto(&self) -> Result<P, ConvertError> {
        T::to_proto(self)
    }

    fn from_proto(proto: P) -> Result<Self, ConvertError> {
        T::from_proto(proto).map(Self::new)
    }
}

impl<T: Mirror<P>, P> Mirror<Vec<P>> for Vec<T> {
    fn to_proto(&self) -> Result<Vec<P>, ConvertError> {
        self.iter().map(T::to_proto).collect()
    }

    fn from_proto(proto: Vec<P>) -> Result<Self, ConvertError> {
        proto.into_iter().map(T::from_proto).collect()
    }
}

impl Mirror<String> for SmolStr {
    fn to_proto(&self) -> Result<String, ConvertError> {
        Ok(self.as_str().to_owned())
    }

    fn from_proto(proto: String) -> Result<Self, ConvertError> {
        Ok(proto.into())
    }
}

impl Mirror<i64> for EventId {
    fn to_proto(&self) -> Result<i64, ConvertError> {
        i64::try_from(self.0).map_err(|_| ConvertError::new("an id of an event", self))
    }

    fn from_proto(proto: i64) -> Result<Self, ConvertError> {
        u64::try_from(proto).map(Self).map_err(|_| ConvertError::new("an id of an event", proto))
    }
}

impl Mirror<ProtoDuration> for std::time::Duration {
    fn to_proto(&self) -> Result<ProtoDuration, ConvertError> {
        let seconds = i64::try_from(self.as_secs())
            .map_err(|_| ConvertError::new("a shorter time", format_args!("{self:?}")))?;
        Ok(ProtoDuration { seconds, nanos: nanos(self.subsec_nanos()) })
    }

    fn from_proto(proto: ProtoDuration) -> Result<Self, ConvertError> {
        whole(proto.seconds, proto.nanos)
            .map(|(seconds, nanos)| Self::new(seconds, nanos))
            .ok_or_else(|| {
                let found = format_args!("{} s and {} ns", proto.seconds, proto.nanos);
                ConvertError::new("a time that is not negative", found)
            })
    }
}

impl Mirror<ProtoTimestamp> for Timestamp {
    fn to_proto(&self) -> Result<ProtoTimestamp, ConvertError> {
        let since = self.since(Self::EPOCH);
        // 64 bits of nanoseconds have far fewer seconds than an `i64` holds.
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Ok(ProtoTimestamp { seconds, nanos: nanos(since.subsec_nanos()) })
    }

    fn from_proto(proto: ProtoTimestamp) -> Result<Self, ConvertError> {
        whole(proto.seconds, proto.nanos)
            .and_then(|(seconds, nanos)| {
                seconds.checked_mul(1_000_000_000)?.checked_add(u64::from(nanos))
            })
            .map(Self::from_nanos)
            .ok_or_else(|| {
                let found = format_args!("{} s and {} ns", proto.seconds, proto.nanos);
                ConvertError::new("a point in time from 1970 to 2554", found)
            })
    }
}

/// The nanoseconds of a fraction of a second: they always fit.
fn nanos(subsec: u32) -> i32 {
    i32::try_from(subsec).unwrap_or(i32::MAX)
}

/// Seconds and nanoseconds, if neither is negative and the latter are less than a second.
fn whole(seconds: i64, nanos: i32) -> Option<(u64, u32)> {
    let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some((u64::try_from(seconds).ok()?, nanos))
}

#[cfg(test)]
mod tests;
