//! The machine of one signal to another workflow, or one cancel of it, from the side of the workflow that sends it (C-41,
//! C-46, W-16).

mod plan;

use alloc::boxed::Box;
use alloc::sync::Arc;

use rehearsal_history::event::{
    ExternalWorkflowExecutionCancelRequested, ExternalWorkflowExecutionSignaled,
    RequestCancelExternalWorkflowExecutionFailed, RequestCancelExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionFailed, SignalExternalWorkflowExecutionInitiated,
};
use rehearsal_history::{
    CancelExternalFailedCause, Event, EventId, EventKind, SignalExternalFailedCause, SmolStr,
    Timestamp,
};

pub(crate) use self::plan::{ExternalCommand, plan};
use crate::view::{PendingKind, PendingOp, PendingState};
use crate::words::{Across, Decision, Table};

/// A request of which it is not known whether it has arrived: that is its only state.
#[derive(Debug, Clone)]
pub(crate) struct External {
    /// What asked for it.
    initiated: Arc<Event>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Request<'a> {
    Signal(&'a SignalExternalWorkflowExecutionInitiated),
    Cancel(&'a RequestCancelExternalWorkflowExecutionInitiated),
}

/// Whether it has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It has.
    Arrived,
    /// There is no such workflow, or it has ended, or it is no child.
    NotFound,
    /// The other workflow has had enough signals.
    TooManySignals,
}

impl External {
    pub(crate) fn new(initiated: &Arc<Event>) -> Self {
        Self { initiated: Arc::clone(initiated) }
    }

    /// What was asked for.
    pub(crate) fn request(&self) -> Request<'_> {
        match &self.initiated.kind {
            EventKind::SignalExternalWorkflowExecutionInitiated(it) => Request::Signal(it),
            EventKind::RequestCancelExternalWorkflowExecutionInitiated(it) => Request::Cancel(it),
            other => unreachable!("nothing is sent because of {}", other.name()),
        }
    }

    /// What it causes that it has arrived, or has not, at virtual time `now`; changes nothing.
    pub(crate) fn decide(
        &self,
        now: Timestamp,
        namespace: &SmolStr,
        arrival: Arrival,
        out: &mut Decision,
    ) {
        let namespace = namespace.clone();
        let initiated_event_id = self.initiated.id;
        let kind: EventKind = match (self.request(), arrival) {
            (Request::Signal(it), Arrival::Arrived) => {
                Box::new(ExternalWorkflowExecutionSignaled {
                    initiated_event_id,
                    namespace,
                    workflow_execution: it.workflow_execution.clone(),
                    control: it.control.clone(),
                    ..ExternalWorkflowExecutionSignaled::default()
                })
                .into()
            }
            (Request::Signal(it), Arrival::NotFound | Arrival::TooManySignals) => {
                Box::new(SignalExternalWorkflowExecutionFailed {
                    cause: if arrival == Arrival::NotFound {
                        SignalExternalFailedCause::ExternalWorkflowExecutionNotFound
                    } else {
                        SignalExternalFailedCause::SignalCountLimitExceeded
                    },
                    namespace,
                    workflow_execution: it.workflow_execution.clone(),
                    initiated_event_id,
                    control: it.control.clone(),
                    ..SignalExternalWorkflowExecutionFailed::default()
                })
                .into()
            }
            (Request::Cancel(it), Arrival::Arrived) => {
                Box::new(ExternalWorkflowExecutionCancelRequested {
                    initiated_event_id,
                    namespace,
                    workflow_execution: it.workflow_execution.clone(),
                    ..ExternalWorkflowExecutionCancelRequested::default()
                })
                .into()
            }
            (Request::Cancel(it), Arrival::NotFound | Arrival::TooManySignals) => {
                Box::new(RequestCancelExternalWorkflowExecutionFailed {
                    cause: CancelExternalFailedCause::ExternalWorkflowExecutionNotFound,
                    namespace,
                    workflow_execution: it.workflow_execution.clone(),
                    initiated_event_id,
                    ..RequestCancelExternalWorkflowExecutionFailed::default()
                })
                .into()
            }
        };
        out.record(now, kind);
        out.need_workflow_task();
    }

    /// How it is sent to the other run.
    pub(crate) fn across(&self) -> Across {
        let initiated = self.initiated.id;
        if self.is_signal() {
            Across::SignalExternal { initiated }
        } else {
            Across::CancelExternal { initiated }
        }
    }

    /// Whether it is a signal, as it counts against another limit than cancels.
    fn is_signal(&self) -> bool {
        matches!(self.request(), Request::Signal(_))
    }

    /// How it looks from outside.
    pub(crate) fn pending(&self) -> PendingOp {
        let (execution, name) = match self.request() {
            Request::Signal(it) => (&it.workflow_execution, it.signal_name.clone()),
            Request::Cancel(it) => (&it.workflow_execution, SmolStr::default()),
        };
        PendingOp {
            kind: PendingKind::External,
            id: execution.workflow_id.clone(),
            name,
            state: PendingState::Running,
            scheduled: self.initiated.id,
        }
    }
}

/// What `event` makes of all requests. One that has arrived or has failed is gone, also while that waits in the buffer.
pub(crate) fn evolve(externals: &mut impl Table<EventId, External>, event: &Arc<Event>) {
    let initiated = match &event.kind {
        EventKind::SignalExternalWorkflowExecutionInitiated(_)
        | EventKind::RequestCancelExternalWorkflowExecutionInitiated(_) => {
            return externals.put(event.id, External::new(event));
        }
        EventKind::SignalExternalWorkflowExecutionFailed(it) => it.initiated_event_id,
        EventKind::ExternalWorkflowExecutionSignaled(it) => it.initiated_event_id,
        EventKind::RequestCancelExternalWorkflowExecutionFailed(it) => it.initiated_event_id,
        EventKind::ExternalWorkflowExecutionCancelRequested(it) => it.initiated_event_id,
        _ => return,
    };
    externals.drop(&initiated);
}
