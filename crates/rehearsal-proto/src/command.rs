//! Commands of a worker, with the messages about updates that belong to them.
//!
//! A `PROTOCOL_MESSAGE` command says where among the commands its message stands. Messages that no command names come
//! behind all commands, in their order (`handleCommands` in the server's `workflow_task_completed_handler.go`).

mod activity;
mod chain;
mod child;
mod external;
mod marker;
mod update;

use rehearsal_activation::ServerCommand;
use rehearsal_history::UserMetadata;
use temporalio_protos::temporal::api::command::v1 as proto;
use temporalio_protos::temporal::api::command::v1::command::Attributes;
use temporalio_protos::temporal::api::enums::v1::CommandType;
use temporalio_protos::temporal::api::protocol::v1::Message;

use self::update::Messages;
pub(crate) use self::update::any;
use crate::mirror::{ConvertError, Mirror};
use crate::refusal::BadMessage;

/// The commands of a worker, in the order in which they take effect.
///
/// # Errors
///
/// [`BadMessage`] names what is not simulated, or what no worker sends: a type that does not fit its attributes, a
/// message that is not there, a value out of range.
///
/// # Examples
///
/// ```
/// use rehearsal_activation::ServerCommand;
/// use rehearsal_proto::command;
///
/// let sent = vec![ServerCommand::CompleteWorkflow { result: None }];
/// let (commands, messages) = command::to_proto(&sent, "default")?;
/// assert_eq!(command::from_proto(commands, messages, "default")?, sent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from_proto(
    commands: Vec<proto::Command>,
    messages: Vec<Message>,
    namespace: &str,
) -> Result<Vec<ServerCommand>, BadMessage> {
    let mut messages = Messages::new(messages)?;
    let mut read = Vec::with_capacity(commands.len());
    for (at, command) in commands.into_iter().enumerate() {
        let command = one(command, &mut messages, namespace);
        read.push(command.map_err(|error| within(error, at))?);
    }
    for message in messages.rest() {
        read.push(update::from_proto(message)?);
    }
    Ok(read)
}

/// A command that cannot be read says which it is.
fn within(error: BadMessage, at: usize) -> BadMessage {
    match error {
        BadMessage::Unreadable(error) => error.within(&format!("commands.{at}")).into(),
        other @ (BadMessage::NotSimulated { .. }
        | BadMessage::NotSet { .. }
        | BadMessage::Invalid { .. }
        | BadMessage::Token) => other,
    }
}

/// The commands as a worker sends them, with the messages that belong to them.
///
/// # Errors
///
/// [`ConvertError`] if a value has no counterpart.
pub fn to_proto(
    commands: &[ServerCommand],
    namespace: &str,
) -> Result<(Vec<proto::Command>, Vec<Message>), ConvertError> {
    let mut out = (Vec::with_capacity(commands.len()), Vec::new());
    for command in commands {
        if let ServerCommand::AnswerUpdate(answer) = command {
            let message = update::to_proto(answer)?;
            if !command.is_message() {
                out.0.push(update::command(&message));
            }
            out.1.push(message);
        } else {
            out.0.push(command_to_proto(command, namespace)?);
        }
    }
    Ok(out)
}

