//! Activations, as core would send them to the SDK.

mod activity;
mod child;
mod message;

use std::hash::{Hash, Hasher};

use rehearsal_activation::{Activation, Initialize, Job};
use rehearsal_history::SmolStr;
use rehearsal_proto::{ConvertError, Mirror, header, list};
use siphasher::sip::SipHasher13;
use temporalio_protos::coresdk::common::NamespacedWorkflowExecution;
use temporalio_protos::coresdk::workflow_activation::{
    CancelWorkflow, FireTimer, InitializeWorkflow, NotifyHasPatch, ResolveActivity,
    ResolveRequestCancelExternalWorkflow, ResolveSignalExternalWorkflow, WorkflowActivation,
    WorkflowActivationJob, workflow_activation_job::Variant,
};

/// Why an activation cannot be told to the SDK.
#[derive(Debug)]
pub(crate) enum Untold {
    /// A value in it has no counterpart.
    Convert(ConvertError),
    /// A job of a kind that is not simulated.
    NotSimulated(&'static str),
}

impl From<ConvertError> for Untold {
    fn from(error: ConvertError) -> Self {
        Self::Convert(error)
    }
}

/// The activation. Its jobs come in the order in which the worker gives them.
pub(crate) fn activation(activation: &Activation) -> Result<WorkflowActivation, Untold> {
    // Not collected: that begins with room for four, and a job of the SDK is large.
    let mut jobs = Vec::with_capacity(activation.jobs.len());
    for job in &activation.jobs {
        jobs.push(WorkflowActivationJob { variant: Some(variant(job)?) });
    }
    Ok(WorkflowActivation {
        run_id: text(&activation.run_id),
        timestamp: Some(activation.time.to_proto()?),
        is_replaying: activation.replaying,
        // "The event id of the most recently processed event": the WorkflowTaskStarted.
        history_length: u32::try_from(activation.started.0).unwrap_or(u32::MAX),
        history_size_bytes: activation.history_size,
        continue_as_new_suggested: activation.continue_as_new_suggested,
        jobs,
        ..WorkflowActivation::default()
    })
}

fn variant(job: &Job) -> Result<Variant, Untold> {
    Ok(match job {
        Job::Initialize(initialize) => Variant::InitializeWorkflow(initialization(initialize)?),
        Job::FireTimer { seq } => Variant::FireTimer(FireTimer { seq: seq.0 }),
        Job::ResolveActivity { seq, resolution } => Variant::ResolveActivity(ResolveActivity {
            seq: seq.0,
            result: Some(activity::resolution(resolution)?),
            is_local: false,
        }),
        Job::ResolveLocalActivity { seq, resolution } => {
            Variant::ResolveActivity(ResolveActivity {
                seq: seq.0,
                result: Some(activity::local_resolution(resolution)?),
                is_local: true,
            })
        }
        Job::ResolveChildStart { seq, resolution } => {
            Variant::ResolveChildWorkflowExecutionStart(child::start(*seq, resolution)?)
        }
        Job::ResolveChild { seq, resolution } => {
            Variant::ResolveChildWorkflowExecution(child::resolution(*seq, resolution)?)
        }
        Job::ResolveSignalExternal { seq, failure, cause } => {
            Variant::ResolveSignalExternalWorkflow(ResolveSignalExternalWorkflow {
                seq: seq.0,
                failure: failure.to_proto()?,
                cause: cause.to_proto()?,
            })
        }
        Job::ResolveCancelExternal { seq, failure, cause } => {
            Variant::ResolveRequestCancelExternalWorkflow(ResolveRequestCancelExternalWorkflow {
                seq: seq.0,
                failure: failure.to_proto()?,
                cause: cause.to_proto()?,
            })
        }
        Job::CancelWorkflow { reason } => {
            Variant::CancelWorkflow(CancelWorkflow { reason: text(reason) })
        }
        Job::SignalWorkflow(signal) => Variant::SignalWorkflow(message::signal(signal)?),
        Job::NotifyHasPatch { patch_id } => {
            Variant::NotifyHasPatch(NotifyHasPatch { patch_id: text(patch_id) })
        }
        Job::DoUpdate(update) => Variant::DoUpdate(message::update(update)?),
        Job::QueryWorkflow(query) => Variant::QueryWorkflow(message::query(query)?),
        // `RecallMarkers`, which is Go's alone.
        other => return Err(Untold::NotSimulated(other.name())),
    })
}

fn initialization(initialize: &Initialize) -> Result<InitializeWorkflow, ConvertError> {
    // One that is made by hand may leave it out.
    let original = Some(&initialize.original_run_id).filter(|id| !id.is_empty());
    let original = original.unwrap_or(&initialize.run_id);
    Ok(InitializeWorkflow {
        workflow_type: text(&initialize.workflow_type),
        workflow_id: text(&initialize.workflow_id),
        arguments: list(initialize.input.as_ref())?,
        randomness_seed: randomness_seed(original),
        headers: header(initialize.header.as_ref())?,
        identity: text(&initialize.identity),
        parent_workflow_info: initialize.parent.as_ref().map(|parent| {
            NamespacedWorkflowExecution {
                namespace: text(&initialize.parent_namespace),
                workflow_id: text(&parent.workflow_id),
                run_id: text(&parent.run_id),
            }
        }),
        root_workflow: initialize.root.to_proto()?,
        workflow_execution_timeout: initialize.execution_timeout.to_proto()?,
        workflow_run_timeout: initialize.run_timeout.to_proto()?,
        workflow_task_timeout: Some(initialize.task_timeout.to_proto()?),
        first_execution_run_id: text(&initialize.first_run_id),
        retry_policy: initialize.retry_policy.to_proto()?,
        attempt: i32::try_from(initialize.attempt).unwrap_or(i32::MAX),
        start_time: Some(initialize.started_at.to_proto()?),
        memo: initialize.memo.to_proto()?,
        search_attributes: initialize.search_attributes.to_proto()?,
        continued_from_execution_run_id: text(&initialize.continued_run_id),
        continued_initiator: initialize.initiator.to_proto()?,
        continued_failure: initialize.continued_failure.to_proto()?,
        last_completion_result: initialize.last_completion_result.to_proto()?,
        cron_schedule: text(&initialize.cron_schedule),
        cron_schedule_to_schedule_interval: Some(initialize.first_task_backoff.to_proto()?),
        workflow_execution_expiration_time: initialize.expires_at.to_proto()?,
        original_execution_run_id: text(original),
        priority: initialize.priority.to_proto()?,
    })
}

/// A copy without the machinery of formatting, which `to_string` of a `SmolStr` goes through.
fn text(text: &SmolStr) -> String {
    text.as_str().to_owned()
}

/// The seed of a run's random numbers. Core hashes the id that the run had before any reset in just this way, and
/// must for ever, since replay depends on it (`str_to_randomness_seed` in core's `workflow_machines.rs`).
fn randomness_seed(run_id: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    run_id.hash(&mut hasher);
    hasher.finish()
}
