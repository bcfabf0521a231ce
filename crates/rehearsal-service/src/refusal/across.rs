//! What was wrong with a command about a child or another workflow.

use alloc::boxed::Box;
use core::fmt;

use rehearsal_history::{SmolStr, WorkflowTaskFailedCause};

use super::BadSearchAttribute;
use crate::words::BadPriority;
use crate::words::retry::BadPolicy;

/// What was wrong with a command about a child or another workflow (W-15).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadAcross {
    /// A child has no id.
    NoChildId {
        /// Its type.
        workflow_type: SmolStr,
        /// Its namespace.
        namespace: SmolStr,
    },
    /// A child has no type.
    NoChildType {
        /// Its id.
        workflow_id: SmolStr,
        /// Its namespace.
        namespace: SmolStr,
    },
    /// What a child is started with cannot be meant.
    BadChild {
        /// What is wrong.
        bad: Box<BadChild>,
        /// Its id.
        workflow_id: SmolStr,
        /// Its type.
        workflow_type: SmolStr,
        /// Its namespace.
        namespace: SmolStr,
    },
    /// The priority of a child.
    ChildPriority(BadPriority),
    /// Too many children are pending.
    TooManyChildren {
        /// How many there are.
        pending: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A signal names no workflow.
    NoSignalTarget {
        /// The namespace.
        namespace: SmolStr,
        /// The run that it names.
        run_id: SmolStr,
        /// The name of the signal.
        signal_name: SmolStr,
    },
    /// A signal to another workflow has no name.
    NoSignalName {
        /// The other workflow.
        workflow_id: SmolStr,
        /// Its namespace.
        namespace: SmolStr,
        /// Its run.
        run_id: SmolStr,
    },
    /// Too many signals to other workflows are under way.
    TooManySignals {
        /// How many there are.
        pending: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A cancel names no workflow.
    NoCancelTarget {
        /// The namespace that it names.
        namespace: SmolStr,
        /// The run that it names.
        run_id: SmolStr,
    },
    /// A child is canceled by the completion that starts it.
    StartedAndCanceled {
        /// Its id.
        workflow_id: SmolStr,
        /// The run that the cancel names.
        run_id: SmolStr,
        /// The namespace that it names.
        namespace: SmolStr,
    },
    /// Too many cancels of other workflows are under way.
    TooManyCancels {
        /// How many there are.
        pending: usize,
        /// How many there may be.
        limit: usize,
    },
}

/// What is wrong with what a child is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadChild {
    /// Its retry policy.
    RetryPolicy(BadPolicy),
    /// Its cron schedule cannot be read.
    Cron,
    /// Its cron schedule is never met.
    CronNever,
    /// One of its search attributes.
    SearchAttribute(BadSearchAttribute),
}

impl BadChild {
    const fn is_search_attribute(&self) -> bool {
        matches!(self, Self::SearchAttribute(_))
    }
}

/// As the server words it in front of which child it is.
impl fmt::Display for BadChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RetryPolicy(bad) => write!(
                f,
                "invalid WorkflowRetryPolicy on StartChildWorkflowExecutionCommand: {bad}"
            ),
            Self::Cron => f.write_str(
                "invalid CronSchedule on StartChildWorkflowExecutionCommand: invalid CronSchedule.",
            ),
            Self::CronNever => f.write_str(
                "invalid CronSchedule on StartChildWorkflowExecutionCommand: invalid CronSchedule, no time can be found \
                 to satisfy the schedule",
            ),
            Self::SearchAttribute(bad) => {
                write!(f, "invalid SearchAttributes on StartChildWorkflowCommand: {bad}")
            }
        }
    }
}

