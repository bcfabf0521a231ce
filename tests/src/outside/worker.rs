//! A worker that is a thread, and speaks through the door alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rehearsal_activation::{
    AnswerQuery, Definition, Instance, QueryTask, TaskDelivery, TaskOutcome, TaskResponse,
};
use rehearsal_history::{Event, EventId, Failure, SmolStr};
use rehearsal_remote::{
    Accepted, Completed, Door, HistoryAsk, Refused, Reply, WorkflowPoll, WorkflowWork,
};
use rehearsal_service::Target;
use rehearsal_worker::{Worker, WorkerInput, WorkerOptions, WorkerOutput};

/// What such a worker cannot do: its code lives on the executor of the engine, in virtual time.
pub const LOCAL: &str = "local activities run on the executor of the engine";

/// It does not fail the task of a workflow whose type it does not have, as an SDK does.
pub const NO_CODE: &str = "a workflow has no code";

/// The runs that the workers of a process are on, until they are answered. A process of Go has one cache for all its workers, and
/// locks a run in it for so long: of two that are on one run the second waits for the answer to the first.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<Locked>>);

#[derive(Debug, Default)]
struct Locked {
    runs: BTreeSet<SmolStr>,
    clashes: usize,
}

impl Cache {
    fn open(&self) -> MutexGuard<'_, Locked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task of this run was taken.
    fn lock(&self, run_id: &SmolStr) {
        let mut locked = self.open();
        let clashes = !locked.runs.insert(run_id.clone());
        locked.clashes += usize::from(clashes);
    }

    /// It was answered.
    fn unlock(&self, run_id: &SmolStr) {
        self.open().runs.remove(run_id);
    }

    /// How often a worker took a task of a run that another was on.
    #[must_use]
    pub fn clashes(&self) -> usize {
        self.open().clashes
    }
}

/// What a worker is made of.
#[derive(Clone)]
pub struct Native {
    /// The cache of its process.
    pub cache: Cache,
    /// What it says of itself.
    pub options: WorkerOptions,
    /// Its workflows, by type.
    pub code: BTreeMap<SmolStr, Arc<dyn Definition>>,
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Native").field("options", &self.options).finish_non_exhaustive()
    }
}

/// What comes to the thread of a worker.
enum Comes {
    Normal(Option<WorkflowWork>),
    Sticky(Option<WorkflowWork>),
    /// What came of the answer to a task of this run.
    Answered(SmolStr, Result<Accepted, Refused>),
    Over,
}

/// Works until the house is closed.
///
/// # Errors
///
/// What it cannot do, in a line: run local activities.
pub fn work(door: &Door, native: Native) -> Result<(), String> {
    let (comes, coming) = channel();
    let sticky = native.options.sticky_queue.clone();
    let mut process = Process {
        comes: comes.clone(),
        worker: Worker::new(native.options.clone()),
        native,
        door: door.clone(),
        instances: BTreeMap::new(),
    };
    poll(door, &process.native.options, false, &comes);
    if !sticky.is_empty() {
        poll(door, &process.native.options, true, &comes);
    }
    let worked = serve(&mut process, &coming);
    if worked.is_err() {
        // Nobody must wait for it.
        door.close();
    }
    worked
}

fn serve(process: &mut Process, coming: &Receiver<Comes>) -> Result<(), String> {
    while let Ok(came) = coming.recv() {
        let (work, polls) = match came {
            Comes::Normal(work) => (work, Some(false)),
            Comes::Sticky(work) => (work, Some(true)),
            Comes::Answered(run_id, answered) => (process.answered(run_id, answered), None),
            Comes::Over => break,
        };
        // As an SDK does: the next poll is open while it works.
        if let Some(sticky) = polls {
            poll(&process.door, &process.native.options, sticky, &process.comes);
        }
        if let Some(work) = work {
            process.take(work)?;
        }
    }
    Ok(())
}

fn poll(door: &Door, options: &WorkerOptions, sticky: bool, comes: &Sender<Comes>) {
    let comes = comes.clone();
    let reply: Reply<Option<WorkflowWork>> = Box::new(move |work| {
        let came = match work {
            Ok(work) if sticky => Comes::Sticky(work),
            Ok(work) => Comes::Normal(work),
            Err(_) => Comes::Over,
        };
        comes.send(came).is_ok()
    });
    let (queue, normal) = if sticky {
        (options.sticky_queue.clone(), Some(options.task_queue.clone()))
    } else {
        (options.task_queue.clone(), None)
    };
    door.poll_workflow_task(
        WorkflowPoll {
            identity: options.identity.clone(),
            queue,
            normal,
            ..WorkflowPoll::default()
        },
        reply,
    );
}

