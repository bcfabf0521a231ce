//! What workers do with activities: take an attempt, heartbeat, report how it ended (C-25 to C-31); and those who do a
//! worker's part from outside.

use alloc::boxed::Box;

use rehearsal_history::{EventId, Failure, Payloads, Priority, SmolStr};

use super::{Run, Turn};
use crate::error::{InvalidRequest, NotFound, RequestError};
use crate::input::{ActivityResponse, ActivityTask, ActivityToken, Answer};
use crate::machine::activity::{ActivityInput, ActivityState};
use crate::words::Decision;

impl Run {
    /// A worker takes an attempt.
    ///
    /// # Errors
    ///
    /// It is no longer there.
    pub(crate) fn start_activity(
        &mut self,
        turn: &mut Turn<'_>,
        scheduled: EventId,
        attempt: u32,
        identity: SmolStr,
        request_id: SmolStr,
    ) -> Result<Box<ActivityTask>, RequestError> {
        let token = ActivityToken { run: self.id, scheduled, attempt };
        let activity = self.state.activities.get(&scheduled);
        let since = activity.and_then(|activity| activity.waits_since());
        self.decide_activity(turn, token, ActivityInput::Start { identity, request_id })?;
        let activity = self.state.activities.get(&scheduled).ok_or(NotFound::Activity)?;
        let view = &self.state.view;
        let attributes = activity.attributes();
        Ok(Box::new(ActivityTask {
            token,
            workflow_id: view.workflow_id.clone(),
            run_id: view.run_id.clone(),
            workflow_type: view.workflow_type.clone(),
            activity_id: attributes.activity_id.clone(),
            activity_type: attributes.activity_type.name.clone(),
            input: attributes.input.clone(),
            header: attributes.header.clone(),
            attempt,
            heartbeat_details: activity.details.clone(),
            heartbeat_timeout: attributes.heartbeat_timeout.filter(|timeout| !timeout.is_zero()),
            start_to_close: attributes.start_to_close_timeout.filter(|timeout| !timeout.is_zero()),
            schedule_to_close: attributes
                .schedule_to_close_timeout
                .filter(|timeout| !timeout.is_zero()),
            task_queue: attributes.task_queue.name.clone(),
            retry_policy: attributes.retry_policy.clone(),
            priority: Priority::merged(self.priority(), attributes.priority.as_ref()),
            scheduled_at: activity.scheduled_at(),
            attempt_scheduled_at: since.unwrap_or(turn.now),
            started_at: turn.now,
        }))
    }

    /// Whether the cancel of the activity was requested.
    ///
    /// # Errors
    ///
    /// The attempt is not running (C-29, C-30).
    pub(crate) fn heartbeat(
        &mut self,
        turn: &mut Turn<'_>,
        token: ActivityToken,
        details: Option<Payloads>,
    ) -> Result<bool, RequestError> {
        self.decide_activity(turn, token, ActivityInput::Heartbeat { details })?;
        Ok(self
            .state
            .activities
            .get(&token.scheduled)
            .is_some_and(|activity| activity.cancel.is_some()))
    }

    /// # Errors
    ///
    /// The attempt is not running.
    pub(crate) fn complete_activity(
        &mut self,
        turn: &mut Turn<'_>,
        token: ActivityToken,
        result: Option<Payloads>,
        identity: SmolStr,
    ) -> Result<(), RequestError> {
        self.decide_activity(turn, token, ActivityInput::Complete { result, identity })
    }

    /// # Errors
    ///
    /// The attempt is not running.
    pub(crate) fn fail_activity(
        &mut self,
        turn: &mut Turn<'_>,
        token: ActivityToken,
        failure: Failure,
        details: Option<Payloads>,
        identity: SmolStr,
    ) -> Result<(), RequestError> {
        let failure = Box::new(failure);
        self.decide_activity(turn, token, ActivityInput::Fail { failure, details, identity })
    }

    /// # Errors
    ///
    /// The attempt is not running, or its cancel was not requested (C-28).
    pub(crate) fn cancel_activity(
        &mut self,
        turn: &mut Turn<'_>,
        token: ActivityToken,
        details: Option<Payloads>,
        identity: SmolStr,
    ) -> Result<(), RequestError> {
        self.decide_activity(turn, token, ActivityInput::Cancel { details, identity })
    }

    /// Somebody outside says something of the activity with this id, whichever attempt it is at.
    ///
    /// It can be completed whether a worker has it or not; for everything else one must have it
    /// (`IsActivityTaskNotFoundForToken` in the server's `service/history/api/activity_util.go`).
    ///
    /// # Errors
    ///
    /// The run is closed, no such activity is pending, or what is said does not fit.
    pub(crate) fn respond_by_id(
        &mut self,
        turn: &mut Turn<'_>,
        activity_id: SmolStr,
        response: ActivityResponse,
        identity: SmolStr,
    ) -> Result<Answer, RequestError> {
        if !self.is_open() {
            return Err(NotFound::Completed.into());
        }
        let mut pending = self.state.activities.values().filter(|activity| activity.is_pending());
        let activity = pending.find(|activity| activity.attributes().activity_id == activity_id);
        let activity = activity.ok_or(NotFound::PendingActivity { activity_id })?;
        let token = ActivityToken {
            run: self.id,
            scheduled: activity.scheduled(),
            attempt: activity.attempt,
        };
        match response {
            ActivityResponse::Completed(result) => {
                self.decide_activity(
                    turn,
                    token,
                    ActivityInput::CompleteById { result, identity },
                )?;
            }
            ActivityResponse::Failed(failure) => {
                self.fail_activity(turn, token, *failure, None, identity)?;
            }
            ActivityResponse::Canceled(details) => {
                self.cancel_activity(turn, token, details, identity)?;
            }
            ActivityResponse::Heartbeat(details) => {
                let cancel_requested = self.heartbeat(turn, token, details)?;
                return Ok(Answer::Heartbeat { cancel_requested });
            }
        }
        Ok(Answer::Done)
    }

    fn decide_activity(
        &mut self,
        turn: &mut Turn<'_>,
        token: ActivityToken,
        input: ActivityInput,
    ) -> Result<(), RequestError> {
        if !self.is_open() {
            return Err(NotFound::Completed.into());
        }
        let activity =
            self.state.activities.get(&token.scheduled).filter(|it| it.attempt == token.attempt);
        let activity = activity.ok_or(NotFound::Activity)?;
        let eager = matches!(input, ActivityInput::Start { .. })
            && activity.attempt == 1
            && activity.waits_since() == Some(turn.now)
            && self.has_just_begun_speculative(turn.now);
        let confirms = matches!(input, ActivityInput::Cancel { .. });
        let runs = matches!(activity.state, ActivityState::Started { .. });
        let mut decision = Decision::default();
        activity.decide(turn.now, input, &mut decision).map_err(|_| {
            if confirms && runs {
                RequestError::from(InvalidRequest::NotCancelRequested)
            } else {
                RequestError::from(NotFound::Activity)
            }
        })?;
        let needs_task = self.settle(turn, decision);
        if eager {
            self.rest(turn);
        } else {
            self.finish(turn, needs_task);
        }
        Ok(())
    }
}
