//! The workflow alone: the SDK's own instance, told by hand what the sample run was told.
//!
//! No worker, no conversion, no codec, no catching of panics: the least that it takes to get this workflow to its end.

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;
use std::task::Waker;

use rehearsal_activation::{Activation, ActivityResolution, Initialize, Job};
use rehearsal_history::{Failure, FailureInfo, Payloads};
use temporalio_common::data_converters::DataConverter;
use temporalio_common::protos::coresdk::activity_result::{
    ActivityResolution as ProtoResolution, Cancellation, Success, activity_resolution::Status,
};
use temporalio_common::protos::coresdk::workflow_activation::{
    CancelWorkflow, InitializeWorkflow, ResolveActivity, WorkflowActivation, WorkflowActivationJob,
    workflow_activation_job::Variant,
};
use temporalio_common::protos::coresdk::workflow_commands::WorkflowCommand;
use temporalio_common::protos::temporal::api::common::v1::{ActivityType, Payload};
use temporalio_common::protos::temporal::api::failure::v1::{
    ActivityFailureInfo, CanceledFailureInfo, Failure as ProtoFailure,
    failure::FailureInfo as ProtoInfo,
};
use temporalio_workflow::__private::sdk::{
    GuestWorkflowInstance, MAIN_ROUTINE_ID, MainRoutineCompletion, RoutineCompletion,
    TerminalOutcome, WorkflowHost, WorkflowInit, WorkflowInstance,
};
use temporalio_workflow::BaseWorkflowContext;

use crate::scenario::workflow::YourWorkflow;

/// What is told, as the SDK wants it.
pub(crate) struct ByHand {
    init: WorkflowInit,
    activations: Vec<WorkflowActivation>,
}

/// What came of it.
pub(crate) struct Told {
    /// How many commands each activation was answered with, without the one that closes the workflow.
    pub(crate) commands: Vec<usize>,
    /// How the workflow ended.
    pub(crate) outcome: Option<TerminalOutcome>,
}

impl ByHand {
    /// # Panics
    ///
    /// Panics if the sample run is told anything that it should not be told.
    pub(crate) fn new(recorded: &[Activation]) -> Self {
        let first = recorded.first().expect("the sample run is told something");
        let Some(Job::Initialize(initialize)) = first.jobs.first() else {
            panic!("the first job is not the one that begins the run")
        };
        let init = WorkflowInit {
            namespace: "default".to_owned(),
            task_queue: initialize.task_queue.to_string(),
            run_id: initialize.run_id.to_string(),
            initialize_workflow: initialization(initialize),
        };
        Self { init, activations: recorded.iter().map(activation).collect() }
    }

    /// Tells a fresh instance all of it.
    ///
    /// # Panics
    ///
    /// Panics if the SDK refuses it.
    pub(crate) fn tell(&self) -> Told {
        let host = Rc::new(Host::default());
        let converter = DataConverter::default();
        let payloads = converter.payload_converter().clone();
        let arguments = self.init.initialize_workflow.arguments.clone();
        let host_of_run = Rc::<Host>::clone(&host);
        let context = BaseWorkflowContext::from_raw(
            self.init.clone(),
            converter,
            host_of_run,
            None,
            Vec::new(),
        );
        let instance =
            GuestWorkflowInstance::<YourWorkflow>::instantiate(arguments, payloads, context);
        let mut instance = instance.expect("it takes no arguments");
        let mut told = Told { commands: Vec::new(), outcome: None };
        for activation in black_box(&self.activations) {
            let applied = instance.activate(activation.clone(), Waker::noop());
            black_box(applied.expect("the SDK takes the activation"));
            told.outcome = settle(&mut *instance);
            told.commands.push(black_box(host.0.take()).len());
        }
        told
    }
}

