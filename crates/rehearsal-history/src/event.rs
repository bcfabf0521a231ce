//! Events: what is recorded, one variant for each type of event.

mod activity;
mod child;
mod external;
mod marker;
mod opener;
mod task;
mod timer;
mod update;
mod workflow;
mod written;

use serde_json::Value;
use smol_str::SmolStr;

pub use self::activity::*;
pub use self::child::*;
pub use self::external::*;
pub use self::marker::*;
pub use self::task::*;
pub use self::timer::*;
pub use self::update::*;
pub use self::workflow::*;
use crate::id::EventId;
use crate::json::schema::{Field, Misfit, Unknown, enum_value_name};
use crate::json::writer::JsonWriter;
use crate::policy::UserMetadata;
use crate::time::Timestamp;

/// One recorded fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place in the history.
    pub id: EventId,
    /// When it happened. Not monotonic (H-8).
    pub time: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// What a person reads beside it.
    pub user_metadata: Option<Box<UserMetadata>>,
    /// What only the server needs; written back as it came.
    pub server: ServerFields,
}

impl Event {
    /// An event of a simulated run: nothing but id, time and kind.
    #[must_use]
    pub fn new(id: EventId, time: Timestamp, kind: EventKind) -> Self {
        Self { id, time, kind, user_metadata: None, server: ServerFields::default() }
    }
}

/// Fields of an event that only the server needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerFields {
    /// The version of the failover that wrote it.
    pub version: i64,
    /// The server's own number for it.
    pub task_id: i64,
    /// Whether a worker that does not know its type may go on.
    pub worker_may_ignore: bool,
    /// Members that no field is known for, `links` and `principal` among them.
    pub unknown: Unknown,
}

/// An event of a type that Rehearsal keeps but does not look into, such as those of Nexus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherEvent {
    /// The type as it was written.
    pub event_type: SmolStr,
    /// The key that held its attributes; empty if there was none.
    pub attributes_key: SmolStr,
    /// Its attributes.
    pub attributes: Value,
}

macro_rules! event_kinds {
    ($( $(#[$meta:meta])* $name:ident($attributes:ty) = $number:literal, $type:literal, $key:literal; )+) => {
        /// What happened, with its attributes.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum EventKind {
            $( $(#[$meta])* $name($attributes), )+
            /// A type that is kept as it came.
            Other(Box<OtherEvent>),
        }

        impl EventKind {
            /// The name of the type: `WorkflowExecutionStarted`, …
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $( Self::$name(_) => stringify!($name), )+
                    Self::Other(other) => &other.event_type,
                }
            }

            /// The name of the type in the newer dialect of history JSON.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    $( Self::$name(_) => concat!("EVENT_TYPE_", $type), )+
                    Self::Other(other) => &other.event_type,
                }
            }

            /// The key of the attributes in history JSON.
            #[must_use]
            pub fn attributes_key(&self) -> &str {
                match self {
                    $( Self::$name(_) => $key, )+
                    Self::Other(other) => &other.attributes_key,
                }
            }

            /// The key under which the attributes of an event of this type stand, if the type is known.
            pub(crate) fn key_for(event_type: &Value) -> Option<&'static str> {
                match event_type {
                    Value::String(spelled) => match enum_value_name(spelled, "EVENT_TYPE").as_str() {
                        $( $type => Some($key), )+
                        _ => None,
                    },
                    Value::Number(number) => match number.as_u64()? {
                        $( $number => Some($key), )+
                        _ => None,
                    },
                    _ => None,
                }
            }

            /// Reads the attributes that stand under `key`, one of those that `key_for` gives.
            pub(crate) fn decode(key: &str, attributes: Value) -> Result<Option<Self>, Misfit> {
                match key {
                    $( $key => <$attributes>::decode(attributes).map(|attributes| Some(Self::$name(attributes))), )+
                    _ => Ok(None),
                }
            }

            /// Writes the attributes.
            pub(crate) fn encode(&self, out: &mut JsonWriter) {
                match self {
                    $( Self::$name(attributes) => attributes.encode(out), )+
                    Self::Other(other) => out.value(&other.attributes),
                }
            }
        }

        $( impl From<$attributes> for EventKind {
            fn from(attributes: $attributes) -> Self {
                Self::$name(attributes)
            }
        } )+
    };
}

