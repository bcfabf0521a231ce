//! What the code of activities asks of the service with its client: made, tried again while the service is busy, answered.

use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_service::{Input, RequestError, RunRef};

use super::client::{BUSY_BACKOFF, target};
use super::{Entry, World};
use crate::activity::client::{Reply, Request, Sent, To};
use crate::executor::AttemptKey;
use crate::finding::{Code, Finding};

impl World {
    /// A request of an attempt reaches the service. While that is busy it is made again, until `give_up`.
    pub(super) fn request(&mut self, key: AttemptKey, sent: Sent, give_up: Timestamp) {
        let Some(running) = self.executor.get(key) else { return };
        let identity = self.hosts[running.host].identity.clone();
        let now = self.clock.now();
        let answer = match self.ask_service(key, &sent, identity) {
            Some(Err(RequestError::ResourceExhausted(_))) if now < give_up => {
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
            Request::Signal { to, name, input } => {
                let header = self.scenario.profile.client_header();
                let target = target(&to);
                let signal = Input::SignalWorkflow { target, name, input, header, identity };
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

    /// A run is closed: tells the attempts that wait for it, unless the workflow goes on in another run, which they wait
    /// for then.
    pub(super) fn tell_closed(&mut self, run: RunRef) {
        let Some(mut waiting) = self.waiting_for_close.remove(&run) else { return };
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
        self.forget_later(run);