#[expect(clippy::too_many_lines, reason = "a line or two for each command")]
fn one(
    command: proto::Command,
    messages: &mut Messages,
    namespace: &str,
) -> Result<ServerCommand, BadMessage> {
    // Newer SDKs mark what an update handler asks for as one group. A server puts the marks beside the events
    // (`handleCommand` in `workflow_task_completed_handler.go`), for people only: they are not recorded here.
    let proto::Command { command_type, user_metadata, event_group_markers: _, attributes } =
        command;
    let attributes =
        attributes.ok_or_else(|| BadMessage::misfit("a command with attributes", "none"))?;
    let fits = type_of(&attributes);
    if CommandType::try_from(command_type) != Ok(fits) {
        return Err(BadMessage::misfit(fits.as_str_name(), command_type));
    }
    let note: Option<UserMetadata> = Mirror::from_proto(user_metadata)?;
    let note = note.filter(|note| *note != UserMetadata::default()).map(Box::new);
    // What a person reads beside an event has its place in commands that have one of their own. A server also records it of
    // those that close the workflow or change what it is found by; no SDK sends it.
    let without_note = |command: ServerCommand| match note {
        None => Ok(command),
        Some(_) => Err(BadMessage::NotSimulated { what: "user metadata of this command" }),
    };
    match attributes {
        Attributes::ScheduleActivityTaskCommandAttributes(attributes) => {
            activity::from_proto(attributes, note)
        }
        Attributes::RequestCancelActivityTaskCommandAttributes(attributes) => {
            Ok(ServerCommand::RequestCancelActivityTask {
                scheduled: Mirror::from_proto(attributes.scheduled_event_id)?,
                user_metadata: note,
            })
        }
        Attributes::StartTimerCommandAttributes(attributes) => Ok(ServerCommand::StartTimer {
            timer_id: attributes.timer_id.into(),
            // The service refuses a timer without a time, as the server does.
            after: Option::from_proto(attributes.start_to_fire_timeout)?.unwrap_or_default(),
            user_metadata: note,
        }),
        Attributes::CancelTimerCommandAttributes(attributes) => Ok(ServerCommand::CancelTimer {
            timer_id: attributes.timer_id.into(),
            user_metadata: note,
        }),
        Attributes::CompleteWorkflowExecutionCommandAttributes(attributes) => {
            let result = Mirror::from_proto(attributes.result)?;
            without_note(ServerCommand::CompleteWorkflow { result })
        }
        Attributes::FailWorkflowExecutionCommandAttributes(attributes) => {
            let failure = Option::from_proto(attributes.failure)?.unwrap_or_default();
            without_note(ServerCommand::FailWorkflow { failure: Box::new(failure) })
        }
        Attributes::CancelWorkflowExecutionCommandAttributes(attributes) => {
            let details = Mirror::from_proto(attributes.details)?;
            without_note(ServerCommand::CancelWorkflow { details })
        }
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes) => {
            without_note(chain::from_proto(attributes)?)
        }
        Attributes::RecordMarkerCommandAttributes(attributes) => {
            marker::from_proto(attributes, note)
        }
        Attributes::StartChildWorkflowExecutionCommandAttributes(attributes) => {
            child::from_proto(attributes, note, namespace)
        }
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(attributes) => {
            external::signal_from_proto(attributes, note, namespace)
        }
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(attributes) => {
            external::cancel_from_proto(attributes, note, namespace)
        }
        Attributes::UpsertWorkflowSearchAttributesCommandAttributes(attributes) => {
            let attributes = Option::from_proto(attributes.search_attributes)?.unwrap_or_default();
            without_note(ServerCommand::UpsertSearchAttributes(attributes))
        }
        Attributes::ModifyWorkflowPropertiesCommandAttributes(attributes) => {
            let memo = Option::from_proto(attributes.upserted_memo)?.unwrap_or_default();
            without_note(ServerCommand::UpsertMemo(memo))
        }
        Attributes::ProtocolMessageCommandAttributes(attributes) => {
            // Beside what answers an update a server records nothing: `handleCommand` ends before it would.
            Ok(update::from_proto(messages.take(&attributes.message_id)?)?)
        }
        Attributes::ScheduleNexusOperationCommandAttributes(_)
        | Attributes::RequestCancelNexusOperationCommandAttributes(_) => {
            Err(BadMessage::NotSimulated { what: "Nexus operations" })
        }
    }
}

