//! The entries of the agenda of a world.

use std::time::Duration;

use rehearsal_activation::{TaskDelivery, TaskResponse};
use rehearsal_history::{Header, Payloads, SmolStr, TaskQueue, Timestamp};
use rehearsal_service::{Across, Input, RunRef, Target};
use rehearsal_worker::LocalKey;

use super::ReadyTask;
use super::local::wake_owner;
use super::queries::ReadyQuery;
use crate::activity::client::Sent;
use crate::agenda::Planned;
use crate::choice::Choice;
use crate::executor::AttemptKey;

/// Who sends a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// A client that waits for the answer, and tries again while the workflow is busy.
    Client,
    /// Somebody who sends what was sent before, whatever is answered.
    Script,
}

/// A signal as it is sent.
#[derive(Debug, Clone)]
pub(super) struct SentSignal {
    pub(super) target: Target,
    pub(super) name: SmolStr,
    pub(super) input: Option<Payloads>,
    pub(super) header: Option<Header>,
    pub(super) identity: SmolStr,
    pub(super) request_id: SmolStr,
    pub(super) by: Sender,
}

impl SentSignal {
    /// What the service is asked.
    pub(super) fn request(&self) -> Input {
        let Self { target, name, input, header, identity, request_id, by: _ } = self.clone();
        Input::SignalWorkflow { target, name, input, header, identity, request_id }
    }
}

/// A signal that is on its way.
#[derive(Debug, Clone)]
pub(super) struct LateSignal {
    pub(super) signal: SentSignal,
    /// Until when the client goes on sending it while the workflow is busy.
    pub(super) give_up: Timestamp,
}

/// What is to happen at some time.
#[derive(Debug)]
pub(super) enum Entry {
    /// A worker starts to poll.
    HostStarts(usize),
    /// A worker stops or crashes.
    HostEnds(usize),
    /// A worker that has stopped waits for its activities no longer.
    HostGivesUp(usize),
    /// A worker that was away for a while polls again.
    HostBack(usize),
    /// A signal of the client that was on its way for a while reaches the service.
    LateSignal(Box<LateSignal>),
    /// A worker takes a workflow task.
    WorkflowTask { host: usize, task: ReadyTask, queue: TaskQueue },
    /// A worker activates the workflow with the task it took.
    Activate { host: usize, delivery: Box<TaskDelivery>, not_before: Timestamp },
    /// A worker's answer to a workflow task reaches the service.
    Respond { host: usize, response: Box<TaskResponse> },
    /// A worker takes a query that came without a workflow task, and answers it.
    Query { host: usize, query: ReadyQuery, queue: TaskQueue },
    /// A query has waited in a sticky queue for as long as it may (W-9).
    QueryLeaves { query: ReadyQuery, queue: TaskQueue },
    /// The server asks a query again that it has lost.
    QueryAgain(ReadyQuery),
    /// A worker takes an activity task.
    ActivityTask { host: usize, task: ReadyTask, queue: SmolStr },
    /// The code of an activity goes on.
    Poll(AttemptKey),
    /// The worker's own deadline for an attempt passes (C-34).
    Deadline(AttemptKey),
    /// The worker looks whether the service has answered a heartbeat of an attempt within `limit` (C-34).
    Silence { key: AttemptKey, limit: Duration },
    /// A worker may send the heartbeat that it held back (C-32).
    Throttle(AttemptKey),
    /// A heartbeat reaches the service.
    Heartbeat { key: AttemptKey, details: Option<Payloads> },
    /// A request of an attempt's own client reaches the service.
    Request { key: AttemptKey, sent: Sent, give_up: Timestamp },
    /// The end of an attempt reaches the service; that of a local activity its worker.
    Report(AttemptKey),
    /// A worker looks whether a local activity has heeded the end of its context.
    LocalTold(AttemptKey),
    /// A worker wanted to be woken for a local activity.
    LocalDue { host: usize, key: LocalKey, number: u64 },
    /// The server carries out what a run wants of others.
    Transfer { run: RunRef, across: Across },
}

impl Planned for Entry {
    fn owner(&self) -> Option<u64> {
        match self {
            Self::LocalDue { number, .. } => Some(wake_owner(*number)),
            other => other.attempt().map(AttemptKey::number),
        }
    }

    fn is_wait(&self) -> bool {
        matches!(self, Self::Poll(_) | Self::Throttle(_) | Self::Request { .. })
    }
}

impl Entry {
    /// The attempt of an activity that it is about.
    pub(super) const fn attempt(&self) -> Option<AttemptKey> {
        match self {
            Self::Poll(key)
            | Self::Deadline(key)
            | Self::Silence { key, .. }
            | Self::Throttle(key)
            | Self::Heartbeat { key, .. }
            | Self::Request { key, .. }
            | Self::Report(key)
            | Self::LocalTold(key) => Some(*key),
            Self::HostStarts(_)
            | Self::HostEnds(_)
            | Self::HostBack(_)
            | Self::LateSignal(_)
            | Self::HostGivesUp(_)
            | Self::WorkflowTask { .. }
            | Self::Activate { .. }
            | Self::Respond { .. }
            | Self::Query { .. }
            | Self::QueryLeaves { .. }
            | Self::QueryAgain(_)
            | Self::ActivityTask { .. }
            | Self::LocalDue { .. }
            | Self::Transfer { .. } => None,
        }
    }

    /// Who acts in it, and what it touches.
    pub(super) fn choice(&self) -> Choice {
        let actor = match self {
            Self::HostStarts(host)
            | Self::HostEnds(host)
            | Self::HostBack(host)
            | Self::HostGivesUp(host)
            | Self::WorkflowTask { host, .. }
            | Self::Activate { host, .. }
            | Self::Respond { host, .. }
            | Self::Query { host, .. }
            | Self::ActivityTask { host, .. }
            | Self::LocalDue { host, .. } => {
                u32::try_from(*host).unwrap_or(u32::MAX).saturating_add(1)
            }
            Self::Poll(key)
            | Self::Deadline(key)
            | Self::Silence { key, .. }
            | Self::Throttle(key)
            | Self::Heartbeat { key, .. }
            | Self::Request { key, .. }
            | Self::Report(key)
            | Self::LocalTold(key) => key.actor(),
            Self::Transfer { .. }
            | Self::LateSignal(_)
            | Self::QueryLeaves { .. }
            | Self::QueryAgain(_) => 0,
        };
        Choice { actor, touches: 0, step: None }
    }
}
