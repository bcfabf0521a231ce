//! The operations of one run: a line for each command, each event and each panic.

use alloc::string::String;
use alloc::vec::Vec;

use rehearsal_activation::{Job, Message, ServerCommand, WorkflowCommand};
use rehearsal_history::{Event, EventKind};

use super::activity::{self, Activities};
use super::child::Children;
use super::close;
use super::external::{self, Externals};
use super::failure::Refusal;
use super::marker::Markers;
use super::outbox::Outbox;
use super::properties;
use super::timer::{self, Timers};
use crate::run_info::RunInfo;
use crate::slice::Task;
use crate::told::{Misplaced, no_news, requested};
use crate::update::Updates;

/// The operations of one run.
#[derive(Debug, Clone)]
pub(super) struct Operations {
    run: RunInfo,
    activities: Activities,
    timers: Timers,
    children: Children,
    externals: Externals,
    markers: Markers,
    updates: Updates,
}

impl Operations {
    pub(super) fn new(run: RunInfo) -> Self {
        Self {
            run,
            activities: Activities::default(),
            timers: Timers::default(),
            children: Children::default(),
            externals: Externals::default(),
            markers: Markers::default(),
            updates: Updates::default(),
        }
    }

    pub(super) const fn run(&self) -> &RunInfo {
        &self.run
    }

    /// What the markers of a recorded task hold, to be told before anything else of it; `None` if the run has none. The
    /// error says in which command event.
    pub(super) fn recall(&mut self, task: &Task) -> Result<Option<Job>, (usize, Misplaced)> {
        Ok(self.markers.recall(task)?.map(Job::RecallMarkers))
    }

