//! Child workflows.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use rehearsal_activation::{
    CancelChild, CancelExternalWorkflow, ChildResolution, ChildStart, ExternalTarget, Job, Seq,
    ServerCommand, StartChild, StartChildWorkflow,
};
use rehearsal_history::event::{
    ChildWorkflowExecutionCanceled, ChildWorkflowExecutionCompleted, ChildWorkflowExecutionFailed,
    ChildWorkflowExecutionStarted, ChildWorkflowExecutionTerminated,
    ChildWorkflowExecutionTimedOut, StartChildWorkflowExecutionFailed,
};
use rehearsal_history::{
    ChildFailureInfo, EventId, Execution, Failure, FailureInfo, Priority, RetryState, SmolStr,
    StartChildFailedCause, TerminatedFailureInfo, TimeoutType, TypeName, UserMetadata,
};

use super::failure::{Refusal, SOURCE, unmatched};
use super::outbox::Outbox;
use crate::run_info::RunInfo;
use crate::told::Misplaced;

/// The children of a run. Go knows each by its workflow id alone (`makeCommandID(commandTypeChildWorkflow, workflowID)`).
#[derive(Debug, Clone, Default)]
pub(super) struct Children {
    by_seq: BTreeMap<Seq, SmolStr>,
    /// Those that have not ended.
    by_id: BTreeMap<SmolStr, Child>,
}

/// A child that was asked for.
#[derive(Debug, Clone)]
struct Child {
    seq: Seq,
    phase: Phase,
}

/// Where a child is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It was asked for.
    Initiated,
    /// It runs.
    Started,
    /// It runs, and its cancel was sent.
    CancelSent,
    /// It runs, and has the request.
    CancelAccepted,
    /// It has ended before it was known whether it has the request; its id is still taken.
    EndedBefore,
}

impl Children {
    /// Workflow code starts one.
    pub(super) fn start(&mut self, command: StartChild, run: &RunInfo, out: &mut Outbox) {
        let workflow_id = command
            .workflow_id
            .unwrap_or_else(|| format!("{}_{}", run.original_run_id, out.next_event()).into());
        self.by_seq.insert(command.seq, workflow_id.clone());
        let child = Child { seq: command.seq, phase: Phase::Initiated };
        self.by_id.insert(workflow_id.clone(), child);
        let task_queue = command.task_queue.unwrap_or_else(|| run.task_queue.clone());
        let inherit_build_id = task_queue == run.task_queue;
        out.push(ServerCommand::StartChildWorkflow(Box::new(StartChildWorkflow {
            workflow_id,
            workflow_type: command.workflow_type,
            task_queue,
            input: command.input,
            header: command.header,
            // Go sends what was not given as zero.
            execution_timeout: Some(command.execution_timeout.unwrap_or_default()),
            run_timeout: Some(command.run_timeout.unwrap_or_default()),
            task_timeout: command.task_timeout,
            parent_close_policy: command.parent_close_policy,
            id_reuse_policy: command.id_reuse_policy,
            retry_policy: command.retry_policy,
            // Go sends none where nothing is set (`convertToPBPriority`).
            priority: command.priority.filter(|priority| *priority != Priority::default()),
            cron_schedule: command.cron_schedule,
            memo: command.memo,
            search_attributes: command.search_attributes,
            inherit_build_id,
            user_metadata: UserMetadata::of(command.summary, command.details).map(Box::new),
        })));
    }

    /// Workflow code cancels one that runs. That is dropped if it has ended in the meantime (C-18).
    pub(super) fn cancel(&mut self, cancel: &CancelChild, out: &mut Outbox) -> Result<(), Refusal> {
        let seq = cancel.seq;
        let Some(workflow_id) = self.by_seq.get(&seq).cloned() else {
            let why = format!("cancel of child {seq}, which was never started");
            return Err(Refusal::Illegal(why));
        };
        let child = self.by_id.get_mut(&workflow_id).filter(|child| child.seq == seq);
        if let Some(child) = child.filter(|child| child.phase == Phase::Started) {
            child.phase = Phase::CancelSent;
            let target = ExternalTarget { workflow_id, run_id: None, child_only: true };
            out.push(ServerCommand::RequestCancelExternalWorkflow(Box::new(
                CancelExternalWorkflow {
                    target,
                    names_namespace: true,
                    ..CancelExternalWorkflow::default()
                },
            )));
        }
        Ok(())
    }

