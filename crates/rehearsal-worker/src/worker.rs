//! A worker between the service and the instances in its cache.

mod failed;
mod local;
mod message;
mod query;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use rehearsal_activation::{
    AnswerQuery, Completion, Query, ServerCommand, TaskDelivery, TaskOutcome, TaskResponse,
    TaskToken, WorkerTaskFailure, WorkflowCommand,
};
use rehearsal_history::{ById, EventId, SmolStr, TaskQueue, Timestamp};

pub use self::message::{WorkerInput, WorkerOptions, WorkerOutput};
use crate::local::LocalEvent;
use crate::matcher::Ends;
use crate::mismatch::{Grade, Mismatch};
use crate::profile::Profile;
use crate::session::{Halt, Session, Turn};
use crate::slice::{Slices, Task, slice_as};

/// A worker: its cache of runs, and what it makes of deliveries and completions.
///
/// It never waits: [`handle`](Self::handle) says what is to be done, and is told what came of it. A run that is not in the
/// cache is replayed from its full history first, one activation for each recorded task.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal_activation::{Completion, TaskDelivery, TaskToken};
/// use rehearsal_history::{ById, EventId, HistoryBuilder};
/// use rehearsal_worker::{Profile, Worker, WorkerInput, WorkerOptions, WorkerOutput};
///
/// let mut history = HistoryBuilder::new("order");
/// let started = history.start_task();
/// let delivery = TaskDelivery {
///     token: TaskToken {
///         workflow_id: "order-7".into(),
///         run_id: "run".into(),
///         scheduled: EventId(2),
///         started,
///         attempt: 1,
///     },
///     workflow_type: "order".into(),
///     previous_started: EventId::NONE,
///     first_event: EventId::FIRST,
///     events: history.build().events().to_vec(),
///     messages: Vec::new(),
///     queries: Vec::new(),
/// };
///
/// let mut worker = Worker::new(WorkerOptions {
///     identity: "worker-1".into(),
///     sticky_queue: "worker-1-sticky".into(),
///     task_queue: "main".into(),
///     sticky_timeout: Duration::from_secs(5),
///     profile: Profile::Go,
/// });
/// let mut out = Vec::new();
/// worker.handle(WorkerInput::Task(Box::new(delivery)), &mut out);
/// assert!(matches!(out[..], [WorkerOutput::Instantiate { .. }, WorkerOutput::Activate(_)]));
///
/// let completion = Completion::Commands(Vec::new());
/// worker.handle(WorkerInput::Completed { run_id: "run".into(), completion }, &mut out);
/// assert!(matches!(out.last(), Some(WorkerOutput::Respond(_))));
/// ```
#[derive(Debug, Clone)]
pub struct Worker {
    options: WorkerOptions,
    cache: ById<Box<Run>>,
    /// How often a run came into the cache.
    lives: u64,
    now: Timestamp,
}

/// A run in the cache.
#[derive(Debug, Clone)]
struct Run {
    session: Session,
    /// The `WorkflowTaskStarted` of the last task that was responded to.
    seen: EventId,
    /// Its time, which is workflow time.
    time: Timestamp,
    work: Option<Work>,
    /// The query without a workflow task that the instance is asked.
    asked: Option<SmolStr>,
    /// Which one it is of those that came into the cache.
    life: u64,
    /// What happened to local activities while no task waited for them.
    happened: VecDeque<LocalEvent>,
    /// Whether its last task was answered with a heartbeat.
    beaten: bool,
}

impl Run {
    /// A run of which nothing was seen yet.
    fn new(session: Session, life: u64) -> Box<Self> {
        let (seen, time) = (EventId::NONE, Timestamp::EPOCH);
        let (session, happened) = (session.with_life(life), VecDeque::new());
        let (work, asked) = (None, None);
        Box::new(Self { session, seen, time, work, asked, life, happened, beaten: false })
    }
}

/// A delivery that is worked on.
#[derive(Debug, Clone)]
struct Work {
    token: TaskToken,
    /// The task whose activation is with the instance.
    current: Task,
    /// Those behind it; the last is the live one.
    queue: VecDeque<Task>,
    /// The queries that ride on the live one.
    queries: Vec<Query>,
    /// The query that all of it is replayed for: then none is live.
    direct: Option<Query>,
    /// What the live one is answered with, while its queries are asked.
    held: Option<Vec<ServerCommand>>,
    /// What differs in a task before, of which the SDK has not noticed yet.
    late: Option<Box<Halt>>,
    /// Whether it waits for local activities, and not for the instance.
    waits: bool,
    /// Whether its heartbeat was asked for.
    beats: bool,
    /// Whether its answer is its heartbeat.
    beating: bool,
}

