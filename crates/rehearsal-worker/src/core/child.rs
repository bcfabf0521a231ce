//! Child workflows: what is known of them, and what their commands and events make of it.

mod failure;
pub(super) mod machine;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use core::fmt;

use rehearsal_activation::{
    CancelChild, ChildCancellationType, ChildResolution, ChildStart, ExternalTarget, Job, Seq,
    ServerCommand, StartChild, StartChildWorkflow, Trouble,
};
use rehearsal_history::event::{
    ChildWorkflowExecutionCompleted, ChildWorkflowExecutionFailed, ChildWorkflowExecutionStarted,
    ChildWorkflowExecutionTimedOut, StartChildWorkflowExecutionFailed,
    StartChildWorkflowExecutionInitiated,
};
use rehearsal_history::{Event, EventId, EventKind, Execution, RetryState, SmolStr, UserMetadata};

use self::failure::{canceled_before_scheduled, child_failure};
use self::machine::{ChildInput, ChildReaction, ChildState};
use super::external::Externals;
use super::failure::{Breakdown, blamed, invalid, missing, no_transition, unhandled, unknown};
use super::machine::Machine;
use super::out::Out;
use crate::run_info::RunInfo;

/// What core says of a child that is recorded to end after it was canceled, though it was to be waited for.
const ENDS_AFTER_CANCEL: &str = "Child workflows which don't resolve immediately on cancellation cannot complete \
                                 after being cancelled.";

/// The children of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Children {
    by_seq: BTreeMap<Seq, Child>,
    /// By the event that recorded their start.
    by_initiated: BTreeMap<EventId, Seq>,
}

/// A child that was asked for.
#[derive(Debug, Clone)]
struct Child {
    workflow_id: SmolStr,
    workflow_type: SmolStr,
    run_id: SmolStr,
    cancellation: ChildCancellationType,
    initiated: EventId,
    started: EventId,
    /// What was sent beside the start, and is sent beside the cancel again.
    user_metadata: Option<Box<UserMetadata>>,
    state: ChildState,
}

impl Children {
    /// Workflow code starts one. Its id is always given: the SDK draws one if workflow code did not choose it.
    pub(super) fn start(&mut self, command: StartChild, run: &RunInfo, out: &mut Out) {
        let seq = command.seq;
        let user_metadata = UserMetadata::of(command.summary, command.details).map(Box::new);
        let child = Child {
            workflow_id: command.workflow_id.unwrap_or_default(),
            workflow_type: command.workflow_type,
            run_id: SmolStr::default(),
            cancellation: command.cancellation_type,
            initiated: EventId::NONE,
            started: EventId::NONE,
            user_metadata,
            state: ChildState::StartCommandCreated,
        };
        let task_queue = command.task_queue.unwrap_or_default();
        let inherit_build_id = task_queue.is_empty() || task_queue == run.task_queue;
        let command = StartChildWorkflow {
            workflow_id: child.workflow_id.clone(),
            workflow_type: child.workflow_type.clone(),
            task_queue,
            input: command.input,
            header: command.header,
            execution_timeout: command.execution_timeout,
            run_timeout: command.run_timeout,
            task_timeout: command.task_timeout,
            parent_close_policy: command.parent_close_policy,
            id_reuse_policy: command.id_reuse_policy,
            retry_policy: command.retry_policy,
            priority: command.priority,
            cron_schedule: command.cron_schedule,
            memo: command.memo,
            search_attributes: command.search_attributes,
            inherit_build_id,
            user_metadata: child.user_metadata.clone(),
        };
        self.by_seq.insert(seq, child);
        out.queue.push(Machine::Child(seq), ServerCommand::StartChildWorkflow(Box::new(command)));
    }

    /// Workflow code cancels one: what is not sent yet never is.
    pub(super) fn cancel(
        &mut self,
        cancel: CancelChild,
        externals: &mut Externals,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let CancelChild { seq, reason } = cancel;
        let child = self.by_seq.get_mut(&seq).ok_or_else(|| missing("ChildWorkflowStart", seq))?;
        let terminated = child.state == ChildState::Terminated;
        let refused = |_| if terminated { blamed("C-43a") } else { invalid() };
        let (state, reaction) =
            child.state.on(ChildInput::Cancel, child.cancellation).map_err(refused)?;
        child.state = state;
        match reaction {
            ChildReaction::Suppress => {
                out.queue.withdraw(Machine::Child(seq));
                let failure = Box::new(canceled_before_scheduled(child, &reason));
                let resolution = ChildStart::Canceled(failure);
                out.jobs.push(Job::ResolveChildStart { seq, resolution });
            }
            ChildReaction::Request => child.request_cancel(seq, reason, externals, out),
            ChildReaction::RequestAndResolve => {
                child.request_cancel(seq, reason, externals, out);
                out.jobs.push(child.canceled(seq));
            }
            ChildReaction::Resolve => out.jobs.push(child.canceled(seq)),
            ChildReaction::Nothing
            | ChildReaction::Tell
            | ChildReaction::Swallow
            | ChildReaction::Refuse => {}
        }
        Ok(())
    }

