//! The front door: one method for each request.

mod time;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rehearsal_activation::{Query, WorkerTaskFailure};
use rehearsal_history::event::UpdateRequest;
use rehearsal_history::{EventId, Failure, Payloads, SearchType, SmolStr};
use rehearsal_service::{Input, QueryRejectCondition, RequestError, StartWorkflow, Target};

use crate::answer::{
    Accepted, ActivityHeard, ActivityWork, Described, HistoryPage, Listed, QueryAnswer, Refused,
    Started, UpdateStanding, WorkflowWork,
};
use crate::ask::{
    ActivityDone, ActivityPoll, AttributesAsk, Completed, HistoryAsk, NexusPoll, Signal,
    UpdateWait, WorkerGone, WorkflowPoll,
};
use crate::inbox::{Request, Says, Shared, TaskSaid};

/// Takes an answer to whoever asked. Returns whether they are still there; a task that nobody took goes to another poll.
///
/// It is called on the thread of the house, or on that which lets a ticket expire, and must not wait.
pub type Reply<T> = Box<dyn FnOnce(Result<T, Refused>) -> bool + Send>;

/// A reply that is used once: by the house, or by a ticket that expires.
pub(crate) struct Slot<T>(Arc<Mutex<Option<Reply<T>>>>);

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("open", &self.is_open()).finish()
    }
}

impl<T> Slot<T> {
    pub(crate) fn new(reply: Reply<T>) -> Self {
        Self(Arc::new(Mutex::new(Some(reply))))
    }

    fn take(&self) -> Option<Reply<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether an answer is still wanted, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Answers, whether there is still somebody or not.
    pub(crate) fn tell(&self, answer: Result<T, Refused>) {
        self.answer(answer);
    }

    /// Answers. Returns whether the answer has come to somebody.
    pub(crate) fn answer(&self, answer: Result<T, Refused>) -> bool {
        self.take().is_some_and(|reply| reply(answer))
    }
}

/// A request that waits. Whoever keeps the time of the request lets it expire, or says that the caller is gone.
///
/// Dropping it does neither.
#[derive(Clone)]
pub struct Ticket {
    end: Arc<dyn Fn(bool) + Send + Sync>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}

impl Ticket {
    fn of<T: Send + 'static>(
        slot: &Slot<T>,
        empty: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        Self::ending(slot, move || Ok(empty()))
    }

    fn ending<T: Send + 'static>(
        slot: &Slot<T>,
        end: impl Fn() -> Result<T, Refused> + Send + Sync + 'static,
    ) -> Self {
        let slot = slot.clone();
        let ends = move |gone: bool| {
            if gone {
                drop(slot.take());
            } else {
                slot.answer(end());
            }
        };
        Self { end: Arc::new(ends) }
    }

    /// Its time is over: it is answered with nothing, unless it is answered already. A poll gets no task, a long poll an
    /// empty page from which it goes on.
    pub fn expire(&self) {
        (self.end)(false);
    }

    /// The caller is gone: what was to come to it goes elsewhere.
    pub fn gone(&self) {
        (self.end)(true);
    }
}

/// The front door of a [`House`](crate::House). Cheap to clone; every method returns at once and may be called by any
/// thread.
///
/// Each request has a [`Reply`], which is called exactly once, unless its ticket says that the caller is gone. After
/// [`close`](Self::close) all are answered with [`Refused::Closing`].
#[derive(Debug, Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

#[expect(
    clippy::must_use_candidate,
    reason = "whoever keeps no time of a request drops its ticket"
)]
impl Door {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn ask(&self, request: Request) {
        self.shared.push(request);
    }

    // What workers ask.

    /// A worker waits for workflow tasks and queries. Answered with none when the ticket expires.
    pub fn poll_workflow_task(
        &self,
        poll: WorkflowPoll,
        reply: Reply<Option<WorkflowWork>>,
    ) -> Ticket {
        let slot = Slot::new(reply);
        let ticket = Ticket::of(&slot, || None);
        self.shared.poll(poll, &slot);
        ticket
    }

    /// A worker waits for activity tasks.
    pub fn poll_activity_task(
        &self,
        poll: ActivityPoll,
        reply: Reply<Option<ActivityWork>>,
    ) -> Ticket {
        let slot = Slot::new(reply);
        let ticket = Ticket::of(&slot, || None);
        self.shared.poll(poll, &slot);
        ticket
    }

    /// A worker waits for Nexus tasks, of which there are none: it is answered with nothing when it ends, or when the ticket
    /// expires.
    pub fn poll_nexus_task(&self, poll: NexusPoll, reply: Reply<Option<Infallible>>) -> Ticket {
        let slot = Slot::new(reply);
        let ticket = Ticket::of(&slot, || None);
        self.shared.poll(poll, &slot);
        ticket
    }

    /// A worker completes a workflow task. Answered with the next task, if it takes one and there is one.
    pub fn respond_workflow_task_completed(
        &self,
        token: &[u8],
        completed: Completed,
        reply: Reply<Accepted>,
    ) {
        let said = TaskSaid::Completed(Box::new(completed), Slot::new(reply));
        self.shared.says(token, Says::Task(said));
    }

