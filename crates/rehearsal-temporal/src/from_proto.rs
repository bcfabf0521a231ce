//! Commands, as the SDK would send them to core.

mod activity;
mod chain;
mod child;
mod external;
mod message;
mod timer;

use std::mem::take;

use rehearsal_activation::{CancelChild, Seq, SetPatch, WorkflowCommand};
use rehearsal_history::{Payload, Payloads, SmolStr};
use rehearsal_proto::{ConvertError, Mirror};
use temporalio_protos::coresdk::workflow_commands::{
    WorkflowCommand as ProtoCommand, workflow_command::Variant,
};
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;

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

/// The command, taken out of `command`: a command of the SDK is large, and would be moved several times. What one SDK's
/// rules do not have is in the contract, so that the worker refuses it.
#[expect(clippy::too_many_lines, reason = "a line for each command")]
pub(crate) fn command(command: &mut ProtoCommand) -> Result<WorkflowCommand, Refusal> {
    let ProtoCommand { user_metadata, event_group_markers, variant } = command;
    if !event_group_markers.is_empty() {
        return Err(Refusal::NotSimulated("event group markers"));
    }
    let user_metadata = user_metadata.take();
    let variant =
        variant.as_mut().ok_or_else(|| Refusal::Malformed("a command without a kind".into()))?;
    let annotated = matches!(
        variant,
        Variant::StartTimer(_)
            | Variant::ScheduleActivity(_)
            | Variant::ScheduleLocalActivity(_)
            | Variant::StartChildWorkflowExecution(_)
    );
    if !annotated && user_metadata.as_ref().is_some_and(|it| *it != UserMetadata::default()) {
        let what = "summaries of anything but timers, activities and child workflows";
        return Err(Refusal::NotSimulated(what));
    }
    Ok(match variant {
        Variant::StartTimer(timer) => timer::start(timer, user_metadata)?,
        Variant::ScheduleActivity(activity) => activity::schedule(activity, user_metadata)?,
        Variant::ScheduleLocalActivity(activity) => {
            activity::schedule_local(take(activity), user_metadata)?
        }
        Variant::StartChildWorkflowExecution(child) => child::start(take(child), user_metadata)?,
        Variant::CancelTimer(timer) => WorkflowCommand::CancelTimer { seq: Seq(timer.seq) },
        Variant::RequestCancelActivity(activity) => {
            WorkflowCommand::RequestCancelActivity { seq: Seq(activity.seq) }
        }
        Variant::RequestCancelLocalActivity(activity) => {
            WorkflowCommand::RequestCancelLocalActivity { seq: Seq(activity.seq) }
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
        Variant::ContinueAsNewWorkflowExecution(next) => chain::continue_as_new(take(next))?,
        Variant::CancelChildWorkflowExecution(cancel) => {
            WorkflowCommand::CancelChildWorkflow(CancelChild {
                seq: Seq(cancel.child_workflow_seq),
                reason: take(&mut cancel.reason).into(),
            })
        }
        Variant::SignalExternalWorkflowExecution(signal) => external::signal(take(signal))?,
        Variant::CancelSignalWorkflow(cancel) => {
            WorkflowCommand::CancelSignalExternalWorkflow { seq: Seq(cancel.seq) }
        }
        Variant::RequestCancelExternalWorkflowExecution(cancel) => external::cancel(take(cancel))?,
        Variant::SetPatchMarker(patch) => WorkflowCommand::SetPatch(SetPatch {
            patch_id: take(&mut patch.patch_id).into(),
            deprecated: patch.deprecated,
        }),
        Variant::UpsertWorkflowSearchAttributes(upsert) => WorkflowCommand::UpsertSearchAttributes(
            Mirror::from_proto(upsert.search_attributes.take().unwrap_or_default())?,
        ),
        Variant::ModifyWorkflowProperties(modify) => WorkflowCommand::UpsertMemo(
            Mirror::from_proto(modify.upserted_memo.take().unwrap_or_default())?,
        ),
        Variant::UpdateResponse(update) => message::respond_update(take(update))?,
        Variant::RespondToQuery(result) => message::answer_query(take(result))?,
        Variant::ScheduleNexusOperation(_) | Variant::RequestCancelNexusOperation(_) => {
            return Err(Refusal::NotSimulated("Nexus operations"));
        }
    })
}

/// One line for people beside an operation.
fn summary_of(user_metadata: Option<UserMetadata>) -> Result<Option<Payload>, Refusal> {
    let UserMetadata { summary, details } = user_metadata.unwrap_or_default();
    if details.is_some() {
        return Err(Refusal::NotSimulated("details of operations"));
    }
    Ok(summary.map(Payload::from_proto).transpose()?)
}

/// A workflow that is named with a namespace must be in that of the run.
fn same_namespace(namespace: &str) -> Result<(), Refusal> {
    if !namespace.is_empty() && namespace != crate::NAMESPACE {
        return Err(Refusal::NotSimulated("other namespaces"));
    }
    Ok(())
}

/// A text that is empty if it was not given.
fn given(text: String) -> Option<SmolStr> {
    (!text.is_empty()).then(|| text.into())
}
