//! The operations of one run: a line for each command, each event and each panic.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{Job, ServerCommand, WorkflowCommand};
use rehearsal_history::{Event, EventId, EventKind};

use super::activity::{self, Activities};
use super::close;
use super::failure::Refusal;
use super::outbox::Outbox;
use super::timer::{self, Timers};
use crate::run_info::RunInfo;
use crate::told::{Misplaced, no_news, requested};

/// The operations of one run.
#[derive(Debug, Clone)]
pub(super) struct Operations {
    run: RunInfo,
    activities: Activities,
    timers: Timers,
}

impl Operations {
    pub(super) fn new(run: RunInfo) -> Self {
        Self { run, activities: Activities::default(), timers: Timers::default() }
    }

    pub(super) const fn run_timeout(&self) -> Option<Duration> {
        self.run.run_timeout
    }

    /// What is sent for `commands`, asked for in the task of this `WorkflowTaskStarted`: numbered and withdrawn.
    pub(super) fn send(
        &mut self,
        started: EventId,
        commands: Vec<WorkflowCommand>,
    ) -> Result<Vec<ServerCommand>, Refusal> {
        let mut out = Outbox::new(started, commands.len());
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
            C::CompleteWorkflow { result } => close::complete(result, out),
            C::FailWorkflow { failure } => close::fail(failure, out),
            C::CancelWorkflow { details } => close::cancel(details, out),
            // A flag of the completion.
            C::SelectorReceived => {}
            other => {
                let what = other.not_simulated().unwrap_or("a command of a later version");
                return Err(Refusal::NotSimulated(what));
            }
        }
        Ok(())
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
            _ => None,
        }
    }
}
