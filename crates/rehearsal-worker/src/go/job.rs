//! Events to jobs, strictly in the order of the history (C-16).

use alloc::boxed::Box;
use alloc::format;

use rehearsal_activation::{ActivityResolution, Job, Seq};
use rehearsal_history::{
    ActivityFailureInfo, Event, EventId, EventKind, Failure, RetryState, SmolStr,
};

use super::failure::{Closing, activity_failure};
use super::operation::{Operations, Phase};
use crate::told::{Misplaced, initialize, no_news, requested};

impl Operations {
    /// What `event` tells the workflow; `None` for events that are no news to it.
    pub(crate) fn job(
        &mut self,
        workflow_id: &SmolStr,
        run_id: &SmolStr,
        event: &Event,
    ) -> Result<Option<Job>, Misplaced> {
        if let Some(job) = requested(event) {
            return Ok(Some(job));
        }
        let job = match &event.kind {
            EventKind::WorkflowExecutionStarted(started) => {
                let initialize = initialize(workflow_id, run_id, event, started);
                self.task_queue = initialize.task_queue.clone();
                self.run_timeout = initialize.run_timeout;
                Job::Initialize(Box::new(initialize))
            }
            EventKind::TimerFired(fired) => self.fire_timer(&fired.timer_id)?,
            EventKind::ActivityTaskCompleted(completed) => {
                let seq = self.end_activity(completed.scheduled_event_id, false)?;
                Job::ResolveActivity {
                    seq,
                    resolution: ActivityResolution::Completed(completed.result.clone()),
                }
            }
            EventKind::ActivityTaskFailed(_)
            | EventKind::ActivityTaskTimedOut(_)
            | EventKind::ActivityTaskCanceled(_) => self.resolve_failed(&event.kind)?,
            _ if event.server.worker_may_ignore => return Ok(None),
            kind => return no_news(kind).map(|()| None),
        };
        Ok(Some(job))
    }

    fn fire_timer(&mut self, timer_id: &SmolStr) -> Result<Job, Misplaced> {
        let timer =
            self.by_timer_id.get(timer_id).and_then(|&seq| Some((seq, self.timers.get_mut(&seq)?)));
        let Some((seq, timer)) = timer else {
            return Err(Misplaced::NoSuchOperation(format!(
                "no timer {timer_id} was ever started"
            )));
        };
        match timer.phase {
            Phase::Pending => {
                timer.phase = Phase::Ended;
                Ok(Job::FireTimer { seq })
            }
            Phase::CancelSent => {
                Err(Misplaced::NoSuchOperation(format!("timer {timer_id} was canceled before")))
            }
            Phase::Ended => {
                Err(Misplaced::NoSuchOperation(format!("timer {timer_id} had fired before")))
            }
        }
    }

    fn resolve_failed(&mut self, kind: &EventKind) -> Result<Job, Misplaced> {
        let (closing, canceled) = match kind {
            EventKind::ActivityTaskFailed(failed) => {
                let info = info(
                    failed.scheduled_event_id,
                    failed.started_event_id,
                    &failed.identity,
                    &failed.retry_state,
                );
                (Closing { info, cause: failed.failure.clone() }, false)
            }
            EventKind::ActivityTaskTimedOut(timed_out) => {
                let (scheduled, started) =
                    (timed_out.scheduled_event_id, timed_out.started_event_id);
                let info = info(scheduled, started, &SmolStr::default(), &timed_out.retry_state);
                (Closing { info, cause: timed_out.failure.clone() }, false)
            }
            EventKind::ActivityTaskCanceled(canceled) => {
                let (scheduled, started) = (canceled.scheduled_event_id, canceled.started_event_id);
                let info =
                    info(scheduled, started, &canceled.identity, &RetryState::NonRetryableFailure);
                let cause = Failure {
                    source: "GoSDK".into(),
                    ..Failure::canceled("canceled", canceled.details.clone())
                };
                (Closing { info, cause: Some(cause) }, true)
            }
            _ => unreachable!("only called for activities that did not complete"),
        };
        let seq = self.end_activity(closing.info.scheduled_event_id, canceled)?;
        let activity = &self.activities[&seq];
        let failure = activity_failure(activity, closing);
        Ok(Job::ResolveActivity { seq, resolution: ActivityResolution::Failed(Box::new(failure)) })
    }

    /// Ends the activity that was scheduled by this event.
    fn end_activity(&mut self, scheduled: EventId, canceled: bool) -> Result<Seq, Misplaced> {
        let activity = self
            .by_scheduled
            .get(&scheduled)
            .and_then(|&seq| Some((seq, self.activities.get_mut(&seq)?)));
        let Some((seq, activity)) = activity else {
            return Err(Misplaced::NoSuchOperation(format!(
                "no activity was ever scheduled as event {scheduled}"
            )));
        };
        let name = &activity.name;
        match (activity.phase, canceled) {
            (Phase::Pending, false) | (Phase::CancelSent, false | true) => {
                activity.phase = Phase::Ended;
                Ok(seq)
            }
            (Phase::Pending, true) => Err(Misplaced::NoSuchOperation(format!(
                "the cancel of activity {name} (event {scheduled}) was never requested"
            ))),
            (Phase::Ended, false | true) => Err(Misplaced::NoSuchOperation(format!(
                "activity {name} (event {scheduled}) had ended before"
            ))),
        }
    }
}

fn info(
    scheduled: EventId,
    started: EventId,
    identity: &SmolStr,
    retry_state: &RetryState,
) -> ActivityFailureInfo {
    ActivityFailureInfo {
        scheduled_event_id: scheduled,
        started_event_id: started,
        identity: identity.clone(),
        retry_state: retry_state.clone(),
        ..ActivityFailureInfo::default()
    }
}
