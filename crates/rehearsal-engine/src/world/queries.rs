//! Queries: asked by the client, answered by a worker, and asked again to see whether they only look.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::names::Query as QueryName;
use rehearsal_activation::{
    Activation, AnswerQuery, Completion, Definition, Instance, Query, QueryTask, TaskOutcome,
    Trouble, WorkflowCommand,
};
use rehearsal_history::{EventId, Failure, Payloads, SmolStr, TaskQueue, TaskQueueKind};
use rehearsal_service::{Answer, Input, QueryInput, RequestError, RunRef, Target, TaskState};
use rehearsal_worker::{Worker, WorkerInput, WorkerOutput};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::{ClientError, decoded, target};
use super::{Handle, World};
use crate::journal::Pause;

/// How long a client waits for an answer if it says nothing else: `defaultRPCTimeout` of Go's client, and the timeout of
/// Rust's.
const PATIENCE: Duration = Duration::from_secs(10);

/// A query that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryHandle {
    pub(super) id: SmolStr,
    pub(super) target: Target,
}

/// A query that waits for a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadyQuery {
    pub(super) run: RunRef,
    pub(super) id: SmolStr,
}

/// A query that a client waits for.
#[derive(Debug)]
pub(super) struct Asked {
    run: RunRef,
    query: Query,
    /// The worker that has it.
    host: Option<usize>,
    answer: Option<Result<AnswerQuery, RequestError>>,
}

impl Asked {
    pub(super) const fn new(run: RunRef, query: Query) -> Self {
        Self { run, query, host: None, answer: None }
    }

    pub(super) const fn run(&self) -> RunRef {
        self.run
    }

    pub(super) const fn answer(&self) -> Option<&Result<AnswerQuery, RequestError>> {
        self.answer.as_ref()
    }
}

impl World {
    /// Asks a workflow, closed or not, and waits for the answer: for 10 s of virtual time, as the SDKs do.
    ///
    /// If a workflow task is pending the query rides on it, so that it sees all that came before. Nothing of it is
    /// recorded. The handler is asked twice more, in a replay: it must answer the same, or it is a finding (RH110).
    ///
    /// # Errors
    ///
    /// What the client gets: the workflow has no such handler, or the handler failed ([`ClientError::QueryFailed`]); no
    /// such workflow; nobody answers in time ([`ClientError::DeadlineExceeded`]); the answer is no `O`.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Query, Scenario, Workflow, WorkflowError, mins};
    /// # const ORDER: Workflow<(), ()> = Workflow::new("Order");
    /// const STAGE: Query<(), String> = Query::new("stage");
    /// # async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    /// #     ctx.on_query(STAGE, |()| Ok("packing".to_owned()));
    /// #     ctx.sleep(mins(5)).await
    /// # }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// assert_eq!(world.query(&order, STAGE, ())?, "packing");
    ///
    /// let unknown = world.query(&order, Query::<(), ()>::new("color"), ()).unwrap_err();
    /// assert_eq!(
    ///     unknown.to_string(),
    ///     "unknown queryType color. KnownQueryTypes=[__stack_trace __open_sessions __temporal_workflow_metadata stage]"
    /// );
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn query<I: Serialize, O: DeserializeOwned>(
        &mut self,
        handle: &Handle,
        query: QueryName<I, O>,
        input: I,
    ) -> Result<O, ClientError> {
        let name = query.into_name();
        let input = Payloads::encode(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
        let id = &handle.workflow_id;
        let answer = self.query_workflow(id, None, &name, input.as_ref(), PATIENCE)?;
        decoded(answer.as_ref())
    }

    /// Asks the current run of a workflow, or the run that is named, and waits `patience` for the answer.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins, secs};
    /// use rehearsal::ClientError;
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// world.start(NAP, "nap-1", ());
    /// let refused = world.query_workflow("nap-2", None, "stage", None, secs(1)).unwrap_err();
    /// assert_eq!(refused.to_string(), "workflow not found for ID: nap-2");
    /// let failed = world.query_workflow("nap-1", None, "stage", None, secs(1));
    /// assert!(matches!(failed, Err(ClientError::QueryFailed { .. })));
    /// ```
    pub fn query_workflow(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        name: &str,
        input: Option<&Payloads>,
        patience: Duration,
    ) -> Result<Option<Payloads>, ClientError> {
        let give_up = self.clock.now() + patience;
        self.patiently(self.scenario.client_retries, give_up, |world| {
            let left = give_up.since(world.clock.now());
            let sent = world.send_query_within(workflow_id, run_id, name, input, left)?;
            let answer = world.query_answer(&sent, left);
            world.forget_query(&sent);
            answer
        })
    }

    /// Asks the current run of a workflow, or the run that is named, and goes on; [`query_answer`](Self::query_answer)
    /// waits for the answer. The service is told that the client waits for 10 s.
    ///
    /// # Errors
    ///
    /// What the client gets at once: there is no such workflow; it holds as many queries as it may
    /// ([`ClientError::ResourceExhausted`]); its first workflow task comes only when the client does not wait any more
    /// ([`ClientError::NotReady`]).
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Query, Scenario, Workflow, WorkflowError, mins, secs};
    /// # const ORDER: Workflow<(), ()> = Workflow::new("Order");
    /// # async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    /// #     ctx.on_query(Query::<(), String>::new("stage"), |()| Ok("packing".to_owned()));
    /// #     ctx.sleep(mins(5)).await
    /// # }
    /// use rehearsal::{ClientError, WorkerSpec};
    ///
    /// // A worker comes a minute late.
    /// let scenario = Scenario::new("order").workflow(ORDER, order);
    /// let mut world = scenario.worker(WorkerSpec::new("main").from(mins(1))).world();
    /// world.start(ORDER, "order-7", ());
    /// let sent = world.send_query("order-7", None, "stage", None)?;
    /// assert_eq!(world.query_answer(&sent, secs(1)), Err(ClientError::DeadlineExceeded));
    /// assert!(world.query_answer(&sent, mins(2)).is_ok());
    /// # Ok::<(), ClientError>(())
    /// ```
    pub fn send_query(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        name: &str,
        input: Option<&Payloads>,
    ) -> Result<QueryHandle, ClientError> {
        self.send_query_within(workflow_id, run_id, name, input, PATIENCE)
    }