    /// A worker could not do a workflow task.
    pub fn respond_workflow_task_failed(
        &self,
        token: &[u8],
        identity: SmolStr,
        failure: WorkerTaskFailure,
        reply: Reply<()>,
    ) {
        let said = TaskSaid::Failed(identity, Box::new(failure), Slot::new(reply));
        self.shared.says(token, Says::Task(said));
    }

    /// A worker gives a workflow task up without a word, as the Go SDK does with attempts after the first. Nothing of this
    /// is told over a wire: a host that does not say so is waited for until its task has timed out in real time.
    pub fn abandon_workflow_task(&self, token: &[u8]) {
        self.shared.says(token, Says::Nothing);
    }

    /// The worker that has an attempt of an activity in hand has died: time need not pass with the clock on the wall for it.
    /// The attempt ends with its time-outs, as on a server, or is ended by whoever knows its token.
    pub fn abandon_activity(&self, token: &[u8]) {
        self.shared.sets_adrift(token);
    }

    /// A worker answers a query without a workflow task.
    pub fn respond_query_completed(
        &self,
        token: &[u8],
        answer: Result<Option<Payloads>, Box<Failure>>,
        reply: Reply<()>,
    ) {
        self.shared.says(token, Says::Query(answer, Slot::new(reply)));
    }

    /// An attempt of an activity says something: it ended, or is alive.
    pub fn respond_activity(
        &self,
        token: &[u8],
        done: ActivityDone,
        identity: SmolStr,
        reply: Reply<ActivityHeard>,
    ) {
        self.shared.says(token, Says::Activity(done, identity, Slot::new(reply)));
    }

    /// The same of an activity that is known by its id, whichever attempt it is at.
    pub fn respond_activity_by_id(
        &self,
        target: Target,
        activity_id: SmolStr,
        done: ActivityDone,
        identity: SmolStr,
        reply: Reply<ActivityHeard>,
    ) {
        self.ask(Request::ActivityById {
            target,
            activity_id,
            done,
            identity,
            reply: Slot::new(reply),
        });
    }

    /// A worker ends: its open polls are answered with nothing, and nothing is handed to it any more.
    pub fn worker_gone(&self, gone: &WorkerGone, reply: Reply<()>) {
        self.shared.worker_gone(gone);
        self.ask(Request::WorkerGone { gone: gone.clone(), reply: Slot::new(reply) });
    }

    /// A worker has dropped a run from its cache.
    pub fn reset_sticky(&self, target: Target, reply: Reply<()>) {
        self.ask(Request::ResetSticky { target, reply: Slot::new(reply) });
    }

    // What clients ask.

    /// Starts a workflow. The id of the run is not the caller's to say: it is left empty.
    pub fn start_workflow(&self, start: StartWorkflow, reply: Reply<Started>) {
        self.ask(Request::Start { start: Box::new(start), reply: Slot::new(reply) });
    }

    /// Signals a workflow, which is started first if none is running.
    pub fn signal_with_start(
        &self,
        start: StartWorkflow,
        name: SmolStr,
        input: Option<Payloads>,
        reply: Reply<Started>,
    ) {
        let start = Box::new(start);
        self.ask(Request::SignalWithStart { start, name, input, reply: Slot::new(reply) });
    }

    /// Signals a workflow.
    pub fn signal(&self, target: Target, signal: Signal, reply: Reply<()>) {
        let Signal { name, input, header, identity, request_id } = signal;
        let input = Input::SignalWorkflow { target, name, input, header, identity, request_id };
        self.ask(Request::Act { input: Box::new(input), reply: Slot::new(reply) });
    }

    /// Asks a workflow to cancel.
    pub fn cancel(&self, target: Target, reason: SmolStr, identity: SmolStr, reply: Reply<()>) {
        let input = Input::RequestCancelWorkflow { target, reason, identity };
        self.ask(Request::Act { input: Box::new(input), reply: Slot::new(reply) });
    }

    /// Ends a workflow by force.
    pub fn terminate(
        &self,
        target: Target,
        reason: SmolStr,
        details: Option<Payloads>,
        identity: SmolStr,
        reply: Reply<()>,
    ) {
        let input = Input::TerminateWorkflow { target, reason, details, identity };
        self.ask(Request::Act { input: Box::new(input), reply: Slot::new(reply) });
    }

    /// Asks a workflow, open or closed, unless the condition rejects that. The id of the query is not the caller's to say, how
    /// long the caller has patience is: a query that waits for the first workflow task is refused where that is too short.
    /// When the ticket expires the answer is [`RequestError::DeadlineExceeded`](rehearsal_service::RequestError).
    pub fn query(
        &self,
        target: Target,
        query: Query,
        condition: QueryRejectCondition,
        patience: Duration,
        reply: Reply<QueryAnswer>,
    ) -> Ticket {
        let slot = Slot::new(reply);
        let ticket =
            Ticket::ending(&slot, || Err(Refused::Request(RequestError::DeadlineExceeded)));
        self.ask(Request::Query { target, query, condition, patience, reply: slot });
        ticket
    }

