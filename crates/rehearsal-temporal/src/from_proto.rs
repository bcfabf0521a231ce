//! Commands, as the SDK would send them to core.

use std::mem::take;

use rehearsal_activation::{
    CancelExternal, CancellationType, ScheduleActivity, Seq, SignalExternal, StartChild,
    StartTimer, WorkflowCommand,
};
use rehearsal_history::{Payload, Payloads, SmolStr};
use temporalio_protos::coresdk::workflow_commands::{
    ActivityCancellationType, ContinueAsNewWorkflowExecution,
    RequestCancelExternalWorkflowExecution, ScheduleActivity as ProtoActivity,
    SignalExternalWorkflowExecution, StartChildWorkflowExecution, StartTimer as ProtoTimer,
    WorkflowCommand as ProtoCommand, workflow_command::Variant,
};
use temporalio_protos::temporal::api::common::v1::Priority;
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;

use crate::proto::{ConvertError, Mirror, from_header, from_list};

/// Why a command of the SDK cannot be carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Something that is not simulated, in Temporal's terms.
    NotSimulated(&'static str),
    /// It is not a command that core would take.
    Malformed(String),
}

impl From<ConvertError> for Refusal {
    fn from(error: ConvertError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// The command, taken out of `command`: a command of the SDK is large, and would be moved several times. Children,
/// external workflows and continue-as-new are in the contract, so that the worker refuses them.
pub(crate) fn command(command: &mut ProtoCommand) -> Result<WorkflowCommand, Refusal> {
    let ProtoCommand { user_metadata, event_group_markers, variant } = command;
    if !event_group_markers.is_empty() {
        return Err(Refusal::NotSimulated("event group markers"));
    }
    let user_metadata = user_metadata.take();
    let variant =
        variant.as_mut().ok_or_else(|| Refusal::Malformed("a command without a kind".into()))?;
    let variant = match variant {
        Variant::StartTimer(timer) => return start_timer(timer, user_metadata),
        Variant::ScheduleActivity(activity) => return schedule_activity(activity, user_metadata),
        variant => variant,
    };
    if user_metadata.is_some_and(|metadata| metadata != UserMetadata::default()) {
        return Err(Refusal::NotSimulated("summaries of anything but timers and activities"));
    }
    Ok(match variant {
        Variant::CancelTimer(timer) => WorkflowCommand::CancelTimer { seq: Seq(timer.seq) },
        Variant::RequestCancelActivity(activity) => {
            WorkflowCommand::RequestCancelActivity { seq: Seq(activity.seq) }
        }
        Variant::CompleteWorkflowExecution(complete) => WorkflowCommand::CompleteWorkflow {
            result: Option::<Payload>::from_proto(complete.result.take())?.map(Payloads::one),
        },
        Variant::FailWorkflowExecution(fail) => {
            let failure = fail
                .failure
                .take()
                .ok_or_else(|| Refusal::Malformed("a failed workflow without a failure".into()))?;
            WorkflowCommand::FailWorkflow { failure: Box::new(Mirror::from_proto(failure)?) }
        }
        Variant::CancelWorkflowExecution(cancel) => {
            WorkflowCommand::CancelWorkflow { details: Mirror::from_proto(cancel.details.take())? }
        }
        Variant::ContinueAsNewWorkflowExecution(next) => continue_as_new(take(next))?,
        Variant::StartChildWorkflowExecution(child) => start_child(take(child))?,
        Variant::SignalExternalWorkflowExecution(signal) => signal_external(take(signal))?,
        Variant::RequestCancelExternalWorkflowExecution(cancel) => cancel_external(take(cancel)),
        other => return Err(Refusal::NotSimulated(name_of(other))),
    })
}

/// What a command that is never simulated asks for.
const fn name_of(variant: &Variant) -> &'static str {
    match variant {
        Variant::RespondToQuery(_) => "queries",
        Variant::SetPatchMarker(_) => "patches",
        Variant::CancelChildWorkflowExecution(_) => "child workflows",
        Variant::CancelSignalWorkflow(_) => "signals to other workflows",
        Variant::ScheduleLocalActivity(_) | Variant::RequestCancelLocalActivity(_) => {
            "local activities"
        }
        Variant::UpsertWorkflowSearchAttributes(_) => "upserts of search attributes",
        Variant::ModifyWorkflowProperties(_) => "upserts of the memo",
        Variant::UpdateResponse(_) => "updates",
        Variant::ScheduleNexusOperation(_) | Variant::RequestCancelNexusOperation(_) => {
            "Nexus operations"
        }
        _ => "a command of this kind",
    }
}

fn start_timer(
    timer: &ProtoTimer,
    user_metadata: Option<UserMetadata>,
) -> Result<WorkflowCommand, Refusal> {
    let after = timer
        .start_to_fire_timeout
        .ok_or_else(|| Refusal::Malformed(format!("timer {} without a time", timer.seq)))?;
    let summary = summary_of(user_metadata)?;
    let after = Mirror::from_proto(after)?;
    Ok(WorkflowCommand::StartTimer(StartTimer { seq: Seq(timer.seq), after, summary }))
}

/// One line for people beside an operation.
fn summary_of(user_metadata: Option<UserMetadata>) -> Result<Option<Payload>, Refusal> {
    let UserMetadata { summary, details } = user_metadata.unwrap_or_default();
    if details.is_some() {
        return Err(Refusal::NotSimulated("details of operations"));
    }
    Ok(summary.map(Payload::from_proto).transpose()?)
}

fn schedule_activity(
    activity: &mut ProtoActivity,
    user_metadata: Option<UserMetadata>,
) -> Result<WorkflowCommand, Refusal> {
    let cancellation_type = match activity.cancellation_type() {
        ActivityCancellationType::TryCancel => CancellationType::TryCancel,
        ActivityCancellationType::WaitCancellationCompleted => {
            CancellationType::WaitCancellationCompleted
        }
        ActivityCancellationType::Abandon => CancellationType::Abandon,
    };
    if activity.priority.as_ref().is_some_and(|priority| *priority != Priority::default()) {
        return Err(Refusal::NotSimulated("priorities of activities"));
    }
    if activity.versioning_intent != 0 {
        return Err(Refusal::NotSimulated("worker versioning"));
    }
    Ok(WorkflowCommand::ScheduleActivity(Box::new(ScheduleActivity {
        seq: Seq(activity.seq),
        activity_id: given(take(&mut activity.activity_id)),
        activity_type: take(&mut activity.activity_type).into(),
        task_queue: given(take(&mut activity.task_queue)),
        input: from_list(take(&mut activity.arguments))?,
        header: from_header(take(&mut activity.headers))?,
        schedule_to_close: Mirror::from_proto(activity.schedule_to_close_timeout)?,
        schedule_to_start: Mirror::from_proto(activity.schedule_to_start_timeout)?,
        start_to_close: Mirror::from_proto(activity.start_to_close_timeout)?,
        heartbeat: Mirror::from_proto(activity.heartbeat_timeout)?,
        retry_policy: Mirror::from_proto(activity.retry_policy.take())?,
        cancellation_type,
        summary: summary_of(user_metadata)?,
    })))
}

fn start_child(child: StartChildWorkflowExecution) -> Result<WorkflowCommand, Refusal> {
    Ok(WorkflowCommand::StartChildWorkflow(Box::new(StartChild {
        seq: Seq(child.seq),
        workflow_type: child.workflow_type.into(),
        workflow_id: child.workflow_id.into(),
        input: from_list(child.input)?,
    })))
}

fn signal_external(signal: SignalExternalWorkflowExecution) -> Result<WorkflowCommand, Refusal> {
    use temporalio_protos::coresdk::workflow_commands::signal_external_workflow_execution::Target;
    let workflow_id = match signal.target {
        Some(Target::WorkflowExecution(target)) => target.workflow_id,
        Some(Target::ChildWorkflowId(id)) => id,
        None => return Err(Refusal::Malformed("a signal to no workflow".into())),
    };
    Ok(WorkflowCommand::SignalExternalWorkflow(Box::new(SignalExternal {
        seq: Seq(signal.seq),
        workflow_id: workflow_id.into(),
        name: signal.signal_name.into(),
        input: from_list(signal.args)?,
    })))
}

fn cancel_external(cancel: RequestCancelExternalWorkflowExecution) -> WorkflowCommand {
    WorkflowCommand::RequestCancelExternalWorkflow(Box::new(CancelExternal {
        seq: Seq(cancel.seq),
        workflow_id: cancel.workflow_execution.unwrap_or_default().workflow_id.into(),
        reason: cancel.reason.into(),
    }))
}

fn continue_as_new(next: ContinueAsNewWorkflowExecution) -> Result<WorkflowCommand, Refusal> {
    Ok(WorkflowCommand::ContinueAsNew { input: from_list(next.arguments)? })
}

/// A text that is empty if it was not given.
fn given(text: String) -> Option<SmolStr> {
    (!text.is_empty()).then(|| text.into())
}