fn command_to_proto(
    command: &ServerCommand,
    namespace: &str,
) -> Result<proto::Command, ConvertError> {
    let mut note = None;
    let attributes: Attributes = match command {
        ServerCommand::ScheduleActivityTask(activity) => {
            note.clone_from(&activity.user_metadata);
            activity::to_proto(activity)?.into()
        }
        ServerCommand::RequestCancelActivityTask { scheduled, user_metadata } => {
            note.clone_from(user_metadata);
            let scheduled_event_id = scheduled.to_proto()?;
            proto::RequestCancelActivityTaskCommandAttributes { scheduled_event_id }.into()
        }
        ServerCommand::StartTimer { timer_id, after, user_metadata } => {
            note.clone_from(user_metadata);
            let start_to_fire_timeout = Some(after.to_proto()?);
            let timer_id = timer_id.to_proto()?;
            proto::StartTimerCommandAttributes { timer_id, start_to_fire_timeout }.into()
        }
        ServerCommand::CancelTimer { timer_id, user_metadata } => {
            note.clone_from(user_metadata);
            let timer_id = timer_id.to_proto()?;
            proto::CancelTimerCommandAttributes { timer_id }.into()
        }
        ServerCommand::CompleteWorkflow { result } => {
            let result = result.to_proto()?;
            proto::CompleteWorkflowExecutionCommandAttributes { result }.into()
        }
        ServerCommand::FailWorkflow { failure } => {
            let failure = Some(failure.to_proto()?);
            proto::FailWorkflowExecutionCommandAttributes { failure }.into()
        }
        ServerCommand::CancelWorkflow { details } => {
            let details = details.to_proto()?;
            proto::CancelWorkflowExecutionCommandAttributes { details }.into()
        }
        ServerCommand::ContinueAsNew(next) => chain::to_proto(next)?.into(),
        ServerCommand::RecordMarker(marker) => {
            note.clone_from(&marker.user_metadata);
            marker::to_proto(marker)?.into()
        }
        ServerCommand::StartChildWorkflow(child) => {
            note.clone_from(&child.user_metadata);
            child::to_proto(child, namespace)?.into()
        }
        ServerCommand::SignalExternalWorkflow(signal) => {
            note.clone_from(&signal.user_metadata);
            external::signal_to_proto(signal, namespace)?.into()
        }
        ServerCommand::RequestCancelExternalWorkflow(cancel) => {
            note.clone_from(&cancel.user_metadata);
            external::cancel_to_proto(cancel, namespace)?.into()
        }
        ServerCommand::AnswerUpdate(answer) => {
            return Ok(update::command(&update::to_proto(answer)?));
        }
        ServerCommand::UpsertSearchAttributes(attributes) => {
            let search_attributes = Some(attributes.to_proto()?);
            proto::UpsertWorkflowSearchAttributesCommandAttributes { search_attributes }.into()
        }
        ServerCommand::UpsertMemo(memo) => {
            let upserted_memo = Some(memo.to_proto()?);
            proto::ModifyWorkflowPropertiesCommandAttributes { upserted_memo }.into()
        }
    };
    Ok(proto::Command {
        command_type: type_of(&attributes).into(),
        user_metadata: note.to_proto()?,
        event_group_markers: Vec::new(),
        attributes: Some(attributes),
    })
}

/// The type of the command that has these attributes.
const fn type_of(attributes: &Attributes) -> CommandType {
    match attributes {
        Attributes::ScheduleActivityTaskCommandAttributes(_) => CommandType::ScheduleActivityTask,
        Attributes::StartTimerCommandAttributes(_) => CommandType::StartTimer,
        Attributes::CompleteWorkflowExecutionCommandAttributes(_) => {
            CommandType::CompleteWorkflowExecution
        }
        Attributes::FailWorkflowExecutionCommandAttributes(_) => CommandType::FailWorkflowExecution,
        Attributes::RequestCancelActivityTaskCommandAttributes(_) => {
            CommandType::RequestCancelActivityTask
        }
        Attributes::CancelTimerCommandAttributes(_) => CommandType::CancelTimer,
        Attributes::CancelWorkflowExecutionCommandAttributes(_) => {
            CommandType::CancelWorkflowExecution
        }
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::RequestCancelExternalWorkflowExecution
        }
        Attributes::RecordMarkerCommandAttributes(_) => CommandType::RecordMarker,
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(_) => {
            CommandType::ContinueAsNewWorkflowExecution
        }
        Attributes::StartChildWorkflowExecutionCommandAttributes(_) => {
            CommandType::StartChildWorkflowExecution
        }
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::SignalExternalWorkflowExecution
        }
        Attributes::UpsertWorkflowSearchAttributesCommandAttributes(_) => {
            CommandType::UpsertWorkflowSearchAttributes
        }
        Attributes::ProtocolMessageCommandAttributes(_) => CommandType::ProtocolMessage,
        Attributes::ModifyWorkflowPropertiesCommandAttributes(_) => {
            CommandType::ModifyWorkflowProperties
        }
        Attributes::ScheduleNexusOperationCommandAttributes(_) => {
            CommandType::ScheduleNexusOperation
        }
        Attributes::RequestCancelNexusOperationCommandAttributes(_) => {
            CommandType::RequestCancelNexusOperation
        }
    }
}

/// The queue of a command: its name. Which kind it is says the server.
fn queue(
    queue: Option<temporalio_protos::temporal::api::taskqueue::v1::TaskQueue>,
) -> rehearsal_history::SmolStr {
    queue.map(|queue| queue.name.into()).unwrap_or_default()
}

/// A normal queue of this name.
fn normal(
    name: &rehearsal_history::SmolStr,
) -> Result<Option<temporalio_protos::temporal::api::taskqueue::v1::TaskQueue>, ConvertError> {
    Ok(Some(rehearsal_history::TaskQueue::normal(name.clone()).to_proto()?))
}

/// Refuses a namespace that is not the one of the run.
fn check_namespace(named: &str, namespace: &str) -> Result<(), BadMessage> {
    if named.is_empty() || named == namespace {
        Ok(())
    } else {
        Err(BadMessage::NotSimulated { what: "workflows in other namespaces" })
    }
}

#[cfg(test)]
mod tests;
