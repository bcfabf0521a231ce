//! Activities.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;

use rehearsal_activation::{
    ActivityResolution, Job, ScheduleActivity, ScheduleActivityTask, Seq, ServerCommand,
};
use rehearsal_history::event::{
    ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskFailed, ActivityTaskScheduled,
    ActivityTaskTimedOut,
};
use rehearsal_history::{
    ActivityFailureInfo, Event, EventId, Failure, FailureInfo, Priority, RetryState, SmolStr,
    TypeName, UserMetadata,
};

use super::failure::{Refusal, SOURCE};
use super::outbox::{Outbox, number};
use super::phase::Phase;
use crate::describe;
use crate::run_info::RunInfo;
use crate::told::Misplaced;

/// The activities of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Activities {
    by_seq: BTreeMap<Seq, Activity>,
    by_scheduled: BTreeMap<EventId, Seq>,
    /// The ids of those that run.
    running: BTreeSet<SmolStr>,
}

/// An activity that was scheduled.
#[derive(Debug, Clone)]
struct Activity {
    id: SmolStr,
    /// Its type.
    name: SmolStr,
    scheduled: EventId,
    phase: Phase,
}

impl Activities {
    /// Workflow code schedules one.
    pub(super) fn schedule(
        &mut self,
        command: ScheduleActivity,
        run: &RunInfo,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let scheduled = out.next_event();
        let activity_id = command.activity_id.unwrap_or_else(|| number(scheduled));
        if !self.running.insert(activity_id.clone()) {
            // In Go's words (recorded: `activity-id-reused`).
            return Err(Refusal::Illegal(format!(
                "adding duplicate command CommandType: Activity, ID: {activity_id}, state=Created, \
                 isDone()=false, history=[Created]"
            )));
        }
        let activity = Activity {
            id: activity_id.clone(),
            name: command.activity_type.clone(),
            scheduled,
            phase: Phase::Pending,
        };
        self.by_seq.insert(command.seq, activity);
        self.by_scheduled.insert(scheduled, command.seq);
        let task_queue = command.task_queue.unwrap_or_else(|| run.task_queue.clone());
        // Go asks for the build of the workflow where workers of both are likely the same: on the same queue.
        let use_workflow_build_id = task_queue == run.task_queue;
        out.push(ServerCommand::ScheduleActivityTask(Box::new(ScheduleActivityTask {
            activity_id,
            activity_type: command.activity_type,
            task_queue,
            input: command.input,
            header: command.header,
            schedule_to_close: command.schedule_to_close,
            schedule_to_start: command.schedule_to_start,
            start_to_close: command.start_to_close,
            heartbeat: command.heartbeat,
            retry_policy: command.retry_policy,
            // Go sends none where nothing is set (`convertToPBPriority`).
            priority: command.priority.filter(|priority| *priority != Priority::default()),
            use_workflow_build_id,
            user_metadata: command.summary.map(UserMetadata::of_summary).map(Box::new),
        })));
        Ok(())
    }

    /// Workflow code cancels one. That is dropped, and takes no id, if it has ended or was canceled before (C-18).
    pub(super) fn cancel(&mut self, seq: Seq, out: &mut Outbox) -> Result<(), Refusal> {
        let activity = self.by_seq.get_mut(&seq).ok_or_else(|| {
            Refusal::Illegal(format!("cancel of activity {seq}, which was never scheduled"))
        })?;
        if activity.phase.sends_cancel() {
            activity.phase = Phase::CancelSent;
            let scheduled = activity.scheduled;
            out.push(ServerCommand::RequestCancelActivityTask { scheduled, user_metadata: None });
        }
        Ok(())
    }

    /// One has completed.
    pub(super) fn completed(
        &mut self,
        completed: &ActivityTaskCompleted,
    ) -> Result<Job, Misplaced> {
        let (seq, _) = self.end(completed.scheduled_event_id, false)?;
        let resolution = ActivityResolution::Completed(completed.result.clone());
        Ok(Job::ResolveActivity { seq, resolution })
    }

