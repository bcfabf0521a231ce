//! Events of updates.

use smol_str::SmolStr;

use crate::failure::Failure;
use crate::id::EventId;
use crate::json::schema::{enumeration, message};
use crate::payload::Payloads;
use crate::policy::Header;

message! {
    /// An update was accepted.
    pub struct WorkflowExecutionUpdateAccepted {
        /// The id of the update.
        protocol_instance_id: SmolStr => "protocolInstanceId",
        /// The message that asked for it.
        accepted_request_message_id: SmolStr => "acceptedRequestMessageId",
        /// The `WorkflowTaskScheduled` that delivered it.
        accepted_request_sequencing_event_id: EventId => "acceptedRequestSequencingEventId",
        /// What was asked.
        accepted_request: Option<UpdateRequest> => "acceptedRequest",
    }

    /// An update was rejected.
    pub struct WorkflowExecutionUpdateRejected {
        /// The id of the update.
        protocol_instance_id: SmolStr => "protocolInstanceId",
        /// The message that asked for it.
        rejected_request_message_id: SmolStr => "rejectedRequestMessageId",
        /// The `WorkflowTaskScheduled` that delivered it.
        rejected_request_sequencing_event_id: EventId => "rejectedRequestSequencingEventId",
        /// What was asked.
        rejected_request: Option<UpdateRequest> => "rejectedRequest",
        /// Why it was rejected.
        failure: Option<Failure> => "failure",
    }

    /// An update has its result.
    pub struct WorkflowExecutionUpdateCompleted {
        /// Which update.
        meta: Option<UpdateMeta> => "meta",
        /// Its `WorkflowExecutionUpdateAccepted`.
        accepted_event_id: EventId => "acceptedEventId",
        /// The result.
        outcome: Option<UpdateOutcome> => "outcome",
    }

    /// An update was admitted again after a reset.
    pub struct WorkflowExecutionUpdateAdmitted {
        /// What was asked.
        request: Option<UpdateRequest> => "request",
        /// Why it was admitted.
        origin: UpdateAdmittedOrigin => "origin",
    }
}

message! {
    /// Which update, and who asked for it.
    pub struct UpdateMeta {
        /// Its id.
        update_id: SmolStr => "updateId",
        /// Who asked.
        identity: SmolStr => "identity",
    }

    /// What an update calls.
    pub struct UpdateInput {
        /// Context of the caller.
        header: Option<Header> => "header",
        /// The name of the handler.
        name: SmolStr => "name",
        /// Its arguments.
        args: Option<Payloads> => "args",
    }

    /// What was asked.
    pub struct UpdateRequest {
        /// Which update.
        meta: Option<UpdateMeta> => "meta",
        /// What it calls.
        input: Option<UpdateInput> => "input",
    }

    /// The result of an update.
    pub struct UpdateOutcome {
        /// The value, if it succeeded.
        success: Option<Payloads> => "success",
        /// The failure, if it failed.
        failure: Option<Failure> => "failure",
    }
}

enumeration! {
    /// Why an update was admitted.
    pub enum UpdateAdmittedOrigin "UPDATE_ADMITTED_EVENT_ORIGIN" {
        /// It was carried over by a reset.
        Reapply = 1 "REAPPLY",
    }
}
