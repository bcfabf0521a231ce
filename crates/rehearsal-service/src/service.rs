//! The front door: finds the run that a request means, and keeps the time of all.

mod find;
mod forget;
mod namespace;
mod query;
mod restore;
mod start;
mod transfer;
mod with_start;

use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_activation::TaskResponse;
use rehearsal_history::{ById, Event, EventId, SmolStr, Timestamp};

use crate::config::ServiceConfig;
use crate::error::{InvalidRequest, NotFound, RequestError};
use crate::indexes::Indexes;
use crate::input::{ActivityResponse, Answer, Input, Outbox, RunRef, Target};
use crate::run::{Requester, Run, Turn};
use crate::runs::Runs;
use crate::view::{
    ChildStanding, DeadlineOf, PendingOp, PendingState, RunView, SkippingView, Standing, TaskState,
    UpdateStage,
};
use crate::words::{Across, skipping};

/// The simulated Temporal service: all runs of one namespace.
///
/// Time is given to every call and must not run backwards. Runs are kept for good, closed ones too, unless
/// [`forget`](Service::forget) is called.
///
/// # Examples
///
/// ```
/// use rehearsal_history::Timestamp;
/// use rehearsal_service::{Answer, Effect, Input, Outbox, Service, ServiceConfig, StartWorkflow};
///
/// let mut service = Service::new(ServiceConfig::default());
/// let mut out = Outbox::default();
/// let start = StartWorkflow {
///     workflow_id: "order-7".into(),
///     run_id: "run-1".into(),
///     workflow_type: "Order".into(),
///     task_queue: "main".into(),
///     ..StartWorkflow::default()
/// };
/// let answer = service.handle(Timestamp::EPOCH, Input::StartWorkflow(Box::new(start)), &mut out)?;
///
/// let run = service.run_of("order-7").unwrap();
/// assert_eq!(answer, Answer::Started(run));
/// assert_eq!(out.effects[0], Effect::Started { run });
/// assert!(matches!(out.effects[1], Effect::WorkflowTask { attempt: 1, .. }));
/// let names: Vec<&str> = service.history(run).iter().map(|event| event.kind.name()).collect();
/// assert_eq!(names, ["WorkflowExecutionStarted", "WorkflowTaskScheduled"]);
/// # Ok::<(), rehearsal_service::RequestError>(())
/// ```
#[derive(Debug, Default)]
pub struct Service {
    config: ServiceConfig,
    runs: Runs,
    /// The last run of each workflow.
    current: ById<RunRef>,
    /// By their own ids.
    by_run_id: ById<RunRef>,
    /// How many deadlines were armed so far.
    armed: u64,
    indexes: Indexes,
}

