//! One run of a native workflow in the cache of a worker.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::Location;
use std::rc::Rc;

use rehearsal_activation::quiet::{self, Panic};
use rehearsal_activation::{
    Activation, Asked, AskedAt, Awaited, Completion, Initialize, Instance, Job, Misread, Signals,
    TaskFailure, Trouble, WorkflowCommand,
};
use rehearsal_history::{ApplicationFailureInfo, Failure, FailureInfo, WorkflowTaskFailedCause};

use crate::definition::Start;
use crate::error::{PANIC, SOURCE};
use crate::operation::{Outcome, line_of};
use crate::routine::{Routines, Stopped};
use crate::scope::ScopeId;
use crate::state::{Places, Shared, State};
use crate::update;

/// One run.
pub(crate) struct NativeInstance {
    start: Box<Start>,
    routines: Routines,
    life: Life,
    /// What became of the signals of a run that is over.
    signals: Signals,
    /// Where a run that is over had asked for what.
    asked: Places,
    /// The results that the code of such a run could not read.
    misread: BTreeSet<Misread>,
    /// The handlers of updates that had not ended when the main routine did.
    unfinished: Vec<String>,
}

/// Where a run is in its life.
enum Life {
    /// Its first activation is yet to come.
    New,
    /// It runs.
    Running(Shared),
    /// It asked to be closed; nothing more is asked for. Queries are still answered.
    Closed(Option<Shared>),
    /// It could not answer an activation, and gives the same answer to all that follow.
    Failed(Box<TaskFailure>),
}

impl NativeInstance {
    pub(crate) fn new(start: Box<Start>) -> Self {
        Self {
            start,
            routines: Routines::default(),
            life: Life::New,
            signals: Signals::default(),
            asked: Places::new(),
            misread: BTreeSet::new(),
            unfinished: Vec::new(),
        }
    }

    /// Applies the jobs and runs the routines of a run that is neither closed nor failed.
    fn run(&mut self, activation: &Activation) -> Result<Vec<WorkflowCommand>, Box<TaskFailure>> {
        let mut jobs = activation.jobs.as_slice();
        if matches!(self.life, Life::New)
            && let Some((Job::Initialize(initialize), rest)) = jobs.split_first()
        {
            self.initialize(initialize, activation)?;
            jobs = rest;
        }
        let Life::Running(shared) = &self.life else {
            return Err(nondeterminism("the first job of a run is not Initialize".to_owned()));
        };
        shared.borrow_mut().begin(activation);
        for job in jobs {
            if let Job::DoUpdate(update) = job {
                update::receive(shared, update);
            } else {
                apply(&mut shared.borrow_mut(), job)?;
            }
        }
        self.routines.run(shared).map_err(|stopped| match stopped {
            Stopped::Panicked(panic) => match shared.borrow_mut().illegal.take() {
                Some(message) => illegal(message),
                None => panicked(&panic),
            },
            Stopped::Foreign(trouble) => {
                let cause = WorkflowTaskFailedCause::NonDeterministicError;
                failed(cause, Failure::application(trouble.to_string(), ""), trouble)
            }
        })?;
        let mut state = shared.borrow_mut();
        let mut commands = state.take_commands();
        let result = state.result.take();
        if result.is_some() {
            self.unfinished = state.updates.running();
        }
        drop(state);
        if let Some(result) = result {
            commands.push(close(result));
            let shared = Rc::clone(shared);
            self.end(Life::Closed(Some(shared)));
        }
        Ok(commands)
    }

    /// Answers queries. No routine runs.
    fn answer(&self, activation: &Activation) -> Vec<WorkflowCommand> {
        let shared = match &self.life {
            Life::Running(shared) | Life::Closed(Some(shared)) => shared,
            Life::New | Life::Closed(None) | Life::Failed(_) => return Vec::new(),
        };
        let queries = shared.borrow().queries.clone();
        let asked = activation.jobs.iter().filter_map(|job| match job {
            Job::QueryWorkflow(query) => Some(query),
            _ => None,
        });
        asked
            .map(|query| WorkflowCommand::AnswerQuery(Box::new(queries.answer(shared, query))))
            .collect()
    }