    /// This event records the start of the child.
    pub(super) fn record(&mut self, seq: Seq, event: EventId) {
        if let Some(child) = self.by_seq.get_mut(&seq)
            && let Ok((state, _)) = child.state.on(ChildInput::Initiated, child.cancellation)
        {
            child.state = state;
            child.initiated = event;
            self.by_initiated.insert(event, seq);
        }
    }

    /// One runs.
    pub(super) fn started(
        &mut self,
        event: &Event,
        started: &ChildWorkflowExecutionStarted,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let (seq, child, reaction) =
            self.advance(event, started.initiated_event_id, ChildInput::Started, out)?;
        if reaction == ChildReaction::Tell {
            child.started = event.id;
            child.run_id = started.workflow_execution.run_id.clone();
            let Execution { workflow_id, run_id, .. } = started.workflow_execution.clone();
            let resolution = ChildStart::Started { workflow_id, run_id };
            out.jobs.push(Job::ResolveChildStart { seq, resolution });
        }
        Ok(())
    }

    /// One could not be started.
    pub(super) fn start_failed(
        &mut self,
        event: &Event,
        failed: &StartChildWorkflowExecutionFailed,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let (seq, child, reaction) =
            self.advance(event, failed.initiated_event_id, ChildInput::StartFailed, out)?;
        if reaction == ChildReaction::Tell {
            let resolution = ChildStart::Failed {
                workflow_id: child.workflow_id.clone(),
                workflow_type: child.workflow_type.clone(),
                cause: failed.cause.clone(),
                // Core tells the cause alone; the SDK makes a failure of it.
                failure: Box::default(),
            };
            out.jobs.push(Job::ResolveChildStart { seq, resolution });
        }
        Ok(())
    }

    /// One has completed.
    pub(super) fn completed(
        &mut self,
        event: &Event,
        completed: &ChildWorkflowExecutionCompleted,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let (seq, _, reaction) =
            self.advance(event, completed.initiated_event_id, ChildInput::Completed, out)?;
        if reaction == ChildReaction::Tell {
            let resolution = ChildResolution::Completed(completed.result.clone());
            out.jobs.push(Job::ResolveChild { seq, resolution });
        }
        Ok(())
    }

    /// One has failed.
    pub(super) fn failed(
        &mut self,
        event: &Event,
        failed: &ChildWorkflowExecutionFailed,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let (seq, child, reaction) =
            self.advance(event, failed.initiated_event_id, ChildInput::Failed, out)?;
        if reaction == ChildReaction::Tell {
            let cause = failed.failure.clone();
            let failure = child_failure(
                child,
                "Child Workflow execution failed",
                failed.retry_state.clone(),
                cause,
            );
            let resolution = ChildResolution::Failed(Box::new(failure));
            out.jobs.push(Job::ResolveChild { seq, resolution });
        }
        Ok(())
    }

    /// One has timed out.
    pub(super) fn timed_out(
        &mut self,
        event: &Event,
        timed_out: &ChildWorkflowExecutionTimedOut,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let (seq, child, reaction) =
            self.advance(event, timed_out.initiated_event_id, ChildInput::TimedOut, out)?;
        if reaction == ChildReaction::Tell {
            let cause = Some(failure::timed_out());
            let failure = child_failure(
                child,
                "Child Workflow execution timed out",
                timed_out.retry_state.clone(),
                cause,
            );
            let resolution = ChildResolution::Failed(Box::new(failure));
            out.jobs.push(Job::ResolveChild { seq, resolution });
        }
        Ok(())
    }

    /// One was canceled.
    pub(super) fn canceled(
        &mut self,
        event: &Event,
        initiated: EventId,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let (seq, child, reaction) = self.advance(event, initiated, ChildInput::Canceled, out)?;
        if reaction == ChildReaction::Tell {
            out.jobs.push(child.canceled(seq));
        }
        Ok(())
    }

    /// One was terminated.
    pub(super) fn terminated(
        &mut self,
        event: &Event,
        initiated: EventId,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let (seq, child, reaction) = self.advance(event, initiated, ChildInput::Terminated, out)?;
        if reaction == ChildReaction::Tell {
            let retry_state = RetryState::NonRetryableFailure;
            let cause = Some(failure::terminated());
            let failure =
                child_failure(child, "Child Workflow execution terminated", retry_state, cause);
            let resolution = ChildResolution::Failed(Box::new(failure));
            out.jobs.push(Job::ResolveChild { seq, resolution });
        }
        Ok(())
    }

