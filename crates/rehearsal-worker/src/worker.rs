//! A worker between the service and the instances in its cache.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use rehearsal_activation::{
    Activation, Completion, ServerCommand, TaskDelivery, TaskOutcome, TaskResponse, TaskToken,
    Trouble, WorkerTaskFailure,
};
use rehearsal_history::{EventId, Failure, SmolStr, TaskQueue, WorkflowTaskFailedCause};

use crate::go;
use crate::mismatch::Mismatch;
use crate::profile::Profile;
use crate::session::Session;
use crate::slice::{Slices, Task, slice};

/// What a worker says of itself and where it polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerOptions {
    /// Its name, recorded with what it does.
    pub identity: SmolStr,
    /// The queue that only it polls.
    pub sticky_queue: SmolStr,
    /// The queue that it shares with others.
    pub task_queue: SmolStr,
    /// How long a task may wait in the sticky queue; 5 s in Go (W-9).
    pub sticky_timeout: Duration,
    /// Whose rules apply.
    pub profile: Profile,
}

/// What a worker is told.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkerInput {
    /// A workflow task.
    Task(Box<TaskDelivery>),
    /// An instance has answered its activation.
    Completed {
        /// The run.
        run_id: SmolStr,
        /// The answer.
        completion: Completion,
    },
    /// The service has accepted the response to the last task.
    Accepted {
        /// The run.
        run_id: SmolStr,
    },
    /// The service has refused the response to the last task: the run leaves the cache.
    Rejected {
        /// The run.
        run_id: SmolStr,
    },
}

/// What a worker wants done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkerOutput {
    /// A fresh instance is needed for the run.
    Instantiate {
        /// The run.
        run_id: SmolStr,
        /// Its type.
        workflow_type: SmolStr,
    },
    /// The instance is to be activated; [`WorkerInput::Completed`] brings its answer.
    Activate(Activation),
    /// The instance is to be dropped.
    Evict {
        /// The run.
        run_id: SmolStr,
    },
    /// The service is to be told; [`WorkerInput::Accepted`] or [`WorkerInput::Rejected`] brings its answer.
    Respond(Box<TaskResponse>),
    /// The task failed on an attempt after the first, so nothing is sent, and the service lets it time out (W-7).
    Silent {
        /// The task.
        token: TaskToken,
    },
    /// The delivery does not continue what is in the cache, and is not a full history. The same task is to be delivered
    /// again with all events from the first (Go asks the service for them).
    NeedFullHistory {
        /// The task.
        token: TaskToken,
    },
    /// A replay in a cold cache asked for something else than recorded. If that breaks production, the task fails.
    Mismatch(Box<Mismatch>),
    /// Something is wrong with the workflow; the task fails.
    Trouble {
        /// The run.
        run_id: SmolStr,
        /// What.
        trouble: Trouble,
    },
}

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
/// use rehearsal_history::{EventId, HistoryBuilder};
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
    cache: BTreeMap<SmolStr, Box<Run>>,
}

/// A run in the cache.
#[derive(Debug, Clone)]
struct Run {
    session: Session,
    /// The `WorkflowTaskStarted` of the last task that was responded to.
    seen: EventId,
    work: Option<Work>,
}

/// A delivery that is worked on.
#[derive(Debug, Clone)]
struct Work {
    token: TaskToken,
    /// The task whose activation is with the instance.
    current: Task,
    /// Those behind it; the last is the live one.
    queue: VecDeque<Task>,
}

