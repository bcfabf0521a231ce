//! What the service hands to a worker.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_history::event::UpdateRequest;
use rehearsal_history::{Event, EventId, Header, Payloads, SmolStr};

/// Names one attempt of one workflow task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskToken {
    /// The workflow.
    pub workflow_id: SmolStr,
    /// Its run.
    pub run_id: SmolStr,
    /// The `WorkflowTaskScheduled` of the task; provisional for a transient task (W-1).
    pub scheduled: EventId,
    /// Its `WorkflowTaskStarted`; provisional for a transient task.
    pub started: EventId,
    /// Which attempt it is, from 1.
    pub attempt: u32,
}

/// A workflow task for a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskDelivery {
    /// What the response must name.
    pub token: TaskToken,
    /// The type of the workflow.
    pub workflow_type: SmolStr,
    /// The `WorkflowTaskStarted` of the last task that completed; none for the first. A worker that has the run in its
    /// cache has seen everything up to it.
    pub previous_started: EventId,
    /// The id of `events[0]`: 1 for a full history, else the id after `previous_started`.
    pub first_event: EventId,
    /// The events, up to and including the `WorkflowTaskStarted` of this task (H-9 for a transient one).
    pub events: Vec<Arc<Event>>,
    /// Updates that have come and are to be looked at in this task.
    pub messages: Vec<Message>,
    /// Queries that ride on the task: they are answered with it, after what is new (§2.3).
    pub queries: Vec<Query>,
}

/// An update on its way to a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The id of the update.
    pub update_id: SmolStr,
    /// The last event that comes before it: the one ahead of the `WorkflowTaskStarted` of its task.
    pub sequencing: EventId,
    /// What was asked.
    pub request: UpdateRequest,
}

/// A question to a workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// What its answer must name.
    pub id: SmolStr,
    /// The name of its handler.
    pub name: SmolStr,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Context of the client.
    pub header: Option<Header>,
}

/// A query without a workflow task, for a worker: nothing of it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTask {
    /// The workflow.
    pub workflow_id: SmolStr,
    /// Its run.
    pub run_id: SmolStr,
    /// The type of the workflow.
    pub workflow_type: SmolStr,
    /// The `WorkflowTaskStarted` of the last task that completed: what a worker with the run in its cache has seen.
    pub previous_started: EventId,
    /// The whole history; none for a worker that has the run in its cache.
    pub events: Vec<Arc<Event>>,
    /// What is asked.
    pub query: Query,
}
