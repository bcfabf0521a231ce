//! Polls the routines of a run as the SDK's own driver does.
//!
//! The handlers in the order in which they were started, then the main routine; then again, until a pass makes no
//! progress. Once the main routine has ended nothing is polled any more (C-49). This is `WorkflowFuture::drive_routines`
//! of the SDK's `workflow_future.rs`, without interceptors.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use rehearsal_activation::quiet::{self, Panic};
use rehearsal_activation::wake::ForeignWake;
use temporalio_protos::coresdk::workflow_activation::workflow_activation_job::Variant as JobVariant;
use temporalio_protos::coresdk::workflow_activation::{WorkflowActivation, WorkflowActivationJob};
use temporalio_protos::coresdk::workflow_commands::update_response::Response;
use temporalio_protos::coresdk::workflow_commands::workflow_command::Variant;
use temporalio_protos::coresdk::workflow_commands::{
    QueryResult, QuerySuccess, UpdateResponse, WorkflowCommand as ProtoCommand, query_result,
};
use temporalio_protos::temporal::api::common::v1::Payload;
use temporalio_protos::temporal::api::failure::v1::Failure;

use crate::sdk::{
    ActivationJobResult, MAIN_ROUTINE_ID, MainRoutineCompletion, RoutineCompletion, RoutineId,
    RoutineKind, RoutinePollResult, StartedRoutine, TaskFailure, TerminalOutcome,
    UpdateRoutineCompletion, WorkflowInstance, is_sdk_wake,
};

/// How many passes there may be in one activation. The SDK has no limit: its worker would never come back.
const PASSES: u32 = 100_000;

/// Why the routines could not be run.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Workflow code panicked.
    Panicked(Panic),
    /// Somebody else woke workflow code.
    ForeignWake {
        /// Where.
        at: Option<String>,
    },
    /// A routine waits for something that nobody can wake it from.
    NeverWoken,
    /// A signal could not be read.
    BadSignal {
        /// Its name.
        name: String,
        /// What reading it failed with.
        message: String,
    },
    /// The SDK stops with a message of its own.
    Sdk(String),
    /// The main routine makes its task fail.
    Task(Box<TaskFailure>),
}

impl From<Box<Failure>> for Stopped {
    /// What the SDK's driver keeps of a failure that an instance reports: its message.
    fn from(failure: Box<Failure>) -> Self {
        Self::Sdk(failure.message)
    }
}

/// The routines of one run.
pub(crate) struct Routines {
    execution: Box<dyn WorkflowInstance>,
    foreign: Arc<ForeignWake>,
    main: Arc<Tracker>,
    /// Handlers that have not ended, in the order in which they were started.
    handlers: Vec<Handler>,
    /// What is answered to updates and queries; it goes before the commands of the activation.
    responses: Vec<ProtoCommand>,
}

/// A handler that has not ended.
struct Handler {
    id: RoutineId,
    kind: RoutineKind,
    tracker: Arc<Tracker>,
}

impl Routines {
    pub(crate) fn new(execution: Box<dyn WorkflowInstance>) -> Self {
        let foreign = Arc::<ForeignWake>::default();
        let main = Tracker::new(&foreign);
        Self { execution, foreign, main, handlers: Vec::new(), responses: Vec::new() }
    }

    /// Applies the jobs of an activation. Synchronous signal handlers run here (C-23).
    pub(crate) fn apply(&mut self, activation: WorkflowActivation) -> Result<(), Stopped> {
        self.check()?;
        let waker = Waker::from(Arc::clone(&self.main));
        let asked: Vec<String> = activation.jobs.iter().map(answer_to).collect();
        let result = quiet::catch(|| self.execution.activate(activation, &waker))
            .map_err(Stopped::Panicked)??;
        self.check()?;
        for (id, result) in asked.into_iter().zip(result.job_results) {
            match result {
                ActivationJobResult::None => {}
                ActivationJobResult::QueryResponse(response) => {
                    self.responses.push(query_response(id, response.result).into());
                }
                ActivationJobResult::UpdateRejected(failure) => {
                    self.respond(id, Response::Rejected(*failure));
                }
                ActivationJobResult::StartedRoutine(started) => {
                    let tracker = Tracker::new(&self.foreign);
                    let StartedRoutine { routine_id, kind } = started;
                    if let RoutineKind::Update(update) = &kind {
                        self.respond(update.protocol_instance_id.clone(), Response::Accepted(()));
                    }
                    self.handlers.push(Handler { id: routine_id, kind, tracker });
                }
            }
        }
        Ok(())
    }

    /// Polls until nothing gets any further; the outcome, if the main routine has ended.
    pub(crate) fn settle(&mut self) -> Result<Option<TerminalOutcome>, Stopped> {
        for _ in 0..PASSES {
            let mut progress = self.poll_handlers()?;
            let polled = self.poll(MAIN_ROUTINE_ID, &Arc::clone(&self.main))?;
            progress |= polled.made_progress;
            match polled.completion {
                Some(RoutineCompletion::Main(MainRoutineCompletion::Blocked)) => {}
                Some(RoutineCompletion::Main(MainRoutineCompletion::Terminal(outcome))) => {
                    return Ok(Some(*outcome));
                }
                Some(RoutineCompletion::Main(MainRoutineCompletion::TaskFailed(failure))) => {
                    return Err(Stopped::Task(Box::new(failure)));
                }
                None => return Err(Stopped::Sdk("main routine returned no completion".into())),
                Some(other) => {
                    let message = format!("main routine returned unexpected completion {other:?}");
                    return Err(Stopped::Sdk(message));
                }
            }
            if !progress {
                return self.check_woken();
            }
        }
        Err(Stopped::Sdk(format!("workflow code did not settle in {PASSES} passes")))
    }

