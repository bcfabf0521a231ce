//! What is done about queries.

use rehearsal_activation::{AnswerQuery, Query};
use rehearsal_history::{SmolStr, Status, Timestamp};

#[cfg(doc)]
use super::{Answer, Effect};
use super::{RunRef, Target};

/// When a query is rejected by how its workflow stands, and nobody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryRejectCondition {
    /// Never.
    #[default]
    None,
    /// If the workflow is closed.
    NotOpen,
    /// If the workflow is closed and has not completed.
    NotCompletedCleanly,
}

impl QueryRejectCondition {
    /// Whether a workflow of this status is not asked (`Invoke` in `service/history/api/queryworkflow/api.go`).
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_history::Status;
    /// use rehearsal_service::QueryRejectCondition::{NotCompletedCleanly, NotOpen};
    ///
    /// assert!(!NotOpen.rejects(Status::Running) && NotOpen.rejects(Status::Completed));
    /// assert!(!NotCompletedCleanly.rejects(Status::Completed) && NotCompletedCleanly.rejects(Status::Failed));
    /// ```
    #[must_use]
    pub fn rejects(self, status: Status) -> bool {
        match self {
            Self::None => false,
            Self::NotOpen => status != Status::Running,
            Self::NotCompletedCleanly => !matches!(status, Status::Running | Status::Completed),
        }
    }
}

/// What is done about a query.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryInput {
    /// A client asks about a workflow, open or closed. Answered with [`Answer::Done`]; the answer of workflow code is told
    /// by [`Effect::QueryAnswered`].
    Ask {
        /// The workflow.
        target: Target,
        /// What it asks; its id must be one of its own.
        query: Query,
        /// Until when it waits.
        until: Timestamp,
    },
    /// A query that [`Effect::QueryCleared`] told of is asked again. Answered with [`Answer::Done`], also if nobody waits for
    /// it any more; refused as [`Ask`](Self::Ask) is.
    AskAgain {
        /// The run.
        run: RunRef,
        /// The id of the query.
        query: SmolStr,
    },
    /// A client does not wait for the answer to its query any more. Answered with [`Answer::Done`].
    Forget {
        /// The workflow.
        target: Target,
        /// The id of the query.
        query: SmolStr,
    },
    /// A worker takes a query that [`Effect::Query`] told of. Answered with [`Answer::Query`].
    Take {
        /// The run.
        run: RunRef,
        /// The id of the query.
        query: SmolStr,
        /// Whether the worker has the run in its cache and so needs no history.
        cached: bool,
    },
    /// A query has found nobody at the sticky queue to which the run is bound: it is bound to none any more, and the query
    /// is looked for in the normal queue (`resetstickytaskqueue.Invoke`). A task that waits in the sticky queue stays there.
    /// Answered with [`Answer::Done`].
    ResetStickiness {
        /// The run.
        run: RunRef,
    },
    /// A worker answers a query that it took. Answered with [`Answer::Done`], also if nobody waits for it any more.
    Answer {
        /// The run.
        run: RunRef,
        /// The answer.
        answer: AnswerQuery,
    },
}
