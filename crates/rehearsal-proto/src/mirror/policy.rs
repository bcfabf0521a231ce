//! Small messages and enums that many others share.

use rehearsal_history::{
    CancelExternalFailedCause, ContinueAsNewInitiator, Execution, FastForwardConfig,
    ParentClosePolicy, Priority, RetryPolicy, RetryState, SignalExternalFailedCause,
    StartChildFailedCause, TaskQueue, TaskQueueKind, TimeSkippingConfig,
    TimeSkippingStatePropagation, TimeoutType, TypeName, WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy, WorkflowTaskFailedCause,
};
use temporalio_protos::temporal::api::common::v1 as proto;
use temporalio_protos::temporal::api::taskqueue::v1 as proto_queue;

use super::{ConvertError, Mirror, mirror, mirror_enum};

mirror! {
    TypeName => proto::WorkflowType { mirror { name } }
    TypeName => proto::ActivityType { mirror { name } }
    Execution => proto::WorkflowExecution { mirror { workflow_id, run_id } }
    TaskQueue => proto_queue::TaskQueue { mirror { name, kind, normal_name } }
    FastForwardConfig => proto::FastForwardConfig { mirror { id, duration } }
    TimeSkippingConfig => proto::TimeSkippingConfig {
        mirror { enabled, fast_forward_config, disable_propagation, max_session_skip_count }
    }
    TimeSkippingStatePropagation => proto::TimeSkippingStatePropagation {
        mirror { initial_skipped_duration, fast_forward_target_time, initial_skip_count }
    }
    Priority => proto::Priority { mirror { priority_key, fairness_key, fairness_weight } }
    RetryPolicy => proto::RetryPolicy {
        mirror {
            initial_interval, backoff_coefficient, maximum_interval, maximum_attempts,
            non_retryable_error_types,
        }
    }
}

mirror_enum! {
    CancelExternalFailedCause, ContinueAsNewInitiator, ParentClosePolicy, RetryState,
    SignalExternalFailedCause, StartChildFailedCause, TaskQueueKind, TimeoutType,
    WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowTaskFailedCause,
}

/// Messages that Rehearsal holds by value: what is not there has nothing set.
macro_rules! by_value {
    ($($ours:ty => $proto:ty),+ $(,)?) => {$(
        impl Mirror<Option<$proto>> for $ours {
            fn to_proto(&self) -> Result<Option<$proto>, ConvertError> {
                if *self == Self::default() { Ok(None) } else { self.to_proto().map(Some) }
            }

            fn from_proto(proto: Option<$proto>) -> Result<Self, ConvertError> {
                proto.map_or_else(|| Ok(Self::default()), Self::from_proto)
            }
        }
    )+};
}

by_value! {
    TypeName => proto::WorkflowType,
    TypeName => proto::ActivityType,
    Execution => proto::WorkflowExecution,
    TaskQueue => proto_queue::TaskQueue,
}
