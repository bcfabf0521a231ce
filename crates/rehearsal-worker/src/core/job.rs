//! Events to jobs.

use alloc::boxed::Box;
use alloc::format;

use rehearsal_activation::{ActivityResolution, Job, Seq};
use rehearsal_history::{Event, EventId, EventKind, SmolStr};

use super::activity::{ActivityInput, ActivityReaction, ActivityState};
use super::failure::{
    Fault, activity_canceled, activity_failed, activity_timed_out, no_transition, printed,
};
use super::machines::{Machine, Machines};
use super::timer::{TimerInput, TimerReaction};
use crate::slice::is_command_event;
use crate::told::{Misplaced, initialize, no_news, requested};

impl Machines {
    /// Feeds `event` to the machine that it concerns; what the workflow is to be told of it joins the jobs.
    ///
    /// # Errors
    ///
    /// A [`Fault`] if there is no such machine, or if it cannot take the event.
    pub(crate) fn apply(
        &mut self,
        workflow_id: &SmolStr,
        run_id: &SmolStr,
        event: &Event,
    ) -> Result<(), Fault> {
        if let Some(job) = requested(event) {
            self.jobs.push(job);
            return Ok(());
        }
        match &event.kind {
            EventKind::WorkflowExecutionStarted(started) => {
                let initialize = initialize(workflow_id, run_id, event, started);
                self.task_queue = initialize.task_queue.clone();
                self.run_timeout = initialize.run_timeout;
                self.jobs.push(Job::Initialize(Box::new(initialize)));
                Ok(())
            }
            EventKind::TimerFired(fired) => self.fire(fired.started_event_id, event),
            EventKind::ActivityTaskStarted(started) => {
                self.end(started.scheduled_event_id, event, ActivityInput::Started)
            }
            EventKind::ActivityTaskCompleted(completed) => {
                self.end(completed.scheduled_event_id, event, ActivityInput::Completed)
            }
            EventKind::ActivityTaskFailed(failed) => {
                self.end(failed.scheduled_event_id, event, ActivityInput::Failed)
            }
            EventKind::ActivityTaskTimedOut(timed_out) => {
                self.end(timed_out.scheduled_event_id, event, ActivityInput::TimedOut)
            }
            EventKind::ActivityTaskCanceled(canceled) => {
                self.end(canceled.scheduled_event_id, event, ActivityInput::Canceled)
            }
            _ if event.server.worker_may_ignore => Ok(()),
            kind if is_command_event(kind) => {
                let message = format!("No command scheduled for event {}", printed(event));
                Err(Fault::Nondeterminism(message))
            }
            kind => no_news(kind).map_err(|misplaced| match misplaced {
                Misplaced::NoSuchOperation(message) => Fault::Nondeterminism(message),
                Misplaced::NotSimulated(what) => Fault::NotSimulated(what),
            }),
        }
    }

    /// Core finds a timer by the event that started it, and then compares its id.
    fn fire(&mut self, started: EventId, event: &Event) -> Result<(), Fault> {
        let Some(&Machine::Timer(seq)) = self.by_event.get(&started) else {
            return Err(unknown(event));
        };
        let timer = self.timers.get_mut(&seq).ok_or_else(|| unknown(event))?;
        let state = timer.state;
        let (next, reaction) = state
            .on(TimerInput::Fired)
            .map_err(|_| Fault::Fatal(no_transition("TimerMachine", state, event)))?;
        if let EventKind::TimerFired(fired) = &event.kind
            && fired.timer_id.parse() != Ok(seq.0)
        {
            return Err(Fault::Nondeterminism(format!(
                "Timer fired event did not have expected timer id {seq}, it was {}!",
                fired.timer_id
            )));
        }
        timer.state = next;
        if reaction == TimerReaction::Tell {
            self.jobs.push(Job::FireTimer { seq });
        }
        Ok(())
    }

    /// Feeds the event to the activity that was scheduled by `scheduled`.
    fn end(
        &mut self,
        scheduled: EventId,
        event: &Event,
        input: ActivityInput,
    ) -> Result<(), Fault> {
        let Some(&Machine::Activity(seq)) = self.by_event.get(&scheduled) else {
            return Err(unknown(event));
        };
        let activity = self.activities.get_mut(&seq).ok_or_else(|| unknown(event))?;
        let state = activity.state;
        let (next, reaction) = state.on(input, activity.cancellation).map_err(|_| {
            let message = no_transition("ActivityMachine", state, event);
            if is_defect(state, input) {
                Fault::Defect { id: "C-37", message }
            } else {
                Fault::Fatal(message)
            }
        })?;
        activity.state = next;
        if reaction == ActivityReaction::Tell {
            self.resolve(seq, event);
        }
        Ok(())
    }

    fn resolve(&mut self, seq: Seq, event: &Event) {
        let activity = &self.activities[&seq];
        let resolution = match &event.kind {
            EventKind::ActivityTaskCompleted(completed) => {
                ActivityResolution::Completed(completed.result.clone())
            }
            EventKind::ActivityTaskFailed(failed) => {
                ActivityResolution::Failed(Box::new(activity_failed(activity, failed)))
            }
            EventKind::ActivityTaskTimedOut(timed_out) => {
                ActivityResolution::Failed(Box::new(activity_timed_out(activity, timed_out)))
            }
            EventKind::ActivityTaskCanceled(canceled) => {
                ActivityResolution::Canceled(Box::new(activity_canceled(activity, Some(canceled))))
            }
            _ => return,
        };
        self.jobs.push(Job::ResolveActivity { seq, resolution });
    }
}

/// Whether core itself is to blame (C-37): an abandoned activity ended otherwise than by completing, or an activity was
/// canceled that the workflow did not cancel.
const fn is_defect(state: ActivityState, input: ActivityInput) -> bool {
    use {ActivityInput as I, ActivityState as S};
    matches!(
        (state, input),
        (S::Canceled, I::Failed | I::TimedOut | I::Canceled)
            | (S::ScheduledEventRecorded | S::Started, I::Canceled)
    )
}

fn unknown(event: &Event) -> Fault {
    Fault::Nondeterminism(format!(
        "During event handling, this event had an initial command ID but we could not find a matching command for it: {}",
        printed(event)
    ))
}