    /// The same of a client that waits for so long.
    ///
    /// # Errors
    ///
    /// As [`send_query`](Self::send_query).
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, StartOptions, Workflow, WorkflowError, mins, secs};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// let mut options = StartOptions::new("Nap", "nap-1");
    /// options.start_delay = Some(mins(1));
    /// world.start_workflow(options)?;
    /// let refused = world.send_query_within("nap-1", None, "stage", None, secs(30)).unwrap_err();
    /// assert_eq!(refused.to_string(), "Workflow task is not scheduled yet.");
    /// assert!(world.send_query_within("nap-1", None, "stage", None, mins(2)).is_ok());
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn send_query_within(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        name: &str,
        input: Option<&Payloads>,
        patience: Duration,
    ) -> Result<QueryHandle, ClientError> {
        let target = target(workflow_id, run_id);
        let header = self.scenario.profile.client_header();
        let query = Query { name: name.into(), input: input.cloned(), header, ..Query::default() };
        self.inquire(target, query, patience)
    }

    /// Waits `patience` for the answer to a query; zero looks whether it is there. It may be asked for again and again.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    ///
    /// # Examples
    ///
    /// See [`send_query`](Self::send_query).
    pub fn query_answer(
        &mut self,
        sent: &QueryHandle,
        patience: Duration,
    ) -> Result<Option<Payloads>, ClientError> {
        let give_up = self.clock.now() + patience;
        let waits =
            |world: &Self| world.asked_queries.get(&sent.id).is_some_and(|it| it.answer.is_none());
        while waits(self) && self.step(give_up) {}
        self.bound();
        let asked = self.asked_queries.get(&sent.id);
        match asked.and_then(|asked| asked.answer.clone()) {
            Some(Ok(AnswerQuery { answer: Ok(value), .. })) => Ok(value),
            Some(Ok(AnswerQuery { answer: Err(failure), .. })) => {
                Err(ClientError::QueryFailed { message: failure.message })
            }
            Some(Err(error)) => Err(error),
            None => Err(ClientError::DeadlineExceeded),
        }
    }

    /// The client waits for a query no more: nobody answers it who has not begun to.
    pub fn forget_query(&mut self, sent: &QueryHandle) {
        let asked = self.asked_queries.remove(&sent.id);
        if asked.is_some_and(|asked| asked.answer.is_none()) {
            let (target, query) = (sent.target.clone(), sent.id.clone());
            // It is there, or it would have been refused.
            let _forgotten =
                self.call(Input::Query(Box::new(QueryInput::Forget { target, query })));
        }
    }

    /// A worker takes a query and answers it.
    pub(super) fn take_query(&mut self, host: usize, query: &ReadyQuery, queue: &TaskQueue) {
        self.note_host(host, [&query.id]);
        if self.hosts[host].spec.remote {
            return self.take_remote_query(host, query, queue);
        }
        let run_id = self.service.run(query.run).run_id.clone();
        let cached =
            queue.kind == TaskQueueKind::Sticky && self.hosts[host].worker.is_cached(&run_id);
        let warm = cached.then(|| self.query_task(query, true)).flatten();
        let answer = warm.and_then(|task| self.ask_cached(host, task)).or_else(|| {
            let task = self.query_task(query, false)?;
            let mut reader = Reader::of(self, host, &task)?;
            Some(reader.read(task))
        });
        if let Some(answer) = answer {
            let input = QueryInput::Answer { run: query.run, answer };
            // Cannot be refused.
            let _done = self.call(Input::Query(Box::new(input)));
        }
    }

    /// The server asks a query again that it has lost; its client is told if that is refused.
    pub(super) fn repeat_query(&mut self, query: ReadyQuery) {
        let ReadyQuery { run, id } = query;
        let input = QueryInput::AskAgain { run, query: id.clone() };
        if let Err(error) = self.call(Input::Query(Box::new(input)))
            && let Some(asked) = self.asked_queries.get_mut(&id)
        {
            asked.answer = Some(Err(error));
        }
    }

    /// A worker has these queries: it is the one that is asked again.
    pub(super) fn note_host<'a>(
        &mut self,
        host: usize,
        queries: impl IntoIterator<Item = &'a SmolStr>,
    ) {
        for id in queries {
            if let Some(asked) = self.asked_queries.get_mut(id) {
                asked.host = Some(host);
            }
        }
    }

    pub(super) fn query_task(&mut self, query: &ReadyQuery, cached: bool) -> Option<QueryTask> {
        let (run, query) = (query.run, query.id.clone());
        let input = QueryInput::Take { run, query, cached };
        match self.call(Input::Query(Box::new(input))) {
            Ok(Answer::Query(task)) => Some(*task),
            Ok(_) | Err(_) => None,
        }
    }

    /// Asks the instance in the cache of a worker; `None` if it is not as far as the service is.
    fn ask_cached(&mut self, host: usize, task: QueryTask) -> Option<AnswerQuery> {
        let run_id = task.run_id.clone();
        let mut next = Some(WorkerInput::Query(Box::new(task)));
        let mut outputs = Vec::new();
        let mut answered = None;
        while let Some(input) = next.take() {
            self.hosts[host].worker.handle(input, &mut outputs);
            for output in outputs.drain(..) {
                match output {
                    WorkerOutput::Answer(answer) => answered = Some(*answer),
                    WorkerOutput::NeedWholeHistory { .. } => {}
                    WorkerOutput::Activate(activation) => {
                        let instance = self.hosts[host].instances.get_mut(&run_id)?;
                        let completion = instance.activate(&activation);
                        let run_id = run_id.clone();
                        next = Some(WorkerInput::Completed { run_id, completion });
                    }
                    other => next = self.follow(host, &run_id, other).or(next),
                }
            }
        }
        answered
    }

    /// A query was answered: the client is told, and it is looked whether the handler did more than look.
    pub(super) fn query_answered(&mut self, answer: &AnswerQuery) {
        let Some(asked) = self.asked_queries.get_mut(&answer.query_id) else { return };
        let (run, query, host) = (asked.run, asked.query.clone(), asked.host);
        asked.answer = Some(Ok(answer.clone()));
        let message = match (&answer.meddling, host) {
            (Some(meddling), _) => Some(meddling.to_string()),
            (None, Some(host)) => self.look_again(run, host, &query, answer),
            (None, None) => None,
        };
        if let Some(message) = message {
            let run_id = self.service.run(run).run_id.clone();
            let name = query.name.to_string();
            self.note_trouble(run_id, None, Trouble::QueryMeddled { name, message });
        }
    }

    /// Asks the query twice more, of an instance of the same worker's code that is made by a replay of what is recorded.
    /// Says what differs.
    fn look_again(
        &self,
        run: RunRef,
        host: usize,
        query: &Query,
        answer: &AnswerQuery,
    ) -> Option<String> {
        if !matches!(self.service.workflow_task(run), TaskState::None) {
            // What is recorded is further than what was asked.
            return None;
        }
        let view = self.service.run(run);
        let task = QueryTask {
            workflow_id: view.workflow_id.clone(),
            run_id: view.run_id.clone(),
            workflow_type: view.workflow_type.clone(),
            previous_started: EventId::NONE,
            events: self.service.history(run).to_vec(),
            query: query.clone(),
        };
        let _pause = Pause::new(self.journal.as_ref());
        let mut reader = Reader::of(self, host, &task)?;
        let replayed = reader.read(task);
        if reader.failed {
            return None;
        }
        let again = reader.again()?;
        let pairs = [(answer, &replayed, "in a replay"), (&replayed, &again, "once more")];
        pairs
            .into_iter()
            .find(|(one, other, _)| one.answer != other.answer)
            .map(|(one, other, how)| format!("it answers {}, and {how} {}", said(one), said(other)))
    }
}

