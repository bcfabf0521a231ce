//! What runs want of each other: the server's transfer tasks (`transfer_queue_active_task_executor.go`).
//!
//! A transaction leaves them in the [`Outbox`], in the order in which the server takes them; whoever drives the
//! service gives each back as [`Input::Transfer`](crate::Input::Transfer). Between the two anything may happen, as on a
//! server, whose queue works on tasks of different runs at the same time. Each finds for itself whether it is still wanted.

use core::time::Duration;

use alloc::vec::Vec;

use rehearsal_history::{
    Event, EventId, EventKind, Execution, Header, ParentClosePolicy, Payloads, Priority, SmolStr,
    StartChildFailedCause, Timestamp, WorkflowIdConflictPolicy,
};

use super::Service;
use super::start::{Start, policies, started_event};
use crate::error::RequestError;
use crate::input::{Answer, Effect, Outbox, RunRef, StartWorkflow, Target};
use crate::machine::child::{ChildInput, ChildState};
use crate::machine::external::{Arrival, Request};
use crate::run::{Following, Queue, Requester, Run};
use crate::words::{Across, HISTORY_SERVICE};

/// How long after a transfer task met a workflow that was busy it is tried again: `taskRescheduleInitialInterval`, one
/// second, without the jitter.
const RESCHEDULED: Duration = Duration::from_secs(1);

impl Service {
    /// Carries out what `run` wants of other runs. `run_id` is the id of the run that it starts, if it does.
    pub(super) fn transfer(
        &mut self,
        now: Timestamp,
        run: RunRef,
        across: Across,
        run_id: &SmolStr,
        out: &mut Outbox,
    ) -> Answer {
        match across {
            Across::StartChild { initiated } => self.start_child(now, run, initiated, run_id, out),
            Across::SignalExternal { initiated } | Across::CancelExternal { initiated } => {
                self.send_external(now, run, across, initiated, out);
            }
            Across::Close => {
                self.tell_parent(now, run, out);
                self.apply_close_policies(now, run, out);
            }
        }
        Answer::Done
    }

    /// `processStartChildExecution`: the child is created, then its parent told, then its first workflow task scheduled.
    /// A parent that has closed starts no child, whatever the close policy (C-40).
    fn start_child(
        &mut self,
        now: Timestamp,
        parent: RunRef,
        initiated: EventId,
        run_id: &SmolStr,
        out: &mut Outbox,
    ) {
        let state = &self.runs[parent.index()];
        let child = state.child(initiated).filter(|child| child.state == ChildState::Initiated);
        let Some(child) = child.filter(|_| state.is_open()) else { return };
        let attributes = child.attributes().clone();
        let user_metadata = child.initiated().user_metadata.clone();
        let priority = Priority::merged(state.priority(), attributes.priority.as_ref());
        let origin = state.as_parent(initiated);
        let ahead = state.ahead();
        let unspecified = WorkflowIdConflictPolicy::Unspecified;
        let (reuse, conflict) = policies(&attributes.workflow_id_reuse_policy, &unspecified);
        match self.resolve(&attributes.workflow_id, &reuse, &conflict) {
            Ok(Start::New { instead: None }) => {}
            Ok(Start::New { instead: Some(run) }) => self.terminate_for(now, run, run_id, out),
            // No child asks for one that runs already.
            Ok(Start::Existing(_)) | Err(_) => {
                let cause = &StartChildFailedCause::WorkflowAlreadyExists;
                let input = ChildInput::FailToStart { cause };
                return self.within(now, parent, out, |run, turn| {
                    run.change_child(turn, initiated, input);
                });
            }
        }
        let start = StartWorkflow {
            workflow_id: attributes.workflow_id,
            run_id: run_id.clone(),
            workflow_type: attributes.workflow_type.name,
            task_queue: attributes.task_queue.name,
            input: attributes.input,
            header: attributes.header,
            memo: attributes.memo,
            search_attributes: attributes.search_attributes,
            identity: SmolStr::default(),
            execution_timeout: attributes.workflow_execution_timeout,
            run_timeout: attributes.workflow_run_timeout,
            task_timeout: attributes.workflow_task_timeout,
            retry_policy: attributes.retry_policy,
            priority,
            cron_schedule: attributes.cron_schedule,
            ..StartWorkflow::default()
        };
        let mut started = started_event(&self.config, now, start);
        started.time_skipping_config = attributes.time_skipping_config;
        started.time_skipping_state_propagation = attributes.time_skipping_state_propagation;
        started.parent_workflow_namespace = self.config.namespace.clone();
        started.parent_workflow_execution = Some(origin.parent);
        started.parent_initiated_event_id = origin.initiated;
        started.root_workflow_execution = Some(origin.root);
        let following = Following {
            user_metadata,
            waits: true,
            ..Following::of_chain(started, Queue::default(), ahead)
        };
        let child = self.begin(now, following, out);
        self.within(now, parent, out, |run, turn| {
            run.change_child(turn, initiated, ChildInput::Start { run_id });
        });
        self.within(now, child, out, Run::schedule_first_task);
    }

