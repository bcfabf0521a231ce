//! Events to jobs, strictly in the order of the history (C-16).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use rehearsal_activation::{ActivityResolution, Initialize, Job, Seq, Signal};
use rehearsal_history::event::WorkflowExecutionStarted;
use rehearsal_history::{
    ActivityFailureInfo, Event, EventId, EventKind, Failure, RetryState, SmolStr,
};

use super::failure::{Closing, activity_failure};
use super::operation::{Operations, Phase};
use crate::slice::is_command_event;
use crate::unsupported::not_simulated;

/// An event that the run cannot take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// It ends an operation that workflow code never started, or that has ended; says what is missing.
    NoSuchOperation(String),
    /// Nothing simulates it.
    NotSimulated(String),
}

impl Operations {
    /// What `event` tells the workflow; `None` for events that are no news to it.
    pub(crate) fn job(
        &mut self,
        workflow_id: &SmolStr,
        run_id: &SmolStr,
        event: &Event,
    ) -> Result<Option<Job>, Misplaced> {
        let job = match &event.kind {
            EventKind::WorkflowExecutionStarted(started) => {
                let initialize = initialize(workflow_id, run_id, event, started);
                self.task_queue = initialize.task_queue.clone();
                self.run_timeout = initialize.run_timeout;
                Job::Initialize(Box::new(initialize))
            }
            EventKind::WorkflowExecutionCancelRequested(request) => {
                Job::CancelWorkflow { reason: request.cause.clone() }
            }
            EventKind::WorkflowExecutionSignaled(signal) => Job::SignalWorkflow(Box::new(Signal {
                name: signal.signal_name.clone(),
                input: signal.input.clone(),
                header: signal.header.clone(),
                event: event.id,
            })),
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

fn initialize(
    workflow_id: &SmolStr,
    run_id: &SmolStr,
    event: &Event,
    started: &WorkflowExecutionStarted,
) -> Initialize {
    let limit = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
    Initialize {
        workflow_type: started.workflow_type.name.clone(),
        workflow_id: workflow_id.clone(),
        run_id: run_id.clone(),
        first_run_id: started.first_execution_run_id.clone(),
        input: started.input.clone(),
        header: started.header.clone(),
        task_queue: started.task_queue.name.clone(),
        attempt: u32::try_from(started.attempt).unwrap_or(1).max(1),
        execution_timeout: limit(started.workflow_execution_timeout),
        run_timeout: limit(started.workflow_run_timeout),
        task_timeout: limit(started.workflow_task_timeout).unwrap_or(DEFAULT_TASK_TIMEOUT),
        retry_policy: started.retry_policy.clone(),
        started_at: event.time,
    }
}

/// The server's default for one workflow task (W-4).
const DEFAULT_TASK_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether an event of this kind may be left out, or else why it may not.
fn no_news(kind: &EventKind) -> Result<(), Misplaced> {
    match kind {
        EventKind::ActivityTaskStarted(_)
        | EventKind::WorkflowExecutionOptionsUpdated(_)
        | EventKind::WorkflowExecutionTerminated(_)
        | EventKind::WorkflowExecutionTimedOut(_) => Ok(()),
        kind if is_command_event(kind) => Err(Misplaced::NoSuchOperation(
            "it stands apart from the completion that asked for it".into(),
        )),
        kind => {
            Err(Misplaced::NotSimulated(not_simulated(kind).unwrap_or_else(|| kind.name().into())))
        }
    }
}
