//! One run of a workflow of the official SDK in the cache of a worker.

use std::cell::RefCell;
use std::rc::Rc;

use rehearsal_activation::{
    Activation, Awaited, Completion, Instance, Job, Signals, TaskFailure, Unread, WorkflowCommand,
};
use rehearsal_history::SmolStr;
use temporalio_common::data_converters::{DataConverter, PayloadConversionError};
use temporalio_protos::coresdk::workflow_activation::{
    WorkflowActivation, workflow_activation_job::Variant,
};
use temporalio_protos::coresdk::workflow_commands::{
    CancelWorkflowExecution, CompleteWorkflowExecution, FailWorkflowExecution,
    WorkflowCommand as ProtoCommand, workflow_command,
};
use temporalio_protos::coresdk::workflow_completion::WorkflowActivationCompletion;
use temporalio_protos::coresdk::workflow_completion::workflow_activation_completion::Status;

use crate::codec;
use crate::failed::Failing;
use crate::from_proto;
use crate::operations::Operations;
use crate::routine::{Routines, Stopped};
use crate::sdk::{TerminalOutcome, WorkflowHost, WorkflowInit, WorkflowInstance};
use crate::to_proto;

/// Makes a run; the type of the workflow is hidden in it.
pub(crate) type Instantiate = fn(
    WorkflowInit,
    DataConverter,
    Rc<dyn WorkflowHost>,
) -> Result<Box<dyn WorkflowInstance>, PayloadConversionError>;

/// One run.
pub(crate) struct SdkInstance {
    instantiate: Instantiate,
    converter: DataConverter,
    has_codec: bool,
    commands: Rc<Commands>,
    operations: Operations,
    signals: Signals,
    life: Life,
    /// The handlers that had not ended when the main routine did.
    unfinished: Vec<String>,
}

/// Where a run is in its life.
enum Life {
    /// Its first activation is yet to come.
    New,
    /// It runs.
    Running(Box<Routines>),
    /// It asked to be closed; nothing more is asked for. Queries are still answered.
    Closed(Option<Box<Routines>>),
    /// It could not answer an activation, and gives the same answer to all that follow.
    Failed(Box<TaskFailure>),
}

/// Where workflow code puts its commands.
#[derive(Default)]
struct Commands(RefCell<Vec<ProtoCommand>>);

impl WorkflowHost for Commands {
    fn set_current_details(&self, _details: String) {
        // Only a query shows them.
    }

    fn push_command(&self, command: ProtoCommand) {
        self.0.borrow_mut().push(command);
    }
}

impl SdkInstance {
    /// `handled` are the names of the signals that the workflow has a handler for.
    pub(crate) fn new(
        instantiate: Instantiate,
        converter: DataConverter,
        has_codec: bool,
        handled: &[SmolStr],
    ) -> Self {
        Self {
            instantiate,
            converter,
            has_codec,
            commands: Rc::default(),
            operations: Operations::default(),
            signals: Signals { listened: handled.to_vec(), ..Signals::default() },
            life: Life::New,
            unfinished: Vec::new(),
        }
    }

    /// Applies the jobs and runs the routines of a run that is neither closed nor failed.
    fn run(&mut self, activation: &Activation) -> Result<Vec<WorkflowCommand>, Failing> {
        let mut told = to_proto::activation(activation)?;
        if self.has_codec {
            codec::decode(&self.converter, &mut told).map_err(|stop| Failing::decoding(&stop))?;
        }
        self.operations.told(&activation.jobs);
        self.note_unread(&activation.jobs);
        if matches!(self.life, Life::New) {
            self.begin(activation, &mut told)?;
        }
        let asks = asks(activation);
        let routines = match &mut self.life {
            Life::Running(routines) => routines,
            // The SDK answers queries without polling anything.
            Life::Closed(Some(routines)) if asks => routines,
            Life::New | Life::Closed(_) | Life::Failed(_) => {
                let message = "the first job of a run is not InitializeWorkflow";
                return Err(Failing::sdk(message.into()));
            }
        };
        let applied = routines.apply(told);
        let settled =
            if asks { applied.map(|()| None) } else { applied.and_then(|()| routines.settle()) };
        // `WorkflowFuture::poll`: answers go first.
        let mut commands = routines.take_responses();
        commands.append(&mut self.commands.0.take());
        let settled = match settled {
            Err(Stopped::NeverWoken) if commands.iter().any(is_retry) => Ok(None),
            settled => settled,
        };
        let outcome = settled.map_err(|stopped| {
            // What was asked for in vain may be what workflow code also waits for.
            for command in commands.iter_mut().filter_map(|it| from_proto::command(it).ok()) {
                self.operations.asked(&command);
            }
            Failing::stopped(stopped, &self.operations)
        })?;
        let over = outcome.is_some();
        if over {
            self.unfinished = routines.unfinished();
        }
        commands.extend(outcome.map(|outcome| close(outcome).into()));
        if self.has_codec {
            commands = self.encode(commands)?;
        }
        let mut asked = Vec::with_capacity(commands.len());
        for command in &mut commands {
            let command = from_proto::command(command)?;
            self.operations.asked(&command);
            asked.push(command);
        }
        // Its room is large, and needed again.
        commands.clear();
        self.commands.0.replace(commands);
        if over {
            self.close();
        }
        Ok(asked)
    }