impl Worker {
    /// A worker with an empty cache.
    #[must_use]
    pub const fn new(options: WorkerOptions) -> Self {
        Self { options, cache: BTreeMap::new() }
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
            WorkerInput::Completed { run_id, completion } => self.complete(run_id, completion, out),
            WorkerInput::Accepted { .. } => {}
            WorkerInput::Rejected { run_id } => self.drop_run(run_id, out),
        }
    }

    /// Whether the run is in the cache.
    #[must_use]
    pub fn is_cached(&self, run_id: &str) -> bool {
        self.cache.contains_key(run_id)
    }

    /// Drops the run from the cache; its next task is replayed from the start. The instance is the caller's to drop.
    pub fn evict(&mut self, run_id: &str) {
        self.cache.remove(run_id);
    }

    /// A delivery has come. It continues what is in the cache only if it begins right behind what was seen, and nothing
    /// else is under way; else the run starts over.
    fn take(&mut self, delivery: TaskDelivery, out: &mut Vec<WorkerOutput>) {
        let TaskDelivery { token, workflow_type, first_event, events, .. } = delivery;
        let run_id = token.run_id.clone();
        let cached = self.cache.remove(&run_id);
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
            let session = Session::new(self.options.profile, token.workflow_id.clone(), run_id);
            Box::new(Run { session, seen: EventId::NONE, work: None })
        };
        let Slices { tasks, open, .. } = slice(&events);
        let mut tasks = tasks.into_iter().chain(open);
        let current =
            tasks.next().filter(|_| events.last().is_some_and(|last| last.id == token.started));
        let Some(current) = current else {
            let message = "the delivery does not end with the task that it names".into();
            self.fail(&token, Trouble::Nondeterminism { message }, unhandled("BadDelivery"), out);
            return;
        };
        self.activate(run, Work { token, current, queue: tasks.collect() }, out);
    }

    /// Hands the current task to the instance.
    fn activate(&mut self, mut run: Box<Run>, work: Work, out: &mut Vec<WorkerOutput>) {
        let replaying = work.current.completed.is_some();
        match run.session.activate(&work.current, replaying) {
            Ok(activation) => {
                out.push(WorkerOutput::Activate(activation));
                let run_id = work.token.run_id.clone();
                run.work = Some(work);
                self.cache.insert(run_id, run);
            }
            Err(mismatch) => {
                let failure = run.session.failure(&work.current, &mismatch);
                self.break_off(&work.token, mismatch, failure, out);
            }
        }
    }

    /// The instance has answered.
    fn complete(&mut self, run_id: SmolStr, completion: Completion, out: &mut Vec<WorkerOutput>) {
        let Some(mut run) = self.cache.remove(&run_id) else { return };
        let Some(work) = run.work.take() else {
            self.cache.insert(run_id, run);
            return;
        };
        let commands = match completion {
            Completion::Commands(commands) => commands,
            Completion::Failed(failed) => {
                let failure = WorkerTaskFailure { cause: failed.cause, failure: failed.failure };
                self.fail(&work.token, failed.trouble, failure, out);
                return;
            }
        };
        let commands = match run.session.send(work.current.started, commands) {
            Ok(commands) => commands,
            Err(refusal) => {
                let (cause, failure) = go::refusal_failure(&refusal);
                self.fail(&work.token, refusal.into(), WorkerTaskFailure { cause, failure }, out);
                return;
            }
        };
        if work.current.completed.is_some() {
            self.judge(run, work, &commands, out);
        } else {
            self.respond(run, work, commands, out);
        }
    }

    /// A recorded task: its commands are compared, and the next task is activated.
    fn judge(
        &mut self,
        mut run: Box<Run>,
        mut work: Work,
        commands: &[ServerCommand],
        out: &mut Vec<WorkerOutput>,
    ) {
        let judgment = run.session.judge(&work.current, commands);
        out.extend(
            judgment.mild.into_iter().map(|mismatch| WorkerOutput::Mismatch(Box::new(mismatch))),
        );
        if let Some(mismatch) = judgment.broken {
            let failure = run.session.failure(&work.current, &mismatch);
            self.break_off(&work.token, mismatch, failure, out);
        } else if let Some(next) = work.queue.pop_front() {
            work.current = next;
            self.activate(run, work, out);
        } else {
            let message = "the delivery holds no task that is open".into();
            self.fail(
                &work.token,
                Trouble::Nondeterminism { message },
                unhandled("BadDelivery"),
                out,
            );
        }
    }

    /// The live task: its commands are sent. A run that is closed by them leaves the cache.
    fn respond(
        &mut self,
        mut run: Box<Run>,
        work: Work,
        commands: Vec<ServerCommand>,
        out: &mut Vec<WorkerOutput>,
    ) {
        let closes = commands.iter().any(ServerCommand::is_close);
        let queue =
            TaskQueue::sticky(self.options.sticky_queue.clone(), self.options.task_queue.clone());
        let outcome = TaskOutcome::Completed {
            commands,
            sticky: Some((queue, self.options.sticky_timeout)),
            sdk_metadata: run.session.sdk_metadata(),
            force_new_task: false,
        };
        run.seen = work.current.started;
        let run_id = work.token.run_id.clone();
        let identity = self.options.identity.clone();
        out.push(WorkerOutput::Respond(Box::new(TaskResponse {
            token: work.token,
            identity,
            outcome,
        })));
        if closes {
            out.push(WorkerOutput::Evict { run_id });
        } else {
            self.cache.insert(run_id, run);
        }
    }

    /// A replay does not agree with the history.
    fn break_off(
        &mut self,
        token: &TaskToken,
        mismatch: Box<Mismatch>,
        failure: WorkerTaskFailure,
        out: &mut Vec<WorkerOutput>,
    ) {
        out.push(WorkerOutput::Mismatch(mismatch));
        self.fail_task(token, failure, out);
    }

    /// Something is wrong with the workflow.
    fn fail(
        &mut self,
        token: &TaskToken,
        trouble: Trouble,
        failure: WorkerTaskFailure,
        out: &mut Vec<WorkerOutput>,
    ) {
        out.push(WorkerOutput::Trouble { run_id: token.run_id.clone(), trouble });
        self.fail_task(token, failure, out);
    }

    /// Reports the failure of a first attempt and keeps silent on others (W-7); the run leaves the cache.
    fn fail_task(
        &mut self,
        token: &TaskToken,
        failure: WorkerTaskFailure,
        out: &mut Vec<WorkerOutput>,
    ) {
        out.push(if token.attempt > 1 {
            WorkerOutput::Silent { token: token.clone() }
        } else {
            WorkerOutput::Respond(Box::new(TaskResponse {
                token: token.clone(),
                identity: self.options.identity.clone(),
                outcome: TaskOutcome::Failed(Box::new(failure)),
            }))
        });
        self.cache.remove(&token.run_id);
        out.push(WorkerOutput::Evict { run_id: token.run_id.clone() });
    }

    fn drop_run(&mut self, run_id: SmolStr, out: &mut Vec<WorkerOutput>) {
        if self.cache.remove(&run_id).is_some() {
            out.push(WorkerOutput::Evict { run_id });
        }
    }
}

/// A delivery that no service should make.
fn unhandled(kind: &str) -> WorkerTaskFailure {
    WorkerTaskFailure {
        cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
        failure: Failure::application("the delivery is not one of a workflow task", kind),
    }
}
