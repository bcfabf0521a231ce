//! The operations of one run: a line for each command, each event and each panic.

use alloc::string::String;
use alloc::vec::Vec;

use rehearsal_activation::{Job, Message, ServerCommand, WorkflowCommand};
use rehearsal_history::{Event, EventKind, Timestamp};

use super::activity::{self, Activities};
use super::child::Children;
use super::close;
use super::external::{self, Externals};
use super::failure::Refusal;
use super::local::{Locals, Told};
use super::marker::Markers;
use super::outbox::Outbox;
use super::properties;
use super::timer::{self, Timers};
use super::update::Updates;
use crate::local::{LocalEvent, LocalRequest};
use crate::run_info::RunInfo;
use crate::slice::Task;
use crate::told::{Misplaced, no_news, requested};

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
    locals: Locals,
    /// What the task that is under way has asked for.
    out: Outbox,
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
            locals: Locals::default(),
            out: Outbox::default(),
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

    /// A task begins.
    pub(super) fn begin(&mut self, task: &Task) {
        self.out = Outbox::new(task);
        self.locals.begin();
    }

    /// A recorded task is done.
    pub(super) fn recorded(&mut self, task: &Task) {
        properties::recorded(task, &mut self.run);
    }

    /// Workflow code asks for `commands` in the task that is under way: they are numbered and withdrawn.
    pub(super) fn ask(&mut self, commands: Vec<WorkflowCommand>) -> Result<(), Refusal> {
        let mut out = core::mem::take(&mut self.out);
        let asked = commands.into_iter().try_for_each(|command| self.take(command, &mut out));
        self.out = out;
        asked
    }

    /// What is sent for all that the task has asked for.
    pub(super) fn send(&mut self) -> Vec<ServerCommand> {
        core::mem::take(&mut self.out).into_commands()
    }

    /// The next local activity that is recorded to have ended in this task. The error says in which command event.
    pub(super) fn recall_local(&mut self, task: &Task) -> Result<Option<Told>, (usize, Misplaced)> {
        if self.out.closes() { Ok(None) } else { self.locals.recall(task, &mut self.out) }
    }

    /// Whether the live task waits for local activities: not if the workflow closes
    /// (`hasPendingLocalActivityWork`).
    pub(super) fn waits(&self) -> bool {
        self.locals.is_waiting() && !self.out.closes()
    }

    /// The live task waits: local activities are run; what workflow code is told of those that have ended at once.
    pub(super) fn run_locals(&mut self, now: Timestamp, time: Timestamp) -> Option<Told> {
        self.locals.start(&self.run, now);
        self.ended_at_once(now, time)
    }

    /// Something happened to a local activity: what workflow code is told.
    pub(super) fn happened(
        &mut self,
        happened: LocalEvent,
        now: Timestamp,
        time: Timestamp,
    ) -> Option<Told> {
        let (run, out) = (&self.run, &mut self.out);
        if let Some(ended) = self.locals.happened(happened, run, now)
            && let Some(told) = self.locals.conclude(ended, run, (now, time), out)
        {
            return Some(told);
        }
        self.ended_at_once(now, time)
    }

    fn ended_at_once(&mut self, now: Timestamp, time: Timestamp) -> Option<Told> {
        while let Some(ended) = self.locals.take_at_once() {
            let (run, out) = (&self.run, &mut self.out);
            if let Some(told) = self.locals.conclude(ended, run, (now, time), out) {
                return Some(told);
            }
        }
        None
    }

    pub(super) fn take_local(&mut self) -> Vec<LocalRequest> {
        self.locals.take_requests()
    }

    pub(super) const fn lives(&mut self, life: u64) {
        self.run.life = life;
    }

    fn take(&mut self, command: WorkflowCommand, out: &mut Outbox) -> Result<(), Refusal> {
        use WorkflowCommand as C;
        match command {
            C::ScheduleActivity(command) => self.activities.schedule(*command, &self.run, out)?,
            C::RequestCancelActivity { seq } => self.activities.cancel(seq, out)?,
            C::StartTimer(command) => self.timers.start(command, out),
            C::CancelTimer { seq } => self.timers.cancel(seq, out)?,
            C::ScheduleLocalActivity(command) => self.locals.schedule(*command),
            C::RequestCancelLocalActivity { seq } => self.locals.cancel(seq, &self.run),
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
            C::RecordVersion(command) => {
                if let Some(changed) = self.markers.version(command, out) {
                    properties::search(changed, &mut self.run, out);
                }
            }
            C::UpsertSearchAttributes(changed) => properties::search(changed, &mut self.run, out),
            C::UpsertMemo(changed) => properties::memo(changed, &mut self.run, out),
            // Those of core.
            C::SetPatch(_) => return Err(Refusal::NotSimulated("patches by the rules of Go")),
            // Flags of the completion.
            C::SelectorReceived | C::ChildIdInUse | C::UpdateHandling => {}
            C::RespondUpdate(respond) => {
                out.push(self.updates.answered(*respond).map_err(Refusal::NotSimulated)?);
            }
            _ => return Err(Refusal::NotSimulated("a command of a later version")),
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
            E::WorkflowTaskFailed(failed) => {
                self.run.reset(failed);
                return Ok(None);
            }
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