    /// One has failed.
    pub(super) fn failed(&mut self, failed: &ActivityTaskFailed) -> Result<Job, Misplaced> {
        let (seq, activity) = self.end(failed.scheduled_event_id, false)?;
        let info = ActivityFailureInfo {
            scheduled_event_id: failed.scheduled_event_id,
            started_event_id: failed.started_event_id,
            identity: failed.identity.clone(),
            retry_state: failed.retry_state.clone(),
            ..ActivityFailureInfo::default()
        };
        Ok(unsuccessful(seq, activity, info, failed.failure.clone()))
    }

    /// One has timed out.
    pub(super) fn timed_out(&mut self, timed_out: &ActivityTaskTimedOut) -> Result<Job, Misplaced> {
        let (seq, activity) = self.end(timed_out.scheduled_event_id, false)?;
        let info = ActivityFailureInfo {
            scheduled_event_id: timed_out.scheduled_event_id,
            started_event_id: timed_out.started_event_id,
            retry_state: timed_out.retry_state.clone(),
            ..ActivityFailureInfo::default()
        };
        Ok(unsuccessful(seq, activity, info, timed_out.failure.clone()))
    }

    /// One was canceled.
    pub(super) fn canceled(&mut self, canceled: &ActivityTaskCanceled) -> Result<Job, Misplaced> {
        let (seq, activity) = self.end(canceled.scheduled_event_id, true)?;
        let info = ActivityFailureInfo {
            scheduled_event_id: canceled.scheduled_event_id,
            started_event_id: canceled.started_event_id,
            identity: canceled.identity.clone(),
            retry_state: RetryState::NonRetryableFailure,
            ..ActivityFailureInfo::default()
        };
        let cause = Failure {
            source: SOURCE.into(),
            ..Failure::canceled("canceled", canceled.details.clone())
        };
        Ok(unsuccessful(seq, activity, info, Some(cause)))
    }

    /// Ends the activity that was scheduled by this event.
    fn end(&mut self, scheduled: EventId, canceled: bool) -> Result<(Seq, &Activity), Misplaced> {
        let activity = self
            .by_scheduled
            .get(&scheduled)
            .and_then(|&seq| Some((seq, self.by_seq.get_mut(&seq)?)));
        let Some((seq, activity)) = activity else {
            return Err(Misplaced::NoSuchOperation(format!(
                "no activity was ever scheduled as event {scheduled}"
            )));
        };
        let name = &activity.name;
        match (activity.phase, canceled) {
            (Phase::Pending, false) | (Phase::CancelSent, false | true) => {
                activity.phase = Phase::Ended;
                self.running.remove(&activity.id);
                Ok((seq, activity))
            }
            (Phase::Pending, true) => Err(Misplaced::NoSuchOperation(format!(
                "the cancel of activity {name} (event {scheduled}) was never requested"
            ))),
            (Phase::Ended, false | true) => Err(Misplaced::NoSuchOperation(format!(
                "activity {name} (event {scheduled}) had ended before"
            ))),
        }
    }

    /// How Go panics where this is recorded, if no activity was scheduled as that event.
    pub(super) fn unscheduled(
        &self,
        event: EventId,
        scheduled: &ActivityTaskScheduled,
    ) -> Option<String> {
        (!self.by_scheduled.contains_key(&event)).then(|| {
            format!(
                "lookup failed for scheduledEventID to activityID: scheduleEventID: {event}, activityID: {}",
                scheduled.activity_id
            )
        })
    }
}

/// How Go panics at the end of an activity that it does not know.
pub(super) fn unknown(event: &Event) -> String {
    format!("unable to find activityID for the event: {}", describe::event(event))
}

/// The error that workflow code sees when an activity did not complete (C-36, T-3b).
fn unsuccessful(
    seq: Seq,
    activity: &Activity,
    info: ActivityFailureInfo,
    cause: Option<Failure>,
) -> Job {
    let info = ActivityFailureInfo {
        activity_type: TypeName::from(activity.name.clone()),
        activity_id: activity.id.clone(),
        ..info
    };
    let failure = Failure {
        message: "activity error".into(),
        source: SOURCE.into(),
        cause: cause.map(Box::new),
        info: Some(FailureInfo::Activity(info)),
        ..Failure::default()
    };
    Job::ResolveActivity { seq, resolution: ActivityResolution::Failed(Box::new(failure)) }
}