    /// Nothing more will run. Locals of workflow code are dropped here, after all that it asked for was taken.
    fn end(&mut self, life: Life) {
        if let Life::Running(shared) = std::mem::replace(&mut self.life, life) {
            // What was spawned and never adopted holds the state that holds it.
            self.routines.adopt(&shared);
            self.routines.adopt_first(&shared, 0);
            let mut state = shared.borrow_mut();
            state.over = true;
            self.signals = state.told_signals();
            self.asked = std::mem::take(&mut state.asked);
            self.misread = std::mem::take(&mut state.misread);
        }
        self.routines.drop_all();
    }

    fn initialize(
        &mut self,
        initialize: &Initialize,
        activation: &Activation,
    ) -> Result<(), Box<TaskFailure>> {
        let shared = Rc::new(RefCell::new(State::new(initialize, activation.time)));
        let main = (self.start)(&shared, initialize.input.as_ref()).map_err(|message| {
            let trouble = Trouble::BadInput { message };
            let failure = Failure::application(trouble.to_string(), "");
            failed(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure, failure, trouble)
        })?;
        shared.borrow_mut().spawned.push(main);
        self.life = Life::Running(shared);
        Ok(())
    }
}

impl Instance for NativeInstance {
    fn activate(&mut self, activation: &Activation) -> Completion {
        match &self.life {
            Life::Failed(failure) => return Completion::Failed(failure.clone()),
            Life::Running(_) | Life::Closed(_) if asks(activation) => {
                return Completion::Commands(self.answer(activation));
            }
            Life::Closed(_) => return Completion::Commands(Vec::new()),
            Life::New | Life::Running(_) => {}
        }
        self.run(activation).map_or_else(
            |failure| {
                self.end(Life::Failed(failure.clone()));
                Completion::Failed(failure)
            },
            Completion::Commands,
        )
    }

    fn pending(&self) -> Vec<String> {
        self.awaited().into_iter().map(|awaited| awaited.what).collect()
    }

    fn awaited(&self) -> Vec<Awaited> {
        match &self.life {
            Life::Running(shared) => shared.borrow().awaited(),
            Life::New | Life::Closed(_) | Life::Failed(_) => Vec::new(),
        }
    }

    fn signals(&self) -> Signals {
        match &self.life {
            Life::Running(shared) => shared.borrow().told_signals(),
            Life::New | Life::Closed(_) | Life::Failed(_) => self.signals.clone(),
        }
    }

    fn unfinished(&self) -> Vec<String> {
        self.unfinished.clone()
    }

    fn misread(&self) -> BTreeSet<Misread> {
        match &self.life {
            Life::Running(shared) => shared.borrow().misread.clone(),
            Life::New | Life::Closed(_) | Life::Failed(_) => self.misread.clone(),
        }
    }

    fn asked(&self) -> BTreeSet<AskedAt> {
        match &self.life {
            Life::Running(shared) => in_words(&shared.borrow().asked),
            Life::New | Life::Closed(_) | Life::Failed(_) => in_words(&self.asked),
        }
    }
}

/// Places as file and line.
fn in_words(places: &Places) -> BTreeSet<AskedAt> {
    let line = |(asked, place): &(Asked, &'static Location<'static>)| AskedAt {
        asked: asked.clone(),
        place: line_of(place),
    };
    places.iter().map(line).collect()
}

impl Drop for NativeInstance {
    fn drop(&mut self) {
        let shared = match &self.life {
            Life::Running(shared) | Life::Closed(Some(shared)) => Some(Rc::clone(shared)),
            Life::New | Life::Closed(None) | Life::Failed(_) => None,
        };
        self.end(Life::Closed(None));
        // Handlers that hold a context hold the state that holds them.
        let handlers = shared.map(|shared| {
            let mut state = shared.borrow_mut();
            (std::mem::take(&mut state.queries), std::mem::take(&mut state.updates))
        });
        let _panic_in_destructor = quiet::catch(|| drop(handlers));
    }
}

/// Whether an activation asks queries: then it does nothing else.
fn asks(activation: &Activation) -> bool {
    !activation.jobs.is_empty()
        && activation.jobs.iter().all(|job| matches!(job, Job::QueryWorkflow(_)))
}