impl BadAcross {
    pub(super) const fn cause(&self) -> WorkflowTaskFailedCause {
        match self {
            Self::BadChild { bad, .. } if bad.is_search_attribute() => {
                WorkflowTaskFailedCause::BadSearchAttributes
            }
            Self::NoChildId { .. }
            | Self::NoChildType { .. }
            | Self::BadChild { .. }
            | Self::ChildPriority(_) => WorkflowTaskFailedCause::BadStartChildExecutionAttributes,
            Self::TooManyChildren { .. } => {
                WorkflowTaskFailedCause::PendingChildWorkflowsLimitExceeded
            }
            Self::NoSignalTarget { .. } | Self::NoSignalName { .. } => {
                WorkflowTaskFailedCause::BadSignalWorkflowExecutionAttributes
            }
            Self::TooManySignals { .. } => WorkflowTaskFailedCause::PendingSignalsLimitExceeded,
            Self::NoCancelTarget { .. } | Self::StartedAndCanceled { .. } => {
                WorkflowTaskFailedCause::BadRequestCancelExternalWorkflowExecutionAttributes
            }
            Self::TooManyCancels { .. } => {
                WorkflowTaskFailedCause::PendingRequestCancelLimitExceeded
            }
        }
    }

    /// The cause as Go prints the enum.
    pub(super) const fn cause_name(&self) -> &'static str {
        match self {
            Self::BadChild { bad, .. } if bad.is_search_attribute() => "BadSearchAttributes",
            Self::NoChildId { .. }
            | Self::NoChildType { .. }
            | Self::BadChild { .. }
            | Self::ChildPriority(_) => "BadStartChildExecutionAttributes",
            Self::TooManyChildren { .. } => "PendingChildWorkflowsLimitExceeded",
            Self::NoSignalTarget { .. } | Self::NoSignalName { .. } => {
                "BadSignalWorkflowExecutionAttributes"
            }
            Self::TooManySignals { .. } => "PendingSignalsLimitExceeded",
            Self::NoCancelTarget { .. } | Self::StartedAndCanceled { .. } => {
                "BadRequestCancelExternalWorkflowExecutionAttributes"
            }
            Self::TooManyCancels { .. } => "PendingRequestCancelLimitExceeded",
        }
    }
}

impl fmt::Display for BadAcross {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChildId { workflow_type, namespace } => write!(
                f,
                "Required field WorkflowId is not set on StartChildWorkflowExecutionCommand. \
                 WorkflowType={workflow_type} Namespace={namespace}"
            ),
            Self::NoChildType { workflow_id, namespace } => write!(
                f,
                "Required field WorkflowType is not set on StartChildWorkflowExecutionCommand. \
                 WorkflowId={workflow_id} Namespace={namespace}"
            ),
            Self::BadChild { bad, workflow_id, workflow_type, namespace } => write!(
                f,
                "{bad}. WorkflowId={workflow_id} WorkflowType={workflow_type} Namespace={namespace}"
            ),
            Self::ChildPriority(bad) => bad.fmt(f),
            Self::TooManyChildren { pending, limit } => write!(
                f,
                "the number of pending child workflow executions, {pending}, has reached the per-workflow limit of \
                 {limit}"
            ),
            Self::NoSignalTarget { namespace, run_id, signal_name } => write!(
                f,
                "WorkflowId is not set on SignalExternalWorkflowExecutionCommand. Namespace={namespace} \
                 RunId={run_id} SignalName={signal_name}"
            ),
            Self::NoSignalName { workflow_id, namespace, run_id } => write!(
                f,
                "SignalName is not set on SignalExternalWorkflowExecutionCommand. WorkflowId={workflow_id} \
                 Namespace={namespace} RunId={run_id}"
            ),
            Self::TooManySignals { pending, limit } => write!(
                f,
                "the number of pending signals to external workflows, {pending}, has reached the per-workflow limit of \
                 {limit}"
            ),
            Self::NoCancelTarget { namespace, run_id } => write!(
                f,
                "WorkflowId is not set on RequestCancelExternalWorkflowExecutionCommand. Namespace={namespace} \
                 RunId={run_id}"
            ),
            Self::StartedAndCanceled { workflow_id, run_id, namespace } => write!(
                f,
                "Start and RequestCancel for child workflow is not allowed in same workflow task. \
                 WorkflowId={workflow_id} RunId={run_id} Namespace={namespace}"
            ),
            Self::TooManyCancels { pending, limit } => write!(
                f,
                "the number of pending requests to cancel external workflows, {pending}, has reached the per-workflow \
                 limit of {limit}"
            ),
        }
    }
}