impl Service {
    /// A service without any workflow.
    #[must_use]
    pub fn new(config: ServiceConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// Handles one input at virtual time `now`. Effects are appended to `out`, which is never emptied here.
    ///
    /// # Errors
    ///
    /// [`RequestError`], which tells what a client or worker of the real server would be told. A refused request changes
    /// nothing, with two exceptions: [`InvalidRequest::Refused`] may have failed the workflow task and scheduled the
    /// next; and [`NotFound::TaskHeartbeat`] has timed it out and started the next.
    #[expect(clippy::too_many_lines, reason = "an arm for each input")]
    pub fn handle(
        &mut self,
        now: Timestamp,
        input: Input,
        out: &mut Outbox,
    ) -> Result<Answer, RequestError> {
        match input {
            Input::StartWorkflow(start) => self.start(now, *start, out),
            Input::SignalWorkflow { target, name, input, header, identity, request_id } => {
                let (run, by) = (self.find(&target)?, Requester::Client { identity, request_id });
                self.within(now, run, out, |run, turn| run.signal(turn, name, input, header, by))?;
                Ok(Answer::Done)
            }
            Input::RequestCancelWorkflow { target, reason, identity } => {
                let run = self.find_chain(&target)?;
                let by = Requester::Client { identity, request_id: SmolStr::default() };
                self.holding(now, run, out, |run, turn| run.request_cancel(turn, reason, by))?;
                Ok(Answer::Done)
            }
            Input::TerminateWorkflow { target, reason, details, identity } => {
                let run = self.find_chain(&target)?;
                self.holding(now, run, out, |run, turn| {
                    run.terminate(turn, reason, details, identity)
                })?;
                Ok(Answer::Done)
            }
            Input::UpdateWorkflow { target, request } => {
                let run = self.find(&target)?;
                let id = request.meta.clone().unwrap_or_default().update_id;
                let first = target.first_run_id.filter(|first| !first.is_empty());
                self.holding(now, run, out, |run, turn| {
                    // Unlike a cancel it minds the chain of a closed run, too, and of one that it names
                    // (`ApplyRequest` in `service/history/api/updateworkflow/api.go`).
                    if first.is_some_and(|first| first != run.view().first_run_id) {
                        return Err(NotFound::Chain.into());
                    }
                    run.admit(turn, id, *request)
                })?;
                Ok(Answer::Done)
            }
            Input::UpdateTimeSkipping { target, mut config, identity } => {
                let checked = skipping::check(config.as_deref_mut());
                checked.map_err(InvalidRequest::Skipping)?;
                let run = self.find(&target)?;
                self.holding(now, run, out, |run, turn| {
                    run.update_skipping(turn, config, identity)
                })?;
                Ok(Answer::Done)
            }
            Input::SignalWithStart { start, name, input } => {
                self.signal_with_start(now, *start, name, input, out)
            }
            Input::UpdateWithStart { start, request } => {
                self.update_with_start(now, *start, *request, out)
            }
            Input::Query(input) => self.query(now, *input, out),
            Input::StartWorkflowTask { run, scheduled, attempt, identity, request_id, poll } => {
                self.holding(now, run, out, |run, turn| {
                    run.start_task(turn, scheduled, attempt, identity, request_id, poll)
                })
                .map(Answer::WorkflowTask)
            }
            Input::RespondWorkflowTask { response, request_id } => {
                self.respond(now, response, request_id, out)
            }
            Input::StartActivityTask { run, scheduled, attempt, identity, request_id } => self
                .holding(now, run, out, |run, turn| {
                    run.start_activity(turn, scheduled, attempt, identity, request_id)
                })
                .map(Answer::ActivityTask),
            Input::RecordHeartbeat { token, details } => self
                .holding(now, self.owner(token)?, out, |run, turn| {
                    run.heartbeat(turn, token, details)
                })
                .map(|cancel_requested| Answer::Heartbeat { cancel_requested }),
            Input::RespondActivityCompleted { token, result, identity } => self
                .holding(now, self.owner(token)?, out, |run, turn| {
                    run.complete_activity(turn, token, result, identity)
                })
                .map(|()| Answer::Done),
            Input::RespondActivityFailed { token, failure, last_heartbeat_details, identity } => {
                self.holding(now, self.owner(token)?, out, |run, turn| {
                    run.fail_activity(turn, token, failure, last_heartbeat_details, identity)
                })
                .map(|()| Answer::Done)
            }
            Input::RespondActivityCanceled { token, details, identity } => self
                .holding(now, self.owner(token)?, out, |run, turn| {
                    run.cancel_activity(turn, token, details, identity)
                })
                .map(|()| Answer::Done),
            Input::RespondActivityById { target, activity_id, response, identity } => {
                self.respond_by_id(now, &target, activity_id, response, identity, out)
            }
            Input::Transfer { run, across, run_id } => {
                Ok(self.transfer(now, run, across, &run_id, out))
            }
            Input::Elapsed => Ok(self.elapse(now, out)),
            Input::Shift { run, armed, at } => {
                self.within(now, run, out, |run, turn| run.shift(turn, armed, at));
                Ok(Answer::Done)
            }
        }
    }

    /// When the next deadline goes off; [`Input::Elapsed`] is wanted then. `None` if nothing will happen by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.indexes.soonest().map(|(wake, _)| wake.at)
    }

    /// The run that this deadline is of.
    #[must_use]
    pub fn next_to_elapse(&self) -> Option<RunRef> {
        self.indexes.soonest().map(|(_, run)| run)
    }

    /// What this deadline is about.
    #[must_use]
    pub fn next_deadline(&self) -> Option<DeadlineOf> {
        self.runs[self.next_to_elapse()?.index()].next_deadline()
    }

    /// The run that another is to be told of, or told something by it, when this happens: the parent of one that has closed,
    /// the one that a signal or a cancel is for.
    #[must_use]
    pub fn other_side(&self, run: RunRef, across: Across) -> Option<RunRef> {
        let run = &self.runs[run.index()];
        match across {
            Across::StartChild { .. } => None,
            Across::SignalExternal { initiated } | Across::CancelExternal { initiated } => {
                self.run_of(&run.external(initiated)?.pending().id)
            }
            Across::Close => {
                let (parent, _) = run.parent()?;
                self.run_by_id(&parent.workflow_id, &parent.run_id)
            }
        }
    }

    /// Whether a run is open.
    #[must_use]
    pub const fn has_open(&self) -> bool {
        self.indexes.has_open()
    }

