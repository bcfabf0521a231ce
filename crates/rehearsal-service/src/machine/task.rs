//! The machine of the workflow task (W-1 to W-9).
//!
//! A run has at most one (H-14). Attempts after the first are *transient*: they leave no events until one of them is
//! answered, and their ids are provisional until then.

pub(crate) mod record;

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_history::event::SdkMetadata;
use rehearsal_history::{
    Event, EventId, EventKind, Failure, SmolStr, TaskQueue, TaskQueueKind, Timestamp,
    WorkflowTaskFailedCause,
};

use crate::words::{Decision, Extent, IllegalTransition, Slot, TaskNote};

/// Where the workflow task of a run stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum WorkflowTask {
    /// There is none; `attempt` is what the next one will be.
    Idle {
        attempt: u32,
        /// The last one was to close the run and could not (W-13).
        closing: bool,
    },
    /// Waits for a worker.
    Scheduled(Slot),
    /// A worker has it.
    Started { slot: Slot, started: EventId, at: Timestamp, identity: SmolStr, request_id: SmolStr },
}

/// What can happen to a workflow task. `next` is the id of the next event, `extent` what the history is like (T-12).
#[derive(Debug, Clone)]
pub(crate) enum TaskInput {
    /// The workflow is to hear of something.
    Schedule { next: EventId, queue: TaskQueue, timeout: Duration, speculative: bool },
    /// A worker takes it.
    Start { next: EventId, extent: Extent, identity: SmolStr, request_id: SmolStr },
    /// The worker's commands are accepted.
    Complete { next: EventId, extent: Extent, identity: SmolStr, sdk_metadata: SdkMetadata },
    /// The worker could not, or its commands are refused.
    Fail { cause: WorkflowTaskFailedCause, failure: Option<Box<Failure>>, identity: SmolStr },
    /// The worker took too long (W-4).
    TimeOut,
    /// Nobody took it in time: from the sticky queue (W-9), or at all if it is speculative.
    GiveUpSticky,
}

impl WorkflowTask {
    /// None yet.
    pub(crate) const NONE: Self = Self::Idle { attempt: 1, closing: false };

    /// What `input` causes at virtual time `now`; changes nothing.
    ///
    /// # Errors
    ///
    /// [`IllegalTransition`] if `input` cannot happen in this state.
    pub(crate) fn decide(
        &self,
        now: Timestamp,
        input: TaskInput,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        match (self, input) {
            (
                Self::Idle { attempt, closing },
                TaskInput::Schedule { next, queue, timeout, speculative },
            ) => {
                let (scheduled, at, attempt, closing) = (next, now, *attempt, *closing);
                Slot { scheduled, at, attempt, queue, timeout, closing, speculative }.schedule(out);
            }
            (Self::Scheduled(slot), TaskInput::Start { next, extent, identity, request_id }) => {
                slot.start(now, next, extent, identity, request_id, out);
            }
            (Self::Scheduled(slot), TaskInput::GiveUpSticky)
                if slot.is_sticky() || slot.speculative =>
            {
                slot.give_up(now, out);
            }
            (
                Self::Started { slot, started, at, request_id, .. },
                TaskInput::Complete { next, extent, identity, sdk_metadata },
            ) => {
                let (scheduled, started) = if slot.is_transient() {
                    slot.record_late(*at, next, extent, &identity, request_id, out)
                } else {
                    (slot.scheduled, *started)
                };
                out.record(now, record::completed(scheduled, started, identity, sdk_metadata));
            }
            (Self::Started { slot, started, .. }, TaskInput::Fail { cause, failure, identity }) => {
                slot.fail(now, *started, cause, failure, identity, out);
            }
            (Self::Started { slot, started, .. }, TaskInput::TimeOut) => {
                slot.time_out(now, *started, out);
            }
            (
                Self::Idle { .. },
                input @ (TaskInput::Start { .. }
                | TaskInput::Complete { .. }
                | TaskInput::Fail { .. }
                | TaskInput::TimeOut
                | TaskInput::GiveUpSticky),
            )
            | (
                Self::Scheduled(_),
                input @ (TaskInput::Schedule { .. }
                | TaskInput::Complete { .. }
                | TaskInput::Fail { .. }
                | TaskInput::TimeOut
                | TaskInput::GiveUpSticky),
            )
            | (
                Self::Started { .. },
                input @ (TaskInput::Schedule { .. }
                | TaskInput::Start { .. }
                | TaskInput::GiveUpSticky),
            ) => return Err(self.illegal(&input)),
        }
        Ok(())
    }

    const fn illegal(&self, input: &TaskInput) -> IllegalTransition {
        IllegalTransition { machine: "workflow task", state: self.name(), input: input.name() }
    }

