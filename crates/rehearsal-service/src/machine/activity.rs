//! The machine of one activity (H-12, T-1 to T-8, C-24 to C-31).
//!
//! History holds that it was scheduled, that its cancel was requested, and how it ended. Everything between (attempts,
//! heartbeats, the failure of the last attempt) is kept beside it.

mod all;
mod plan;
mod planned;
mod record;
mod schedule;
mod seen;

use alloc::boxed::Box;
use alloc::sync::Arc;

use rehearsal_history::event::ActivityTaskScheduled;
use rehearsal_history::{
    Event, EventId, EventKind, Failure, Payloads, SmolStr, TimeoutType, Timestamp,
};

pub(crate) use self::all::evolve;
pub(crate) use self::plan::{ActivityCommand, plan};
pub(crate) use self::planned::Planned;
use crate::words::{ActivityNote, Decision, Due, IllegalTransition, Moment, Wake};

/// An activity that the workflow may still hear of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Activity {
    /// The `ActivityTaskScheduled`.
    event: Arc<Event>,
    pub(crate) state: ActivityState,
    /// The `ActivityTaskCancelRequested`, if there is one.
    pub(crate) cancel: Option<EventId>,
    /// Which attempt it is at, from 1.
    pub(crate) attempt: u32,
    /// The details of the last heartbeat, of whichever attempt (C-31).
    pub(crate) details: Option<Payloads>,
    /// When this attempt heartbeated last.
    pub(crate) last_beat: Option<Timestamp>,
    /// When any attempt heartbeated last.
    beat_at: Option<Timestamp>,
    /// When this attempt was put in its queue, or will be.
    queued_at: Timestamp,
    /// When the attempt before this one ended.
    ended_at: Option<Timestamp>,
    /// The worker that has this attempt, or had the one before it: the server clears all else of a start
    /// (`ClearActivityStartedState` in `service/history/workflow/activity.go`).
    worker: Option<SmolStr>,
    last_failure: Option<Box<Failure>>,
    /// Its tasks in the timer queue, in the order of [`DEADLINES`], and that of the backoff.
    pub(crate) wakes: [Option<Wake>; 4],
    pub(crate) retry: Option<Wake>,
}

/// Where an activity is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ActivityState {
    /// Waits for a worker, from `since` on.
    Scheduled { since: Timestamp },
    /// A worker has it.
    Started { at: Timestamp, identity: SmolStr, request_id: SmolStr },
    /// Waits for its next attempt.
    Backoff { until: Timestamp },
    /// Has ended; the event is in the buffer.
    Unseen,
    /// Terminal: the event is in the history.
    Closed,
}

/// What can happen to an activity.
#[derive(Debug, Clone)]
pub(crate) enum ActivityInput {
    /// A worker takes it.
    Start { identity: SmolStr, request_id: SmolStr },
    /// It says that it is alive.
    Heartbeat { details: Option<Payloads> },
    /// It returned a value.
    Complete { result: Option<Payloads>, identity: SmolStr },
    /// Somebody outside completes it by its id, whether a worker has it or not.
    CompleteById { result: Option<Payloads>, identity: SmolStr },
    /// It failed.
    Fail { failure: Box<Failure>, details: Option<Payloads>, identity: SmolStr },
    /// It confirms its cancel.
    Cancel { details: Option<Payloads>, identity: SmolStr },
    /// A deadline has passed.
    TimeOut(TimeoutType),
    /// The backoff is over.
    Retry,
    /// The workflow asks it to cancel: `task` is the `WorkflowTaskCompleted`, `next` the id of the next event.
    RequestCancel { task: EventId, next: EventId, identity: SmolStr },
}

/// The deadlines of an activity, in the order in which they count when they fall together (T-2). Those that go by the
/// start of the attempt come behind those that go by the schedule, as an attempt starts a moment later.
pub(crate) const DEADLINES: [TimeoutType; 4] = [
    TimeoutType::ScheduleToStart,
    TimeoutType::ScheduleToClose,
    TimeoutType::StartToClose,
    TimeoutType::Heartbeat,
];

