//! Where the failure of an activity comes from.

use alloc::string::String;
use core::fmt;

/// Where the failure of an attempt of an activity comes from.
///
/// No history holds it: Temporal records the same kind of failure for all of them. It tells what a test is about from
/// what keeps the test from being about anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Fault {
    /// The code of the activity returned it.
    #[default]
    Returned,
    /// The test said so, with a stub.
    Declared,
    /// The code of the activity panicked.
    Panicked {
        /// `file:line:column` of the panic, if that is known.
        at: Option<String>,
    },
    /// The arguments could not be read as the type that the code takes.
    Arguments,
    /// What the code returned could not be written.
    Result,
}

impl Fault {
    /// Whether nobody wanted it: neither the code of the activity nor the test says that it fails.
    #[must_use]
    pub const fn is_accident(&self) -> bool {
        match self {
            Self::Returned | Self::Declared => false,
            Self::Panicked { .. } | Self::Arguments | Self::Result => true,
        }
    }
}

/// What happened, as the verb of a sentence about the attempt: `panicked at src/shop.rs:12:5`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => f.write_str("failed"),
            Self::Declared => f.write_str("failed as its stub says"),
            Self::Panicked { at: Some(at) } => write!(f, "panicked at {at}"),
            Self::Panicked { at: None } => f.write_str("panicked"),
            Self::Arguments => f.write_str("could not read its arguments"),
            Self::Result => f.write_str("could not write its result"),
        }
    }
}