    /// What `event` makes of the workflow task.
    pub(crate) fn evolve(&mut self, event: &Event) {
        *self = match &event.kind {
            EventKind::WorkflowTaskScheduled(attributes) => Self::Scheduled(Slot {
                scheduled: event.id,
                at: event.time,
                attempt: u32::try_from(attributes.attempt).unwrap_or(1),
                queue: attributes.task_queue.clone(),
                timeout: attributes.start_to_close_timeout.unwrap_or_default(),
                closing: self.is_closing(),
                speculative: false,
            }),
            EventKind::WorkflowTaskStarted(attributes) => {
                let Some(slot) = self.slot() else { return };
                Self::Started {
                    slot: slot.clone(),
                    started: event.id,
                    at: event.time,
                    identity: attributes.identity.clone(),
                    request_id: attributes.request_id.clone(),
                }
            }
            EventKind::WorkflowTaskCompleted(_) => Self::NONE,
            EventKind::WorkflowTaskFailed(attributes) => Self::Idle {
                attempt: self.attempt().saturating_add(1),
                closing: attributes.cause == WorkflowTaskFailedCause::UnhandledCommand,
            },
            // W-9: nobody has tried, so no attempt is used up.
            EventKind::WorkflowTaskTimedOut(attributes)
                if attributes.started_event_id.is_none() =>
            {
                Self::Idle { attempt: 1, closing: self.is_closing() }
            }
            EventKind::WorkflowTaskTimedOut(_) => {
                Self::Idle { attempt: self.attempt().saturating_add(1), closing: false }
            }
            _ => return,
        };
    }

    /// What `note` makes of the workflow task.
    pub(crate) fn note(&mut self, note: TaskNote) {
        *self = match note {
            TaskNote::Scheduled(slot) => Self::Scheduled(slot),
            TaskNote::Started { started, at, identity, request_id } => {
                let Some(slot) = self.slot() else { return };
                Self::Started { slot: slot.clone(), started, at, identity, request_id }
            }
            TaskNote::Ended { closing } => {
                Self::Idle { attempt: self.attempt().saturating_add(1), closing }
            }
            TaskNote::FirstAttempt => Self::Idle { attempt: 1, closing: self.is_closing() },
        };
    }

    /// That a worker has tried to close the run is known no more.
    pub(crate) const fn forget_closing(&mut self) {
        match self {
            Self::Scheduled(slot) | Self::Started { slot, .. } => slot.closing = false,
            Self::Idle { closing, .. } => *closing = false,
        }
    }

    /// It was taken from this queue. What is not in the history yet will be recorded with it (`CurrentTaskQueue` in
    /// `AddWorkflowTaskCompletedEvent` and `AddWorkflowTaskFailedEvent`, `workflow/workflow_task_state_machine.go`).
    pub(crate) fn moves_to(&mut self, queue: TaskQueue) {
        match self {
            Self::Started { slot, .. } if slot.is_transient() => slot.queue = queue,
            Self::Started { .. } | Self::Scheduled(_) | Self::Idle { .. } => {}
        }
    }

    /// The task that is scheduled or started.
    pub(crate) const fn slot(&self) -> Option<&Slot> {
        match self {
            Self::Idle { .. } => None,
            Self::Scheduled(slot) | Self::Started { slot, .. } => Some(slot),
        }
    }

    pub(crate) const fn attempt(&self) -> u32 {
        match self {
            Self::Idle { attempt, .. } => *attempt,
            Self::Scheduled(slot) | Self::Started { slot, .. } => slot.attempt,
        }
    }

    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self, Self::Idle { .. })
    }

    pub(crate) const fn is_started(&self) -> bool {
        matches!(self, Self::Started { .. })
    }

    /// Whether the task before it was to close the run and could not (W-13).
    pub(crate) const fn is_closing(&self) -> bool {
        match self {
            Self::Idle { closing, .. } => *closing,
            Self::Scheduled(slot) | Self::Started { slot, .. } => slot.closing,
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Idle { .. } => "Idle",
            Self::Scheduled(_) => "Scheduled",
            Self::Started { .. } => "Started",
        }
    }
}

impl Slot {
    /// Whether it leaves no events until it is answered.
    pub(crate) const fn is_transient(&self) -> bool {
        self.attempt > 1 || self.speculative
    }

    /// Whether it waits in the queue of one worker.
    pub(crate) fn is_sticky(&self) -> bool {
        self.queue.kind == TaskQueueKind::Sticky
    }
}

impl TaskInput {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Schedule { .. } => "Schedule",
            Self::Start { .. } => "Start",
            Self::Complete { .. } => "Complete",
            Self::Fail { .. } => "Fail",
            Self::TimeOut => "TimeOut",
            Self::GiveUpSticky => "GiveUpSticky",
        }
    }
}