/// The place of the heartbeat deadline in [`DEADLINES`].
pub(crate) const HEARTBEAT: usize = 3;

/// Whether the deadline at a place in [`DEADLINES`] goes by the start of the attempt.
pub(crate) const fn goes_by_start(place: usize) -> bool {
    place >= 2
}

impl Activity {
    /// The activity that an `ActivityTaskScheduled` schedules.
    pub(crate) const fn new(event: Arc<Event>, since: Timestamp) -> Self {
        Self {
            event,
            state: ActivityState::Scheduled { since },
            cancel: None,
            attempt: 1,
            details: None,
            last_beat: None,
            beat_at: None,
            queued_at: since,
            ended_at: None,
            worker: None,
            last_failure: None,
            wakes: [None; 4],
            retry: None,
        }
    }

    /// What `input` causes at virtual time `now`; changes nothing.
    ///
    /// # Errors
    ///
    /// [`IllegalTransition`] if `input` cannot happen in this state.
    pub(crate) fn decide(
        &self,
        now: Timestamp,
        input: ActivityInput,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        match &self.state {
            ActivityState::Scheduled { .. } => self.decide_scheduled(now, input, out),
            ActivityState::Started { .. } => self.decide_started(now, input, out),
            ActivityState::Backoff { .. } => self.decide_backoff(now, input, out),
            ActivityState::Unseen => self.decide_unseen(now, &input, out),
            ActivityState::Closed => Err(self.illegal(&input)),
        }
    }

    fn decide_scheduled(
        &self,
        now: Timestamp,
        input: ActivityInput,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        match (input, self.cancel) {
            (ActivityInput::Start { identity, request_id }, _) => {
                self.note(ActivityNote::Started { at: now, identity, request_id }, out);
            }
            (ActivityInput::CompleteById { result, identity }, _) => {
                self.complete_unstarted(now, result, identity, out);
            }
            (
                ActivityInput::TimeOut(
                    kind @ (TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose),
                ),
                _,
            ) => self.time_out(now, kind, out),
            (ActivityInput::RequestCancel { task, next, identity }, None) => {
                self.cancel_for_worker(now, task, next, identity, out);
            }
            (
                input @ (ActivityInput::TimeOut(_)
                | ActivityInput::Heartbeat { .. }
                | ActivityInput::Complete { .. }
                | ActivityInput::Fail { .. }
                | ActivityInput::Cancel { .. }
                | ActivityInput::Retry),
                _,
            )
            | (input @ ActivityInput::RequestCancel { .. }, Some(_)) => {
                return Err(self.illegal(&input));
            }
        }
        Ok(())
    }

    fn decide_started(
        &self,
        now: Timestamp,
        input: ActivityInput,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        match (input, self.cancel) {
            (ActivityInput::Heartbeat { details }, _) => {
                self.note(ActivityNote::Beat { at: now, details }, out);
            }
            (
                ActivityInput::Complete { result, identity }
                | ActivityInput::CompleteById { result, identity },
                _,
            ) => {
                self.complete(now, result, identity, out);
            }
            (ActivityInput::Fail { failure, details, identity }, _) => {
                self.fail(now, failure, details, identity, out);
            }
            (
                ActivityInput::TimeOut(
                    kind @ (TimeoutType::StartToClose
                    | TimeoutType::Heartbeat
                    | TimeoutType::ScheduleToClose),
                ),
                _,
            ) => self.time_out(now, kind, out),
            (ActivityInput::Cancel { details, identity }, Some(request)) => {
                self.confirm_cancel(now, request, details, identity, out);
            }
            // C-25.
            (ActivityInput::RequestCancel { task, .. }, None) => {
                self.request_cancel(now, task, out);
            }
            // C-28, W-15: only what was requested can be confirmed, and it is requested once.
            (input @ ActivityInput::Cancel { .. }, None)
            | (input @ ActivityInput::RequestCancel { .. }, Some(_))
            | (
                input @ (ActivityInput::TimeOut(_)
                | ActivityInput::Start { .. }
                | ActivityInput::Retry),
                _,
            ) => {
                return Err(self.illegal(&input));
            }
        }
        Ok(())
    }

