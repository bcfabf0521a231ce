//! Activities: what is known of them, and what their commands and events make of it.

mod failure;
pub(super) mod machine;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};

use rehearsal_activation::{
    ActivityResolution, CancellationType, Job, ScheduleActivity, ScheduleActivityTask, Seq,
    ServerCommand,
};
use rehearsal_history::event::{
    ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskFailed, ActivityTaskScheduled,
    ActivityTaskStarted, ActivityTaskTimedOut,
};
use rehearsal_history::{Event, EventId, EventKind, SmolStr, UserMetadata};

use self::machine::{ActivityInput, ActivityReaction, ActivityState};
use super::failure::{Breakdown, invalid, missing, no_transition, unhandled, unknown};
use super::machine::Machine;
use super::out::Out;
use crate::run_info::RunInfo;

/// The activities of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Activities {
    by_seq: BTreeMap<Seq, Activity>,
    /// By the event that recorded a command of theirs.
    by_event: BTreeMap<EventId, Seq>,
}

/// An activity that was scheduled.
#[derive(Debug, Clone)]
struct Activity {
    id: SmolStr,
    /// Its type.
    name: SmolStr,
    /// Its `ActivityTaskScheduled`; none before that is recorded.
    scheduled: EventId,
    cancellation: CancellationType,
    /// What was sent beside the start, and is sent beside the cancel again.
    user_metadata: Option<Box<UserMetadata>>,
    state: ActivityState,
}

impl Activities {
    /// Workflow code schedules one. An id that it does not choose is the number (I-1).
    pub(super) fn schedule(&mut self, command: ScheduleActivity, run: &RunInfo, out: &mut Out) {
        let seq = command.seq;
        let activity_id = command.activity_id.unwrap_or_else(|| seq.to_string().into());
        let user_metadata = command.summary.map(UserMetadata::of_summary).map(Box::new);
        let activity = Activity {
            id: activity_id.clone(),
            name: command.activity_type.clone(),
            scheduled: EventId::NONE,
            cancellation: command.cancellation_type,
            user_metadata: user_metadata.clone(),
            state: ActivityState::ScheduleCommandCreated,
        };
        self.by_seq.insert(seq, activity);
        let task_queue = command.task_queue.unwrap_or_else(|| run.task_queue.clone());
        // `determine_use_compatible_flag`: the same build where the queues are the same.
        let use_workflow_build_id = task_queue == run.task_queue;
        let schedule = ScheduleActivityTask {
            activity_id,
            activity_type: command.activity_type,
            task_queue,
            input: command.input,
            // Core always sends a header, even an empty one.
            header: Some(command.header.unwrap_or_default()),
            schedule_to_close: command.schedule_to_close,
            schedule_to_start: command.schedule_to_start,
            start_to_close: command.start_to_close,
            heartbeat: command.heartbeat,
            retry_policy: command.retry_policy,
            priority: command.priority,
            use_workflow_build_id,
            user_metadata,
        };
        let command = ServerCommand::ScheduleActivityTask(Box::new(schedule));
        out.queue.push(Machine::Activity(seq), command);
    }

    /// Workflow code cancels one: what is not sent yet never is.
    pub(super) fn cancel(&mut self, seq: Seq, out: &mut Out) -> Result<(), Breakdown> {
        let activity = self.by_seq.get_mut(&seq).ok_or_else(|| missing("Activity", seq))?;
        let (state, reaction) = activity
            .state
            .on(ActivityInput::Cancel, activity.cancellation)
            .map_err(|_| invalid())?;
        activity.state = state;
        let machine = Machine::Activity(seq);
        let request = || ServerCommand::RequestCancelActivityTask {
            scheduled: activity.scheduled,
            // `activity_state_machine.rs` of core sends the annotations of the start with the cancel, too.
            user_metadata: activity.user_metadata.clone(),
        };
        let told = || {
            let failure = Box::new(failure::canceled(activity, None));
            Job::ResolveActivity { seq, resolution: ActivityResolution::Canceled(failure) }
        };
        match reaction {
            ActivityReaction::Suppress => {
                out.queue.withdraw(machine);
                out.jobs.push(told());
            }
            ActivityReaction::Request => out.queue.push(machine, request()),
            ActivityReaction::RequestAndResolve => {
                out.queue.push(machine, request());
                out.jobs.push(told());
            }
            ActivityReaction::Resolve => out.jobs.push(told()),
            ActivityReaction::Nothing | ActivityReaction::Tell => {}
        }
        Ok(())
    }