    /// What is sent for `commands`, asked for in this task: numbered and withdrawn.
    pub(super) fn send(
        &mut self,
        task: &Task,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Vec<ServerCommand>, Refusal> {
        let mut out = Outbox::new(task, commands.len());
        for command in commands {
            self.take(command, &mut out)?;
        }
        Ok(out.into_commands())
    }

    fn take(&mut self, command: WorkflowCommand, out: &mut Outbox) -> Result<(), Refusal> {
        use WorkflowCommand as C;
        match command {
            C::ScheduleActivity(command) => self.activities.schedule(*command, &self.run, out)?,
            C::RequestCancelActivity { seq } => self.activities.cancel(seq, out)?,
            C::StartTimer(command) => self.timers.start(command, out),
            C::CancelTimer { seq } => self.timers.cancel(seq, out)?,
            C::StartChildWorkflow(command) => self.children.start(*command, &self.run, out),
            C::CancelChildWorkflow(cancel) => self.children.cancel(&cancel, out)?,
            C::SignalExternalWorkflow(command) => self.externals.signal(*command, out),
            C::RequestCancelExternalWorkflow(command) => self.externals.cancel(*command, out),
            C::CancelSignalExternalWorkflow { .. } => {
                return Err(Refusal::NotSimulated("taking back a signal, which Go does not"));
            }
            C::CompleteWorkflow { result } => close::complete(result, out),
            C::FailWorkflow { failure } => close::fail(failure, out),
            C::CancelWorkflow { details } => close::cancel(details, out),
            C::ContinueAsNew(next) => close::continue_as_new(*next, &self.run, out),
            C::RecordSideEffect(command) => self.markers.side_effect(*command, out),
            C::RecordMutableSideEffect(command) => self.markers.mutable(*command, out),
            C::RecordVersion(command) => self.markers.version(command, out),
            C::UpsertSearchAttributes(changed) => properties::search(changed, out),
            C::UpsertMemo(changed) => properties::memo(changed, out),
            // Those of core.
            C::SetPatch(_) => return Err(Refusal::NotSimulated("patches by the rules of Go")),
            // Flags of the completion.
            C::SelectorReceived | C::ChildIdInUse | C::UpdateHandling => {}
            C::RespondUpdate(respond) => {
                out.push(self.updates.answered(*respond).map_err(Refusal::NotSimulated)?);
            }
            other => {
                let what = other.not_simulated().unwrap_or("a command of a later version");
                return Err(Refusal::NotSimulated(what));
            }
        }
        Ok(())
    }

    /// What an update tells the workflow.
    pub(super) fn update(&mut self, message: &Message, replaying: bool) -> Job {
        self.updates.told(message, replaying)
    }

    /// What `event` tells the workflow; `None` for events that are no news to it.
    pub(super) fn apply(&mut self, event: &Event) -> Result<Option<Job>, Misplaced> {
        use EventKind as E;
        if let Some(job) = requested(event) {
            return Ok(Some(job));
        }
        let job = match &event.kind {
            E::WorkflowExecutionStarted(started) => self.run.begin(event, started),
            E::ActivityTaskCompleted(completed) => self.activities.completed(completed)?,
            E::ActivityTaskFailed(failed) => self.activities.failed(failed)?,
            E::ActivityTaskTimedOut(timed_out) => self.activities.timed_out(timed_out)?,
            E::ActivityTaskCanceled(canceled) => self.activities.canceled(canceled)?,
            E::TimerFired(fired) => self.timers.fired(fired)?,
            E::StartChildWorkflowExecutionFailed(failed) => self.children.start_failed(failed)?,
            E::ChildWorkflowExecutionStarted(started) => self.children.started(started)?,
            E::ChildWorkflowExecutionCompleted(completed) => self.children.completed(completed)?,
            E::ChildWorkflowExecutionFailed(failed) => self.children.failed(failed)?,
            E::ChildWorkflowExecutionCanceled(canceled) => self.children.canceled(canceled)?,
            E::ChildWorkflowExecutionTimedOut(timed_out) => self.children.timed_out(timed_out)?,
            E::ChildWorkflowExecutionTerminated(terminated) => {
                self.children.terminated(terminated)?
            }
            E::ExternalWorkflowExecutionSignaled(it) => {
                self.externals.signaled(it.initiated_event_id, None)?
            }
            E::SignalExternalWorkflowExecutionFailed(it) => {
                self.externals.signaled(it.initiated_event_id, Some(&it.cause))?
            }
            E::ExternalWorkflowExecutionCancelRequested(it) => {
                let told = self.externals.canceled(it.initiated_event_id, None);
                if told.is_none() {
                    self.children.cancel_accepted(&it.workflow_execution.workflow_id)?;
                }
                return Ok(told);
            }
            E::RequestCancelExternalWorkflowExecutionFailed(it) => {
                let told = self.externals.canceled(it.initiated_event_id, Some(&it.cause));
                if told.is_none() {
                    self.children.cancel_failed(&it.workflow_execution.workflow_id)?;
                }
                return Ok(told);
            }
            _ if event.server.worker_may_ignore => return Ok(None),
            kind => return no_news(kind).map(|()| None),
        };
        Ok(Some(job))
    }

    /// How Go's state machines panic at this event, if they do.
    pub(super) fn panic_text(&self, event: &Event) -> Option<String> {
        use EventKind as E;
        match &event.kind {
            E::ActivityTaskScheduled(scheduled) => self.activities.unscheduled(event.id, scheduled),
            E::ActivityTaskCompleted(_)
            | E::ActivityTaskFailed(_)
            | E::ActivityTaskTimedOut(_)
            | E::ActivityTaskCanceled(_) => Some(activity::unknown(event)),
            E::TimerStarted(started) => self.timers.unstarted(&started.timer_id),
            E::TimerFired(fired) => Some(timer::unknown(&fired.timer_id)),
            E::StartChildWorkflowExecutionInitiated(it) => self.children.unknown(&it.workflow_id),
            E::StartChildWorkflowExecutionFailed(it) => self.children.unknown(&it.workflow_id),
            E::ChildWorkflowExecutionStarted(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::ChildWorkflowExecutionCompleted(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::ChildWorkflowExecutionFailed(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::ChildWorkflowExecutionCanceled(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::ChildWorkflowExecutionTimedOut(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::ChildWorkflowExecutionTerminated(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::RequestCancelExternalWorkflowExecutionInitiated(it) if it.control.is_empty() => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::RequestCancelExternalWorkflowExecutionInitiated(it) => {
                self.externals.unknown_cancel(event.id, &it.control)
            }
            E::ExternalWorkflowExecutionCancelRequested(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::RequestCancelExternalWorkflowExecutionFailed(it) => {
                self.children.unknown(&it.workflow_execution.workflow_id)
            }
            E::SignalExternalWorkflowExecutionInitiated(it) => {
                self.externals.unknown_signal(event.id, &it.control)
            }
            E::ExternalWorkflowExecutionSignaled(it) => {
                Some(external::no_signal(it.initiated_event_id))
            }
            E::SignalExternalWorkflowExecutionFailed(it) => {
                Some(external::no_signal(it.initiated_event_id))
            }
            _ => None,
        }
    }
}