    fn decide_backoff(
        &self,
        now: Timestamp,
        input: ActivityInput,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        match (input, self.cancel) {
            (ActivityInput::Retry, _) => self.note(ActivityNote::Queued, out),
            (ActivityInput::CompleteById { result, identity }, _) => {
                self.complete_unstarted(now, result, identity, out);
            }
            (
                ActivityInput::TimeOut(
                    kind @ (TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose),
                ),
                _,
            ) => self.time_out(now, kind, out),
            (ActivityInput::RequestCancel { task, next, identity }, None) => {
                self.cancel_for_worker(now, task, next, identity, out);
            }
            (
                input @ (ActivityInput::TimeOut(_)
                | ActivityInput::Start { .. }
                | ActivityInput::Heartbeat { .. }
                | ActivityInput::Complete { .. }
                | ActivityInput::Fail { .. }
                | ActivityInput::Cancel { .. }),
                _,
            )
            | (input @ ActivityInput::RequestCancel { .. }, Some(_)) => {
                return Err(self.illegal(&input));
            }
        }
        Ok(())
    }

    fn decide_unseen(
        &self,
        now: Timestamp,
        input: &ActivityInput,
        out: &mut Decision,
    ) -> Result<(), IllegalTransition> {
        match input {
            // C-26: the request is recorded, and the end that waits counts.
            ActivityInput::RequestCancel { task, .. } => self.request_cancel(now, *task, out),
            ActivityInput::Start { .. }
            | ActivityInput::Heartbeat { .. }
            | ActivityInput::Complete { .. }
            | ActivityInput::CompleteById { .. }
            | ActivityInput::Fail { .. }
            | ActivityInput::Cancel { .. }
            | ActivityInput::TimeOut(_)
            | ActivityInput::Retry => return Err(self.illegal(input)),
        }
        Ok(())
    }

    const fn illegal(&self, input: &ActivityInput) -> IllegalTransition {
        IllegalTransition { machine: "activity", state: self.state.name(), input: input.name() }
    }

