//! The machine of an update (§2.3; `service/history/workflow/update/update.go` of server 1.32).
//!
//! Only what is accepted and what is completed is recorded. All else is known to the registry of the run alone, which a
//! server keeps in memory.

mod plan;

use alloc::boxed::Box;
use alloc::sync::Arc;

use rehearsal_history::event::{UpdateOutcome, UpdateRequest};
use rehearsal_history::{
    ApplicationFailureInfo, Event, EventId, EventKind, Failure, FailureInfo, Payloads, SmolStr,
};

pub(crate) use self::plan::{UpdateCommand, plan};
use crate::error::{Busy, NotFound, NotReady, RequestError};
use crate::words::{Table, UpdateNote};

/// Where an update is in its life.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Update {
    /// It waits for a workflow task.
    Admitted { order: u64, request: UpdateRequest },
    /// A worker has it.
    Sent { order: u64, request: UpdateRequest },
    /// Its handler runs; this event recorded it.
    Accepted { event: EventId },
    /// Terminal: its handler has ended, which is recorded; or the workflow before it, which no event of its own says.
    Completed { result: UpdateResult, recorded: bool },
    /// Terminal: workflow code did not take it. The same id may come again.
    Rejected(Box<Failure>),
    /// Terminal: it was not looked at. The same id may come again.
    Aborted(Abort),
}

/// What an update came to.
pub(crate) type UpdateResult = Result<Option<Payloads>, Box<Failure>>;

/// Why an update was not looked at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Abort {
    /// The client is told.
    Refused(RequestError),
    /// The server itself asks again (`registryClearedErr`).
    Cleared,
}

/// Why all updates of a run are given up (`abort_reason.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The run has closed.
    Closed,
    /// The run goes on in another one.
    Continued,
    /// The workflow task failed, and not because the worker said so.
    TaskFailed,
}

impl Update {
    /// Whether it counts among those in flight.
    pub(crate) const fn is_in_flight(&self) -> bool {
        match self {
            Self::Admitted { .. } | Self::Sent { .. } | Self::Accepted { .. } => true,
            Self::Completed { .. } | Self::Rejected(_) | Self::Aborted(_) => false,
        }
    }

    /// Whether one of the same id is this one.
    pub(crate) const fn is_known(&self) -> bool {
        match self {
            Self::Admitted { .. }
            | Self::Sent { .. }
            | Self::Accepted { .. }
            | Self::Completed { .. } => true,
            Self::Rejected(_) | Self::Aborted(_) => false,
        }
    }

    /// Whether what it came to is recorded: not if the workflow ended before its handler.
    pub(crate) const fn is_recorded(&self) -> bool {
        match self {
            Self::Completed { recorded, .. } => *recorded,
            Self::Admitted { .. }
            | Self::Sent { .. }
            | Self::Accepted { .. }
            | Self::Rejected(_)
            | Self::Aborted(_) => false,
        }
    }

    /// What is to be sent with the next task, and its place in the order of admission.
    pub(crate) const fn outgoing(&self) -> Option<(u64, &UpdateRequest)> {
        match self {
            Self::Admitted { order, request } | Self::Sent { order, request } => {
                Some((*order, request))
            }
            Self::Accepted { .. }
            | Self::Completed { .. }
            | Self::Rejected(_)
            | Self::Aborted(_) => None,
        }
    }

    pub(crate) const fn is_sent(&self) -> bool {
        matches!(self, Self::Sent { .. })
    }

    /// The state's name as the server prints it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Admitted { .. } => "Admitted",
            Self::Sent { .. } => "Sent",
            Self::Accepted { .. } => "Accepted",
            Self::Completed { .. } | Self::Rejected(_) => "Completed",
            Self::Aborted(_) => "Aborted",
        }
    }

    /// What it becomes when it is given up; `None` if it cannot be.
    pub(crate) fn abort(&self, reason: Reason) -> Option<Self> {
        let refused = |error: RequestError| Some(Self::Aborted(Abort::Refused(error)));
        match (self, reason) {
            (Self::Admitted { .. } | Self::Sent { .. }, Reason::Closed) => {
                refused(NotFound::UpdateAborted.into())
            }
            (Self::Admitted { .. } | Self::Sent { .. }, Reason::Continued) => {
                refused(Busy::Closing.into())
            }
            (Self::Accepted { .. }, Reason::Closed | Reason::Continued) => {
                let result = Err(Box::new(closed_before()));
                Some(Self::Completed { result, recorded: false })
            }
            (Self::Admitted { .. }, Reason::TaskFailed) => Some(Self::Aborted(Abort::Cleared)),
            (Self::Sent { .. }, Reason::TaskFailed) => refused(NotReady::UpdateTaskFailed.into()),
            (Self::Accepted { .. }, Reason::TaskFailed)
            | (Self::Completed { .. } | Self::Rejected(_) | Self::Aborted(_), _) => None,
        }
    }

    /// What `note` makes of it.
    pub(crate) fn note(&mut self, note: UpdateNote) {
        match (&*self, note) {
            (Self::Admitted { order, request }, UpdateNote::Sent) => {
                *self = Self::Sent { order: *order, request: request.clone() };
            }
            (_, UpdateNote::Sent) => {}
            (_, UpdateNote::Rejected(failure)) => *self = Self::Rejected(failure),
        }
    }
}

/// What `event` makes of the updates of a run.
pub(crate) fn evolve(updates: &mut impl Table<SmolStr, Update>, event: &Arc<Event>) {
    match &event.kind {
        EventKind::WorkflowExecutionUpdateAccepted(accepted) => {
            let id = accepted.protocol_instance_id.clone();
            updates.put(id, Update::Accepted { event: event.id });
        }
        EventKind::WorkflowExecutionUpdateCompleted(completed) => {
            let Some(meta) = &completed.meta else { return };
            let UpdateOutcome { success, failure, .. } =
                completed.outcome.clone().unwrap_or_default();
            let result = failure.map_or(Ok(success), |failure| Err(Box::new(failure)));
            updates.put(meta.update_id.clone(), Update::Completed { result, recorded: true });
        }
        _ => {}
    }
}

/// What an update is rejected with that a worker has not looked at (`unprocessedUpdateFailure`).
pub(crate) fn unprocessed() -> Failure {
    by_server(
        "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not supported by \
         the worker.",
        "UnprocessedUpdate",
    )
}

/// What an update fails with whose workflow closed first (`AcceptedUpdateCompletedWorkflowFailure`).
fn closed_before() -> Failure {
    by_server(
        "Workflow Update failed because the Workflow completed before the Update completed.",
        "AcceptedUpdateCompletedWorkflow",
    )
}

fn by_server(message: &'static str, kind: &'static str) -> Failure {
    Failure {
        message: SmolStr::new_static(message),
        source: SmolStr::new_static("Server"),
        info: Some(FailureInfo::Application(ApplicationFailureInfo {
            kind: SmolStr::new_static(kind),
            non_retryable: true,
            ..ApplicationFailureInfo::default()
        })),
        ..Failure::default()
    }
}