event_kinds! {
    /// The run was started.
    WorkflowExecutionStarted(Box<WorkflowExecutionStarted>) = 1, "WORKFLOW_EXECUTION_STARTED", "workflowExecutionStartedEventAttributes";
    /// The workflow returned a value.
    WorkflowExecutionCompleted(WorkflowExecutionCompleted) = 2, "WORKFLOW_EXECUTION_COMPLETED", "workflowExecutionCompletedEventAttributes";
    /// The workflow returned an error.
    WorkflowExecutionFailed(Box<WorkflowExecutionFailed>) = 3, "WORKFLOW_EXECUTION_FAILED", "workflowExecutionFailedEventAttributes";
    /// The run or execution timeout passed (T-10).
    WorkflowExecutionTimedOut(WorkflowExecutionTimedOut) = 4, "WORKFLOW_EXECUTION_TIMED_OUT", "workflowExecutionTimedOutEventAttributes";
    /// A workflow task waits for a worker (W-1).
    WorkflowTaskScheduled(WorkflowTaskScheduled) = 5, "WORKFLOW_TASK_SCHEDULED", "workflowTaskScheduledEventAttributes";
    /// A worker took the task (W-2).
    WorkflowTaskStarted(WorkflowTaskStarted) = 6, "WORKFLOW_TASK_STARTED", "workflowTaskStartedEventAttributes";
    /// The worker answered with commands (W-3).
    WorkflowTaskCompleted(Box<WorkflowTaskCompleted>) = 7, "WORKFLOW_TASK_COMPLETED", "workflowTaskCompletedEventAttributes";
    /// The task was not taken or not answered in time (W-4, W-9).
    WorkflowTaskTimedOut(WorkflowTaskTimedOut) = 8, "WORKFLOW_TASK_TIMED_OUT", "workflowTaskTimedOutEventAttributes";
    /// The task failed and is tried again (W-8).
    WorkflowTaskFailed(Box<WorkflowTaskFailed>) = 9, "WORKFLOW_TASK_FAILED", "workflowTaskFailedEventAttributes";
    /// An activity waits for a worker.
    ActivityTaskScheduled(Box<ActivityTaskScheduled>) = 10, "ACTIVITY_TASK_SCHEDULED", "activityTaskScheduledEventAttributes";
    /// A worker took the activity; written when it closes (H-12).
    ActivityTaskStarted(Box<ActivityTaskStarted>) = 11, "ACTIVITY_TASK_STARTED", "activityTaskStartedEventAttributes";
    /// The activity returned a value.
    ActivityTaskCompleted(ActivityTaskCompleted) = 12, "ACTIVITY_TASK_COMPLETED", "activityTaskCompletedEventAttributes";
    /// The activity failed and is not retried.
    ActivityTaskFailed(Box<ActivityTaskFailed>) = 13, "ACTIVITY_TASK_FAILED", "activityTaskFailedEventAttributes";
    /// A deadline of the activity passed (T-3).
    ActivityTaskTimedOut(Box<ActivityTaskTimedOut>) = 14, "ACTIVITY_TASK_TIMED_OUT", "activityTaskTimedOutEventAttributes";
    /// The workflow asked the activity to cancel (C-24 to C-26).
    ActivityTaskCancelRequested(ActivityTaskCancelRequested) = 15, "ACTIVITY_TASK_CANCEL_REQUESTED", "activityTaskCancelRequestedEventAttributes";
    /// The activity confirmed the cancel, or never started (C-24, C-27).
    ActivityTaskCanceled(ActivityTaskCanceled) = 16, "ACTIVITY_TASK_CANCELED", "activityTaskCanceledEventAttributes";
    /// A timer runs.
    TimerStarted(TimerStarted) = 17, "TIMER_STARTED", "timerStartedEventAttributes";
    /// The time is up.
    TimerFired(TimerFired) = 18, "TIMER_FIRED", "timerFiredEventAttributes";
    /// The workflow canceled the timer (C-39).
    TimerCanceled(TimerCanceled) = 19, "TIMER_CANCELED", "timerCanceledEventAttributes";
    /// Somebody asked the workflow to cancel (C-1).
    WorkflowExecutionCancelRequested(WorkflowExecutionCancelRequested) = 20, "WORKFLOW_EXECUTION_CANCEL_REQUESTED", "workflowExecutionCancelRequestedEventAttributes";
    /// The workflow returned a canceled error.
    WorkflowExecutionCanceled(WorkflowExecutionCanceled) = 21, "WORKFLOW_EXECUTION_CANCELED", "workflowExecutionCanceledEventAttributes";
    /// The cancel of another workflow is under way (C-41).
    RequestCancelExternalWorkflowExecutionInitiated(Box<RequestCancelExternalWorkflowExecutionInitiated>) = 22, "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED", "requestCancelExternalWorkflowExecutionInitiatedEventAttributes";
    /// The other workflow could not be canceled.
    RequestCancelExternalWorkflowExecutionFailed(Box<RequestCancelExternalWorkflowExecutionFailed>) = 23, "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED", "requestCancelExternalWorkflowExecutionFailedEventAttributes";
    /// The other workflow has the cancel request.
    ExternalWorkflowExecutionCancelRequested(Box<ExternalWorkflowExecutionCancelRequested>) = 24, "EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED", "externalWorkflowExecutionCancelRequestedEventAttributes";
    /// A marker: a local activity, a side effect, a version (C-45).
    MarkerRecorded(Box<MarkerRecorded>) = 25, "MARKER_RECORDED", "markerRecordedEventAttributes";
    /// A signal came.
    WorkflowExecutionSignaled(Box<WorkflowExecutionSignaled>) = 26, "WORKFLOW_EXECUTION_SIGNALED", "workflowExecutionSignaledEventAttributes";
    /// Somebody ended the run by force (W-17).
    WorkflowExecutionTerminated(WorkflowExecutionTerminated) = 27, "WORKFLOW_EXECUTION_TERMINATED", "workflowExecutionTerminatedEventAttributes";
    /// The workflow goes on in a new run (T-12).
    WorkflowExecutionContinuedAsNew(Box<WorkflowExecutionContinuedAsNew>) = 28, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW", "workflowExecutionContinuedAsNewEventAttributes";
    /// The start of a child is under way.
    StartChildWorkflowExecutionInitiated(Box<StartChildWorkflowExecutionInitiated>) = 29, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", "startChildWorkflowExecutionInitiatedEventAttributes";
    /// The child could not be started.
    StartChildWorkflowExecutionFailed(Box<StartChildWorkflowExecutionFailed>) = 30, "START_CHILD_WORKFLOW_EXECUTION_FAILED", "startChildWorkflowExecutionFailedEventAttributes";
    /// The child runs.
    ChildWorkflowExecutionStarted(Box<ChildWorkflowExecutionStarted>) = 31, "CHILD_WORKFLOW_EXECUTION_STARTED", "childWorkflowExecutionStartedEventAttributes";
    /// The child returned a value.
    ChildWorkflowExecutionCompleted(Box<ChildWorkflowExecutionCompleted>) = 32, "CHILD_WORKFLOW_EXECUTION_COMPLETED", "childWorkflowExecutionCompletedEventAttributes";
    /// The child failed.
    ChildWorkflowExecutionFailed(Box<ChildWorkflowExecutionFailed>) = 33, "CHILD_WORKFLOW_EXECUTION_FAILED", "childWorkflowExecutionFailedEventAttributes";
    /// The child was canceled.
    ChildWorkflowExecutionCanceled(Box<ChildWorkflowExecutionCanceled>) = 34, "CHILD_WORKFLOW_EXECUTION_CANCELED", "childWorkflowExecutionCanceledEventAttributes";
    /// The child timed out.
    ChildWorkflowExecutionTimedOut(Box<ChildWorkflowExecutionTimedOut>) = 35, "CHILD_WORKFLOW_EXECUTION_TIMED_OUT", "childWorkflowExecutionTimedOutEventAttributes";
    /// The child was terminated.
    ChildWorkflowExecutionTerminated(Box<ChildWorkflowExecutionTerminated>) = 36, "CHILD_WORKFLOW_EXECUTION_TERMINATED", "childWorkflowExecutionTerminatedEventAttributes";
    /// A signal to another workflow is under way.
    SignalExternalWorkflowExecutionInitiated(Box<SignalExternalWorkflowExecutionInitiated>) = 37, "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED", "signalExternalWorkflowExecutionInitiatedEventAttributes";
    /// The other workflow could not be signaled.
    SignalExternalWorkflowExecutionFailed(Box<SignalExternalWorkflowExecutionFailed>) = 38, "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED", "signalExternalWorkflowExecutionFailedEventAttributes";
    /// The other workflow has the signal.
    ExternalWorkflowExecutionSignaled(Box<ExternalWorkflowExecutionSignaled>) = 39, "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED", "externalWorkflowExecutionSignaledEventAttributes";
    /// The workflow changed its search attributes.
    UpsertWorkflowSearchAttributes(UpsertWorkflowSearchAttributes) = 40, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", "upsertWorkflowSearchAttributesEventAttributes";
    /// An update was accepted.
    WorkflowExecutionUpdateAccepted(Box<WorkflowExecutionUpdateAccepted>) = 41, "WORKFLOW_EXECUTION_UPDATE_ACCEPTED", "workflowExecutionUpdateAcceptedEventAttributes";
    /// An update was rejected.
    WorkflowExecutionUpdateRejected(Box<WorkflowExecutionUpdateRejected>) = 42, "WORKFLOW_EXECUTION_UPDATE_REJECTED", "workflowExecutionUpdateRejectedEventAttributes";
    /// An update has its result.
    WorkflowExecutionUpdateCompleted(Box<WorkflowExecutionUpdateCompleted>) = 43, "WORKFLOW_EXECUTION_UPDATE_COMPLETED", "workflowExecutionUpdateCompletedEventAttributes";
    /// The workflow changed its memo.
    WorkflowPropertiesModified(WorkflowPropertiesModified) = 46, "WORKFLOW_PROPERTIES_MODIFIED", "workflowPropertiesModifiedEventAttributes";
    /// An update was admitted again after a reset.
    WorkflowExecutionUpdateAdmitted(Box<WorkflowExecutionUpdateAdmitted>) = 47, "WORKFLOW_EXECUTION_UPDATE_ADMITTED", "workflowExecutionUpdateAdmittedEventAttributes";
    /// Options of the run were changed.
    WorkflowExecutionOptionsUpdated(WorkflowExecutionOptionsUpdated) = 55, "WORKFLOW_EXECUTION_OPTIONS_UPDATED", "workflowExecutionOptionsUpdatedEventAttributes";
    /// The time of the workflow was skipped, or will not be any more.
    WorkflowExecutionTimeSkippingTransitioned(WorkflowExecutionTimeSkippingTransitioned) = 60, "WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED", "workflowExecutionTimeSkippingTransitionedEventAttributes";
}