    /// One runs.
    pub(super) fn started(
        &mut self,
        started: &ChildWorkflowExecutionStarted,
    ) -> Result<Job, Misplaced> {
        let execution = &started.workflow_execution;
        let child = self.find(&execution.workflow_id)?;
        if child.phase == Phase::Initiated {
            child.phase = Phase::Started;
        }
        let resolution = ChildStart::Started {
            workflow_id: execution.workflow_id.clone(),
            run_id: execution.run_id.clone(),
        };
        Ok(Job::ResolveChildStart { seq: child.seq, resolution })
    }

    /// One could not be started.
    pub(super) fn start_failed(
        &mut self,
        failed: &StartChildWorkflowExecutionFailed,
    ) -> Result<Job, Misplaced> {
        let seq = self.end(&failed.workflow_id, &[Phase::Initiated])?;
        let cause = match &failed.cause {
            StartChildFailedCause::WorkflowAlreadyExists => go_error(
                "child workflow execution already started",
                "ChildWorkflowExecutionAlreadyStartedError",
            ),
            StartChildFailedCause::NamespaceNotFound => {
                go_error("namespace not found", "NamespaceNotFoundError")
            }
            other => {
                let text =
                    format!("unable to start child workflow for unknown cause: {}", other.as_str());
                go_error(text, "")
            }
        };
        let info = ChildFailureInfo {
            namespace: failed.namespace.clone(),
            workflow_execution: Execution {
                workflow_id: failed.workflow_id.clone(),
                ..Execution::default()
            },
            workflow_type: failed.workflow_type.clone(),
            initiated_event_id: failed.initiated_event_id,
            retry_state: RetryState::NonRetryableFailure,
            ..ChildFailureInfo::default()
        };
        let resolution = ChildStart::Failed {
            workflow_id: failed.workflow_id.clone(),
            workflow_type: failed.workflow_type.name.clone(),
            cause: failed.cause.clone(),
            failure: Box::new(child_error(info, Some(cause))),
        };
        Ok(Job::ResolveChildStart { seq, resolution })
    }

    /// One has completed.
    pub(super) fn completed(
        &mut self,
        completed: &ChildWorkflowExecutionCompleted,
    ) -> Result<Job, Misplaced> {
        let seq = self.close(&completed.workflow_execution)?;
        let resolution = ChildResolution::Completed(completed.result.clone());
        Ok(Job::ResolveChild { seq, resolution })
    }

    /// One has failed.
    pub(super) fn failed(
        &mut self,
        failed: &ChildWorkflowExecutionFailed,
    ) -> Result<Job, Misplaced> {
        let seq = self.close(&failed.workflow_execution)?;
        let info = ChildFailureInfo {
            retry_state: failed.retry_state.clone(),
            ..info(
                &failed.namespace,
                &failed.workflow_execution,
                &failed.workflow_type,
                [failed.initiated_event_id, failed.started_event_id],
            )
        };
        Ok(unsuccessful(seq, info, failed.failure.clone()))
    }

    /// One was canceled.
    pub(super) fn canceled(
        &mut self,
        canceled: &ChildWorkflowExecutionCanceled,
    ) -> Result<Job, Misplaced> {
        let seq = self.close(&canceled.workflow_execution)?;
        let info = info(
            &canceled.namespace,
            &canceled.workflow_execution,
            &canceled.workflow_type,
            [canceled.initiated_event_id, canceled.started_event_id],
        );
        let cause = Failure::canceled("canceled", canceled.details.clone());
        Ok(unsuccessful(seq, info, Some(signed(cause))))
    }

    /// One has timed out.
    pub(super) fn timed_out(
        &mut self,
        timed_out: &ChildWorkflowExecutionTimedOut,
    ) -> Result<Job, Misplaced> {
        let seq = self.close(&timed_out.workflow_execution)?;
        let info = ChildFailureInfo {
            retry_state: timed_out.retry_state.clone(),
            ..info(
                &timed_out.namespace,
                &timed_out.workflow_execution,
                &timed_out.workflow_type,
                [timed_out.initiated_event_id, timed_out.started_event_id],
            )
        };
        let cause = Failure::timeout("Child workflow timeout", TimeoutType::StartToClose);
        Ok(unsuccessful(seq, info, Some(signed(cause))))
    }

