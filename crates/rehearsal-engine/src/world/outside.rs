//! What a client says of activities that are ended from outside: completed, failed, canceled, alive.

use rehearsal_history::{EventId, EventKind, FailureInfo, Payloads, SmolStr};
use rehearsal_service::{ActivityResponse, ActivityToken, Answer, Input, RunRef, Target};
use serde::Serialize;

use super::client::{IDENTITY, target};
use super::{ClientError, Handle, World};
use crate::activity::ActivityError;
use crate::record::{Heartbeat, HeartbeatAnswer, NotTaken};

/// An activity as somebody outside knows it.
///
/// A handle and the id of an activity make one, and so does a token.
///
/// ```
/// use rehearsal::{ActivityTarget, ActivityToken, Handle};
///
/// fn targets(order: &Handle, token: ActivityToken) -> [ActivityTarget; 3] {
///     [(order, "ask").into(), token.into(), ActivityTarget::id("order-7", None, "ask")]
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityTarget {
    /// By its id: whichever attempt it is at.
    Id {
        /// The workflow that asked for it.
        workflow_id: SmolStr,
        /// The run of that workflow; `None` for the current one.
        run_id: Option<SmolStr>,
        /// The id of the activity.
        activity_id: SmolStr,
    },
    /// By the token of an attempt: that attempt only.
    Token(ActivityToken),
}

impl ActivityTarget {
    /// The activity with this id, of the current run of a workflow or of the run that is named.
    #[must_use]
    pub fn id(workflow_id: &str, run_id: Option<&str>, activity_id: &str) -> Self {
        Self::Id {
            workflow_id: workflow_id.into(),
            run_id: run_id.map(Into::into),
            activity_id: activity_id.into(),
        }
    }
}

impl From<ActivityToken> for ActivityTarget {
    fn from(token: ActivityToken) -> Self {
        Self::Token(token)
    }
}

/// The activity with this id, of the current run of the workflow.
impl From<(&Handle, &str)> for ActivityTarget {
    fn from((handle, activity_id): (&Handle, &str)) -> Self {
        Self::id(&handle.workflow_id, None, activity_id)
    }
}

