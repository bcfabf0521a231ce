//! Why a history was not replayed to its end.

use std::fmt::{self, Display, Write as _};

use rehearsal_history::{BadPayload, DecodeError, EventId, History};
use rehearsal_worker::{Grade, Mismatch};
use thiserror::Error;

/// Why a history was not replayed to its end: what kind of trouble it is.
///
/// Only [`Breaks`](Self::Breaks) says something of the code alone. `Display` is a line or a few, `Debug` the whole report
/// with what to do, so that `?` in a test reads well.
#[derive(Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),

    /// It is a history of another workflow.
    #[error("the history is one of workflow type `{recorded}`, not of `{given}`")]
    OtherWorkflow {
        /// The type it was recorded for.
        recorded: String,
        /// The type of the code.
        given: String,
    },

    /// It was recorded by an SDK with other rules: which commands are sent for the same code differs (C-22, C-35).
    #[error(
        "the history was recorded by `{recorded}`, whose rules are not those of the code; {}",
        rules_for(recorded)
    )]
    OtherSdk {
        /// What the SDK says of itself.
        recorded: String,
    },

    /// A payload that workflow code needs cannot be decoded: it was encoded by a codec that is not given, or by another
    /// one.
    #[error("event {event}: {path}: the payload cannot be decoded: {why}")]
    Undecodable {
        /// The event that it stands in.
        event: EventId,
        /// The way to it, with dots.
        path: String,
        /// Why.
        why: String,
        /// What the code did otherwise, perhaps for want of it.
        mismatch: Option<Box<Mismatch>>,
    },

    /// It needs what is not simulated; the code may be fine.
    #[error("{mismatch}")]
    NotSimulated {
        /// What.
        what: String,
        /// Where the replay ends.
        mismatch: Box<Mismatch>,
    },

    /// The file ends where no history can end, or where the events of what the code asks for should be.
    #[error("event {event}: the history ends with `{found}`, and {why}")]
    Cut {
        /// The last event of the file.
        event: EventId,
        /// Its type.
        found: String,
        /// What is missing behind it.
        why: String,
        /// What the code asks for there; `None` if the file alone shows that it is cut.
        mismatch: Option<Box<Mismatch>>,
    },

    /// The code does not do what was recorded: Temporal would fail the workflow task, and go on failing it.
    #[error("{0}")]
    Breaks(Box<Mismatch>),
}

impl ReplayError {
    /// How bad it is for production: [`Grade::BreaksProduction`] if the code does not do what was recorded; `None` if the
    /// trouble is with the file, or with what Rehearsal can replay, so that nothing is known of the code.
    #[must_use]
    pub fn grade(&self) -> Option<Grade> {
        match self {
            Self::Breaks(mismatch) => Some(mismatch.grade),
            Self::Unreadable(_)
            | Self::OtherWorkflow { .. }
            | Self::OtherSdk { .. }
            | Self::Undecodable { .. }
            | Self::NotSimulated { .. }
            | Self::Cut { .. } => None,
        }
    }

    /// Where the replay ended, if it had begun.
    #[must_use]
    pub fn mismatch(&self) -> Option<&Mismatch> {
        match self {
            Self::NotSimulated { mismatch, .. } | Self::Breaks(mismatch) => Some(mismatch),
            Self::Undecodable { mismatch, .. } | Self::Cut { mismatch, .. } => mismatch.as_deref(),
            Self::Unreadable(_) | Self::OtherWorkflow { .. } | Self::OtherSdk { .. } => None,
        }
    }

    pub(super) fn undecodable<E: Display>(bad: BadPayload<E>, what: &str) -> Self {
        let why = format!("{what} {}", bad.source);
        Self::Undecodable { event: bad.event, path: bad.path, why, mismatch: None }
    }

    /// The code asks for more in the last task than is recorded.
    pub(super) fn may_be_cut(history: &History, mismatch: Box<Mismatch>) -> Self {
        let last = history.events().last();
        Self::Cut {
            event: last.map_or(EventId::NONE, |last| last.id),
            found: last.map_or("", |last| last.kind.name()).to_owned(),
            why: format!("the code asks for more in that task: {}", mismatch.attempted),
            mismatch: Some(mismatch),
        }
    }

    /// The kind of trouble, in a line.
    const fn headline(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "the history cannot be read",
            Self::OtherWorkflow { .. } => "the history is one of another workflow",
            Self::OtherSdk { .. } => "the history was recorded by an SDK with other rules",
            Self::Undecodable { .. } => "a payload of the history cannot be decoded",
            Self::NotSimulated { .. } => "the history needs what is not simulated",
            Self::Cut { mismatch: None, .. } => "the file is cut: no history ends so",
            Self::Cut { mismatch: Some(_), .. } => "the file is cut, or the code asks for more",
            Self::Breaks(_) => "the code does not do what was recorded",
        }
    }

    /// What to do about it.
    const fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable(DecodeError::EventSyntax { .. } | DecodeError::Reported { .. }) => {
                "the file is cut or damaged there: export the history again"
            }
            Self::Unreadable(_) => {
                "https://docs.rs/rehearsal/latest/rehearsal/replays/ lists the forms that are read; \
                 `temporal workflow show --output json` writes one"
            }
            Self::OtherWorkflow { .. } => "name the workflow that it was recorded for",
            Self::OtherSdk { .. } => {
                "`.rules(..)` before the workflow chooses the rules; differences between SDKs then show as differences of \
                 the code"
            }
            Self::Undecodable { .. } => {
                "give the codec of production's workers: `.codec(..)` before the workflow, or `official_with` with the data \
                 converter"
            }
            Self::NotSimulated { .. } => {
                "https://docs.rs/rehearsal/latest/rehearsal/not_simulated/ says what to do instead"
            }
            Self::Cut { mismatch: None, .. } => {
                "export the history again, to its end; nothing before the cut breaks production"
            }
            Self::Cut { mismatch: Some(_), .. } => {
                "if the file was cut there, export the history again, to its end; if it is whole, the code asks for what \
                 was not recorded, as the grade above says"
            }
            Self::Breaks(_) => {
                "Temporal fails the workflow task of every run that is open at that point, and goes on failing it: take the \
                 change back, or keep what runs now on workers with the old code"
            }
        }
    }
}

/// The rules by which a history of this SDK may be judged.
fn rules_for(recorded: &str) -> &'static str {
    match recorded.trim_start_matches("temporal-") {
        "python" | "typescript" | "dotnet" | "ruby" | "swift" | "rust" => {
            "it runs on core: `.rules(Profile::Core)` replays it by the rules of core"
        }
        "go" => {
            "`.rules(Profile::Go)` replays it by the rules of Go, if the code is of the native API"
        }
        _ => {
            "`.rules(Profile::Core)` or `.rules(Profile::Go)` replays it all the same, by rules that are not its own"
        }
    }
}

/// The report: the kind of trouble, where it is, and what to do.
impl fmt::Debug for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.headline())?;
        indented(f, &self.to_string())?;
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            indented(f, &format!("  {cause}"))?;
            source = cause.source();
        }
        if let Self::Undecodable { mismatch: Some(mismatch), .. }
        | Self::Cut { mismatch: Some(mismatch), .. } = self
        {
            f.write_char('\n')?;
            indented(f, &mismatch.to_string())?;
        }
        write!(f, "\n{}", crate::page::wrapped(2, &format!("What to do: {}.", self.advice())))
    }
}

fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.lines().try_for_each(|line| writeln!(f, "  {line}"))
}
