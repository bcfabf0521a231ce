//! What is recorded of an activity, and what is only noted.

use alloc::boxed::Box;

use rehearsal_history::event::{
    ActivityTaskCancelRequested, ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskFailed,
    ActivityTaskStarted, ActivityTaskTimedOut,
};
use rehearsal_history::{
    EventId, Failure, FailureInfo, Payload, Payloads, RetryState, SmolStr, TimeoutType, Timestamp,
};

use super::{Activity, ActivityState};
use crate::words::{ActivityNote, Decision, retry};

const NOT_ENOUGH_TIME: &str = "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying";

impl Activity {
    pub(super) fn note(&self, note: ActivityNote, out: &mut Decision) {
        out.note_activity(self.scheduled(), note);
    }

    pub(super) fn complete(
        &self,
        now: Timestamp,
        result: Option<Payloads>,
        identity: SmolStr,
        out: &mut Decision,
    ) {
        self.record_started(out);
        out.record(
            now,
            ActivityTaskCompleted {
                result,
                scheduled_event_id: self.scheduled(),
                identity,
                ..ActivityTaskCompleted::default()
            },
        );
        out.need_workflow_task();
    }

    /// Completed by its id while no worker has it: the server makes a start up, of the attempt that would have been
    /// (`fabricateStartedEvent` in its `respondactivitytaskcompleted/api.go`; recorded: `async-not-started`,
    /// `async-completed-during-backoff`).
    pub(super) fn complete_unstarted(
        &self,
        now: Timestamp,
        result: Option<Payloads>,
        identity: SmolStr,
        out: &mut Decision,
    ) {
        self.record_start(now, &identity, SmolStr::default(), out);
        self.complete(now, result, identity, out);
    }

    /// T-6 to T-8: retried without a trace, or failed for good.
    pub(super) fn fail(
        &self,
        now: Timestamp,
        failure: Box<Failure>,
        details: Option<Payloads>,
        identity: SmolStr,
        out: &mut Decision,
    ) {
        if details.is_some() {
            self.note(ActivityNote::Beat { at: now, details }, out);
        }
        let retry_state = match self.next_attempt(now, &failure) {
            Ok(until) => {
                return self.note(ActivityNote::Retried { at: now, until, failure }, out);
            }
            Err(retry_state) => retry_state,
        };
        self.record_started(out);
        out.record(
            now,
            Box::new(ActivityTaskFailed {
                failure: Some(*failure),
                scheduled_event_id: self.scheduled(),
                identity,
                retry_state,
                ..ActivityTaskFailed::default()
            }),
        );
        out.need_workflow_task();
    }

    /// T-3: retried without a trace, or timed out for good.
    pub(super) fn time_out(&self, now: Timestamp, timeout_type: TimeoutType, out: &mut Decision) {
        let message = match timeout_type {
            TimeoutType::StartToClose => "activity StartToClose timeout",
            TimeoutType::ScheduleToStart => "activity ScheduleToStart timeout",
            TimeoutType::Heartbeat => "activity Heartbeat timeout",
            _ => "activity ScheduleToClose timeout",
        };
        let is_schedule_to_start = timeout_type == TimeoutType::ScheduleToStart;
        let mut failure = Failure::timeout(SmolStr::new_static(message), timeout_type);
        let retry_state = match self.next_attempt(now, &failure) {
            Ok(until) => {
                let failure = Box::new(failure);
                return self.note(ActivityNote::Retried { at: now, until, failure }, out);
            }
            Err(retry_state) => retry_state,
        };
        if retry_state == RetryState::Timeout && !is_schedule_to_start {
            failure = Failure::timeout(
                SmolStr::new_static(NOT_ENOUGH_TIME),
                TimeoutType::ScheduleToClose,
            );
        }
        if let Some(FailureInfo::Timeout(info)) = &mut failure.info {
            info.last_heartbeat_details.clone_from(&self.details);
        }
        failure.cause.clone_from(&self.last_failure);
        self.record_started(out);
        out.record(
            now,
            Box::new(ActivityTaskTimedOut {
                failure: Some(failure),
                scheduled_event_id: self.scheduled(),
                retry_state,
                ..ActivityTaskTimedOut::default()
            }),
        );
        out.need_workflow_task();
    }

    /// C-27: the worker has stopped it.
    pub(super) fn confirm_cancel(
        &self,
        now: Timestamp,
        request: EventId,
        details: Option<Payloads>,
        identity: SmolStr,
        out: &mut Decision,
    ) {
        self.record_started(out);
        out.record(now, self.canceled(request, details, identity));
        out.need_workflow_task();
    }

    pub(super) fn request_cancel(&self, now: Timestamp, task: EventId, out: &mut Decision) {
        out.record(
            now,
            ActivityTaskCancelRequested {
                scheduled_event_id: self.scheduled(),
                workflow_task_completed_event_id: task,
                ..ActivityTaskCancelRequested::default()
            },
        );
    }

    /// C-24: nobody runs it, so the server confirms in its worker's place. `next` is the id that the request will have.
    pub(super) fn cancel_for_worker(
        &self,
        now: Timestamp,
        task: EventId,
        next: EventId,
        identity: SmolStr,
        out: &mut Decision,
    ) {
        self.request_cancel(now, task, out);
        let details = Payloads::one(Payload::json(r#""ACTIVITY_ID_NOT_STARTED""#));
        out.record(now, self.canceled(next, Some(details), identity));
        out.need_workflow_task();
    }

    /// T-6, with the cancel request before everything else.
    fn next_attempt(&self, now: Timestamp, failure: &Failure) -> Result<Timestamp, RetryState> {
        let Some(policy) = &self.attributes().retry_policy else {
            return Err(RetryState::RetryPolicyNotSet);
        };
        if self.cancel.is_some() {
            return Err(RetryState::CancelRequested);
        }
        retry::next_attempt(
            policy,
            self.attempt,
            failure,
            now,
            self.deadline(&TimeoutType::ScheduleToClose),
        )
    }

    /// H-12: the start is written when the activity closes, if an attempt is running. The close names it once both
    /// have their ids.
    fn record_started(&self, out: &mut Decision) {
        let ActivityState::Started { at, identity, request_id } = &self.state else { return };
        self.record_start(*at, identity, request_id.clone(), out);
    }

    fn record_start(
        &self,
        at: Timestamp,
        identity: &SmolStr,
        request_id: SmolStr,
        out: &mut Decision,
    ) {
        out.record(
            at,
            Box::new(ActivityTaskStarted {
                scheduled_event_id: self.scheduled(),
                identity: identity.clone(),
                request_id,
                attempt: i32::try_from(self.attempt).unwrap_or(i32::MAX),
                last_failure: self.last_failure.as_deref().cloned(),
                ..ActivityTaskStarted::default()
            }),
        );
    }

    fn canceled(
        &self,
        request: EventId,
        details: Option<Payloads>,
        identity: SmolStr,
    ) -> ActivityTaskCanceled {
        ActivityTaskCanceled {
            details,
            latest_cancel_requested_event_id: request,
            scheduled_event_id: self.scheduled(),
            identity,
            ..ActivityTaskCanceled::default()
        }
    }
}
