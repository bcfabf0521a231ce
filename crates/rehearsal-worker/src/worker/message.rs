//! What a worker is told, and what it wants done.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_activation::{
    Activation, AnswerQuery, Completion, QueryTask, TaskDelivery, TaskResponse, TaskToken, Trouble,
};
use rehearsal_history::{EventId, SmolStr};

use crate::local::{LocalEvent, LocalRequest};
use crate::mismatch::Mismatch;
use crate::profile::Profile;

/// What a worker says of itself and where it polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerOptions {
    /// Its name, recorded with what it does.
    pub identity: SmolStr,
    /// The queue that only it polls; empty for a worker that keeps no runs, so that all of its tasks come from the other.
    pub sticky_queue: SmolStr,
    /// The queue that it shares with others.
    pub task_queue: SmolStr,
    /// How long a task may wait in the sticky queue (W-9); 5 s with the Go SDK, 10 s with the Rust SDK.
    pub sticky_timeout: Duration,
    /// Whose rules apply.
    pub profile: Profile,
}

/// What a worker is told.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkerInput {
    /// A workflow task.
    Task(Box<TaskDelivery>),
    /// A query without a workflow task.
    Query(Box<QueryTask>),
    /// An instance has answered its activation.
    Completed {
        /// The run.
        run_id: SmolStr,
        /// The answer.
        completion: Completion,
    },
    /// Something happened to a local activity.
    Local(LocalEvent),
    /// The service has accepted the response to the last task.
    Accepted {
        /// The run.
        run_id: SmolStr,
    },
    /// The service has accepted the response to the last task, and leaves no trace of the task: it only brought updates,
    /// and all were rejected.
    Dropped {
        /// The run.
        run_id: SmolStr,
        /// The `WorkflowTaskStarted` of the last task that is recorded.
        seen: EventId,
    },
    /// The service has refused the response to the last task: the run leaves the cache.
    Rejected {
        /// The run.
        run_id: SmolStr,
    },
}

/// What a worker wants done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkerOutput {
    /// A fresh instance is needed for the run.
    Instantiate {
        /// The run.
        run_id: SmolStr,
        /// Its type.
        workflow_type: SmolStr,
    },
    /// The instance is to be activated; [`WorkerInput::Completed`] brings its answer. With [`Profile::Core`] a workflow
    /// task may take several activations, or none.
    Activate(Activation),
    /// The instance is to be dropped.
    Evict {
        /// The run.
        run_id: SmolStr,
    },
    /// The service is to be told; [`WorkerInput::Accepted`] or [`WorkerInput::Rejected`] brings its answer.
    Respond(Box<TaskResponse>),
    /// Something is to be done for local activities.
    Local(LocalRequest),
    /// The task failed on an attempt after the first, so nothing is sent, and the service lets it time out (W-7).
    Silent {
        /// The task.
        token: TaskToken,
    },
    /// The delivery does not continue what is in the cache, and is not a full history. The same task is to be delivered
    /// again with all events from the first (Go asks the service for them).
    NeedFullHistory {
        /// The task.
        token: TaskToken,
    },
    /// The answer to a query that came without a workflow task.
    Answer(Box<AnswerQuery>),
    /// The run that a query without a workflow task asks is not in the cache as it should be. The same query is to be
    /// given again with the whole history, best to a worker that does nothing else: both SDKs leave the cache alone then.
    NeedWholeHistory {
        /// The query.
        query_id: SmolStr,
    },
    /// A replay in a cold cache asked for something else than recorded. If that breaks production, the task fails.
    Mismatch(Box<Mismatch>),
    /// Something is wrong with the workflow; the task fails.
    Trouble {
        /// The run.
        run_id: SmolStr,
        /// What.
        trouble: Trouble,
    },
}
