//! Failures of all kinds.

use rehearsal_history::{
    ActivityFailureInfo, ApplicationFailureInfo, CanceledFailureInfo, ChildFailureInfo, Failure,
    FailureInfo, Opaque, ResetWorkflowFailureInfo, ServerFailureInfo, TerminatedFailureInfo,
    TimeoutFailureInfo,
};
use temporalio_protos::temporal::api::failure::v1 as proto;

use super::opaque::opaque;
use super::{ConvertError, Mirror, mirror, refuse_unknown, with_json};

type ProtoInfo = proto::failure::FailureInfo;

impl Mirror<proto::Failure> for Failure {
    fn to_proto(&self) -> Result<proto::Failure, ConvertError> {
        refuse_unknown(&self.unknown, &[])?;
        Ok(proto::Failure {
            message: self.message.to_proto()?,
            source: self.source.to_proto()?,
            stack_trace: self.stack_trace.to_proto()?,
            encoded_attributes: self.encoded_attributes.to_proto()?,
            cause: match &self.cause {
                None => None,
                Some(cause) => {
                    let cause = Self::to_proto(cause).map_err(|error| error.within("cause"))?;
                    Some(Box::new(cause))
                }
            },
            failure_info: self.info.to_proto()?,
        })
    }

    fn from_proto(proto: proto::Failure) -> Result<Self, ConvertError> {
        Ok(Self {
            message: proto.message.into(),
            source: proto.source.into(),
            stack_trace: proto.stack_trace.into(),
            encoded_attributes: Mirror::from_proto(proto.encoded_attributes)?,
            cause: Mirror::from_proto(proto.cause.map(|cause| *cause))?,
            info: Mirror::from_proto(proto.failure_info)?,
            ..Self::default()
        })
    }
}

mirror! {
    ApplicationFailureInfo => proto::ApplicationFailureInfo {
        mirror { non_retryable, details, next_retry_delay, category }
        rename { kind = r#type }
    }
    TimeoutFailureInfo => proto::TimeoutFailureInfo {
        mirror { timeout_type, last_heartbeat_details }
    }
    CanceledFailureInfo => proto::CanceledFailureInfo { mirror { details, identity } }
    TerminatedFailureInfo => proto::TerminatedFailureInfo { mirror { identity } }
    ServerFailureInfo => proto::ServerFailureInfo { mirror { non_retryable } }
    ResetWorkflowFailureInfo => proto::ResetWorkflowFailureInfo { mirror { last_heartbeat_details } }
    ActivityFailureInfo => proto::ActivityFailureInfo {
        mirror {
            scheduled_event_id, started_event_id, identity, activity_type, activity_id, retry_state,
        }
    }
    ChildFailureInfo => proto::ChildWorkflowExecutionFailureInfo {
        mirror {
            namespace, workflow_execution, workflow_type, initiated_event_id, started_event_id,
            retry_state,
        }
    }
}

impl Mirror<ProtoInfo> for FailureInfo {
    fn to_proto(&self) -> Result<ProtoInfo, ConvertError> {
        Ok(match self {
            Self::Application(info) => ProtoInfo::ApplicationFailureInfo(info.to_proto()?),
            Self::Timeout(info) => ProtoInfo::TimeoutFailureInfo(info.to_proto()?),
            Self::Canceled(info) => ProtoInfo::CanceledFailureInfo(info.to_proto()?),
            Self::Terminated(info) => ProtoInfo::TerminatedFailureInfo(info.to_proto()?),
            Self::Server(info) => ProtoInfo::ServerFailureInfo(info.to_proto()?),
            Self::ResetWorkflow(info) => ProtoInfo::ResetWorkflowFailureInfo(info.to_proto()?),
            Self::Activity(info) => ProtoInfo::ActivityFailureInfo(info.to_proto()?),
            Self::ChildWorkflow(info) => {
                ProtoInfo::ChildWorkflowExecutionFailureInfo(info.to_proto()?)
            }
            Self::NexusOperation(Opaque(info)) => {
                ProtoInfo::NexusOperationExecutionFailureInfo(with_json(info)?)
            }
            Self::NexusHandler(Opaque(info)) => {
                ProtoInfo::NexusHandlerFailureInfo(with_json(info)?)
            }
            other => {
                let found = format_args!("{other:?}");
                return Err(ConvertError::new("a kind of failure that the SDK knows", found));
            }
        })
    }

    fn from_proto(proto: ProtoInfo) -> Result<Self, ConvertError> {
        Ok(match proto {
            ProtoInfo::ApplicationFailureInfo(info) => Self::Application(Mirror::from_proto(info)?),
            ProtoInfo::TimeoutFailureInfo(info) => Self::Timeout(Mirror::from_proto(info)?),
            ProtoInfo::CanceledFailureInfo(info) => Self::Canceled(Mirror::from_proto(info)?),
            ProtoInfo::TerminatedFailureInfo(info) => Self::Terminated(Mirror::from_proto(info)?),
            ProtoInfo::ServerFailureInfo(info) => Self::Server(Mirror::from_proto(info)?),
            ProtoInfo::ResetWorkflowFailureInfo(info) => {
                Self::ResetWorkflow(Mirror::from_proto(info)?)
            }
            ProtoInfo::ActivityFailureInfo(info) => Self::Activity(Mirror::from_proto(info)?),
            ProtoInfo::ChildWorkflowExecutionFailureInfo(info) => {
                Self::ChildWorkflow(Mirror::from_proto(info)?)
            }
            ProtoInfo::NexusOperationExecutionFailureInfo(info) => {
                Self::NexusOperation(opaque(&info)?)
            }
            ProtoInfo::NexusHandlerFailureInfo(info) => Self::NexusHandler(opaque(&info)?),
        })
    }
}
