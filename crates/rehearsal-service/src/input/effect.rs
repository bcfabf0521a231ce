//! What the service wants done, and hands out.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rehearsal_activation::AnswerQuery;
use rehearsal_history::{EventId, SmolStr, TaskQueue, Timestamp};

use super::RunRef;
use crate::words::Across;

/// What the service wants done, in this order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outbox {
    /// The effects; the caller takes them out.
    pub effects: Vec<Effect>,
    /// The runs that were touched, changed or not, each as often as it was; the caller takes them out.
    pub touched: Vec<RunRef>,
}

/// One thing that the service wants done.
///
/// A task that is taken too late is refused with [`NotFound`](crate::NotFound), so nothing has to be taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A workflow task waits for a worker.
    WorkflowTask {
        /// The run.
        run: RunRef,
        /// The task; provisional if the attempt is not the first (W-1).
        scheduled: EventId,
        /// Which attempt it is, from 1.
        attempt: u32,
        /// Where it waits. A sticky queue names the normal one that it stands in for (W-9).
        queue: TaskQueue,
    },
    /// An attempt of an activity waits for a worker.
    ActivityTask {
        /// The run.
        run: RunRef,
        /// The activity.
        scheduled: EventId,
        /// Which attempt it is, from 1.
        attempt: u32,
        /// Where it waits.
        queue: SmolStr,
    },
    /// A query waits for a worker, without a workflow task.
    Query {
        /// The run.
        run: RunRef,
        /// The id of the query.
        query: SmolStr,
        /// Where it waits: the sticky queue of an open run, if it has one.
        queue: TaskQueue,
    },
    /// The server has lost a query that waits for a workflow task, and asks it again by itself:
    /// [`QueryInput::AskAgain`](super::QueryInput::AskAgain) is wanted at that time.
    QueryCleared {
        /// The run.
        run: RunRef,
        /// The id of the query.
        query: SmolStr,
        /// When.
        at: Timestamp,
    },
    /// Workflow code has answered a query, or the handler failed.
    QueryAnswered {
        /// The answer.
        answer: Box<AnswerQuery>,
    },
    /// A run wants something of others: [`Input::Transfer`](super::Input::Transfer) is wanted at that time, or later.
    Transfer {
        /// The run.
        run: RunRef,
        /// What it wants.
        across: Across,
        /// When: at once, or when it is tried again because another workflow was busy.
        at: Timestamp,
    },
    /// A run was started: by a client, or because it follows another one in its chain.
    Started {
        /// The run.
        run: RunRef,
    },
    /// A run has closed.
    Closed {
        /// The run.
        run: RunRef,
    },
    /// A deadline was armed that goes off when the queues of the server allow (T-9);
    /// [`Input::Shift`](super::Input::Shift) sets when.
    Loose {
        /// The run.
        run: RunRef,
        /// Which deadline.
        armed: u64,
        /// When it goes off if the shard has nothing else to do.
        at: Timestamp,
        /// The soonest that it can: on time.
        soonest: Timestamp,
        /// The latest.
        latest: Timestamp,
    },
}
