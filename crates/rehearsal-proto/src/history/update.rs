//! Events of updates.

use rehearsal_history::event::{
    UpdateAdmittedOrigin, UpdateInput, UpdateMeta, UpdateOutcome, UpdateRequest,
    WorkflowExecutionUpdateAccepted, WorkflowExecutionUpdateAdmitted,
    WorkflowExecutionUpdateCompleted, WorkflowExecutionUpdateRejected,
};
use temporalio_protos::temporal::api::history::v1 as proto;
use temporalio_protos::temporal::api::update::v1 as proto_update;
use temporalio_protos::temporal::api::update::v1::outcome::Value;

use crate::mirror::{ConvertError, Mirror, mirror, mirror_enum, refuse_unknown};

mirror! {
    WorkflowExecutionUpdateAccepted => proto::WorkflowExecutionUpdateAcceptedEventAttributes {
        mirror {
            protocol_instance_id, accepted_request_message_id,
            accepted_request_sequencing_event_id, accepted_request,
        }
    }
    WorkflowExecutionUpdateRejected => proto::WorkflowExecutionUpdateRejectedEventAttributes {
        mirror {
            protocol_instance_id, rejected_request_message_id,
            rejected_request_sequencing_event_id, rejected_request, failure,
        }
    }
    WorkflowExecutionUpdateCompleted => proto::WorkflowExecutionUpdateCompletedEventAttributes {
        mirror {
            meta, accepted_event_id, outcome,
        }
    }
    WorkflowExecutionUpdateAdmitted => proto::WorkflowExecutionUpdateAdmittedEventAttributes {
        mirror {
            request, origin,
        }
    }
}

mirror_enum! { UpdateAdmittedOrigin }

mirror! {
    UpdateMeta => proto_update::Meta { mirror { update_id, identity } }
    UpdateInput => proto_update::Input { mirror { header, name, args } }
    UpdateRequest => proto_update::Request {
        mirror { meta, input }
        json {
            request_id = "requestId",
            completion_callbacks = "completionCallbacks",
            links = "links",
        }
    }
}

impl Mirror<proto_update::Outcome> for UpdateOutcome {
    fn to_proto(&self) -> Result<proto_update::Outcome, ConvertError> {
        refuse_unknown(&self.unknown, &[])?;
        let value = match (&self.success, &self.failure) {
            (None, None) => None,
            (Some(success), None) => Some(Value::Success(success.to_proto()?)),
            (None, Some(failure)) => Some(Value::Failure(failure.to_proto()?)),
            (Some(_), Some(_)) => {
                return Err(ConvertError::new("a result or a failure", "both"));
            }
        };
        Ok(proto_update::Outcome { value })
    }

    fn from_proto(proto: proto_update::Outcome) -> Result<Self, ConvertError> {
        let mut outcome = Self::default();
        match proto.value {
            None => {}
            Some(Value::Success(success)) => outcome.success = Some(Mirror::from_proto(success)?),
            Some(Value::Failure(failure)) => outcome.failure = Some(Mirror::from_proto(failure)?),
        }
        Ok(outcome)
    }
}