/// An answer for people.
fn said(answer: &AnswerQuery) -> String {
    match &answer.answer {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(payloads)) => {
            let first = payloads.as_slice().first().and_then(|payload| payload.as_json());
            format!("`{}`", first.unwrap_or("?"))
        }
        Err(failure) => format!("`{}`", failure.message),
    }
}

/// A worker that does nothing but replay one run for a query.
struct Reader {
    worker: Worker,
    definition: Arc<dyn Definition>,
    instance: Option<Box<dyn Instance>>,
    /// What the instance was asked last.
    asked: Option<Activation>,
    /// Whether the replay did not come to its end.
    failed: bool,
}

impl Reader {
    /// One with the settings and the code of a worker; `None` if the type is not registered.
    fn of(world: &World, host: usize, task: &QueryTask) -> Option<Self> {
        let code = world.hosts[host].spec.code_of(&task.workflow_type);
        let definition = world.scenario.definition(code)?.clone();
        let worker = Worker::new(world.hosts[host].worker.options().clone());
        Some(Self { worker, definition, instance: None, asked: None, failed: false })
    }

    /// Replays the run and asks.
    fn read(&mut self, task: QueryTask) -> AnswerQuery {
        let (run_id, query_id) = (task.run_id.clone(), task.query.id.clone());
        let mut next = Some(WorkerInput::Query(Box::new(task)));
        let mut outputs = Vec::new();
        let mut failure = Failure::application("the workflow could not be replayed", "");
        while let Some(input) = next.take() {
            self.worker.handle(input, &mut outputs);
            for output in outputs.drain(..) {
                match output {
                    WorkerOutput::Answer(answer) => return *answer,
                    WorkerOutput::Instantiate { .. } => {
                        self.instance = Some(self.definition.instantiate());
                    }
                    WorkerOutput::Activate(activation) => {
                        let Some(instance) = &mut self.instance else { continue };
                        let completion = instance.activate(&activation);
                        self.asked = Some(activation);
                        let run_id = run_id.clone();
                        next = Some(WorkerInput::Completed { run_id, completion });
                    }
                    WorkerOutput::Respond(response) => {
                        if let TaskOutcome::Failed(failed) = response.outcome {
                            // As Go words it (`completeWorkflow`).
                            let message = format!("Workflow panic: {}", failed.failure.message);
                            failure = Failure { message: message.into(), ..failed.failure };
                        }
                    }
                    // None is run for a query.
                    WorkerOutput::Local(_)
                    | WorkerOutput::Evict { .. }
                    | WorkerOutput::Silent { .. }
                    | WorkerOutput::NeedFullHistory { .. }
                    | WorkerOutput::NeedWholeHistory { .. }
                    | WorkerOutput::Mismatch(_)
                    | WorkerOutput::Trouble { .. } => {}
                }
            }
        }
        self.failed = true;
        AnswerQuery { query_id, answer: Err(Box::new(failure)), meddling: None }
    }

    /// Asks the same once more.
    fn again(&mut self) -> Option<AnswerQuery> {
        let completion = self.instance.as_mut()?.activate(self.asked.as_ref()?);
        let Completion::Commands(commands) = completion else { return None };
        commands.into_iter().find_map(|command| match command {
            WorkflowCommand::AnswerQuery(answer) => Some(*answer),
            _ => None,
        })
    }
}