impl Work {
    /// Work on these tasks, the last of which is live.
    const fn new(token: TaskToken, current: Task, queue: VecDeque<Task>) -> Self {
        Self {
            token,
            current,
            queue,
            queries: Vec::new(),
            direct: None,
            held: None,
            late: None,
            waits: false,
            beats: false,
            beating: false,
        }
    }
}

/// What is to be done next with a task.
enum Step {
    /// It begins.
    Activate,
    /// The instance has asked for this.
    Answer(Vec<WorkflowCommand>),
    /// This happened to a local activity.
    Local(LocalEvent),
}

impl Worker {
    /// A worker with an empty cache.
    #[must_use]
    pub const fn new(options: WorkerOptions) -> Self {
        Self { options, cache: ById::new(), lives: 0, now: Timestamp::EPOCH }
    }

    /// What is handed to it from now on happens at this time. It matters to local activities alone.
    pub const fn at(&mut self, now: Timestamp) -> &mut Self {
        self.now = now;
        self
    }

    /// What it says of itself.
    #[must_use]
    pub const fn options(&self) -> &WorkerOptions {
        &self.options
    }

    /// Takes `input`, and pushes on `out` what is to be done about it.
    ///
    /// What concerns a run that is not in the cache, such as the completion of an instance that was evicted meanwhile,
    /// is dropped.
    pub fn handle(&mut self, input: WorkerInput, out: &mut Vec<WorkerOutput>) {
        match input {
            WorkerInput::Task(delivery) => self.take(*delivery, out),
            WorkerInput::Query(task) => self.take_query(*task, out),
            WorkerInput::Completed { run_id, completion } => self.complete(run_id, completion, out),
            WorkerInput::Local(happened) => self.happened(happened, out),
            WorkerInput::Accepted { .. } => {}
            WorkerInput::Dropped { run_id, seen } => {
                if let Some(run) = self.cache.get_mut(&run_id) {
                    run.seen = seen;
                }
            }
            WorkerInput::Rejected { run_id } => self.drop_run(run_id, out),
        }
    }

    /// Whether the run is in the cache.
    #[must_use]
    pub fn is_cached(&self, run_id: &str) -> bool {
        self.cache.contains(run_id)
    }

    /// Whether the run is in the cache and has something to do: a task that is not answered, or a query.
    #[must_use]
    pub fn is_busy(&self, run_id: &str) -> bool {
        self.cache.get(run_id).is_some_and(|run| run.work.is_some() || run.asked.is_some())
    }

    /// Drops the run from the cache; its next task is replayed from the start. The instance is the caller's to drop.
    pub fn evict(&mut self, run_id: &str) {
        self.cache.remove(run_id);
    }

    /// A delivery has come. It continues what is in the cache only if it begins right behind what was seen, and nothing
    /// else is under way; else the run starts over.
    fn take(&mut self, mut delivery: TaskDelivery, out: &mut Vec<WorkerOutput>) {
        let run_id = delivery.token.run_id.clone();
        let cached = self.cache.remove(&run_id);
        if let Some(run) = &cached {
            delivery = self.without_seen(delivery, run);
        }
        let TaskDelivery { token, workflow_type, first_event, events, messages, queries, .. } =
            delivery;
        let was_cached = cached.is_some();
        let warm = cached.filter(|run| {
            run.work.is_none() && run.seen.next() == first_event && !run.seen.is_none()
        });
        let run = if let Some(run) = warm {
            run
        } else {
            if was_cached {
                out.push(WorkerOutput::Evict { run_id: run_id.clone() });
            }
            if first_event != EventId::FIRST {
                out.push(WorkerOutput::NeedFullHistory { token });
                return;
            }
            out.push(WorkerOutput::Instantiate { run_id: run_id.clone(), workflow_type });
            self.fresh(token.workflow_id.clone(), run_id)
        };
        let Slices { tasks, mut open, .. } = slice_as(self.options.profile, &events);
        if let Some(open) = &mut open {
            open.messages.splice(0..0, messages);
        }
        let mut tasks = tasks.into_iter().chain(open);
        let current =
            tasks.next().filter(|_| events.last().is_some_and(|last| last.id == token.started));
        let Some(current) = current else {
            let message = "the delivery does not end with the task that it names";
            return self.bad_delivery(&token, message, out);
        };
        let queue = tasks.collect();
        let work = Work { queries, ..Work::new(token, current, queue) };
        self.turn(run, work, Step::Activate, out);
    }