    /// Takes note of signals without a handler, which the SDK drops without a word (`start_signal_routine` of
    /// `runtime/instance.rs`, temporalio-workflow 1.1.1).
    fn note_unread(&mut self, jobs: &[Job]) {
        for job in jobs {
            if let Job::SignalWorkflow(signal) = job
                && !self.signals.listened.contains(&signal.name)
            {
                let (name, event) = (signal.name.clone(), signal.event);
                self.signals.unread.push(Unread { name, event, misfit: None });
            }
        }
    }

    /// Makes the run out of its first job.
    fn begin(
        &mut self,
        activation: &Activation,
        told: &mut WorkflowActivation,
    ) -> Result<(), Failing> {
        let Some(Job::Initialize(initialize)) = activation.jobs.first() else { return Ok(()) };
        let job = told.jobs.first_mut().and_then(|job| job.variant.as_mut());
        let Some(Variant::InitializeWorkflow(job)) = job else { return Ok(()) };
        let init = WorkflowInit {
            namespace: crate::NAMESPACE.to_owned(),
            task_queue: initialize.task_queue.as_str().to_owned(),
            run_id: initialize.run_id.as_str().to_owned(),
            initialize_workflow: std::mem::take(job),
        };
        let host = Rc::<Commands>::clone(&self.commands);
        let made = rehearsal_activation::quiet::catch(|| {
            (self.instantiate)(init, self.converter.clone(), host)
        });
        let execution = made
            .map_err(|panic| Failing::panicked(&panic))?
            .map_err(|error| Failing::input(&error))?;
        self.life = Life::Running(Box::new(Routines::new(execution)));
        Ok(())
    }

    /// The commands as they are recorded: with the user's codec applied.
    fn encode(&self, commands: Vec<ProtoCommand>) -> Result<Vec<ProtoCommand>, Failing> {
        let mut completion = WorkflowActivationCompletion::from_cmds("", Vec::new());
        if let Some(Status::Successful(success)) = &mut completion.status {
            success.commands = commands;
        }
        codec::encode(&self.converter, &mut completion).map_err(|stop| Failing::encoding(&stop))?;
        let Some(Status::Successful(success)) = completion.status else {
            return Err(Failing::sdk("a codec changed the kind of a completion".into()));
        };
        Ok(success.commands)
    }

    /// The main routine has ended. The rest is kept for queries.
    fn close(&mut self) {
        if let Life::Running(routines) = std::mem::replace(&mut self.life, Life::Closed(None)) {
            self.life = Life::Closed(Some(routines));
        }
    }

    /// Nothing more will run. Locals of workflow code are dropped here, after all that it asked for was taken.
    fn end(&mut self, life: Life) {
        if let Life::Running(routines) | Life::Closed(Some(routines)) =
            std::mem::replace(&mut self.life, life)
        {
            routines.end();
            self.commands.0.take();
        }
    }
}

impl Instance for SdkInstance {
    fn activate(&mut self, activation: &Activation) -> Completion {
        match &self.life {
            Life::Failed(failure) => return Completion::Failed(failure.clone()),
            Life::Closed(Some(_)) if asks(activation) => {}
            Life::Closed(_) => return Completion::Commands(Vec::new()),
            Life::New | Life::Running(_) => {}
        }
        match self.run(activation) {
            Ok(commands) => Completion::Commands(commands),
            Err(failing) => {
                let failure = failing.into_failure(&self.converter);
                self.end(Life::Failed(failure.clone()));
                Completion::Failed(failure)
            }
        }
    }

    fn pending(&self) -> Vec<String> {
        self.awaited().into_iter().map(|awaited| awaited.what).collect()
    }

    fn awaited(&self) -> Vec<Awaited> {
        match &self.life {
            Life::Running(_) => self.operations.awaited(),
            Life::New | Life::Closed(_) | Life::Failed(_) => Vec::new(),
        }
    }

    fn signals(&self) -> Signals {
        self.signals.clone()
    }

    fn unfinished(&self) -> Vec<String> {
        self.unfinished.clone()
    }
}

impl Drop for SdkInstance {
    fn drop(&mut self) {
        self.end(Life::Closed(None));
    }
}

/// Whether a local activity is run again after its wait. The future that does so says that it waits before it has polled
/// the new attempt, so nothing keeps a waker until the next activation (`LATimerBackoffFut::poll`; recorded:
/// `local-activity-backoff-by-timer`).
fn is_retry(command: &ProtoCommand) -> bool {
    matches!(
        &command.variant,
        Some(workflow_command::Variant::ScheduleLocalActivity(local)) if local.attempt > 1
    )
}

/// Whether an activation asks queries: then it does nothing else.
fn asks(activation: &Activation) -> bool {
    !activation.jobs.is_empty()
        && activation.jobs.iter().all(|job| matches!(job, Job::QueryWorkflow(_)))
}

/// The command that closes a workflow whose main routine has ended.
fn close(outcome: TerminalOutcome) -> workflow_command::Variant {
    match outcome {
        TerminalOutcome::Completed(result) => {
            CompleteWorkflowExecution { result: Some(result) }.into()
        }
        TerminalOutcome::Failed(failure) => {
            FailWorkflowExecution { failure: Some(*failure) }.into()
        }
        TerminalOutcome::Cancelled(details) => CancelWorkflowExecution { details }.into(),
        TerminalOutcome::ContinueAsNew(next) => (*next).into(),
    }
}
