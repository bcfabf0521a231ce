//! Events and commands in one short line each, for reports: a name, and what the file of its operation says behind it.

mod activity;
mod child;
mod close;
mod external;
mod marker;
mod properties;
mod timer;
mod update;
mod value;

use alloc::format;
use alloc::string::String;

use rehearsal_activation::{ServerCommand, UpdateMessage};
use rehearsal_history::{Event, EventKind};

pub(crate) use self::value::{
    LONGEST, details, header, priority, retry_policy, summary, timeout, whole, whole_failure,
};

/// An event: its type and what names it.
pub(crate) fn event(event: &Event) -> String {
    use EventKind as E;
    let name = event.kind.name();
    let what = match &event.kind {
        E::ActivityTaskScheduled(of) => activity::named(&of.activity_type.name, &of.activity_id),
        E::ActivityTaskCancelRequested(of) => activity::by_event(of.scheduled_event_id),
        E::ActivityTaskCompleted(of) => activity::by_event(of.scheduled_event_id),
        E::ActivityTaskFailed(of) => activity::by_event(of.scheduled_event_id),
        E::ActivityTaskTimedOut(of) => activity::by_event(of.scheduled_event_id),
        E::ActivityTaskCanceled(of) => activity::by_event(of.scheduled_event_id),
        E::TimerStarted(of) => {
            timer::started(&of.timer_id, of.start_to_fire_timeout.unwrap_or_default())
        }
        E::TimerCanceled(of) => timer::named(&of.timer_id),
        E::TimerFired(of) => timer::named(&of.timer_id),
        E::StartChildWorkflowExecutionInitiated(of) => {
            child::named(&of.workflow_type.name, &of.workflow_id)
        }
        E::StartChildWorkflowExecutionFailed(of) => {
            child::named(&of.workflow_type.name, &of.workflow_id)
        }
        E::ChildWorkflowExecutionStarted(of) => {
            child::of(&of.workflow_type, &of.workflow_execution)
        }
        E::ChildWorkflowExecutionCompleted(of) => {
            child::of(&of.workflow_type, &of.workflow_execution)
        }
        E::ChildWorkflowExecutionFailed(of) => child::of(&of.workflow_type, &of.workflow_execution),
        E::ChildWorkflowExecutionCanceled(of) => {
            child::of(&of.workflow_type, &of.workflow_execution)
        }
        E::ChildWorkflowExecutionTimedOut(of) => {
            child::of(&of.workflow_type, &of.workflow_execution)
        }
        E::ChildWorkflowExecutionTerminated(of) => {
            child::of(&of.workflow_type, &of.workflow_execution)
        }
        E::SignalExternalWorkflowExecutionInitiated(of) => {
            external::signal(&of.signal_name, &of.workflow_execution.workflow_id)
        }
        E::SignalExternalWorkflowExecutionFailed(of) => {
            external::named(&of.workflow_execution.workflow_id)
        }
        E::ExternalWorkflowExecutionSignaled(of) => {
            external::named(&of.workflow_execution.workflow_id)
        }
        E::RequestCancelExternalWorkflowExecutionInitiated(of) => {
            external::named(&of.workflow_execution.workflow_id)
        }
        E::RequestCancelExternalWorkflowExecutionFailed(of) => {
            external::named(&of.workflow_execution.workflow_id)
        }
        E::ExternalWorkflowExecutionCancelRequested(of) => {
            external::named(&of.workflow_execution.workflow_id)
        }
        E::MarkerRecorded(of) => marker::named(&of.marker_name, &of.details),
        E::UpsertWorkflowSearchAttributes(of) => {
            properties::keys(of.search_attributes.as_ref().map(|it| &it.indexed_fields))
        }
        E::WorkflowPropertiesModified(of) => {
            properties::keys(of.upserted_memo.as_ref().map(|it| &it.fields))
        }
        E::WorkflowExecutionUpdateAccepted(of) => update::named(&of.protocol_instance_id),
        E::WorkflowExecutionUpdateCompleted(of) => update::of(of.meta.as_ref()),
        E::WorkflowExecutionCompleted(of) => close::completed(of.result.as_ref()),
        E::WorkflowExecutionFailed(of) => close::failed(of.failure.as_ref()),
        E::WorkflowExecutionCanceled(of) => close::canceled(of.details.as_ref()),
        E::WorkflowExecutionContinuedAsNew(of) => close::continued(of.input.as_ref()),
        _ => return name.into(),
    };
    format!("{name} {what}")
}

/// A command: what is asked for and what names it.
pub(crate) fn command(command: &ServerCommand) -> String {
    let (name, what) = parts(command);
    if what.is_empty() { name.into() } else { format!("{name} {what}") }
}

/// What is asked for.
pub(crate) fn command_name(command: &ServerCommand) -> &'static str {
    parts(command).0
}

fn parts(command: &ServerCommand) -> (&'static str, String) {
    use ServerCommand as C;
    match command {
        C::ScheduleActivityTask(of) => {
            ("ScheduleActivityTask", activity::named(&of.activity_type, &of.activity_id))
        }
        C::RequestCancelActivityTask { scheduled, .. } => {
            ("RequestCancelActivityTask", activity::by_event(*scheduled))
        }
        C::StartTimer { timer_id, after, .. } => ("StartTimer", timer::started(timer_id, *after)),
        C::CancelTimer { timer_id, .. } => ("CancelTimer", timer::named(timer_id)),
        C::CompleteWorkflow { result } => ("CompleteWorkflow", close::completed(result.as_ref())),
        C::FailWorkflow { failure } => ("FailWorkflow", close::failed(Some(failure))),
        C::CancelWorkflow { details } => ("CancelWorkflow", close::canceled(details.as_ref())),
        C::ContinueAsNew(of) => ("ContinueAsNew", close::continued(of.input.as_ref())),
        C::RecordMarker(of) => ("RecordMarker", marker::named(&of.name, &of.details)),
        C::UpsertSearchAttributes(of) => {
            ("UpsertSearchAttributes", properties::keys(Some(&of.indexed_fields)))
        }
        C::UpsertMemo(of) => ("UpsertMemo", properties::keys(Some(&of.fields))),
        C::StartChildWorkflow(of) => {
            ("StartChildWorkflow", child::named(&of.workflow_type, &of.workflow_id))
        }
        C::SignalExternalWorkflow(of) => {
            ("SignalExternalWorkflow", external::signal(&of.name, &of.target.workflow_id))
        }
        C::RequestCancelExternalWorkflow(of) => {
            ("RequestCancelExternalWorkflow", external::named(&of.target.workflow_id))
        }
        C::AnswerUpdate(of) => {
            let name = match **of {
                UpdateMessage::Accept { .. } => "AcceptUpdate",
                UpdateMessage::Reject { .. } => "RejectUpdate",
                UpdateMessage::Complete { .. } => "CompleteUpdate",
            };
            (name, update::named(of.update_id()))
        }
    }
}