    /// The instance has answered.
    fn complete(&mut self, run_id: SmolStr, completion: Completion, out: &mut Vec<WorkerOutput>) {
        let Some(mut run) = self.cache.remove(&run_id) else { return };
        if let Some(query) = run.asked.take() {
            let failed = matches!(completion, Completion::Failed(_));
            let answers = query::answers(&run_id, &[query], completion, out);
            if failed {
                // The instance is of no use any more.
                out.push(WorkerOutput::Evict { run_id });
            } else {
                self.cache.insert(run_id, run);
            }
            return out.extend(answers.into_iter().map(|it| WorkerOutput::Answer(Box::new(it))));
        }
        let Some(mut work) = run.work.take_if(|work| !work.waits) else {
            self.cache.insert(run_id, run);
            return;
        };
        // Core lets a task fail whose queries fail it (`failed_completion` in `managed_run.rs`); Go answers them with that.
        let fails =
            self.options.profile == Profile::Core && matches!(completion, Completion::Failed(_));
        if let Some(commands) = work.held.take_if(|_| !fails) {
            let ids: Vec<SmolStr> = work.queries.iter().map(|query| query.id.clone()).collect();
            let answers = query::answers(&run_id, &ids, completion, out);
            return self.send(run, work, commands, answers, out);
        }
        match completion {
            Completion::Commands(commands) => {
                self.turn(run, work, Step::Answer(commands), out);
            }
            Completion::Failed(failed) => {
                let failure = WorkerTaskFailure { cause: failed.cause, failure: failed.failure };
                self.fail(&work.token, failed.trouble, failure, out);
            }
        }
    }

    /// A run that comes into the cache.
    fn fresh(&mut self, workflow_id: SmolStr, run_id: SmolStr) -> Box<Run> {
        let session = Session::new(self.options.profile, workflow_id, run_id, Ends::Otherwise);
        self.lives += 1;
        Run::new(session, self.lives)
    }

    /// A run goes back into the cache, with what it is worked on.
    fn keep(&mut self, mut run: Box<Run>, work: Work) {
        let run_id = work.token.run_id.clone();
        run.work = Some(work);
        self.cache.insert(run_id, run);
    }

    /// Goes on until the instance is to be activated, or the task is responded to.
    fn turn(
        &mut self,
        mut run: Box<Run>,
        mut work: Work,
        mut step: Step,
        out: &mut Vec<WorkerOutput>,
    ) {
        loop {
            let replaying = work.current.completed.is_some();
            work.waits = false;
            run.session.at(self.now);
            let turn = match step {
                Step::Activate => run.session.activate(&work.current, replaying),
                Step::Answer(commands) => run.session.answer(&work.current, replaying, commands),
                Step::Local(happened) => run.session.local(&work.current, happened),
            };
            let requests = run.session.take_local().into_iter();
            out.extend(requests.filter(|_| work.direct.is_none()).map(WorkerOutput::Local));
            let run_id = &work.token.run_id;
            let troubles = run.session.take_troubles().into_iter();
            out.extend(
                troubles.map(|trouble| WorkerOutput::Trouble { run_id: run_id.clone(), trouble }),
            );
            let commands = match turn {
                Ok(Turn::Activate(activation)) => {
                    out.push(WorkerOutput::Activate(activation));
                    return self.keep(run, work);
                }
                Ok(Turn::Answered(commands)) => commands,
                Ok(Turn::Waits) => {
                    if let Some(happened) = run.happened.pop_front() {
                        step = Step::Local(happened);
                        continue;
                    }
                    return self.wait(run, work, out);
                }
                Err(halt) => return self.break_off(run, work, *halt, out),
            };
            if !replaying {
                return self.end(run, work, commands, out);
            }
            let judgment = run.session.judge(&work.current, &commands);
            let mild = judgment.mild.into_iter();
            out.extend(mild.map(|mismatch| WorkerOutput::Mismatch(Box::new(mismatch))));
            match judgment.broken {
                Some(halt) if halt.is_late() => {
                    work.late.get_or_insert(halt);
                }
                Some(halt) => return self.break_off(run, work, *halt, out),
                None => {}
            }
            if judgment.over
                && work.direct.is_none()
                && let Some(live) = work.queue.pop_back()
            {
                // Go: what this task asks for answers the live one (`ProcessWorkflowTask`, see `matcher`).
                Self::settle(&mut run.session, out);
                work.current = live;
                return self.respond(run, work, commands, out);
            }
            let next = work.queue.pop_front();
            if next.as_ref().is_none_or(|next| next.completed.is_none()) {
                work.leave_open(&mut run.session);
            }
            let Some(next) = next else {
                if let Some(query) = work.direct.take() {
                    return self.ask_direct(run, work, query, out);
                }
                let message = "the delivery holds no task that is open";
                return self.bad_delivery(&work.token, message, out);
            };
            if next.completed.is_none() {
                Self::settle(&mut run.session, out);
            }
            work.current = next;
            step = Step::Activate;
        }
    }