/// Polls the main routine until it gets no further.
fn settle(instance: &mut dyn WorkflowInstance) -> Option<TerminalOutcome> {
    loop {
        let polled = instance.poll_routine(MAIN_ROUTINE_ID, Waker::noop());
        let polled = polled.expect("the SDK polls the main routine");
        match polled.completion {
            Some(RoutineCompletion::Main(MainRoutineCompletion::Terminal(outcome))) => {
                return Some(*outcome);
            }
            Some(RoutineCompletion::Main(MainRoutineCompletion::Blocked)) => {}
            other => panic!("expected the main routine to wait or to end, found {other:?}"),
        }
        if !polled.made_progress {
            return None;
        }
    }
}

/// Where the workflow puts its commands.
#[derive(Default)]
struct Host(RefCell<Vec<WorkflowCommand>>);

impl WorkflowHost for Host {
    fn set_current_details(&self, _details: String) {}

    fn push_command(&self, command: WorkflowCommand) {
        self.0.borrow_mut().push(command);
    }
}

fn activation(activation: &Activation) -> WorkflowActivation {
    WorkflowActivation {
        run_id: activation.run_id.to_string(),
        history_length: u32::try_from(activation.started.0).expect("the history is short"),
        jobs: activation
            .jobs
            .iter()
            .map(|job| WorkflowActivationJob { variant: Some(variant(job)) })
            .collect(),
        ..WorkflowActivation::default()
    }
}

/// The jobs that the sample run is told, and no others.
fn variant(job: &Job) -> Variant {
    match job {
        Job::Initialize(initialize) => Variant::InitializeWorkflow(initialization(initialize)),
        Job::CancelWorkflow { reason } => {
            Variant::CancelWorkflow(CancelWorkflow { reason: reason.to_string() })
        }
        Job::ResolveActivity { seq, resolution } => {
            let status = match resolution {
                ActivityResolution::Completed(result) => {
                    Status::Completed(Success { result: result.as_ref().map(payload) })
                }
                ActivityResolution::Canceled(failure) => {
                    Status::Cancelled(Cancellation { failure: Some(canceled(failure)) })
                }
                ActivityResolution::Failed(_) => panic!("no activity of the sample run fails"),
            };
            Variant::ResolveActivity(ResolveActivity {
                seq: seq.0,
                result: Some(ProtoResolution { status: Some(status) }),
                is_local: false,
            })
        }
        other => panic!("the sample run is not told {}", other.name()),
    }
}

/// An activity was canceled: a failure of its own kind around one that says so.
fn canceled(failure: &Failure) -> ProtoFailure {
    let Some(FailureInfo::Activity(info)) = &failure.info else {
        panic!("expected the failure of an activity, found {failure:?}")
    };
    let cause = failure.cause.as_ref().map(|cause| ProtoFailure {
        message: cause.message.to_string(),
        source: cause.source.to_string(),
        failure_info: Some(ProtoInfo::CanceledFailureInfo(CanceledFailureInfo::default())),
        ..ProtoFailure::default()
    });
    ProtoFailure {
        message: failure.message.to_string(),
        source: failure.source.to_string(),
        failure_info: Some(ProtoInfo::ActivityFailureInfo(ActivityFailureInfo {
            identity: info.identity.to_string(),
            activity_type: Some(ActivityType { name: info.activity_type.name.to_string() }),
            activity_id: info.activity_id.to_string(),
            ..ActivityFailureInfo::default()
        })),
        cause: cause.map(Box::new),
        ..ProtoFailure::default()
    }
}

fn initialization(initialize: &Initialize) -> InitializeWorkflow {
    InitializeWorkflow {
        workflow_type: initialize.workflow_type.to_string(),
        workflow_id: initialize.workflow_id.to_string(),
        randomness_seed: 7,
        ..InitializeWorkflow::default()
    }
}

/// The one value of a result, with what is said of it.
fn payload(result: &Payloads) -> Payload {
    let [value] = result.as_slice() else { panic!("an activity returns one value") };
    Payload {
        metadata: value
            .metadata
            .iter()
            .map(|(key, bytes)| (key.to_string(), bytes.0.clone()))
            .collect(),
        data: value.data.0.clone(),
        ..Payload::default()
    }
}