    /// The request of its cancel has reached a child that is to be resolved then: core waits on for its end (C-43).
    pub(super) fn cancel_reached(&self, seq: Seq, out: &mut Out) {
        let Some(child) = self.by_seq.get(&seq) else { return };
        let waits =
            child.state == ChildState::Started || child.state == ChildState::StartEventRecorded;
        if waits && child.cancellation == ChildCancellationType::WaitCancellationRequested {
            out.troubles.push(Trouble::SdkDefect {
                id: "C-43",
                message: format!(
                    "child `{}` has the request to cancel, and is waited for on until it ends",
                    child.workflow_id
                ),
            });
        }
    }

    fn advance(
        &mut self,
        event: &Event,
        initiated: EventId,
        input: ChildInput,
        out: &mut Out,
    ) -> Result<(Seq, &mut Child, ChildReaction), Breakdown> {
        let seq = *self.by_initiated.get(&initiated).ok_or_else(|| unknown(event))?;
        let child = self.by_seq.get_mut(&seq).ok_or_else(|| unknown(event))?;
        let (state, reaction) = child.state.on(input, child.cancellation).map_err(|_| {
            Breakdown::Fatal(no_transition("ChildWorkflowMachine", core_name(child.state), event))
        })?;
        child.state = state;
        match reaction {
            ChildReaction::Swallow => out.troubles.push(Trouble::SdkDefect {
                id: "C-42a",
                message: format!(
                    "the start of child `{}` is never told, as it was canceled before it was known to run",
                    child.workflow_id
                ),
            }),
            ChildReaction::Refuse => {
                return Err(Breakdown::Nondeterminism(ENDS_AFTER_CANCEL.into()));
            }
            _ => {}
        }
        Ok((seq, child, reaction))
    }

    /// How a child differs from the one that is recorded, if core looks and it does.
    pub(super) fn refusal(&self, seq: Seq, event: &Event) -> Breakdown {
        let child = &self.by_seq[&seq];
        match &event.kind {
            EventKind::StartChildWorkflowExecutionInitiated(recorded) => child.differs(recorded),
            EventKind::StartChildWorkflowExecutionFailed(_)
            | EventKind::ChildWorkflowExecutionStarted(_)
            | EventKind::ChildWorkflowExecutionCompleted(_)
            | EventKind::ChildWorkflowExecutionFailed(_)
            | EventKind::ChildWorkflowExecutionTimedOut(_)
            | EventKind::ChildWorkflowExecutionCanceled(_)
            | EventKind::ChildWorkflowExecutionTerminated(_) => Breakdown::Fatal(no_transition(
                "ChildWorkflowMachine",
                core_name(child.state),
                event,
            )),
            _ => unhandled("Child workflow", event),
        }
    }
}

impl Child {
    fn request_cancel(&self, seq: Seq, reason: SmolStr, externals: &mut Externals, out: &mut Out) {
        let run_id = (!self.run_id.is_empty()).then(|| self.run_id.clone());
        let target =
            ExternalTarget { workflow_id: self.workflow_id.clone(), run_id, child_only: true };
        externals.cancel_child(seq, target, reason, self.user_metadata.clone(), out);
    }

    fn canceled(&self, seq: Seq) -> Job {
        let cause = Some(failure::canceled());
        let failure = child_failure(
            self,
            "Child Workflow execution cancelled",
            RetryState::NonRetryableFailure,
            cause,
        );
        Job::ResolveChild { seq, resolution: ChildResolution::Canceled(Box::new(failure)) }
    }

    fn differs(&self, recorded: &StartChildWorkflowExecutionInitiated) -> Breakdown {
        let (what, recorded, command) = if recorded.workflow_id == self.workflow_id {
            ("type", &recorded.workflow_type.name, &self.workflow_type)
        } else {
            ("id", &recorded.workflow_id, &self.workflow_id)
        };
        Breakdown::Nondeterminism(format!(
            "Child workflow {what} of scheduled event '{recorded}' does not match child workflow {what} of command \
             '{command}'"
        ))
    }
}

/// The name of core's state, as it stands in its messages.
fn core_name(state: ChildState) -> Printed {
    Printed(match state {
        ChildState::StartCommandCreated => "StartCommandCreated",
        ChildState::StartEventRecorded => "StartEventRecorded",
        ChildState::Started => "Started",
        ChildState::StartFailed => "StartFailed",
        ChildState::Completed => "Completed",
        ChildState::Failed => "Failed",
        ChildState::TimedOut => "TimedOut",
        ChildState::Terminated => "Terminated",
        ChildState::Canceled | ChildState::CanceledSeen => "Cancelled",
    })
}

/// A name that is printed without quotes.
struct Printed(&'static str);

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
