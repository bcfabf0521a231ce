//! Updates that start their workflow if need be (`service/history/api/multioperation/api.go` of server 1.32).

use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_history::event::UpdateRequest;
use rehearsal_service::{Input, NotFound, RequestError, StartWorkflow};

use super::Live;
use super::waits::{ToldOfUpdate, Wait};
use crate::answer::{Refused, Started, UpdateStanding};
use crate::ask::UpdateWait;
use crate::door::Slot;

/// An update that was sent with a start.
pub(super) struct WithStart {
    pub(super) start: Box<StartWorkflow>,
    pub(super) request: Box<UpdateRequest>,
    pub(super) wait: UpdateWait,
    /// Whether the workflow that it was sent to first has closed before it looked at it.
    pub(super) again: bool,
    /// What it was started with, or runs already, for who waits no longer.
    pub(super) ran: Arc<Mutex<Option<Started>>>,
    pub(super) reply: Slot<(Started, UpdateStanding)>,
}

impl Live {
    /// Sends it, and waits until it has come as far as its client wants.
    pub(super) fn update_with_start(&mut self, mut sent: Box<WithStart>) {
        let update_id = self.name_update(&mut sent.request);
        let (start, request, wait) = (sent.start.clone(), sent.request.clone(), sent.wait);
        let wanted = |start| Input::UpdateWithStart { start, request };
        match self.start(*start, wanted) {
            Ok((started, run)) => {
                *sent.ran.lock().unwrap_or_else(PoisonError::into_inner) = Some(started.clone());
                let reply = ToldOfUpdate::WithStart(started, sent);
                self.wait_for(Wait::Update { run, update_id, wait, reply });
            }
            Err(error) => sent.reply.tell(Err(error.into())),
        }
    }

    /// The workflow did not look at it. One that was running and has closed leaves the update to another, which is started
    /// if there is none: the server sends it once more. If that one does the same the client is to send it again
    /// (`updateOnlyWasAbortedByClosingWorkflow`).
    pub(super) fn update_is_refused(
        &mut self,
        started: &Started,
        mut sent: Box<WithStart>,
        error: RequestError,
    ) {
        let closed = !started.started && error == NotFound::UpdateAborted.into();
        if closed && !sent.again {
            sent.again = true;
            return self.update_with_start(sent);
        }
        let started = started.started;
        sent.reply.tell(Err(Refused::BehindStart { started, closed_twice: closed, error }));
    }
}
