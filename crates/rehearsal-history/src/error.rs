//! What can be wrong with a history: with its text, or with its events as a whole.
//!
//! What is wrong between events that are readable each by itself is in [`well_formed`](crate::IllFormed).

use std::io;

use smol_str::SmolStr;

use crate::id::EventId;
use crate::json::schema::Misfit;

/// Why a text could not be read as a history.
///
/// Every variant that concerns one event names it, so that a message alone finds the line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is not JSON before the first event.
    #[error("not a history in JSON")]
    Syntax(#[from] serde_json::Error),

    /// The text could not be read to its end.
    #[error("cannot read the history")]
    Io(#[from] io::Error),

    /// The text is not JSON, is cut off, is nested too deeply, or names a key twice in one object, behind events that
    /// are whole.
    #[error("not JSON from event {event} on")]
    EventSyntax {
        /// The first event that is not whole.
        event: EventId,
        /// What is wrong, and where in the text.
        source: serde_json::Error,
    },

    /// It is JSON, but not the shape of a history.
    #[error("not a history: expected {expected}, found `{found}`")]
    Shape {
        /// What is read.
        expected: &'static str,
        /// The start of what stands there.
        found: String,
    },

    /// It is a history in a form that is not read.
    #[error("event {event} is in {dialect}, which is not read; {advice}")]
    Dialect {
        /// The first event that shows it.
        event: EventId,
        /// The form, as people call it.
        dialect: Dialect,
        /// How to get a form that is read.
        advice: &'static str,
    },

    /// The file is of a kind that is not read.
    #[error("the file is {form}, which is not read; {advice}")]
    File {
        /// The kind, as people call it.
        form: &'static str,
        /// How to get a form that is read.
        advice: &'static str,
    },

    /// The file begins as binary protobuf does, and is no history in it.
    #[error("not a history in binary protobuf: {message}")]
    Protobuf {
        /// Why, as its reader says it.
        message: String,
    },

    /// The payloads of the file are decoded, as the Web UI downloads them, and one of them could only be guessed.
    #[error(
        "event {event}: its payload is decoded, as the Web UI downloads them, and {why}; {advice}"
    )]
    Decoded {
        /// The event with that payload.
        event: EventId,
        /// Why it would be a guess.
        why: String,
        /// How to get a form that is read.
        advice: &'static str,
    },

    /// There is more than one history where one was wanted.
    #[error("expected one history, found {found}")]
    Several {
        /// How many there are.
        found: usize,
    },

    /// The list ends with an error in place of an event, as a download does that broke off.
    #[error("expected event {expected}, found the error `{message}` of a server")]
    Reported {
        /// The id that should have come.
        expected: EventId,
        /// What it says.
        message: SmolStr,
    },

    /// An event has no readable id.
    #[error("event at index {index}: eventId: expected {expected}, found `{found}`")]
    NoId {
        /// Its place in the list, from 0.
        index: usize,
        /// What an id looks like.
        expected: &'static str,
        /// What stands there.
        found: String,
    },

    /// A value of an event does not fit its field.
    #[error("event {event}: {path}: expected {expected}, found `{found}`")]
    Field {
        /// Which event.
        event: EventId,
        /// The way to the field, with dots.
        path: String,
        /// What the field takes.
        expected: &'static str,
        /// What stands there.
        found: String,
    },

    /// The attributes of an event are not those of its type.
    #[error("event {event}: expected `{expected}` for type `{event_type}`, found `{found}`")]
    WrongAttributes {
        /// Which event.
        event: EventId,
        /// Its type as it was written.
        event_type: SmolStr,
        /// The key that goes with the type.
        expected: &'static str,
        /// The key that stands there.
        found: SmolStr,
    },

    /// An event has no attributes. Even empty ones are written.
    #[error("event {event}: expected `{expected}` for type `{event_type}`, found no attributes")]
    NoAttributes {
        /// Which event.
        event: EventId,
        /// Its type as it was written.
        event_type: SmolStr,
        /// The key that goes with the type.
        expected: &'static str,
    },

    /// An event has the attributes of two types.
    #[error("event {event}: expected one key with attributes, found `{first}` and `{second}`")]
    TwoAttributes {
        /// Which event.
        event: EventId,
        /// The one key.
        first: SmolStr,
        /// The other key.
        second: SmolStr,
    },

    /// The events are readable but are no history.
    #[error("not a history")]
    History(#[from] HistoryError),
}

impl DecodeError {
    pub(crate) fn shape(misfit: Misfit) -> Self {
        Self::Shape { expected: misfit.expected, found: misfit.found }
    }

    pub(crate) fn field(event: EventId, misfit: Misfit) -> Self {
        Self::Field { event, path: misfit.path, expected: misfit.expected, found: misfit.found }
    }
}

/// Why a text in the full notation could not be read as a history.
///
/// Every variant that concerns one line names it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A line does not begin as an event does, or a key is no key.
    #[error("line {line}: expected {expected}, found `{found}`")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// What stands there in a history.
        expected: &'static str,
        /// The start of what stands there.
        found: String,
    },

    /// A value cannot be read, or does not go with those before it.
    #[error("line {line}: {key}: expected {expected}, found `{found}`")]
    Key {
        /// The number of the line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// What goes there.
        expected: &'static str,
        /// The start of what stands there.
        found: String,
    },

    /// The values of a line do not make an event of its type.
    #[error("line {line}: not an event")]
    Event {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong; it names the event and the field.
        source: DecodeError,
    },

    /// The events are readable but are no history.
    #[error("not a history")]
    History(#[from] HistoryError),
}

/// A form of history JSON that is recognized but not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// Payloads shortened to plain values, as the HTTP API and the CLI do on request.
    Shorthand,
    /// Payloads in the clear, the download of the Web UI for people.
    HumanReadable,
    /// The private form of the Rust client.
    RustClient,
    /// The events as the Web UI keeps them for itself.
    WebUi,
    /// The events as the first Web UI (`temporalio/web`, until 2021) exported them.
    FirstWebUi,
    /// The JSON of Temporal before 1.0, and of Cadence: task lists, timeouts in seconds, times as numbers.
    Before1,
}

impl core::fmt::Display for Dialect {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Shorthand => "payload shorthand",
            Self::HumanReadable => "the Web UI's human readable form",
            Self::RustClient => "the Rust client's own form",
            Self::WebUi => "the Web UI's inner form",
            Self::FirstWebUi => "the form of the first Web UI (`details`, `kvps`; until 2021)",
            Self::Before1 => {
                "the JSON of Temporal before 1.0 (`taskList`, timeouts in seconds; until mid-2020)"
            }
        })
    }
}

/// Why a list of events is not a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// There is no event.
    #[error("expected at least one event, found none")]
    Empty,

    /// Ids did not rise by one, so events are missing or out of order.
    #[error("expected event {expected}, found event {found}")]
    IdGap {
        /// The id that should have come.
        expected: EventId,
        /// The id that came.
        found: EventId,
    },

    /// The first event does not start a workflow.
    #[error("event 1: expected `WorkflowExecutionStarted`, found `{found}`")]
    NotStarted {
        /// The type of the first event.
        found: SmolStr,
    },
}