    /// This event records a command of the activity.
    pub(super) fn record(&mut self, seq: Seq, event: EventId) {
        let Some(activity) = self.by_seq.get_mut(&seq) else { return };
        let input = if activity.scheduled.is_none() {
            activity.scheduled = event;
            ActivityInput::Scheduled
        } else {
            ActivityInput::CancelRequested
        };
        if let Ok((state, _)) = activity.state.on(input, activity.cancellation) {
            activity.state = state;
        }
        self.by_event.insert(event, seq);
    }

    /// One was started, which is recorded right before its end.
    pub(super) fn started(
        &mut self,
        event: &Event,
        started: &ActivityTaskStarted,
    ) -> Result<(), Breakdown> {
        self.on(started.scheduled_event_id, event, ActivityInput::Started).map(|_| ())
    }

    /// One has completed.
    pub(super) fn completed(
        &mut self,
        event: &Event,
        completed: &ActivityTaskCompleted,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let told = self.on(completed.scheduled_event_id, event, ActivityInput::Completed)?;
        resolve(told, out, |_| ActivityResolution::Completed(completed.result.clone()));
        Ok(())
    }

    /// One has failed.
    pub(super) fn failed(
        &mut self,
        event: &Event,
        failed: &ActivityTaskFailed,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let told = self.on(failed.scheduled_event_id, event, ActivityInput::Failed)?;
        resolve(told, out, |activity| {
            ActivityResolution::Failed(Box::new(failure::failed(activity, failed)))
        });
        Ok(())
    }

    /// One has timed out.
    pub(super) fn timed_out(
        &mut self,
        event: &Event,
        timed_out: &ActivityTaskTimedOut,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let told = self.on(timed_out.scheduled_event_id, event, ActivityInput::TimedOut)?;
        resolve(told, out, |activity| {
            ActivityResolution::Failed(Box::new(failure::timed_out(activity, timed_out)))
        });
        Ok(())
    }

    /// One was canceled.
    pub(super) fn canceled(
        &mut self,
        event: &Event,
        canceled: &ActivityTaskCanceled,
        out: &mut Out,
    ) -> Result<(), Breakdown> {
        let told = self.on(canceled.scheduled_event_id, event, ActivityInput::Canceled)?;
        resolve(told, out, |activity| {
            ActivityResolution::Canceled(Box::new(failure::canceled(activity, Some(canceled))))
        });
        Ok(())
    }

    /// Feeds the event to the activity that was scheduled by `scheduled`; returns it if the workflow is to be told.
    fn on(
        &mut self,
        scheduled: EventId,
        event: &Event,
        input: ActivityInput,
    ) -> Result<Option<(Seq, &Activity)>, Breakdown> {
        let seq = *self.by_event.get(&scheduled).ok_or_else(|| unknown(event))?;
        let activity = self.by_seq.get_mut(&seq).ok_or_else(|| unknown(event))?;
        let state = activity.state;
        let (next, reaction) = state.on(input, activity.cancellation).map_err(|_| {
            let message = no_transition("ActivityMachine", state, event);
            if is_defect(state, input) {
                Breakdown::Defect { id: "C-37", message }
            } else {
                Breakdown::Fatal(message)
            }
        })?;
        activity.state = next;
        Ok((reaction == ActivityReaction::Tell).then_some((seq, activity)))
    }

    /// Why the activity does not take `event` as the record of its command.
    pub(super) fn refusal(&self, seq: Seq, event: &Event) -> Breakdown {
        let activity = &self.by_seq[&seq];
        let differs = match &event.kind {
            EventKind::ActivityTaskScheduled(scheduled) => activity.differs(scheduled),
            EventKind::ActivityTaskCancelRequested(_) => None,
            _ => return unhandled("Activity", event),
        };
        differs.map_or_else(
            || Breakdown::Fatal(no_transition("ActivityMachine", activity.state, event)),
            Breakdown::Nondeterminism,
        )
    }
}

impl Activity {
    /// How another activity is recorded than this one, which waits to be.
    fn differs(&self, recorded: &ActivityTaskScheduled) -> Option<String> {
        if self.state != ActivityState::ScheduleCommandCreated {
            return None;
        }
        let (id, name) = (&recorded.activity_id, &recorded.activity_type.name);
        Some(if *id == self.id {
            format!(
                "Activity type of scheduled event '{name}' does not match activity type of activity command '{}'",
                self.name
            )
        } else {
            format!(
                "Activity id of scheduled event '{id}' does not match activity id of activity command '{}'",
                self.id
            )
        })
    }
}

/// Tells the workflow how an activity has ended, if it is to be told.
fn resolve(
    told: Option<(Seq, &Activity)>,
    out: &mut Out,
    resolution: impl FnOnce(&Activity) -> ActivityResolution,
) {
    if let Some((seq, activity)) = told {
        out.jobs.push(Job::ResolveActivity { seq, resolution: resolution(activity) });
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
