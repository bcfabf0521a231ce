//! What a worker says of updates: messages of the protocol `update`, version 1.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_wkt_types::Any;
use rehearsal_activation::{ServerCommand, UpdateMessage};
use rehearsal_history::event::{UpdateOutcome, UpdateRequest};
use temporalio_protos::temporal::api::command::v1::{
    Command, ProtocolMessageCommandAttributes, command::Attributes,
};
use temporalio_protos::temporal::api::enums::v1::CommandType;
use temporalio_protos::temporal::api::protocol::v1::Message;
use temporalio_protos::temporal::api::update::v1 as proto;

use crate::mirror::{ConvertError, Mirror};
use crate::refusal::{BadMessage, required};

const ACCEPTANCE: &str = "temporal.api.update.v1.Acceptance";
const REJECTION: &str = "temporal.api.update.v1.Rejection";
const RESPONSE: &str = "temporal.api.update.v1.Response";

/// The messages that came with commands, until each has its place among them.
#[derive(Debug)]
pub(super) struct Messages {
    order: Vec<String>,
    by_id: BTreeMap<String, Message>,
}

impl Messages {
    /// # Errors
    ///
    /// Two messages have one id.
    pub(super) fn new(messages: Vec<Message>) -> Result<Self, BadMessage> {
        let mut all = Self { order: Vec::new(), by_id: BTreeMap::new() };
        for message in messages {
            let id = message.id.clone();
            if all.by_id.insert(id.clone(), message).is_some() {
                return Err(BadMessage::misfit("a message with an id of its own", id));
            }
            all.order.push(id);
        }
        Ok(all)
    }

    /// Takes the message that a command names.
    pub(super) fn take(&mut self, id: &str) -> Result<Message, BadMessage> {
        self.by_id.remove(id).ok_or_else(|| BadMessage::misfit("the id of a message", id))
    }

    /// The messages that no command names, in their order.
    pub(super) fn rest(mut self) -> Vec<Message> {
        let order = std::mem::take(&mut self.order);
        order.into_iter().filter_map(|id| self.by_id.remove(&id)).collect()
    }
}

/// What a message says of an update.
pub(super) fn from_proto(message: Message) -> Result<ServerCommand, BadMessage> {
    let update_id = message.protocol_instance_id.into();
    let body = required(message.body, "Message body")?;
    // What stands before the last slash says where the type is described, and means nothing here.
    let kind = body.type_url.rsplit('/').next().unwrap_or_default();
    let said = match kind {
        ACCEPTANCE => {
            let acceptance: proto::Acceptance = read(&body)?;
            let sequencing = acceptance.accepted_request_sequencing_event_id;
            let request: Option<UpdateRequest> = Mirror::from_proto(acceptance.accepted_request)?;
            UpdateMessage::Accept {
                update_id,
                sequencing: Mirror::from_proto(sequencing)?,
                request: request.unwrap_or_default(),
            }
        }
        REJECTION => {
            let rejection: proto::Rejection = read(&body)?;
            let failure = Option::from_proto(rejection.failure)?.unwrap_or_default();
            UpdateMessage::Reject { update_id, failure: Box::new(failure) }
        }
        RESPONSE => {
            let response: proto::Response = read(&body)?;
            let outcome = UpdateOutcome::from_proto(required(response.outcome, "Update outcome")?)?;
            let outcome = match outcome.failure {
                None => Ok(outcome.success),
                Some(failure) => Err(Box::new(failure)),
            };
            UpdateMessage::Complete { update_id, outcome }
        }
        other => return Err(BadMessage::misfit("a message about an update", other)),
    };
    Ok(ServerCommand::AnswerUpdate(Box::new(said)))
}

fn read<M: prost::Message + Default>(body: &Any) -> Result<M, BadMessage> {
    M::decode(&*body.value).map_err(|error| BadMessage::misfit("the bytes of a message", error))
}

/// The message that says it.
pub(super) fn to_proto(said: &UpdateMessage) -> Result<Message, ConvertError> {
    let update_id = said.update_id().as_str().to_owned();
    let request = format!("{update_id}/request");
    let (step, kind, value) = match said {
        UpdateMessage::Accept { sequencing, request: accepted, .. } => {
            let acceptance = proto::Acceptance {
                accepted_request_message_id: request,
                accepted_request_sequencing_event_id: sequencing.to_proto()?,
                accepted_request: Some(accepted.to_proto()?),
            };
            ("accept", ACCEPTANCE, acceptance.encode_to_vec())
        }
        UpdateMessage::Reject { failure, .. } => {
            let rejection = proto::Rejection {
                rejected_request_message_id: request,
                failure: Some(failure.to_proto()?),
                ..proto::Rejection::default()
            };
            ("reject", REJECTION, rejection.encode_to_vec())
        }
        UpdateMessage::Complete { outcome, .. } => {
            let outcome = match outcome {
                Ok(success) => UpdateOutcome { success: success.clone(), ..Default::default() },
                Err(failure) => {
                    UpdateOutcome { failure: Some((**failure).clone()), ..Default::default() }
                }
            };
            let meta = proto::Meta { update_id: update_id.clone(), identity: String::new() };
            let response = proto::Response { meta: Some(meta), outcome: Some(outcome.to_proto()?) };
            ("complete", RESPONSE, response.encode_to_vec())
        }
    };
    Ok(Message {
        id: format!("{update_id}/{step}"),
        protocol_instance_id: update_id,
        body: Some(any(kind, value)),
        ..Message::default()
    })
}

/// The command that says where a message stands.
pub(super) fn command(message: &Message) -> Command {
    let attributes = ProtocolMessageCommandAttributes { message_id: message.id.clone() };
    Command {
        command_type: CommandType::ProtocolMessage.into(),
        attributes: Some(Attributes::ProtocolMessageCommandAttributes(attributes)),
        ..Command::default()
    }
}

/// A message of any type, packed as Go packs it.
pub(crate) fn any(kind: &str, value: Vec<u8>) -> Any {
    Any { type_url: format!("type.googleapis.com/{kind}"), value }
}
