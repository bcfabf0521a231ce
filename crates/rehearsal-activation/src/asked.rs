//! What workflow code waits for, where it asks for it, and what it cannot read of what it gets, which no history tells.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use rehearsal_history::{SmolStr, duration_text};

/// Something that workflow code asks for. Activities of one type are the same, and so are children, and timers of one
/// length and one summary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// An activity of this type.
    Activity(SmolStr),
    /// A timer.
    Timer {
        /// How long it runs.
        after: Duration,
        /// What it says of itself.
        summary: Option<SmolStr>,
    },
    /// The signals of this name.
    Signal(SmolStr),
    /// A child workflow of this type.
    Child(SmolStr),
    /// That a condition of its own comes true.
    Condition,
}

/// `activity Charge`, `timer of 5s`, ``signal `approve` ``, `child Ship`, `a condition`.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(name) => write!(f, "activity {name}"),
            Self::Timer { after, .. } => write!(f, "timer of {}", duration_text(*after)),
            Self::Signal(name) => write!(f, "signal `{name}`"),
            Self::Child(name) => write!(f, "child {name}"),
            Self::Condition => f.write_str("a condition"),
        }
    }
}

/// Something that workflow code waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Awaited {
    /// What it is, in a short line.
    pub what: String,
    /// Its type, if it is an activity.
    pub activity: Option<SmolStr>,
    /// Its id, if it is a child workflow or the start of one, and the id is known.
    pub child: Option<SmolStr>,
    /// What was asked for, if it is one of these; of a timer without its summary.
    pub asked: Option<Asked>,
    /// Where workflow code asked for it, as `file:line`, if that is known.
    pub at: Option<String>,
}

/// A result of an activity that workflow code could not read: it is told of an error instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Misread {
    /// The type of the activity.
    pub activity: SmolStr,
    /// What was expected and what was found.
    pub why: String,
}

/// A line of workflow code that asks for something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskedAt {
    /// What for.
    pub asked: Asked,
    /// `file:line`.
    pub place: String,
}