    /// One was terminated.
    pub(super) fn terminated(
        &mut self,
        terminated: &ChildWorkflowExecutionTerminated,
    ) -> Result<Job, Misplaced> {
        let seq = self.close(&terminated.workflow_execution)?;
        let info = info(
            &terminated.namespace,
            &terminated.workflow_execution,
            &terminated.workflow_type,
            [terminated.initiated_event_id, terminated.started_event_id],
        );
        let cause = Failure {
            message: "terminated".into(),
            info: Some(FailureInfo::Terminated(TerminatedFailureInfo::default())),
            ..Failure::default()
        };
        Ok(unsuccessful(seq, info, Some(signed(cause))))
    }

    /// The request of its cancel has reached one.
    pub(super) fn cancel_accepted(&mut self, workflow_id: &SmolStr) -> Result<(), Misplaced> {
        let child = self.find(workflow_id)?;
        if child.phase == Phase::EndedBefore {
            self.by_id.remove(workflow_id);
        } else {
            child.phase = Phase::CancelAccepted;
        }
        Ok(())
    }

    /// The request of its cancel has not reached one: it may be canceled again.
    pub(super) fn cancel_failed(&mut self, workflow_id: &SmolStr) -> Result<(), Misplaced> {
        let child = self.find(workflow_id)?;
        match child.phase {
            Phase::CancelSent => child.phase = Phase::Started,
            Phase::EndedBefore => drop(self.by_id.remove(workflow_id)),
            Phase::Initiated | Phase::Started | Phase::CancelAccepted => {
                let why = format!("the cancel of child {workflow_id} was never sent");
                return Err(Misplaced::NoSuchOperation(why));
            }
        }
        Ok(())
    }

    fn find(&mut self, workflow_id: &SmolStr) -> Result<&mut Child, Misplaced> {
        self.by_id.get_mut(workflow_id).ok_or_else(|| {
            Misplaced::NoSuchOperation(format!("no child {workflow_id} was ever started"))
        })
    }

    fn close(&mut self, execution: &Execution) -> Result<Seq, Misplaced> {
        let running = [Phase::Started, Phase::CancelSent, Phase::CancelAccepted];
        self.end(&execution.workflow_id, &running)
    }

    /// Ends one that is in one of these phases.
    fn end(&mut self, workflow_id: &SmolStr, phases: &[Phase]) -> Result<Seq, Misplaced> {
        let child = self.find(workflow_id)?;
        if !phases.contains(&child.phase) {
            let why = format!("child {workflow_id} cannot end now");
            return Err(Misplaced::NoSuchOperation(why));
        }
        let seq = child.seq;
        if child.phase == Phase::CancelSent {
            child.phase = Phase::EndedBefore;
        } else {
            self.by_id.remove(workflow_id);
        }
        Ok(seq)
    }

    /// How Go panics where something is recorded of a child that it does not know.
    pub(super) fn unknown(&self, workflow_id: &SmolStr) -> Option<String> {
        (!self.by_id.contains_key(workflow_id)).then(|| unmatched("ChildWorkflow", workflow_id))
    }
}

fn info(
    namespace: &SmolStr,
    execution: &Execution,
    workflow_type: &TypeName,
    [initiated_event_id, started_event_id]: [EventId; 2],
) -> ChildFailureInfo {
    ChildFailureInfo {
        namespace: namespace.clone(),
        workflow_execution: execution.clone(),
        workflow_type: workflow_type.clone(),
        initiated_event_id,
        started_event_id,
        retry_state: RetryState::NonRetryableFailure,
        ..ChildFailureInfo::default()
    }
}

/// The error that workflow code sees when a child did not complete (`NewChildWorkflowExecutionError`).
fn unsuccessful(seq: Seq, info: ChildFailureInfo, cause: Option<Failure>) -> Job {
    let resolution = ChildResolution::Failed(Box::new(child_error(info, cause)));
    Job::ResolveChild { seq, resolution }
}

fn child_error(info: ChildFailureInfo, cause: Option<Failure>) -> Failure {
    Failure {
        message: "child workflow execution error".into(),
        source: SOURCE.into(),
        cause: cause.map(Box::new),
        info: Some(FailureInfo::ChildWorkflow(info)),
        ..Failure::default()
    }
}

fn signed(failure: Failure) -> Failure {
    Failure { source: SOURCE.into(), ..failure }
}

/// An error of Go's own: it is recorded under its type's name.
pub(super) fn go_error(message: impl Into<SmolStr>, kind: &str) -> Failure {
    signed(Failure::application(message, kind))
}