/// Asks at the door and waits for the answer.
///
/// # Errors
///
/// Why it was refused.
pub fn ask<T: Send + 'static>(ask: impl FnOnce(Reply<T>)) -> Result<T, Refused> {
    let (answers, answer) = channel();
    ask(Box::new(move |answer| answers.send(answer).is_ok()));
    answer.recv().unwrap_or(Err(Refused::Closing))
}

struct Process {
    comes: Sender<Comes>,
    native: Native,
    door: Door,
    worker: Worker,
    instances: BTreeMap<SmolStr, Box<dyn Instance>>,
}

impl Process {
    /// Does what it is given.
    fn take(&mut self, work: WorkflowWork) -> Result<(), String> {
        match work {
            WorkflowWork::Task { token, run_id, mut delivery, .. } => {
                delivery.token.run_id = run_id;
                self.task(&token, *delivery)
            }
            WorkflowWork::Query { token, run_id, mut task, queue: _ } => {
                task.run_id = run_id;
                let answer = self.query(*task)?;
                let told: Reply<()> = Box::new(|_| true);
                self.door.respond_query_completed(&token, answer.answer, told);
                Ok(())
            }
        }
    }

    fn task(&mut self, token: &[u8], delivery: TaskDelivery) -> Result<(), String> {
        let run_id = delivery.token.run_id.clone();
        self.native.cache.lock(&run_id);
        let mut whole = Some(delivery.clone());
        let mut next = Some(WorkerInput::Task(Box::new(delivery)));
        let mut outputs = Vec::new();
        while let Some(input) = next.take() {
            self.worker.handle(input, &mut outputs);
            for output in outputs.drain(..) {
                match output {
                    WorkerOutput::Respond(response) => {
                        self.respond(token, *response);
                        return Ok(());
                    }
                    WorkerOutput::Silent { .. } => {
                        self.native.cache.unlock(&run_id);
                        self.door.abandon_workflow_task(token);
                        return Ok(());
                    }
                    WorkerOutput::NeedFullHistory { .. } => {
                        let delivery = whole.take().ok_or("the whole history does not do")?;
                        next = Some(WorkerInput::Task(Box::new(self.whole(delivery))));
                    }
                    other => {
                        next = follow(&self.native, &mut self.instances, &run_id, other)?.or(next);
                    }
                }
            }
        }
        Err("the worker has nothing to say".to_owned())
    }

    /// Sends an answer. What comes of it comes as all else does: meanwhile there may be tasks of other runs.
    fn respond(&self, token: &[u8], response: TaskResponse) {
        let run_id = response.token.run_id.clone();
        let (comes, cache) = (self.comes.clone(), self.native.cache.clone());
        let answered = move |answer| {
            cache.unlock(&run_id);
            comes.send(Comes::Answered(run_id, answer)).is_ok()
        };
        match response.outcome {
            TaskOutcome::Completed {
                commands,
                sticky,
                sdk_metadata,
                force_new_task,
                return_new_task,
            } => {
                let completed = Completed {
                    identity: response.identity,
                    commands,
                    sticky,
                    sdk_metadata,
                    force_new_task,
                    return_new_task,
                    answers: response.answers,
                };
                self.door.respond_workflow_task_completed(token, completed, Box::new(answered));
            }
            TaskOutcome::Failed(failed) => {
                let answered = move |answer: Result<(), Refused>| {
                    answered(answer.map(|()| Accepted::default()))
                };
                let identity = response.identity;
                self.door.respond_workflow_task_failed(
                    token,
                    identity,
                    *failed,
                    Box::new(answered),
                );
            }
        }
    }

    /// An answer was accepted, or was not. Returns what comes with that.
    fn answered(
        &mut self,
        run_id: SmolStr,
        answered: Result<Accepted, Refused>,
    ) -> Option<WorkflowWork> {
        let (input, next) = match answered {
            Ok(Accepted { next, reset_history: None }) => (WorkerInput::Accepted { run_id }, next),
            Ok(Accepted { next, reset_history: Some(seen) }) => {
                (WorkerInput::Dropped { run_id, seen }, next)
            }
            Err(_) => (WorkerInput::Rejected { run_id }, None),
        };
        let mut outputs = Vec::new();
        self.worker.handle(input, &mut outputs);
        for output in outputs {
            if let WorkerOutput::Evict { run_id } = output {
                self.instances.remove(&run_id);
            }
        }
        next
    }

