//! What the code of activities asks of the service with its client: made, tried again while the service is busy, answered.

use rehearsal_history::{SmolStr, Timestamp, WorkflowIdConflictPolicy};
use rehearsal_service::{Input, InvalidRequest, RequestError, RunRef};

use super::client::{Handle, target};
use super::patience::{BUSY_BACKOFF, BUSY_PATIENCE};
use super::updates::{Stage, UpdateHandle};
use super::with_start::is_aborted;
use super::{Entry, World};
use crate::activity::client::{Reply, Request, Sent, To};
use crate::choice::Touched;
use crate::executor::AttemptKey;
use crate::finding::{Code, Finding};

/// An attempt that waits for the result of an update.
#[derive(Debug)]
pub(super) struct WaitsForUpdate {
    key: AttemptKey,
    sent: Sent,
    handle: Handle,
    update: UpdateHandle,
}

/// Whether the clients of SDKs try again by themselves.
fn is_busy(error: &RequestError) -> bool {
    match error {
        RequestError::UpdateWithStart { error, .. } => is_busy(error),
        RequestError::ResourceExhausted(_) | RequestError::Unavailable => true,
        _ => false,
    }
}

impl World {
    /// A request of an attempt reaches the service. While that is busy it is made again, until `give_up`.
    pub(super) fn request(&mut self, key: AttemptKey, mut sent: Sent, give_up: Timestamp) {
        let Some(running) = self.executor.get(key) else { return };
        let identity = self.hosts[running.host].identity.clone();
        let now = self.clock.now();
        // However often it is sent, it is one update.
        if let Request::UpdateWithStart { update_id, .. } = &mut sent.request
            && update_id.is_empty()
        {
            *update_id = self.ids.uuid();
        }
        let answer = match self.ask_service(key, &sent, identity) {
            Some(Err(error)) if is_busy(&error) && now < give_up => {
                return self.agenda.push(now + BUSY_BACKOFF, Entry::Request { key, sent, give_up });
            }
            // A gap of ours is no answer that an activity could do anything with.
            Some(Err(RequestError::NotSimulated { what })) => {
                let headline = format!("an activity asks for what is not simulated: {what}");
                return self.stop(Finding::new(Code::NotSimulated, headline));
            }
            Some(answer) => answer,
            None => return,
        };
        sent.slot.put(answer);
        self.agenda.push(now, Entry::Poll(key));
    }

    /// The answer to a request; `None` if it comes later.
    fn ask_service(
        &mut self,
        key: AttemptKey,
        sent: &Sent,
        identity: SmolStr,
    ) -> Option<Result<Reply, RequestError>> {
        let target = |to: &To| target(&to.workflow_id, to.run_id.as_deref());
        let done = match sent.request.clone() {
            Request::Start(options) => {
                return Some(self.start_as(*options, identity).map(Reply::Started));
            }
            Request::SignalWithStart { options, name, input } => {
                let started = self.signal_with_start_as(*options, name, input, identity);
                return Some(started.map(Reply::Started));
            }
            Request::UpdateWithStart { options, name, update_id, input } => {
                let conflict = &options.id_conflict_policy;
                if *conflict == WorkflowIdConflictPolicy::Unspecified {
                    return Some(Err(InvalidRequest::NoConflictPolicy.into()));
                }
                let input = input.as_ref();
                match self.update_with_start_as(*options, &name, &update_id, input, identity) {
                    Ok((handle, update)) => {
                        let sent = sent.clone();
                        self.waiting_for_updates.push(WaitsForUpdate { key, sent, handle, update });
                        // What an update with this id has come to before is told at once.
                        self.tell_updates();
                        return None;
                    }
                    Err(error) => return Some(Err(error)),
                }
            }
            Request::Signal { to, name, input } => {
                let header = self.scenario.profile.client_header();
                let target = target(&to);
                let request_id = SmolStr::default();
                let signal =
                    Input::SignalWorkflow { target, name, input, header, identity, request_id };
                self.call(signal).map(drop)
            }
            Request::Cancel { to, reason } => self.request_cancel(target(&to), reason, identity),
            Request::Terminate { to, reason } => {
                let target = target(&to);
                let details = None;
                self.call(Input::TerminateWorkflow { target, reason, details, identity }).map(drop)
            }
            Request::Wait(handle) => {
                let run = self.last_run(handle.run);
                if self.is_open(run) {
                    let waiting = self.waiting_for_close.entry(run).or_default();
                    waiting.push((key, sent.slot.clone()));
                    return None;
                }
                return Some(Ok(Reply::Closed(self.service.status(run))));
            }
        };
        Some(done.map(|()| Reply::Done))
    }

    /// Tells the attempts that wait for updates what these have come to. What is to be sent again is: at once, if a workflow
    /// that was running has closed before it looked at the update, as the clients of both SDKs do.
    pub(super) fn tell_updates(&mut self) {
        if self.waiting_for_updates.is_empty() {
            return;
        }
        let now = self.clock.now();
        for waits in core::mem::take(&mut self.waiting_for_updates) {
            if !self.executor.is_running(waits.key) {
                continue;
            }
            let (key, sent) = (waits.key, waits.sent.clone());
            let give_up = now + BUSY_PATIENCE;
            match self.come_to(&waits.update, Stage::Completed) {
                None => self.waiting_for_updates.push(waits),
                Some(Err(error))
                    if is_aborted(&error) && waits.update.with_start == Some(false) =>
                {
                    self.agenda.push(now, Entry::Request { key, sent, give_up });
                }
                Some(Err(error)) if is_busy(&error) => {
                    self.agenda.push(now + BUSY_BACKOFF, Entry::Request { key, sent, give_up });
                }
                Some(answer) => {
                    let handle = waits.handle;
                    sent.slot.put(answer.map(|result| Reply::Updated(handle, result)));
                    self.agenda.push(now, Entry::Poll(key));
                }
            }
        }
    }

    /// A run is closed: tells the attempts that wait for it, unless the workflow goes on in another run, which they wait
    /// for then.
    pub(super) fn tell_closed(&mut self, run: RunRef) {
        self.forget_later(run);
        self.forget_loose(run);
        let Some(mut waiting) = self.waiting_for_close.remove(&run) else { return };
        self.touch(Touched::Everything);
        let last = self.last_run(run);
        if self.is_open(last) {
            return self.waiting_for_close.entry(last).or_default().append(&mut waiting);
        }
        for (key, slot) in waiting {
            slot.put(Ok(Reply::Closed(self.service.status(last))));
            if self.executor.is_running(key) {
                self.agenda.push(self.clock.now(), Entry::Poll(key));
            }
        }
    }
}