    /// `processSignalExecution`, `processCancelExecution`. What a run that has closed wanted to send is lost (W-16).
    fn send_external(
        &mut self,
        now: Timestamp,
        sender: RunRef,
        across: Across,
        initiated: EventId,
        out: &mut Outbox,
    ) {
        let state = &self.runs[sender.index()];
        let Some(external) = state.external(initiated).filter(|_| state.is_open()) else { return };
        let own_id = state.view().workflow_id.clone();
        let execution = state.execution();
        let (target, child_only, sent) = match external.request() {
            Request::Signal(it) => {
                let sent = Sent::Signal {
                    name: it.signal_name.clone(),
                    input: it.input.clone(),
                    header: it.header.clone(),
                };
                (it.workflow_execution.clone(), it.child_workflow_only, sent)
            }
            Request::Cancel(it) => {
                let sent = Sent::Cancel { reason: it.reason.clone() };
                (it.workflow_execution.clone(), it.child_workflow_only, sent)
            }
        };
        let requester = Requester::Workflow { execution, initiated, child_only };
        // It does not matter if the run is another one.
        let arrival = if target.workflow_id == own_id {
            Arrival::NotFound
        } else {
            match self.send(now, &target, sent, requester, out) {
                Ok(()) => Arrival::Arrived,
                Err(RequestError::NotFound(_)) => Arrival::NotFound,
                Err(RequestError::ResourceExhausted(_)) => {
                    let at = now.saturating_add(RESCHEDULED);
                    return out.effects.push(Effect::Transfer { run: sender, across, at });
                }
                Err(_) => Arrival::TooManySignals,
            }
        };
        self.within(now, sender, out, |run, turn| run.arrived(turn, initiated, arrival));
    }

    fn send(
        &mut self,
        now: Timestamp,
        target: &Execution,
        sent: Sent,
        requester: Requester,
        out: &mut Outbox,
    ) -> Result<(), RequestError> {
        let run_id = (!target.run_id.is_empty()).then(|| target.run_id.clone());
        let run = self.find(&Target { run_id, ..Target::current(target.workflow_id.clone()) })?;
        match sent {
            Sent::Signal { name, input, header } => self.within(now, run, out, |run, turn| {
                run.signal(turn, name, input, header, requester)
            }),
            Sent::Cancel { reason } => self.holding(now, run, out, |run, turn| {
                Ok(run.request_cancel(turn, reason, requester)?)
            }),
        }
    }

    /// `RecordChildExecutionCompleted`: told is the end of a chain, not that of each of its runs (T-13).
    fn tell_parent(&mut self, now: Timestamp, child: RunRef, out: &mut Outbox) {
        let state = &self.runs[child.index()];
        let Some((parent, initiated)) = state.parent() else { return };
        let Some(close) = state.view().close.clone().filter(|close| ends_chain(close)) else {
            return;
        };
        let first_run_id = state.first_run_id().clone();
        let run_id = state.view().run_id.clone();
        let Some(parent) = self.run_by_id(&parent.workflow_id, &parent.run_id) else { return };
        if self.runs[parent.index()].is_open() {
            let input =
                ChildInput::Close { first_run_id: &first_run_id, run_id: &run_id, close: &close };
            self.within(now, parent, out, |run, turn| run.change_child(turn, initiated, input));
        } else {
            // It fails there (`recordChildWorkflowCompleted`).
            self.within(now, parent, out, Run::forget);
        }
    }

    /// `processParentClosePolicy`, of children in the order in which they were asked for; the server goes through a map.
    fn apply_close_policies(&mut self, now: Timestamp, parent: RunRef, out: &mut Outbox) {
        let state = &self.runs[parent.index()];
        let execution = state.execution();
        let started = state.children().filter_map(|child| match &child.state {
            ChildState::Started { run_id, .. } => {
                let attributes = child.attributes();
                let workflow_id = attributes.workflow_id.clone();
                Some((workflow_id, run_id.clone(), attributes.parent_close_policy.clone()))
            }
            ChildState::Initiated => None,
        });
        let children: Vec<(SmolStr, SmolStr, ParentClosePolicy)> = started.collect();
        for (workflow_id, first_run_id, policy) in children {
            let Some(child) = self.run_of(&workflow_id) else { continue };
            // Another workflow may have the id by now.
            if *self.runs[child.index()].first_run_id() != first_run_id {
                continue;
            }
            let requester = Requester::ClosedParent { execution: execution.clone() };
            // A child that has closed meanwhile is no error.
            match policy {
                ParentClosePolicy::Terminate => {
                    let reason = SmolStr::new_static("by parent close policy");
                    let _ = self.holding(now, child, out, |run, turn| {
                        run.terminate(turn, reason, None, HISTORY_SERVICE)
                    });
                }
                ParentClosePolicy::RequestCancel => {
                    let _ = self.holding(now, child, out, |run, turn| {
                        run.request_cancel(turn, SmolStr::default(), requester)
                    });
                }
                _ => {}
            }
        }
    }
}

/// What is sent to another workflow.
enum Sent {
    Signal { name: SmolStr, input: Option<Payloads>, header: Option<Header> },
    Cancel { reason: SmolStr },
}

/// Whether a chain of runs ends with this event: no run follows (T-13).
fn ends_chain(close: &Event) -> bool {
    match &close.kind {
        EventKind::WorkflowExecutionCompleted(close) => close.new_execution_run_id.is_empty(),
        EventKind::WorkflowExecutionFailed(close) => close.new_execution_run_id.is_empty(),
        EventKind::WorkflowExecutionTimedOut(close) => close.new_execution_run_id.is_empty(),
        EventKind::WorkflowExecutionContinuedAsNew(_) => false,
        _ => true,
    }
}