    /// How many events the longest history has.
    #[must_use]
    pub const fn longest_history(&self) -> usize {
        self.indexes.longest()
    }

    /// A number for what is pending in which run: kind, name and state of each operation. It is the same for the same,
    /// whatever the ids are and their order, and another one for others but in one of 2^64 cases.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.indexes.fingerprint()
    }

    /// The current run of a workflow: the last that was started, closed or not.
    #[must_use]
    pub fn run_of(&self, workflow_id: &str) -> Option<RunRef> {
        self.current.get(workflow_id).copied()
    }

    /// A certain run of a workflow.
    #[must_use]
    pub fn run_by_id(&self, workflow_id: &str, run_id: &str) -> Option<RunRef> {
        let run = *self.by_run_id.get(run_id)?;
        (self.run(run).workflow_id == workflow_id).then_some(run)
    }

    /// All runs, in the order in which they were started, those that were [forgotten](Self::forget) among them.
    pub fn runs(&self) -> impl Iterator<Item = RunRef> + '_ {
        self.runs_from(0)
    }

    /// The runs that were started behind so many others.
    pub fn runs_from(&self, first: usize) -> impl Iterator<Item = RunRef> + '_ {
        let number = u32::try_from(first).unwrap_or(u32::MAX);
        (number..).map(RunRef).take(self.runs.len().saturating_sub(first))
    }

    /// What is known of a run at a glance.
    ///
    /// # Panics
    ///
    /// Panics if the run is of another service. So do all that take one.
    #[must_use]
    pub fn run(&self, run: RunRef) -> &RunView {
        self.runs[run.index()].view()
    }

    /// The events of a run that are recorded: ids 1, 2, 3, …
    #[must_use]
    pub fn history(&self, run: RunRef) -> &[Arc<Event>] {
        self.runs[run.index()].history()
    }

    /// The events of a run as a client sees them: with those of a transient workflow task, whose ids are provisional
    /// (H-9).
    #[must_use]
    pub fn visible_history(&self, run: RunRef) -> Vec<Arc<Event>> {
        self.runs[run.index()].visible_history()
    }

    /// Whether the workflow task of a run is there because the one before it has asked for it
    /// (`force_create_new_workflow_task`): the worker runs local activities that have not ended.
    #[must_use]
    pub fn goes_on(&self, run: RunRef) -> bool {
        self.runs[run.index()].goes_on()
    }

    /// How many bytes the history of a run has, as far as that is [estimated](crate::ServiceConfig).
    #[must_use]
    pub fn history_size(&self, run: RunRef) -> u64 {
        self.runs[run.index()].history_size()
    }

    /// The request that has started a run, if it is known: it is of a client's start.
    #[must_use]
    pub fn start_request(&self, run: RunRef) -> Option<&SmolStr> {
        Some(self.runs[run.index()].request_id()).filter(|id| !id.is_empty())
    }

    /// What is known of each run at the end, with its history as a client sees it, in the order in which they were
    /// started. Those that were [forgotten](Self::forget) are left out.
    pub fn into_runs(self) -> impl Iterator<Item = (RunView, Vec<Arc<Event>>)> {
        self.runs.into_kept().map(Run::into_view)
    }

    /// How far an update of a run has come; `None` if the run has none with this id.
    #[must_use]
    pub fn update(&self, run: RunRef, update_id: &str) -> Option<UpdateStage<'_>> {
        self.runs[run.index()].update(update_id)
    }

    /// How many events wait in the buffer for the end of the workflow task.
    #[must_use]
    pub fn buffered(&self, run: RunRef) -> usize {
        self.runs[run.index()].buffered()
    }

    /// Where the workflow task of a run stands.
    #[must_use]
    pub fn workflow_task(&self, run: RunRef) -> TaskState<'_> {
        self.runs[run.index()].workflow_task()
    }

    /// The same as a client is told: one that waited when the run was terminated or timed out is told of for ever.
    #[must_use]
    pub fn told_task(&self, run: RunRef) -> TaskState<'_> {
        self.runs[run.index()].told_task()
    }

    /// How the time of a run is skipped; `None` if nobody ever asked for it.
    #[must_use]
    pub fn skipping(&self, run: RunRef) -> Option<SkippingView<'_>> {
        self.runs[run.index()].skipping()
    }

    /// The time of a run when the time of the service is `now`: later, if time of it was skipped.
    #[must_use]
    pub fn time_of(&self, run: RunRef, now: Timestamp) -> Timestamp {
        now.saturating_add(self.runs[run.index()].ahead())
    }

    /// Whether an activity of a run stands there.
    #[must_use]
    pub fn has_activity(&self, run: RunRef, state: PendingState) -> bool {
        self.runs[run.index()].has_activity(state)
    }

    /// The key by which matching orders a task of a run, lower ones first: that of an activity, or its workflow task. 3 is where
    /// nothing is said: the middle of five levels (`DefaultPriorityKey` in `service/matching/config.go`).
    #[must_use]
    pub fn priority_key(&self, run: RunRef, activity: Option<EventId>) -> i32 {
        self.runs[run.index()].priority_key(activity)
    }

    /// How far the activity of a run has come that this event scheduled; `None` if it has ended, or is none.
    #[must_use]
    pub fn standing(&self, run: RunRef, scheduled: EventId) -> Option<Standing<'_>> {
        self.runs[run.index()].standing(scheduled)
    }

    /// How far the child of a run has come that this event asked for; `None` if it has ended, or is none.
    #[must_use]
    pub fn child_standing(&self, run: RunRef, initiated: EventId) -> Option<ChildStanding<'_>> {
        self.runs[run.index()].child_standing(initiated)
    }

    /// Activities, timers, children and requests to other workflows of a run that have not ended, in the order in which
    /// they were asked for. A closed run keeps those that were pending when it closed (W-16), but for its timers.
    #[must_use]
    pub fn pending(&self, run: RunRef) -> Vec<PendingOp> {
        self.runs[run.index()].pending()
    }

    /// Whether a workflow task of a run has been completed and left events. One that brought nothing but updates that were
    /// rejected leaves none (§2.3).
    #[must_use]
    pub fn has_completed_task(&self, run: RunRef) -> bool {
        self.runs[run.index()].has_completed_task()
    }

    fn respond(
        &mut self,
        now: Timestamp,
        response: TaskResponse,
        request_id: SmolStr,
        out: &mut Outbox,
    ) -> Result<Answer, RequestError> {
        let token = &response.token;
        let run =
            self.run_by_id(&token.workflow_id, &token.run_id).ok_or(NotFound::WorkflowTask)?;
        self.within(now, run, out, |run, turn| run.respond_task(turn, response, request_id)).map(
            |done| match done.dropped {
                Some(seen) => Answer::TaskDropped { seen, next: done.next },
                None => Answer::TaskDone { next: done.next },
            },
        )
    }

    fn respond_by_id(
        &mut self,
        now: Timestamp,
        target: &Target,
        activity_id: SmolStr,
        response: ActivityResponse,
        identity: SmolStr,
        out: &mut Outbox,
    ) -> Result<Answer, RequestError> {
        if activity_id.is_empty() {
            return Err(InvalidRequest::NoActivityId.into());
        }
        let run = self.find(target)?;
        self.holding(now, run, out, |run, turn| {
            run.respond_by_id(turn, activity_id, response, identity)
        })
    }

    /// A request that fails while it holds the lock of a run, open or closed: what the server has of that run in memory is
    /// thrown away. A few let go of the lock before they fail: signals, queries, and answers to a workflow task that is
    /// gone.
    fn holding<T, E>(
        &mut self,
        now: Timestamp,
        run: RunRef,
        out: &mut Outbox,
        body: impl FnOnce(&mut Run, &mut Turn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.within(now, run, out, |run, turn| {
            let answer = body(run, turn);
            if answer.is_err() {
                run.forget(turn);
            }
            answer
        })
    }

    fn within<T>(
        &mut self,
        now: Timestamp,
        run: RunRef,
        out: &mut Outbox,
        body: impl FnOnce(&mut Run, &mut Turn<'_>) -> T,
    ) -> T {
        out.touched.push(run);
        let state = &mut self.runs[run.index()];
        let mut turn = Turn::new(now, state.ahead(), &self.config, &mut self.armed, out);
        state.advance(&turn);
        let answer = body(state, &mut turn);
        check_rebuilt(turn.config, state);
        self.indexes.update(run, state);
        turn.tell_loose(run);
        if let Some(next) = turn.next.take() {
            self.begin(now, next, out);
        }
        answer
    }

    /// Ends, as every round uses up a deadline, and whatever a round arms lies ahead.
    fn elapse(&mut self, now: Timestamp, out: &mut Outbox) -> Answer {
        while let Some((_, run)) = self.indexes.soonest().filter(|(wake, _)| wake.at <= now) {
            self.within(now, run, out, Run::elapse);
        }
        Answer::Done
    }
}

/// Law 6, for Rehearsal's own suites.
fn check_rebuilt(config: &ServiceConfig, run: &Run) {
    if config.rebuilds {
        let unlike = run.unlike_its_history();
        assert_eq!(unlike, None, "evolving a history gives the state of the run (law 6)");
    }
}