impl World {
    /// Completes an activity from outside, as a client of an SDK does for one that said
    /// [`ActivityError::result_pending`](crate::ActivityError::result_pending).
    ///
    /// By its id it can be completed at any time, also before a worker takes it and while it waits for its next attempt.
    ///
    /// # Errors
    ///
    /// What the server answers: no such activity is pending, the attempt of the token is over, or the workflow is closed.
    /// If the activity had timed out, that is a finding (RH111).
    ///
    /// # Panics
    ///
    /// Panics if `result` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, Status, Workflow,
    ///     WorkflowError, hours, mins,
    /// };
    ///
    /// const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// const ASK: Activity<(), String> = Activity::new("Ask");
    ///
    /// async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ///     let options = ActivityOptions::start_to_close(hours(1)).with_id("ask");
    ///     ctx.with_activity_options(options).execute(ASK, ()).await
    /// }
    ///
    /// async fn ask(_: ActivityContext, (): ()) -> Result<String, ActivityError> {
    ///     Err(ActivityError::result_pending())
    /// }
    ///
    /// let mut world = Scenario::new("order").workflow(ORDER, order).activity(ASK, ask).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// world.advance(mins(10));
    /// world.complete_activity((&order, "ask"), "yes")?;
    /// assert_eq!(world.wait(&order), Status::Completed);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn complete_activity<T: Serialize>(
        &mut self,
        activity: impl Into<ActivityTarget>,
        result: T,
    ) -> Result<(), ClientError> {
        self.complete_activity_encoded(activity, encoded(&result))
    }

    /// Completes an activity from outside with a result that is encoded already.
    ///
    /// # Errors
    ///
    /// As [`complete_activity`](Self::complete_activity).
    pub fn complete_activity_encoded(
        &mut self,
        activity: impl Into<ActivityTarget>,
        result: Option<Payloads>,
    ) -> Result<(), ClientError> {
        let activity = activity.into();
        let lapsed = self.lapsed(&activity);
        let answer = self.tell_activity(activity.clone(), ActivityResponse::Completed(result));
        if let Err(error) = &answer {
            self.note_not_taken(&activity, lapsed, error);
        }
        answer.map(drop)
    }

    /// Fails an activity from outside; it is tried again if its retry policy allows it (T-6).
    ///
    /// # Errors
    ///
    /// What the server answers: no such activity runs, the attempt of the token is over, or the workflow is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Activity, ActivityContext, ActivityOptions, Context, Scenario, Workflow, WorkflowError, hours, mins};
    /// use rehearsal::{ActivityError, Status};
    /// # const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// # const ASK: Activity<(), String> = Activity::new("Ask");
    /// # async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    /// #     let options = ActivityOptions::start_to_close(hours(1)).with_id("ask");
    /// #     ctx.with_activity_options(options).execute(ASK, ()).await
    /// # }
    /// # async fn ask(_: ActivityContext, (): ()) -> Result<String, ActivityError> { Err(ActivityError::result_pending()) }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).activity(ASK, ask).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// world.advance(mins(10));
    /// let refused = ActivityError::application("nobody is there", "Gone").non_retryable();
    /// world.fail_activity((&order, "ask"), refused)?;
    /// assert_eq!(world.wait(&order), Status::Failed);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn fail_activity(
        &mut self,
        activity: impl Into<ActivityTarget>,
        error: impl Into<ActivityError>,
    ) -> Result<(), ClientError> {
        let failure = Box::new(error.into().into_failure());
        self.tell_activity(activity.into(), ActivityResponse::Failed(failure)).map(drop)
    }

    /// Confirms from outside that an activity is canceled.
    ///
    /// # Errors
    ///
    /// What the server answers: nobody asked it to cancel (C-28), no such activity runs, the attempt of the token is over,
    /// or the workflow is closed.
    ///
    /// # Panics
    ///
    /// Panics if `details` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Activity, ActivityContext, ActivityOptions, Context, Scenario, Workflow, WorkflowError, hours, mins};
    /// use rehearsal::{ActivityError, Status};
    /// # const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// # const ASK: Activity<(), String> = Activity::new("Ask");
    /// # async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    /// #     let options = ActivityOptions::start_to_close(hours(1)).with_id("ask").with_wait_for_cancellation();
    /// #     ctx.with_activity_options(options).execute(ASK, ()).await
    /// # }
    /// # async fn ask(_: ActivityContext, (): ()) -> Result<String, ActivityError> { Err(ActivityError::result_pending()) }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).activity(ASK, ask).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// world.advance(mins(10));
    /// assert!(world.cancel_activity((&order, "ask"), ()).is_err());
    /// world.cancel(&order)?;
    /// world.advance(mins(1));
    /// world.cancel_activity((&order, "ask"), "given up")?;
    /// assert_eq!(world.wait(&order), Status::Canceled);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn cancel_activity<T: Serialize>(
        &mut self,
        activity: impl Into<ActivityTarget>,
        details: T,
    ) -> Result<(), ClientError> {
        self.cancel_activity_encoded(activity, encoded(&details))
    }

    /// Confirms from outside that an activity is canceled, with details that are encoded already.
    ///
    /// # Errors
    ///
    /// As [`cancel_activity`](Self::cancel_activity).
    pub fn cancel_activity_encoded(
        &mut self,
        activity: impl Into<ActivityTarget>,
        details: Option<Payloads>,
    ) -> Result<(), ClientError> {
        self.tell_activity(activity.into(), ActivityResponse::Canceled(details)).map(drop)
    }

    /// Says from outside that an activity is alive; returns whether its workflow has asked it to cancel (C-25). Nothing is
    /// held back, unlike what activity code records.
    ///
    /// # Errors
    ///
    /// What the server answers: no such activity runs, the attempt of the token is over, or the workflow is closed.
    ///
    /// # Panics
    ///
    /// Panics if `details` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Activity, ActivityContext, ActivityOptions, Context, Scenario, Workflow, WorkflowError, hours, secs};
    /// use rehearsal::{ActivityError, Status};
    /// # const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// # const ASK: Activity<(), String> = Activity::new("Ask");
    /// # async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    /// #     let options = ActivityOptions::start_to_close(hours(1)).with_id("ask").with_heartbeat(secs(10));
    /// #     ctx.with_activity_options(options).execute(ASK, ()).await
    /// # }
    /// # async fn ask(_: ActivityContext, (): ()) -> Result<String, ActivityError> { Err(ActivityError::result_pending()) }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).activity(ASK, ask).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// for done in 0..5 {
    ///     world.advance(secs(8));
    ///     assert!(!world.heartbeat_activity((&order, "ask"), done)?);
    /// }
    /// world.complete_activity((&order, "ask"), "yes")?;
    /// assert_eq!(world.wait(&order), Status::Completed);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn heartbeat_activity<T: Serialize>(
        &mut self,
        activity: impl Into<ActivityTarget>,
        details: T,
    ) -> Result<bool, ClientError> {
        self.heartbeat_activity_encoded(activity, encoded(&details))
    }

    /// Says from outside that an activity is alive, with details that are encoded already.
    ///
    /// # Errors
    ///
    /// As [`heartbeat_activity`](Self::heartbeat_activity).
    pub fn heartbeat_activity_encoded(
        &mut self,
        activity: impl Into<ActivityTarget>,
        details: Option<Payloads>,
    ) -> Result<bool, ClientError> {
        let activity = activity.into();
        let answer = self.tell_activity(activity.clone(), ActivityResponse::Heartbeat(details))?;
        let cancel_requested = matches!(answer, Answer::Heartbeat { cancel_requested: true });
        self.note_heartbeat(&activity, cancel_requested);
        Ok(cancel_requested)
    }

    /// The tokens of the attempts that workers have taken so far of an activity of the current run of a workflow, in
    /// order: what the code of each attempt could have told somebody.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Activity, ActivityContext, ActivityOptions, Context, Scenario, Workflow, WorkflowError, hours, mins};
    /// use rehearsal::{ActivityError, Status};
    /// # const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// # const ASK: Activity<(), String> = Activity::new("Ask");
    /// # async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    /// #     let options = ActivityOptions::start_to_close(hours(1)).with_id("ask");
    /// #     ctx.with_activity_options(options).execute(ASK, ()).await
    /// # }
    /// # async fn ask(_: ActivityContext, (): ()) -> Result<String, ActivityError> { Err(ActivityError::result_pending()) }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).activity(ASK, ask).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// world.advance(mins(10));
    /// let tokens = world.activity_tokens("order-7", "ask");
    /// world.complete_activity(tokens[0], "yes")?;
    /// assert_eq!(world.wait(&order), Status::Completed);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    #[must_use]
    pub fn activity_tokens(&self, workflow_id: &str, activity_id: &str) -> Vec<ActivityToken> {
        let Some(run) = self.service.run_of(workflow_id) else { return Vec::new() };
        let calls = self.record.calls.iter().map(|call| call.token);
        let scheduled = self.scheduled_as(run, activity_id);
        calls.filter(|token| token.run == run && Some(token.scheduled) == scheduled).collect()
    }

    fn tell_activity(
        &mut self,
        activity: ActivityTarget,
        response: ActivityResponse,
    ) -> Result<Answer, ClientError> {
        self.moved = true;
        let identity = IDENTITY;
        let token = match activity {
            ActivityTarget::Id { workflow_id, run_id, activity_id } => {
                let target = Target { run_id, ..Target::current(workflow_id) };
                return self.call(Input::RespondActivityById {
                    target,
                    activity_id,
                    response,
                    identity,
                });
            }
            ActivityTarget::Token(token) => token,
        };
        self.call(match response {
            ActivityResponse::Completed(result) => {
                Input::RespondActivityCompleted { token, result, identity }
            }
            ActivityResponse::Failed(failure) => Input::RespondActivityFailed {
                token,
                failure: *failure,
                last_heartbeat_details: None,
                identity,
            },
            ActivityResponse::Canceled(details) => {
                Input::RespondActivityCanceled { token, details, identity }
            }
            ActivityResponse::Heartbeat(details) => Input::RecordHeartbeat { token, details },
        })
    }

    /// The run and the activity that are meant, if there are any such.
    fn meant(&self, activity: &ActivityTarget) -> Option<(RunRef, EventId)> {
        match activity {
            ActivityTarget::Id { workflow_id, run_id, activity_id } => {
                let run = self.service.meant(&target(workflow_id, run_id.as_deref())).ok()?;
                Some((run, self.scheduled_as(run, activity_id)?))
            }
            ActivityTarget::Token(token) => {
                let known = self.service.runs().any(|run| run == token.run);
                known.then_some((token.run, token.scheduled))
            }
        }
    }

    /// The last activity of a run that was scheduled with this id.
    fn scheduled_as(&self, run: RunRef, activity_id: &str) -> Option<EventId> {
        self.service.history(run).iter().rev().find_map(|event| match &event.kind {
            EventKind::ActivityTaskScheduled(it) if it.activity_id == activity_id => Some(event.id),
            _ => None,
        })
    }

    /// Whether a token names an attempt that timed out, while the activity goes on.
    fn lapsed(&self, activity: &ActivityTarget) -> bool {
        let ActivityTarget::Token(token) = activity else { return false };
        let Some((run, scheduled)) = self.meant(activity) else { return false };
        let Some(standing) = self.service.standing(run, scheduled) else { return false };
        let last = standing.last_failure.and_then(|failure| failure.info.as_ref());
        standing.attempt > token.attempt && matches!(last, Some(FailureInfo::Timeout(_)))
    }

    fn note_heartbeat(&mut self, activity: &ActivityTarget, cancel_requested: bool) {
        let Some((run, scheduled)) = self.meant(activity) else { return };
        let Some(standing) = self.service.standing(run, scheduled) else { return };
        let answer =
            if cancel_requested { HeartbeatAnswer::CancelRequested } else { HeartbeatAnswer::GoOn };
        self.record.heartbeats.push(Heartbeat {
            at: self.elapsed(),
            activity: standing.attributes.activity_type.name.clone(),
            run_id: self.service.run(run).run_id.clone(),
            scheduled,
            attempt: standing.attempt,
            answer,
        });
    }

    fn note_not_taken(&mut self, activity: &ActivityTarget, lapsed: bool, error: &ClientError) {
        if let Some((run, scheduled)) = self.meant(activity) {
            let (at, run_id) = (self.elapsed(), self.service.run(run).run_id.clone());
            let answer = error.to_string().into();
            self.record.too_late.push(NotTaken { at, run_id, scheduled, lapsed, answer });
        }
    }
}

fn encoded<T: Serialize>(value: &T) -> Option<Payloads> {
    Payloads::encode(value).unwrap_or_else(|error| panic!("a value for an activity: {error}"))
}
