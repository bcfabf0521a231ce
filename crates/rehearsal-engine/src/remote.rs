//! Workers that are outside of the engine: processes of their own, of whichever SDK.
//!
//! A host that is remote takes its tasks like all others; what it makes of them comes from outside. Taking a task, having
//! it done and answering are steps of their own, as with workers of the engine, so that anything can happen between them.

use std::fmt;
use std::sync::Arc;

use rehearsal_activation::{AnswerQuery, QueryTask, TaskDelivery, TaskResponse, TaskToken};
use rehearsal_history::{EventId, Failure, Payloads, SmolStr, Timestamp};
use rehearsal_service::{ActivityTask, ActivityToken, RequestError, Service};

/// What a [`Remote`] may look at while it is asked.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The service, as it is.
    pub service: &'a Service,
    /// Virtual time.
    pub now: Timestamp,
}

impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("now", &self.now).finish_non_exhaustive()
    }
}

/// A worker that is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteWorker<'a> {
    /// Which worker of the world it is.
    pub host: usize,
    /// What it calls itself.
    pub identity: &'a SmolStr,
    /// The queue that it polls.
    pub queue: &'a SmolStr,
    /// Its sticky queue in this world; empty as long as none is known.
    pub sticky_queue: &'a SmolStr,
}

/// The answer to a workflow task was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskAccepted {
    /// Whether another task of the run comes with what the service says: it is handed to this worker next.
    pub next: bool,
    /// If the task leaves no trace: the `WorkflowTaskStarted` of the last task that is recorded.
    pub seen: Option<EventId>,
}

/// What comes of something that a worker is handed.
#[derive(Debug, Clone, PartialEq)]
pub enum Handed<T> {
    /// This is its answer; none if nothing will come.
    Done(Option<T>),
    /// It is on it: the run goes on meanwhile, and the answer comes at a rest ([`News`]).
    Later,
}

/// What has come from outside when nothing is due.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct News {
    /// The attempts that have something to say, oldest first.
    pub attempts: Vec<ActivityToken>,
    /// The answers to workflow tasks that came later; none if nothing will come.
    pub tasks: Vec<(TaskToken, Option<TaskResponse>)>,
    /// The answers to queries that came later.
    pub queries: Vec<AnswerQuery>,
    /// The attempts that are not waited for any more, as the service has given them up.
    pub lost: Vec<ActivityToken>,
}

/// What an attempt of an activity says of itself.
#[derive(Debug, Clone, PartialEq)]
pub enum ActivitySaid {
    /// It is alive, with these details. It is told what the service answers.
    Heartbeat(Option<Payloads>),
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
}

/// The workers outside of one run. Made anew for each, used by its thread alone.
///
/// What is waited for here passes in real time, which the run does not see: its clock stands meanwhile. The answers must
/// come in an order that does not depend on how long they took.
pub trait Remote {
    /// Whether a worker polls this queue right now, for workflow tasks and queries or for activities. What it does not poll
    /// for waits in its queue.
    fn polls(&self, worker: RemoteWorker<'_>, queue: &SmolStr, workflows: bool) -> bool;

    /// Whether such a poll is still to be had, and not meant for a task that the worker has taken before: one that it is not
    /// handed yet (`promised`), or that waits outside for a poll.
    fn is_free(&self, worker: RemoteWorker<'_>, workflows: bool, promised: bool) -> bool;

    /// A worker has a workflow task, and does it. If nothing will come of it the task is left to its time-out.
    ///
    /// The response names the task as the delivery does.
    fn workflow_task(
        &mut self,
        seen: Seen<'_>,
        worker: RemoteWorker<'_>,
        delivery: &TaskDelivery,
    ) -> Handed<TaskResponse>;

    /// A run is over, and a worker does one of its workflow tasks again: the history comes whole, and it has nothing of the
    /// run in its cache. Nothing follows from what it asks for. None if it says nothing.
    fn replay(
        &mut self,
        seen: Seen<'_>,
        worker: RemoteWorker<'_>,
        delivery: &TaskDelivery,
    ) -> Option<TaskResponse>;

    /// The service was told the answer to a workflow task.
    fn workflow_task_answered(
        &mut self,
        token: &TaskToken,
        answered: Result<TaskAccepted, RequestError>,
    );

    /// A worker has a query without a workflow task.
    fn query(
        &mut self,
        seen: Seen<'_>,
        worker: RemoteWorker<'_>,
        task: &QueryTask,
    ) -> Handed<AnswerQuery>;

    /// A worker has an attempt of an activity, and begins with it.
    fn activity_task(&mut self, seen: Seen<'_>, worker: RemoteWorker<'_>, task: &ActivityTask);

    /// What an attempt has said since it was asked last, in its order, and who said it; nothing if it works on. What ends
    /// it is the last.
    fn activity_said(
        &mut self,
        seen: Seen<'_>,
        token: ActivityToken,
    ) -> Vec<(ActivitySaid, SmolStr)>;

    /// What the service answers to the first heartbeat of an attempt that is not answered. `Ok(true)` if it was asked to
    /// cancel.
    fn heartbeat_answered(&mut self, token: ActivityToken, answered: Result<bool, RequestError>);

    /// What the service answers to the end of an attempt. Heartbeats that are not answered never are.
    fn end_answered(&mut self, token: ActivityToken, answered: Result<(), RequestError>);

    /// An attempt is lost: nothing that it says is heard any more.
    fn activity_lost(&mut self, token: ActivityToken);

    /// Nothing is due before `next`, if ever. Says what has come: then time does not move.
    fn at_rest(&mut self, seen: Seen<'_>, next: Option<Timestamp>) -> News;

    /// How often an attempt was silent so far, so that real time decided whether it was done.
    fn silent(&self) -> u64;

    /// The process of a worker has died, for this run: what it had in its hands is lost, and it has forgotten all runs.
    fn crashed(&mut self, host: usize);
}

/// Makes what is outside of one run.
#[derive(Clone)]
pub(crate) struct MakeRemote(pub(crate) Make);

type Make = Arc<dyn Fn() -> Box<dyn Remote> + Send + Sync>;

impl fmt::Debug for MakeRemote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeRemote")
    }
}