    /// Updates a workflow, and waits until the update has come so far. When the ticket expires the answer is how far that
    /// is. Without an id in its meta it is given one.
    pub fn update(
        &self,
        target: Target,
        request: UpdateRequest,
        wait: UpdateWait,
        reply: Reply<UpdateStanding>,
    ) -> Ticket {
        let slot = Slot::new(reply);
        let ticket = admitted(&slot, &target, &update_id(&request));
        let request = Box::new(request);
        self.ask(Request::Update { target, request, wait, reply: slot });
        ticket
    }

    /// Waits until an update that was sent before has come so far.
    pub fn poll_update(
        &self,
        target: Target,
        update_id: SmolStr,
        wait: UpdateWait,
        reply: Reply<UpdateStanding>,
    ) -> Ticket {
        let slot = Slot::new(reply);
        let ticket = admitted(&slot, &target, &update_id);
        self.ask(Request::PollUpdate { target, update_id, wait, reply: slot });
        ticket
    }

    /// Updates a workflow, which is started first if its policies want that. Answered when the update has come so far; when
    /// the ticket expires, with how far it is.
    pub fn update_with_start(
        &self,
        start: StartWorkflow,
        request: UpdateRequest,
        wait: UpdateWait,
        reply: Reply<(Started, UpdateStanding)>,
    ) -> Ticket {
        let slot = Slot::new(reply);
        let (workflow_id, update_id) = (start.workflow_id.clone(), update_id(&request));
        let ran = Arc::new(Mutex::new(None::<Started>));
        let runs = Arc::clone(&ran);
        let ticket = Ticket::ending(&slot, move || {
            let started = runs.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let started = started.ok_or(Refused::Request(RequestError::DeadlineExceeded))?;
            let standing = UpdateStanding {
                workflow_id: workflow_id.clone(),
                run_id: started.run_id.clone(),
                update_id: update_id.clone(),
                stage: UpdateWait::Admitted,
                outcome: None,
            };
            Ok((started, standing))
        });
        let (start, request) = (Box::new(start), Box::new(request));
        self.ask(Request::UpdateWithStart { start, request, wait, ran, reply: slot });
        ticket
    }

    /// A part of a history; with `wait` a long poll, which makes time leap if it waits for the close.
    pub fn history(&self, ask: HistoryAsk, reply: Reply<HistoryPage>) -> Ticket {
        let slot = Slot::new(reply);
        let (run_id, from) = (ask.target.run_id.clone().unwrap_or_default(), ask.from);
        let empty = move || HistoryPage {
            run_id: run_id.clone(),
            events: Vec::new(),
            next: Some(from.max(EventId::FIRST)),
        };
        let ticket = Ticket::of(&slot, empty);
        self.ask(Request::History { ask, reply: slot });
        ticket
    }

    /// What can be seen of a run.
    pub fn describe(&self, target: Target, reply: Reply<Described>) {
        self.ask(Request::Describe { target, reply: Slot::new(reply) });
    }

    /// The runs that a query finds, last closed and last started first. Their number is what is counted.
    pub fn list(&self, query: SmolStr, reply: Reply<Vec<Listed>>) {
        self.ask(Request::List { query, reply: Slot::new(reply) });
    }

    /// Whether a worker polls this queue: the identities of those for workflow tasks, and of those for activities.
    pub fn pollers(&self, queue: SmolStr, reply: Reply<(Vec<SmolStr>, Vec<SmolStr>)>) {
        self.ask(Request::Pollers { queue, reply: Slot::new(reply) });
    }

    /// The search attributes of the namespace beside the server's own, once what is asked for is done.
    pub fn search_attributes(
        &self,
        ask: AttributesAsk,
        reply: Reply<BTreeMap<SmolStr, SearchType>>,
    ) {
        self.ask(Request::Attributes { ask, reply: Slot::new(reply) });
    }

    /// Something was asked for that is not simulated: the report names it.
    pub fn not_simulated(&self, what: impl Into<SmolStr>) {
        self.shared.not_simulated(what.into());
    }

    /// The server ends. All that waits is answered, and [`House::run`](crate::House::run) returns.
    pub fn close(&self) {
        self.shared.close();
    }
}

fn update_id(request: &UpdateRequest) -> SmolStr {
    request.meta.as_ref().map(|meta| meta.update_id.clone()).unwrap_or_default()
}

fn admitted(slot: &Slot<UpdateStanding>, target: &Target, update_id: &SmolStr) -> Ticket {
    let (target, update_id) = (target.clone(), update_id.clone());
    Ticket::of(slot, move || UpdateStanding {
        workflow_id: target.workflow_id.clone(),
        run_id: target.run_id.clone().unwrap_or_default(),
        update_id: update_id.clone(),
        stage: UpdateWait::Admitted,
        outcome: None,
    })
}
