//! What a replay did otherwise than recorded, and how bad that is.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rehearsal_activation::Trouble;
use rehearsal_history::EventId;

/// How bad a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Only what people read differs: summaries, headers.
    Cosmetic,
    /// Temporal would not notice, but the workflow does something else than it did: input, timeouts, result.
    ChangesBehavior,
    /// Temporal would fail the workflow task, and go on failing it.
    BreaksProduction,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cosmetic => "cosmetic",
            Self::ChangesBehavior => "changes behavior",
            Self::BreaksProduction => "breaks production",
        })
    }
}

/// One difference between a recorded history and what workflow code asks for when it is replayed.
///
/// Its text is a few lines: where, what was recorded, what was attempted, and what had agreed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The workflow task, counted from 1 without the attempts that failed.
    pub task: usize,
    /// The event; `None` if something was attempted where nothing is recorded.
    pub at: Option<EventId>,
    /// What was recorded.
    pub recorded: String,
    /// What was attempted.
    pub attempted: String,
    /// How bad it is.
    pub grade: Grade,
    /// What agreed before it, the last few lines, oldest first.
    pub agreed: Vec<String>,
    /// What is wrong, if it is more than a difference: workflow code panicked, or something is not simulated. In the
    /// latter case the history may be fine, and the grade says only that the replay ends here.
    pub trouble: Option<Trouble>,
}

/// What stands for the command that is not there.
pub(crate) const NOTHING: &str = "nothing more in this task";

/// What stands for one that is there in another task, which is no matter to Go.
pub(crate) const IN_A_LATER_TASK: &str = "nothing more in this task, but the same in a later one";

/// What stands for it behind the last event of a history that may have been cut there.
pub(crate) const AT_THE_CUT: &str = "nothing: the history ends here, and may be cut";

impl Mismatch {
    /// Whether something is asked for in the last workflow task behind all that is recorded in it, at the end of a history
    /// that is open. A history that was cut there cannot be told from code that asks for more.
    #[must_use]
    pub fn is_at_the_cut(&self) -> bool {
        self.recorded == AT_THE_CUT
    }

    /// Whether something was recorded that is not asked for any more.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.attempted == NOTHING
    }

    /// Whether something is asked for that was not recorded.
    #[must_use]
    pub const fn is_extra(&self) -> bool {
        self.task > 0 && self.at.is_none()
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.task {
            0 => f.write_str("start of the history")?,
            task => write!(f, "workflow task {task}")?,
        }
        if let Some(at) = self.at {
            write!(f, ", event {at}")?;
        }
        if let Some(trouble @ Trouble::NotSimulated { .. }) = &self.trouble {
            write!(f, ": {trouble}\n  recorded:  {}", self.recorded)?;
        } else {
            writeln!(f, ": {}", self.grade)?;
            writeln!(f, "  recorded:  {}", self.recorded)?;
            write!(f, "  attempted: {}", self.attempted)?;
        }
        if !self.agreed.is_empty() {
            write!(f, "\n  agreed before:")?;
        }
        for line in &self.agreed {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}
