//! What a worker needs of its machine: it starts the processes of shards, looks at them, ends them, and merges what they left.

use std::fmt::Write as _;

use async_trait::async_trait;

use crate::request::{End, Part, Report, ShardTask, Standing};
use crate::shards::MergeTask;

/// A machine on which shards are made.
#[async_trait]
pub trait Machine: Send + Sync {
    /// Starts a shard of the campaign of this id. `before` is where it stood when another attempt was left, if it is known:
    /// what is on this machine may be newer, and counts then. `first` says that there was no other attempt.
    ///
    /// # Errors
    ///
    /// [`MachineError::System`] if the folder or the process cannot be made.
    async fn start(
        &self,
        id: &str,
        task: &ShardTask,
        before: Option<Standing>,
        first: bool,
    ) -> Result<Box<dyn Running>, MachineError>;

    /// Puts together what the shards came to. Called again, it does the same again.
    ///
    /// # Errors
    ///
    /// [`MachineError`] if a file cannot be read or written.
    async fn merge(&self, id: &str, task: &MergeTask) -> Result<Report, MachineError>;
}

/// A shard that is under way. What is dropped is ended.
#[async_trait]
pub trait Running: Send {
    /// Where it stands.
    ///
    /// # Errors
    ///
    /// [`MachineError::Ended`] if its process is gone and its campaign has not ended.
    async fn look(&mut self) -> Result<Look, MachineError>;

    /// Ends it, wherever it is, and says where that was.
    async fn stop(&mut self) -> Standing;
}

/// What one sees of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It goes on.
    GoesOn(Standing),
    /// Its budget is spent.
    Ended(Standing),
}

/// Why a shard could not be made, or merged.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A file or a process of the system.
    #[error("{0}: {1}")]
    System(String, #[source] std::io::Error),
    /// The process ended, and its campaign had not.
    #[error("shard {shard}: the process ended with {status} before its campaign did: {last}")]
    Ended {
        /// Which shard.
        shard: String,
        /// How it ended.
        status: String,
        /// The last lines that it wrote.
        last: String,
    },
    /// What the shards left cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// The lines of a report for shards that have not come to their end.
#[must_use]
pub fn lines_of(parts: &[Part]) -> String {
    let mut text = String::new();
    for Part { shard, end, standing } in parts {
        let progress = if standing.progress.is_empty() {
            "nothing is known of it"
        } else {
            &standing.progress
        };
        let _ = match end {
            End::Ended => Ok(()),
            End::Stopped => writeln!(text, "  shard {shard} was canceled: {progress}"),
            End::NotUnderWay => {
                writeln!(text, "  shard {shard} was not under way when the campaign was canceled")
            }
            End::Lost(why) => writeln!(text, "  shard {shard} is lost: {why}"),
        };
    }
    text
}