    /// Asked of the cache, or, if the run is not in it, of an instance that is made for this alone.
    fn query(&mut self, task: QueryTask) -> Result<AnswerQuery, String> {
        if task.events.is_empty()
            && let Some(answer) =
                ask_instance(&self.native, &mut self.worker, &mut self.instances, task.clone())?
        {
            return Ok(answer);
        }
        let events = if task.events.is_empty() {
            self.events(&task.workflow_id, &task.run_id)
        } else {
            task.events.clone()
        };
        let mut worker = Worker::new(self.native.options.clone());
        let id = task.query.id.clone();
        let task = QueryTask { events, ..task };
        let answer = ask_instance(&self.native, &mut worker, &mut BTreeMap::new(), task)?;
        let failure = || Box::new(Failure::application("the workflow could not be replayed", ""));
        let none = || AnswerQuery { query_id: id, answer: Err(failure()), meddling: None };
        Ok(answer.unwrap_or_else(none))
    }

    /// A delivery with all events from the first.
    fn whole(&self, mut delivery: TaskDelivery) -> TaskDelivery {
        let mut events = self.events(&delivery.token.workflow_id, &delivery.token.run_id);
        events.retain(|event| event.id < delivery.first_event);
        events.append(&mut delivery.events);
        TaskDelivery { events, first_event: EventId::FIRST, ..delivery }
    }

    /// The history as the worker of an SDK gets it, page for page.
    fn events(&self, workflow_id: &SmolStr, run_id: &SmolStr) -> Vec<Arc<Event>> {
        let mut events = Vec::new();
        let mut from = Some(EventId::FIRST);
        while let Some(at) = from {
            let target = Target::run(workflow_id.clone(), run_id.clone());
            let wanted = HistoryAsk { target, from: at, most: 5, wait: false, close_only: false };
            let page = ask(|reply| drop(self.door.history(wanted, reply)));
            let Ok(mut page) = page else { break };
            events.append(&mut page.events);
            from = page.next;
        }
        events
    }
}

fn ask_instance(
    native: &Native,
    worker: &mut Worker,
    instances: &mut BTreeMap<SmolStr, Box<dyn Instance>>,
    task: QueryTask,
) -> Result<Option<AnswerQuery>, String> {
    let run_id = task.run_id.clone();
    let mut next = Some(WorkerInput::Query(Box::new(task)));
    let mut outputs = Vec::new();
    while let Some(input) = next.take() {
        worker.handle(input, &mut outputs);
        for output in outputs.drain(..) {
            match output {
                WorkerOutput::Answer(answer) => return Ok(Some(*answer)),
                WorkerOutput::NeedWholeHistory { .. } => return Ok(None),
                WorkerOutput::Respond(response) => {
                    let TaskOutcome::Failed(failed) = response.outcome else { continue };
                    let message = format!("Workflow panic: {}", failed.failure.message);
                    let failure = Failure { message: message.into(), ..failed.failure };
                    return Ok(Some(AnswerQuery {
                        query_id: SmolStr::default(),
                        answer: Err(Box::new(failure)),
                        meddling: None,
                    }));
                }
                other => next = follow(native, instances, &run_id, other)?.or(next),
            }
        }
    }
    Ok(None)
}

/// Does what the worker wants of its instances.
fn follow(
    native: &Native,
    instances: &mut BTreeMap<SmolStr, Box<dyn Instance>>,
    run_id: &SmolStr,
    output: WorkerOutput,
) -> Result<Option<WorkerInput>, String> {
    match output {
        WorkerOutput::Instantiate { run_id, workflow_type } => {
            let code = native.code.get(&workflow_type);
            let code = code.ok_or(NO_CODE)?;
            instances.insert(run_id, code.instantiate());
            Ok(None)
        }
        WorkerOutput::Activate(activation) => {
            let instance = instances.get_mut(run_id).ok_or("an instance is missing")?;
            let completion = instance.activate(&activation);
            Ok(Some(WorkerInput::Completed { run_id: run_id.clone(), completion }))
        }
        WorkerOutput::Evict { run_id } => {
            instances.remove(&run_id);
            Ok(None)
        }
        WorkerOutput::Local(_) => Err(LOCAL.to_owned()),
        WorkerOutput::Respond(_)
        | WorkerOutput::Answer(_)
        | WorkerOutput::Silent { .. }
        | WorkerOutput::NeedFullHistory { .. }
        | WorkerOutput::NeedWholeHistory { .. }
        | WorkerOutput::Mismatch(_)
        | WorkerOutput::Trouble { .. } => Ok(None),
    }
}
