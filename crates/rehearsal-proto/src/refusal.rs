//! Why a message is refused before any machine looks at it.

use crate::mirror::ConvertError;

/// Why a message of a client or a worker is refused before the service looks at it.
///
/// # Examples
///
/// ```
/// use rehearsal_proto::BadMessage;
///
/// let refused = BadMessage::NotSimulated { what: "links" };
/// assert_eq!(refused.to_string(), "not simulated: links");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// A value in it has no counterpart, or is out of range.
    #[error(transparent)]
    Unreadable(#[from] ConvertError),
    /// Temporal can do this, the simulated service cannot.
    #[error("not simulated: {what}")]
    NotSimulated {
        /// What was asked for.
        what: &'static str,
    },
    /// Something that every such message has is missing, in the server's words (`errors.go` of `service/frontend`).
    #[error("{what} is not set on request.")]
    NotSet {
        /// What is missing.
        what: &'static str,
    },
    /// It makes no sense, in the server's words.
    #[error("{why}")]
    Invalid {
        /// Why.
        why: String,
    },
    /// Its token is none that was given out (`errDeserializingToken`).
    #[error("Error deserializing task token.")]
    Token,
}

impl BadMessage {
    /// A message in which a command or a message of a protocol makes no sense.
    pub(crate) fn misfit(expected: &'static str, found: impl std::fmt::Display) -> Self {
        Self::Unreadable(ConvertError::new(expected, found))
    }
}

/// Refuses fields that must not be set, each by what it is for.
macro_rules! refuse {
    ($( $field:expr => $what:literal ),+ $(,)?) => {
        $( if $crate::mirror::is_set(&$field) {
            return Err($crate::BadMessage::NotSimulated { what: $what });
        } )+
    };
}
pub(crate) use refuse;

/// What must be set.
pub(crate) fn required<T>(value: Option<T>, what: &'static str) -> Result<T, BadMessage> {
    value.ok_or(BadMessage::NotSet { what })
}

/// A text, unless it is empty.
pub(crate) fn given(text: String) -> Option<rehearsal_history::SmolStr> {
    (!text.is_empty()).then(|| text.into())
}
