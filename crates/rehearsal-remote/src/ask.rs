//! What is asked at the door, beside what the service itself knows.

use std::collections::BTreeMap;
use std::time::Duration;

use rehearsal_activation::{AnswerQuery, ServerCommand};
use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{
    EventId, Failure, Header, Payloads, SearchType, SmolStr, TaskQueue, TimeSkippingConfig,
};
use rehearsal_service::Target;

/// A worker that waits for workflow tasks and queries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkflowPoll {
    /// What the worker calls itself: all polls of one process have the same.
    pub identity: SmolStr,
    /// The queue.
    pub queue: SmolStr,
    /// If it is the sticky queue of the process: the normal queue that it stands in for.
    pub normal: Option<SmolStr>,
    /// What its SDK calls itself; empty if it does not say.
    pub sdk: SmolStr,
    /// This worker alone, of those of the process; empty if its SDK does not say.
    pub instance: SmolStr,
}

/// A worker that waits for activity tasks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActivityPoll {
    /// What the worker calls itself.
    pub identity: SmolStr,
    /// The queue.
    pub queue: SmolStr,
    /// This worker alone, of those of the process; empty if its SDK does not say.
    pub instance: SmolStr,
}

/// A worker that waits for Nexus tasks. There are none: what workflow code asks of Nexus is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NexusPoll {
    /// What the worker calls itself.
    pub identity: SmolStr,
    /// The queue.
    pub queue: SmolStr,
    /// This worker alone, of those of the process; empty if its SDK does not say.
    pub instance: SmolStr,
}

/// A signal of a client.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signal {
    /// Its name.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the client.
    pub header: Option<Header>,
    /// The client.
    pub identity: SmolStr,
    /// Tells a request that is sent again; empty if it is not.
    pub request_id: SmolStr,
}

/// What a client changes of a workflow that runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Nothing: it asks what counts.
    Nothing,
    /// How its time is skipped; not at all, if nothing is said.
    TimeSkipping(Option<Box<TimeSkippingConfig>>),
}

/// How a worker completes a workflow task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Completed {
    /// The worker.
    pub identity: SmolStr,
    /// What it asks for, in order; answers to updates stand among them.
    pub commands: Vec<ServerCommand>,
    /// Its sticky queue, and how long a task may wait in it; none clears stickiness (W-9).
    pub sticky: Option<(TaskQueue, Duration)>,
    /// What the SDK says of itself.
    pub sdk_metadata: SdkMetadata,
    /// Whether a further task is wanted at once, though nothing happened (W-18).
    pub force_new_task: bool,
    /// Whether it takes the next task in the answer, if there is one. Else that comes with one of its next polls.
    pub return_new_task: bool,
    /// The answers to the queries that rode on the task.
    pub answers: Vec<AnswerQuery>,
}

/// What a worker says of an attempt of an activity.
#[derive(Debug, Clone, PartialEq)]
pub enum ActivityDone {
    /// It returned this.
    Completed(Option<Payloads>),
    /// It failed.
    Failed {
        /// How.
        failure: Box<Failure>,
        /// Heartbeat details that were not sent before.
        last_heartbeat_details: Option<Payloads>,
    },
    /// It confirms its cancel, with these details.
    Canceled(Option<Payloads>),
    /// It is alive, with these details.
    Heartbeat(Option<Payloads>),
}

/// A worker that ends, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkerGone {
    /// The worker.
    pub identity: SmolStr,
    /// Its sticky queue; empty if it has none.
    pub sticky_queue: SmolStr,
    /// The queue that it polled; empty for all.
    pub queue: SmolStr,
    /// This worker alone, as in its polls; empty if its SDK does not say: then all of this identity end.
    pub instance: SmolStr,
}

impl WorkerGone {
    /// Whether the worker of this name that polls this queue ends.
    pub(crate) fn ends(&self, identity: &SmolStr, queue: &SmolStr) -> bool {
        self.identity == *identity && (self.queue.is_empty() || self.queue == *queue)
    }
}

/// How far an update must have come before the client is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpdateWait {
    /// It has reached the service.
    Admitted,
    /// Workflow code has taken it.
    Accepted,
    /// Its handler has ended.
    Completed,
}

/// Which part of a history is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryAsk {
    /// The workflow.
    pub target: Target,
    /// The first event that is wanted; [`EventId::FIRST`] for all.
    pub from: EventId,
    /// How many at most; 0 for as many as there are.
    pub most: usize,
    /// Whether to wait for an event if there is none yet: a long poll.
    pub wait: bool,
    /// Whether only the event that closes the run is wanted; with `wait` it is waited for.
    pub close_only: bool,
}

/// What an operator asks of the search attributes of the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributesAsk {
    /// Which there are.
    List,
    /// To have these too.
    Add(BTreeMap<SmolStr, SearchType>),
    /// To have these no more.
    Remove(Vec<SmolStr>),
}
