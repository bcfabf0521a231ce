//! Signals and updates that start their workflow if need be (T-14).
//!
//! Sources: `service/history/api/signalwithstartworkflow`, `service/history/api/multioperation` and
//! `chasm/lib/workflow/validator.go` of server 1.32.

use alloc::boxed::Box;

use rehearsal_history::event::{UpdateRequest, WorkflowExecutionSignaled};
use rehearsal_history::{Payloads, SmolStr, Timestamp, WorkflowIdConflictPolicy};

use super::Service;
use super::start::{
    Start, check, check_cron, check_delay, check_id, check_policies, check_retry, policies,
};
use crate::error::{InvalidRequest, RequestError, UpdateWithStart};
use crate::input::{Answer, Outbox, StartWorkflow};
use crate::run::Requester;

impl Service {
    /// A running workflow is signaled, unless the policy wants another in its place. If none is running, the signal
    /// stands right behind the start (`SignalWithStartWorkflow`).
    pub(super) fn signal_with_start(
        &mut self,
        now: Timestamp,
        mut start: StartWorkflow,
        name: SmolStr,
        input: Option<Payloads>,
        out: &mut Outbox,
    ) -> Result<Answer, RequestError> {
        check_signal(&mut start, &name, now)?;
        self.check_attributes(&mut start)?;
        let (reuse, conflict) = match policies(&start.id_reuse_policy, &start.id_conflict_policy) {
            (reuse, WorkflowIdConflictPolicy::Unspecified) => {
                (reuse, WorkflowIdConflictPolicy::UseExisting)
            }
            policies => policies,
        };
        let instead = match self.resolve(&start.workflow_id, &reuse, &conflict)? {
            Start::Existing(run) => {
                let StartWorkflow { identity, request_id, .. } = start;
                let by = Requester::Client { identity, request_id };
                self.within(now, run, out, |run, turn| {
                    run.signal_with_start(turn, name, input, start.header, by)
                })?;
                return Ok(Answer::Started(run));
            }
            Start::New { instead } => instead,
        };
        let request_id = if start.request_id.is_empty() {
            SmolStr::new_static("signal-1")
        } else {
            start.request_id.clone()
        };
        let signaled = Box::new(WorkflowExecutionSignaled {
            signal_name: name,
            input,
            identity: start.identity.clone(),
            header: start.header.clone(),
            request_id,
            ..WorkflowExecutionSignaled::default()
        });
        Ok(Answer::Started(self.start_new(now, start, instead, Some(signaled), out)))
    }

    /// What the last run has completed is answered, closed or not. An update that it knows is that one; another goes to a
    /// running workflow if the policy wants that, and to a new one otherwise (`updateWithStart.Invoke`).
    pub(super) fn update_with_start(
        &mut self,
        now: Timestamp,
        mut start: StartWorkflow,
        request: UpdateRequest,
        out: &mut Outbox,
    ) -> Result<Answer, RequestError> {
        use UpdateWithStart as Part;
        let (reuse, conflict) = policies(&start.id_reuse_policy, &start.id_conflict_policy);
        self.check_update(&mut start, now).map_err(|error| Part::Start.refused(error))?;
        let id = request.meta.clone().unwrap_or_default().update_id;
        let last = self.run_of(&start.workflow_id);
        if let Some(run) = last.filter(|run| self.runs[run.index()].has_completed(&id)) {
            return Ok(Answer::Started(run));
        }
        let again = self.started_by(&start.workflow_id, &start.request_id);
        let known = last.filter(|run| {
            let it = &self.runs[run.index()];
            it.is_open() && (again == Some(*run) || it.knows_update(&id))
        });
        // A run that this request has started, and that has closed without the update: `StartDeduped`.
        if again.is_some() && known.is_none() {
            return Err(Part::Start.refused(RequestError::Unavailable));
        }
        let found = match known {
            Some(run) => Start::Existing(run),
            None => self
                .resolve(&start.workflow_id, &reuse, &conflict)
                .map_err(|error| Part::Start.refused(error))?,
        };
        let run = match found {
            Start::Existing(run) => run,
            Start::New { instead } => self.start_new(now, start, instead, None, out),
        };
        self.holding(now, run, out, |run, turn| run.admit(turn, id, request))
            .map_err(|error| Part::Update.refused(error))?;
        Ok(Answer::Started(run))
    }

    /// Whether the start of an update-with-start can be meant, in the order in which the server looks.
    fn check_update(&self, start: &mut StartWorkflow, now: Timestamp) -> Result<(), RequestError> {
        check(start, now)?;
        self.check_attributes(start)?;
        if !start.cron_schedule.is_empty() {
            return Err(InvalidRequest::UpdateWithCron.into());
        }
        if start.eager {
            return Err(InvalidRequest::UpdateWithEagerStart.into());
        }
        if start.start_delay.is_some_and(|delay| !delay.is_zero()) {
            return Err(InvalidRequest::UpdateWithStartDelay.into());
        }
        Ok(())
    }
}

/// Whether a signal-with-start can be meant, in the order in which the server looks (`ValidateSignalWithStartRequest`).
fn check_signal(
    start: &mut StartWorkflow,
    name: &SmolStr,
    now: Timestamp,
) -> Result<(), RequestError> {
    check_cron(start, now)?;
    check_id(start)?;
    if name.is_empty() {
        return Err(InvalidRequest::NoSignalName.into());
    }
    check_retry(start)?;
    check_delay(start)?;
    check_policies(start)?;
    if start.id_conflict_policy == WorkflowIdConflictPolicy::Fail {
        return Err(InvalidRequest::SignalWithStartFail.into());
    }
    Ok(())
}