    /// What `event` makes of this activity; an event without an id is in the buffer.
    pub(crate) fn evolve(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ActivityTaskCancelRequested(_) => self.cancel = Some(event.id),
            EventKind::ActivityTaskCompleted(_)
            | EventKind::ActivityTaskFailed(_)
            | EventKind::ActivityTaskTimedOut(_)
            | EventKind::ActivityTaskCanceled(_) => {
                self.state =
                    if event.id.is_none() { ActivityState::Unseen } else { ActivityState::Closed };
                self.wakes = [None; 4];
                self.retry = None;
            }
            // H-12: written when it closes, so it changes nothing.
            _ => {}
        }
    }

    /// What `note` makes of this activity.
    pub(crate) fn apply(&mut self, note: ActivityNote) {
        match note {
            ActivityNote::Started { at, identity, request_id } => {
                self.worker = Some(identity.clone());
                self.state = ActivityState::Started { at, identity, request_id };
                self.last_beat = None;
                let [_, schedule_to_close, start_to_close, heartbeat] = self.wakes;
                self.wakes = [None, schedule_to_close, start_to_close, heartbeat];
            }
            ActivityNote::Beat { at, details } => {
                self.last_beat = Some(at);
                self.beat_at = Some(at);
                self.details = details;
            }
            ActivityNote::Retried { at, until, failure } => {
                self.state = ActivityState::Backoff { until };
                (self.queued_at, self.ended_at) = (until, Some(at));
                self.attempt = self.attempt.saturating_add(1);
                self.last_failure = Some(failure);
                self.last_beat = None;
                // The deadlines of the attempt start anew; schedule-to-close goes on.
                let [_, schedule_to_close, _, _] = self.wakes;
                self.wakes = [None, schedule_to_close, None, None];
                self.retry = None;
            }
            ActivityNote::Queued => {
                if let ActivityState::Backoff { until } = self.state {
                    self.state = ActivityState::Scheduled { since: until };
                }
                self.retry = None;
            }
        }
    }

    /// When each deadline passes, if it counts now (T-2).
    pub(crate) fn deadline(&self, timeout_type: &TimeoutType) -> Option<Timestamp> {
        let attributes = self.attributes();
        let (from, after) = match (timeout_type, &self.state) {
            (
                TimeoutType::ScheduleToStart,
                ActivityState::Scheduled { since: from } | ActivityState::Backoff { until: from },
            ) => (*from, attributes.schedule_to_start_timeout),
            (TimeoutType::StartToClose, ActivityState::Started { at, .. }) => {
                (*at, attributes.start_to_close_timeout)
            }
            (TimeoutType::Heartbeat, ActivityState::Started { at, .. }) => {
                (self.last_beat.map_or(*at, |beat| beat.max(*at)), attributes.heartbeat_timeout)
            }
            (
                TimeoutType::ScheduleToClose,
                ActivityState::Scheduled { .. }
                | ActivityState::Started { .. }
                | ActivityState::Backoff { .. },
            ) => (self.event.time, attributes.schedule_to_close_timeout),
            _ => return None,
        };
        after.filter(|after| !after.is_zero()).map(|after| from.saturating_add(after))
    }

    /// The same as the timer queue sees it, for a place in [`DEADLINES`].
    pub(crate) fn due(&self, place: usize) -> Option<Due> {
        let at = self.deadline(&DEADLINES[place])?;
        let task = self.attributes().workflow_task_completed_event_id;
        Some(Due { at, moment: Moment { task, beaten: self.goes_by_beat(place) } })
    }

    const fn goes_by_beat(&self, place: usize) -> bool {
        place == HEARTBEAT && self.last_beat.is_some()
    }

    /// What the workflow asked for.
    pub(crate) fn attributes(&self) -> &ActivityTaskScheduled {
        match &self.event.kind {
            EventKind::ActivityTaskScheduled(attributes) => attributes,
            other => {
                unreachable!("an activity begins with ActivityTaskScheduled, not {}", other.name())
            }
        }
    }

    pub(crate) fn scheduled(&self) -> EventId {
        self.event.id
    }

    /// Since when it waits for a worker, if it does.
    pub(crate) fn waits_since(&self) -> Option<Timestamp> {
        match self.state {
            ActivityState::Scheduled { since } => Some(since),
            _ => None,
        }
    }

    pub(crate) fn scheduled_at(&self) -> Timestamp {
        self.event.time
    }

    /// Whether the server still counts it as pending.
    pub(crate) const fn is_pending(&self) -> bool {
        matches!(
            self.state,
            ActivityState::Scheduled { .. }
                | ActivityState::Started { .. }
                | ActivityState::Backoff { .. }
        )
    }

    /// Whether nothing more can come of it.
    pub(crate) const fn has_ended(&self) -> bool {
        matches!(self.state, ActivityState::Closed)
    }
}

impl ActivityState {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Scheduled { .. } => "Scheduled",
            Self::Started { .. } => "Started",
            Self::Backoff { .. } => "Backoff",
            Self::Unseen => "Unseen",
            Self::Closed => "Closed",
        }
    }
}

impl ActivityInput {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "Start",
            Self::Heartbeat { .. } => "Heartbeat",
            Self::Complete { .. } => "Complete",
            Self::CompleteById { .. } => "CompleteById",
            Self::Fail { .. } => "Fail",
            Self::Cancel { .. } => "Cancel",
            Self::TimeOut(_) => "TimeOut",
            Self::Retry => "Retry",
            Self::RequestCancel { .. } => "RequestCancel",
        }
    }
}
