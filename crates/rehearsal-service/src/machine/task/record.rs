//! What is recorded of a workflow task, and what is only noted.

use alloc::boxed::Box;

use rehearsal_history::event::{
    SdkMetadata, WorkflowTaskCompleted, WorkflowTaskFailed, WorkflowTaskScheduled,
    WorkflowTaskStarted, WorkflowTaskTimedOut,
};
use rehearsal_history::{
    EventId, Failure, Opaque, SmolStr, TimeoutType, Timestamp, WorkflowTaskFailedCause,
};

use crate::words::{Decision, Extent, Slot, TaskNote};

impl Slot {
    pub(crate) fn scheduled_event(&self) -> WorkflowTaskScheduled {
        WorkflowTaskScheduled {
            task_queue: self.queue.clone(),
            start_to_close_timeout: Some(self.timeout),
            attempt: i32::try_from(self.attempt).unwrap_or(i32::MAX),
            ..WorkflowTaskScheduled::default()
        }
    }

    /// W-1.
    pub(super) fn schedule(self, out: &mut Decision) {
        if self.is_transient() {
            out.note_task(TaskNote::Scheduled(self));
        } else {
            out.record(self.at, self.scheduled_event());
        }
    }

    /// W-2.
    pub(super) fn start(
        &self,
        now: Timestamp,
        next: EventId,
        extent: Extent,
        identity: SmolStr,
        request_id: SmolStr,
        out: &mut Decision,
    ) {
        if !self.is_transient() {
            out.record(now, started(self.scheduled, extent, identity, request_id));
        } else if self.scheduled == next {
            let started = next.next();
            out.note_task(TaskNote::Started { started, at: now, identity, request_id });
        } else {
            // The workflow has not seen the events that came since, so this is a first attempt.
            out.record(now, Self { attempt: 1, ..self.clone() }.scheduled_event());
            out.record(now, started(next, extent, identity, request_id));
        }
    }

    /// W-3: now that a transient task has come to something, it has happened. Gives the ids that its schedule and start
    /// will have.
    pub(super) fn record_late(
        &self,
        at: Timestamp,
        next: EventId,
        extent: Extent,
        identity: &SmolStr,
        request_id: &SmolStr,
        out: &mut Decision,
    ) -> (EventId, EventId) {
        out.record(self.at, self.scheduled_event());
        out.record(at, started(next, extent, identity.clone(), request_id.clone()));
        (next, next.next())
    }

    /// W-6, W-8: the failure of a transient task is silent.
    pub(super) fn fail(
        &self,
        now: Timestamp,
        started: EventId,
        cause: WorkflowTaskFailedCause,
        failure: Option<Box<Failure>>,
        identity: SmolStr,
        out: &mut Decision,
    ) {
        if self.is_transient() {
            let closing = cause == WorkflowTaskFailedCause::UnhandledCommand;
            out.note_task(TaskNote::Ended { closing });
        } else {
            out.record(
                now,
                Box::new(WorkflowTaskFailed {
                    scheduled_event_id: self.scheduled,
                    started_event_id: started,
                    cause,
                    failure: failure.map(|failure| *failure),
                    identity,
                    ..WorkflowTaskFailed::default()
                }),
            );
        }
        out.need_workflow_task();
    }

    /// W-4, W-6.
    pub(super) fn time_out(&self, now: Timestamp, started: EventId, out: &mut Decision) {
        if self.is_transient() {
            out.note_task(TaskNote::Ended { closing: false });
        } else {
            out.record(now, timed_out(self.scheduled, started, TimeoutType::StartToClose));
        }
        out.need_workflow_task();
    }

    /// W-9.
    pub(super) fn give_up(&self, now: Timestamp, out: &mut Decision) {
        if self.speculative {
            // `AddWorkflowTaskScheduleToStartTimeoutEvent`: now it has happened.
            out.record(self.at, self.scheduled_event());
        }
        out.record(now, timed_out(self.scheduled, EventId::NONE, TimeoutType::ScheduleToStart));
        out.need_workflow_task();
    }
}

pub(crate) fn started(
    scheduled: EventId,
    extent: Extent,
    identity: SmolStr,
    request_id: SmolStr,
) -> WorkflowTaskStarted {
    WorkflowTaskStarted {
        scheduled_event_id: scheduled,
        identity,
        request_id,
        suggest_continue_as_new: extent.suggested,
        history_size_bytes: i64::try_from(extent.size).unwrap_or(i64::MAX),
        ..WorkflowTaskStarted::default()
    }
}

pub(super) fn completed(
    scheduled: EventId,
    started: EventId,
    identity: SmolStr,
    sdk_metadata: SdkMetadata,
) -> Box<WorkflowTaskCompleted> {
    Box::new(WorkflowTaskCompleted {
        scheduled_event_id: scheduled,
        started_event_id: started,
        identity,
        sdk_metadata: Some(sdk_metadata),
        // An empty object, as the server writes it.
        metering_metadata: Some(Opaque(core::iter::empty::<(&str, bool)>().collect())),
        ..WorkflowTaskCompleted::default()
    })
}

fn timed_out(
    scheduled: EventId,
    started: EventId,
    timeout_type: TimeoutType,
) -> WorkflowTaskTimedOut {
    WorkflowTaskTimedOut {
        scheduled_event_id: scheduled,
        started_event_id: started,
        timeout_type,
        ..WorkflowTaskTimedOut::default()
    }
}