/// Applies one job. No workflow code runs here.
fn apply(state: &mut State, job: &Job) -> Result<(), Box<TaskFailure>> {
    match job {
        Job::Initialize(_) => return Err(nondeterminism("a run is initialized twice".to_owned())),
        Job::FireTimer { seq } => state.fire_timer(*seq).map_err(nondeterminism)?,
        Job::ResolveActivity { seq, resolution } => {
            state.resolve_activity(*seq, resolution.clone()).map_err(nondeterminism)?;
        }
        Job::ResolveLocalActivity { seq, resolution } => {
            state.resolve_local(*seq, resolution.clone()).map_err(nondeterminism)?;
        }
        Job::ResolveChildStart { seq, resolution } => {
            state.resolve_child_start(*seq, resolution.clone()).map_err(nondeterminism)?;
        }
        Job::ResolveChild { seq, resolution } => {
            state.resolve_child(*seq, resolution.clone()).map_err(nondeterminism)?;
        }
        Job::ResolveSignalExternal { seq, failure, .. } => {
            state.resolve_signal_external(*seq, failure.clone()).map_err(nondeterminism)?;
        }
        Job::ResolveCancelExternal { seq, failure, .. } => {
            state.resolve_cancel_external(*seq, failure.clone()).map_err(nondeterminism)?;
        }
        Job::CancelWorkflow { .. } => state.cancel(ScopeId::ROOT),
        Job::SignalWorkflow(signal) => state.receive(signal),
        Job::RecallMarkers(recalled) => state.markers.recall(recalled),
        Job::NotifyHasPatch { patch_id } => state.markers.patches.notify(patch_id),
        other => {
            let what = other.name();
            let trouble = Trouble::NotSimulated { what: what.to_owned() };
            let failure = Failure::application(trouble.to_string(), "");
            return Err(failed(
                WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
                failure,
                trouble,
            ));
        }
    }
    Ok(())
}

/// The command that closes a workflow that returned `result`.
fn close(result: Outcome) -> WorkflowCommand {
    match result {
        Ok(result) => WorkflowCommand::CompleteWorkflow { result },
        // In this order, whatever led to what (`completeWorkflow`, `internal_task_handlers.go` of Go SDK 1.47).
        Err(mut error) => {
            if let Some(canceled) = error.find_canceled() {
                return WorkflowCommand::CancelWorkflow { details: canceled.details.clone() };
            }
            match error.take_next() {
                Some(next) => WorkflowCommand::ContinueAsNew(next),
                None => WorkflowCommand::FailWorkflow { failure: Box::new(error.into_recorded()) },
            }
        }
    }
}

/// What Temporal records of a panic in workflow code.
fn panicked(panic: &Panic) -> Box<TaskFailure> {
    let info = ApplicationFailureInfo {
        kind: PANIC.into(),
        non_retryable: true,
        ..ApplicationFailureInfo::default()
    };
    let failure = Failure {
        message: panic.message.as_str().into(),
        stack_trace: panic.location.as_deref().unwrap_or_default().into(),
        info: Some(FailureInfo::Application(info)),
        ..Failure::default()
    };
    let trouble = Trouble::Panicked { message: panic.placed() };
    failed(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure, failure, trouble)
}

/// Go's `panicIllegalState`: workflow code cannot do in replay what is recorded.
fn illegal(message: String) -> Box<TaskFailure> {
    let mut failed = nondeterminism(message);
    if let Some(FailureInfo::Application(info)) = &mut failed.failure.info {
        info.kind = PANIC.into();
        info.non_retryable = true;
    }
    failed
}

fn nondeterminism(message: String) -> Box<TaskFailure> {
    let failure = Failure::application(message.as_str(), "");
    failed(
        WorkflowTaskFailedCause::NonDeterministicError,
        failure,
        Trouble::Nondeterminism { message },
    )
}

fn failed(cause: WorkflowTaskFailedCause, failure: Failure, trouble: Trouble) -> Box<TaskFailure> {
    Box::new(TaskFailure { cause, failure: Failure { source: SOURCE.into(), ..failure }, trouble })
}