    /// Polls each handler once; whether any made progress.
    fn poll_handlers(&mut self) -> Result<bool, Stopped> {
        let mut progress = false;
        for handler in std::mem::take(&mut self.handlers) {
            let polled = self.poll(handler.id, &handler.tracker)?;
            progress |= polled.made_progress;
            match polled.completion {
                None => self.handlers.push(handler),
                Some(RoutineCompletion::Signal(Ok(()))) => {}
                Some(RoutineCompletion::Update(UpdateRoutineCompletion::Completed {
                    protocol_instance_id,
                    result,
                })) => self.respond(protocol_instance_id, Response::Completed(result)),
                Some(RoutineCompletion::Update(UpdateRoutineCompletion::Rejected {
                    protocol_instance_id,
                    failure,
                })) => self.respond(protocol_instance_id, Response::Rejected(*failure)),
                // Handlers return nothing, so this is what reading the arguments failed with.
                Some(RoutineCompletion::Signal(Err(failure))) => {
                    let name = match handler.kind {
                        RoutineKind::Signal(name) => name,
                        RoutineKind::Main | RoutineKind::Update(_) => String::new(),
                    };
                    return Err(Stopped::BadSignal { name, message: failure.message });
                }
                Some(other) => {
                    return Err(Stopped::Sdk(format!("Unexpected completion {other:?}")));
                }
            }
        }
        Ok(progress)
    }

    /// What was answered to updates and queries since the last call.
    pub(crate) fn take_responses(&mut self) -> Vec<ProtoCommand> {
        std::mem::take(&mut self.responses)
    }

    fn respond(&mut self, protocol_instance_id: String, response: Response) {
        let response = UpdateResponse { protocol_instance_id, response: Some(response) };
        self.responses.push(Variant::UpdateResponse(response).into());
    }

    fn poll(
        &mut self,
        id: RoutineId,
        tracker: &Arc<Tracker>,
    ) -> Result<RoutinePollResult, Stopped> {
        tracker.woken.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(tracker));
        let execution = &mut self.execution;
        let polled = quiet::catch(|| poll_routine(&mut **execution, id, &waker))
            .map_err(Stopped::Panicked)??;
        self.check()?;
        Ok(polled)
    }

    /// Whether somebody else called a waker (`fail_on_non_sdk_wake` of the SDK).
    fn check(&self) -> Result<(), Stopped> {
        if self.foreign.was_called() {
            return Err(Stopped::ForeignWake { at: self.foreign.at() });
        }
        Ok(())
    }

    /// Every future of the SDK that is not ready keeps the waker it was polled with. A routine whose waker nobody has
    /// kept waits for something else, and nobody will ever wake it. The SDK does not look; its run would hang. What is
    /// not found: something else that keeps the waker too, such as a channel, or an operation that was made and is kept
    /// without being awaited.
    fn check_woken(&self) -> Result<Option<TerminalOutcome>, Stopped> {
        let mut trackers = self.handlers.iter().map(|handler| &handler.tracker).chain([&self.main]);
        if trackers.any(|tracker| Arc::strong_count(tracker) == 1 && !tracker.was_woken()) {
            return Err(Stopped::NeverWoken);
        }
        Ok(None)
    }

    /// The handlers that have not ended, one line each.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let line = |handler: &Handler| match &handler.kind {
            RoutineKind::Signal(name) => format!("signal {name}"),
            RoutineKind::Update(update) => format!("update {}", update.name),
            RoutineKind::Main => "the workflow".to_owned(),
        };
        self.handlers.iter().map(line).collect()
    }

    /// Drops all of it. Channels that close call the wakers that wait for them, which is no finding any more, and a
    /// destructor of workflow code that panics harms nobody.
    pub(crate) fn end(self) {
        self.foreign.ignore();
        let _panic_in_destructor = quiet::catch(move || drop(self.execution));
    }
}

/// What the answer to a job must name, if it has one.
fn answer_to(job: &WorkflowActivationJob) -> String {
    match &job.variant {
        Some(JobVariant::DoUpdate(update)) => update.protocol_instance_id.clone(),
        Some(JobVariant::QueryWorkflow(query)) => query.query_id.clone(),
        _ => String::new(),
    }
}

fn query_response(query_id: String, result: Result<Payload, Failure>) -> Variant {
    let variant = match result {
        Ok(payload) => query_result::Variant::Succeeded(QuerySuccess { response: Some(payload) }),
        Err(failure) => query_result::Variant::Failed(failure),
    };
    Variant::RespondToQuery(QueryResult { query_id, variant: Some(variant) })
}

/// Polls one routine. A function of its own, so that backtraces taken in workflow code can be cut off here.
#[inline(never)]
fn poll_routine(
    execution: &mut dyn WorkflowInstance,
    id: RoutineId,
    waker: &Waker,
) -> Result<RoutinePollResult, Box<Failure>> {
    execution.poll_routine(id, waker)
}

/// What a routine is polled with.
struct Tracker {
    foreign: Arc<ForeignWake>,
    /// Whether the SDK called it since the last poll.
    woken: AtomicBool,
}

impl Tracker {
    fn new(foreign: &Arc<ForeignWake>) -> Arc<Self> {
        Arc::new(Self { foreign: Arc::clone(foreign), woken: AtomicBool::new(false) })
    }

    fn was_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }
}

impl Wake for Tracker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if is_sdk_wake() {
            self.woken.store(true, Ordering::Release);
        } else {
            self.foreign.note();
        }
    }
}
