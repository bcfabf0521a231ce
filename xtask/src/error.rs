//! Why a command of xtask ended without success.

use std::{fmt, io, path::PathBuf};

/// Why a command of xtask ended without success.
#[derive(Debug)]
pub(crate) enum Error {
    /// The words on the command line are no command.
    Usage { usage: &'static str },
    /// `cargo xtask ci PART` with a part that does not exist.
    UnknownPart { part: String, parts: String },
    /// A file could not be read or written.
    File { path: PathBuf, source: io::Error },
    /// A command could not be started.
    Start { command: String, source: io::Error },
    /// A command ran and failed; what it had to say is on the terminal already.
    Failed { command: String },
    /// `tidy` printed this many findings.
    Findings { count: usize },
    /// `interop` was told to run this many that it had to leave out; why is on the terminal already.
    LeftOut { count: usize },
    /// The sweep of an example gave another table than the one that is committed; it is on the terminal already.
    AnotherTable { language: &'static str },
    /// Two suites printed one figure with different numbers.
    FiguresDiffer { name: String, first: String, second: String },
    /// The document has no place for the figures.
    NoMarkers { path: &'static str, begin: &'static str, end: &'static str },
    /// The document does not show what the suites print.
    Stale { path: &'static str },
}

impl Error {
    /// What the process returns: 1 if the project is at fault, 2 if the call or the machine is.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. }
            | Self::UnknownPart { .. }
            | Self::File { .. }
            | Self::Start { .. }
            | Self::LeftOut { .. } => 2,
            Self::Failed { .. }
            | Self::Findings { .. }
            | Self::AnotherTable { .. }
            | Self::FiguresDiffer { .. }
            | Self::NoMarkers { .. }
            | Self::Stale { .. } => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { usage } => write!(f, "no such command\n{usage}"),
            Self::UnknownPart { part, parts } => {
                write!(f, "no part `{part}`, expected one of: {parts}")
            }
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Start { command, source } => write!(f, "cannot start `{command}`: {source}"),
            Self::Failed { command } => write!(f, "`{command}` failed"),
            Self::Findings { count: 1 } => write!(f, "tidy: 1 finding"),
            Self::Findings { count } => write!(f, "tidy: {count} findings"),
            Self::LeftOut { count } => write!(f, "interop: {count} of those named left out"),
            Self::AnotherTable { language } => {
                write!(f, "interop: the table is not that of examples/{language}/table.txt")
            }
            Self::FiguresDiffer { name, first, second } => {
                write!(f, "figure `{name}` was printed as `{first}` and as `{second}`")
            }
            Self::NoMarkers { path, begin, end } => {
                write!(f, "{path}: expected the lines `{begin}` and `{end}`, in this order")
            }
            Self::Stale { path } => write!(f, "{path} is stale; run `cargo xtask figures`"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::Start { source, .. } => Some(source),
            Self::Usage { .. }
            | Self::UnknownPart { .. }
            | Self::Failed { .. }
            | Self::Findings { .. }
            | Self::LeftOut { .. }
            | Self::AnotherTable { .. }
            | Self::FiguresDiffer { .. }
            | Self::NoMarkers { .. }
            | Self::Stale { .. } => None,
        }
    }
}