    /// No recorded task comes any more.
    fn settle(session: &mut Session, out: &mut Vec<WorkerOutput>) {
        let settled = session.settle().into_iter();
        out.extend(settled.map(|mismatch| WorkerOutput::Mismatch(Box::new(mismatch))));
    }

    /// The live task is over: its commands are sent, unless a task before differs. Go does not look if the workflow closes
    /// (`ProcessWorkflowTask`; recorded: `version-forgotten-at-close`).
    fn end(
        &mut self,
        run: Box<Run>,
        mut work: Work,
        commands: Vec<ServerCommand>,
        out: &mut Vec<WorkerOutput>,
    ) {
        match work.late.take().map(|late| *late) {
            Some(Halt::Broken(broken)) if commands.iter().any(ServerCommand::is_close) => {
                let grade = Grade::ChangesBehavior;
                let unseen = Mismatch { grade, ..*broken.mismatch };
                out.push(WorkerOutput::Mismatch(Box::new(unseen)));
                self.respond(run, work, commands, out);
            }
            Some(halt) => self.halt(&work.token, halt, out),
            None => self.respond(run, work, commands, out),
        }
    }

    /// The live task: its commands are sent. A run that is closed by them leaves the cache.
    fn respond(
        &mut self,
        run: Box<Run>,
        mut work: Work,
        commands: Vec<ServerCommand>,
        out: &mut Vec<WorkerOutput>,
    ) {
        if let Some(query) = work.direct.take() {
            self.ask_direct(run, work, query, out);
        } else if work.queries.is_empty() {
            self.send(run, work, commands, Vec::new(), out);
        } else {
            work.held = Some(commands);
            self.ask_with_task(run, work, out);
        }
    }

    fn send(
        &mut self,
        mut run: Box<Run>,
        work: Work,
        commands: Vec<ServerCommand>,
        answers: Vec<AnswerQuery>,
        out: &mut Vec<WorkerOutput>,
    ) {
        let closes = commands.iter().any(ServerCommand::is_close);
        let WorkerOptions { sticky_queue, task_queue, sticky_timeout, .. } = &self.options;
        let sticky = (!sticky_queue.is_empty()).then(|| {
            (TaskQueue::sticky(sticky_queue.clone(), task_queue.clone()), *sticky_timeout)
        });
        let outcome = TaskOutcome::Completed {
            commands,
            sticky,
            sdk_metadata: run.session.completes(work.current.started),
            force_new_task: work.beating,
            return_new_task: true,
        };
        Self::forget_heartbeat(&run, &work, out);
        (run.seen, run.time) = (work.current.started, work.current.time);
        run.beaten = work.beating;
        let run_id = work.token.run_id.clone();
        let identity = self.options.identity.clone();
        out.push(WorkerOutput::Respond(Box::new(TaskResponse {
            token: work.token,
            identity,
            outcome,
            answers,
        })));
        if closes {
            out.push(WorkerOutput::Evict { run_id });
        } else {
            self.cache.insert(run_id, run);
        }
    }

    fn drop_run(&mut self, run_id: SmolStr, out: &mut Vec<WorkerOutput>) {
        if self.cache.remove(&run_id).is_some() {
            out.push(WorkerOutput::Evict { run_id });
        }
    }
}
