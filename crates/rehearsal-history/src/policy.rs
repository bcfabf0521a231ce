//! Small messages and enums that many events share.

use std::collections::BTreeMap;
use std::time::Duration;

use smol_str::SmolStr;

use crate::json::schema::{enumeration, message};
use crate::payload::Payload;

message! {
    /// The name of a workflow's or activity's type.
    pub struct TypeName {
        /// The name it is registered under.
        name: SmolStr => "name",
    }

    /// One run of a workflow.
    pub struct Execution {
        /// The id that the client chose.
        workflow_id: SmolStr => "workflowId",
        /// The id of this run.
        run_id: SmolStr => "runId",
    }

    /// Where tasks wait for a worker.
    pub struct TaskQueue {
        /// The name of the queue.
        name: SmolStr => "name",
        /// Whether all workers share it or one worker owns it.
        kind: TaskQueueKind => "kind",
        /// Of a sticky queue: the queue it stands in for.
        normal_name: SmolStr => "normalName",
    }

    /// How often and how fast something is tried again (T-4).
    pub struct RetryPolicy {
        /// Wait before the second attempt.
        initial_interval: Option<Duration> => "initialInterval",
        /// What each further wait is multiplied by.
        backoff_coefficient: f64 => "backoffCoefficient",
        /// The longest wait.
        maximum_interval: Option<Duration> => "maximumInterval",
        /// How many attempts at most; 0 for no limit.
        maximum_attempts: i32 => "maximumAttempts",
        /// Types of application failures that are not tried again.
        non_retryable_error_types: Vec<SmolStr> => "nonRetryableErrorTypes",
    }

    /// Context that travels along with a call.
    pub struct Header {
        /// By name.
        fields: BTreeMap<SmolStr, Payload> => "fields",
    }

    /// Notes on a workflow, not indexed.
    pub struct Memo {
        /// By name.
        fields: BTreeMap<SmolStr, Payload> => "fields",
    }

    /// Attributes that workflows can be searched by.
    pub struct SearchAttributes {
        /// By name.
        indexed_fields: BTreeMap<SmolStr, Payload> => "indexedFields",
    }

    /// Its place among the tasks of a queue.
    pub struct Priority {
        /// Lower ones go first, from 1; 0 if it is not said.
        priority_key: i32 => "priorityKey",
        /// Whose task it is, where a server shares out among keys.
        fairness_key: SmolStr => "fairnessKey",
        /// How large the share of that key is; 0 if it is not said.
        fairness_weight: f32 => "fairnessWeight",
    }

    /// What a person reads beside an event.
    pub struct UserMetadata {
        /// One line.
        summary: Option<Payload> => "summary",
        /// More than one line.
        details: Option<Payload> => "details",
    }
}

impl UserMetadata {
    /// With this one line.
    #[must_use]
    pub fn of_summary(summary: Payload) -> Self {
        Self { summary: Some(summary), ..Self::default() }
    }

    /// With what there is; `None` if there is nothing.
    #[must_use]
    pub fn of(summary: Option<Payload>, details: Option<Payload>) -> Option<Self> {
        let any = summary.is_some() || details.is_some();
        any.then(|| Self { summary, details, ..Self::default() })
    }
}

impl Priority {
    /// With this key: lower ones go first.
    #[must_use]
    pub fn of_key(priority_key: i32) -> Self {
        Self { priority_key, ..Self::default() }
    }

    /// What `own` says, and where it says nothing what `inherited` says (`Merge` in the server's
    /// `common/priorities/priority_util.go`).
    #[must_use]
    pub fn merged(inherited: Option<&Self>, own: Option<&Self>) -> Option<Self> {
        let (inherited, own) = match (inherited, own) {
            (Some(inherited), Some(own)) => (inherited, own),
            (one, other) => return one.or(other).cloned(),
        };
        let from = |said: bool| if said { own } else { inherited };
        Some(Self {
            priority_key: from(own.priority_key != 0).priority_key,
            fairness_key: from(!own.fairness_key.is_empty()).fairness_key.clone(),
            fairness_weight: from(own.fairness_weight != 0.0).fairness_weight,
            ..Self::default()
        })
    }
}

impl From<&str> for TypeName {
    fn from(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl From<SmolStr> for TypeName {
    fn from(name: SmolStr) -> Self {
        Self { name, ..Self::default() }
    }
}

impl TaskQueue {
    /// A queue that all workers share.
    #[must_use]
    pub fn normal(name: impl Into<SmolStr>) -> Self {
        Self { name: name.into(), kind: TaskQueueKind::Normal, ..Self::default() }
    }

    /// A queue that one worker owns, standing in for `normal_name` (W-9).
    #[must_use]
    pub fn sticky(name: impl Into<SmolStr>, normal_name: impl Into<SmolStr>) -> Self {
        Self {
            name: name.into(),
            kind: TaskQueueKind::Sticky,
            normal_name: normal_name.into(),
            ..Self::default()
        }
    }
}

enumeration! {
    /// Who polls a task queue.
    pub enum TaskQueueKind "TASK_QUEUE_KIND" {
        /// All workers that were started on it.
        Normal = 1 "NORMAL",
        /// The worker that has the run in its cache.
        Sticky = 2 "STICKY",
        /// One worker, for commands to itself.
        WorkerCommands = 3 "WORKER_COMMANDS",
    }
}

enumeration! {
    /// Why a failure was not tried again (T-6).
    pub enum RetryState "RETRY_STATE" {
        /// It is tried again.
        InProgress = 1 "IN_PROGRESS",
        /// The failure, or its type, must not be retried.
        NonRetryableFailure = 2 "NON_RETRYABLE_FAILURE",
        /// No time is left, or the timeout is of a kind that is never retried.
        Timeout = 3 "TIMEOUT",
        /// All attempts are used up.
        MaximumAttemptsReached = 4 "MAXIMUM_ATTEMPTS_REACHED",
        /// There is no retry policy.
        RetryPolicyNotSet = 5 "RETRY_POLICY_NOT_SET",
        /// The server failed.
        InternalServerError = 6 "INTERNAL_SERVER_ERROR",
        /// A cancel was requested.
        CancelRequested = 7 "CANCEL_REQUESTED",
    }
}

enumeration! {
    /// Which deadline passed.
    pub enum TimeoutType "TIMEOUT_TYPE" {
        /// One attempt took too long.
        StartToClose = 1 "START_TO_CLOSE",
        /// No worker took the task in time.
        ScheduleToStart = 2 "SCHEDULE_TO_START",
        /// All attempts together took too long.
        ScheduleToClose = 3 "SCHEDULE_TO_CLOSE",
        /// No heartbeat came in time.
        Heartbeat = 4 "HEARTBEAT",
    }
}

enumeration! {
    /// Why a run follows another.
    pub enum ContinueAsNewInitiator "CONTINUE_AS_NEW_INITIATOR" {
        /// The workflow asked for it.
        Workflow = 1 "WORKFLOW",
        /// The retry policy of the workflow.
        Retry = 2 "RETRY",
        /// Its cron schedule.
        CronSchedule = 3 "CRON_SCHEDULE",
    }
}

enumeration! {
    /// What becomes of a child when its parent closes (C-40).
    pub enum ParentClosePolicy "PARENT_CLOSE_POLICY" {
        /// It is terminated.
        Terminate = 1 "TERMINATE",
        /// It goes on.
        Abandon = 2 "ABANDON",
        /// Its cancel is requested.
        RequestCancel = 3 "REQUEST_CANCEL",
    }
}

enumeration! {
    /// Whether the id of a closed workflow may be used again (T-14).
    pub enum WorkflowIdReusePolicy "WORKFLOW_ID_REUSE_POLICY" {
        /// Yes.
        AllowDuplicate = 1 "ALLOW_DUPLICATE",
        /// Only if the last run did not complete.
        AllowDuplicateFailedOnly = 2 "ALLOW_DUPLICATE_FAILED_ONLY",
        /// No.
        RejectDuplicate = 3 "REJECT_DUPLICATE",
        /// Yes; a running one is terminated.
        TerminateIfRunning = 4 "TERMINATE_IF_RUNNING",
    }
}

enumeration! {
    /// What becomes of a start whose id a running workflow has (T-14).
    pub enum WorkflowIdConflictPolicy "WORKFLOW_ID_CONFLICT_POLICY" {
        /// It is refused.
        Fail = 1 "FAIL",
        /// The workflow that runs is taken for the one that was started.
        UseExisting = 2 "USE_EXISTING",
        /// The workflow that runs is terminated.
        TerminateExisting = 3 "TERMINATE_EXISTING",
    }
}

enumeration! {
    /// Why a workflow task failed (W-8, W-12, W-14).
    pub enum WorkflowTaskFailedCause "WORKFLOW_TASK_FAILED_CAUSE" {
        /// The workflow was to be closed although there were events it had not seen.
        UnhandledCommand = 1 "UNHANDLED_COMMAND",
        /// An activity was scheduled wrongly.
        BadScheduleActivityAttributes = 2 "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES",
        /// A cancel names an activity that is not there, or was canceled already.
        BadRequestCancelActivityAttributes = 3 "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES",
        /// A timer was started wrongly.
        BadStartTimerAttributes = 4 "BAD_START_TIMER_ATTRIBUTES",
        /// A cancel names a timer that is not there.
        BadCancelTimerAttributes = 5 "BAD_CANCEL_TIMER_ATTRIBUTES",
        /// A marker was recorded wrongly.
        BadRecordMarkerAttributes = 6 "BAD_RECORD_MARKER_ATTRIBUTES",
        /// The workflow was completed wrongly.
        BadCompleteWorkflowExecutionAttributes = 7 "BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES",
        /// The workflow was failed wrongly.
        BadFailWorkflowExecutionAttributes = 8 "BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES",
        /// The workflow was closed as canceled wrongly.
        BadCancelWorkflowExecutionAttributes = 9 "BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES",
        /// The cancel of another workflow was requested wrongly.
        BadRequestCancelExternalWorkflowExecutionAttributes = 10
            "BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES",
        /// The workflow was continued as new wrongly.
        BadContinueAsNewAttributes = 11 "BAD_CONTINUE_AS_NEW_ATTRIBUTES",
        /// The id of a pending timer was used again.
        StartTimerDuplicateId = 12 "START_TIMER_DUPLICATE_ID",
        /// The sticky queue was reset.
        ResetStickyTaskQueue = 13 "RESET_STICKY_TASK_QUEUE",
        /// The workflow code panicked, or the worker failed.
        WorkflowWorkerUnhandledFailure = 14 "WORKFLOW_WORKER_UNHANDLED_FAILURE",
        /// Another workflow was signaled wrongly.
        BadSignalWorkflowExecutionAttributes = 15 "BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES",
        /// A child was started wrongly.
        BadStartChildExecutionAttributes = 16 "BAD_START_CHILD_EXECUTION_ATTRIBUTES",
        /// The workflow was closed by force while the task ran (W-17).
        ForceCloseCommand = 17 "FORCE_CLOSE_COMMAND",
        /// The server failed over.
        FailoverCloseCommand = 18 "FAILOVER_CLOSE_COMMAND",
        /// A signal was too large.
        BadSignalInputSize = 19 "BAD_SIGNAL_INPUT_SIZE",
        /// The workflow was reset.
        ResetWorkflow = 20 "RESET_WORKFLOW",
        /// The worker's binary was refused.
        BadBinary = 21 "BAD_BINARY",
        /// The id of a pending activity was used again.
        ScheduleActivityDuplicateId = 22 "SCHEDULE_ACTIVITY_DUPLICATE_ID",
        /// Search attributes were wrong.
        BadSearchAttributes = 23 "BAD_SEARCH_ATTRIBUTES",
        /// Replay did not give the recorded commands.
        NonDeterministicError = 24 "NON_DETERMINISTIC_ERROR",
        /// Properties were modified wrongly.
        BadModifyWorkflowPropertiesAttributes = 25 "BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES",
        /// Too many children are pending.
        PendingChildWorkflowsLimitExceeded = 26 "PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED",
        /// Too many activities are pending.
        PendingActivitiesLimitExceeded = 27 "PENDING_ACTIVITIES_LIMIT_EXCEEDED",
        /// Too many signals to others are pending.
        PendingSignalsLimitExceeded = 28 "PENDING_SIGNALS_LIMIT_EXCEEDED",
        /// Too many cancels of others are pending.
        PendingRequestCancelLimitExceeded = 29 "PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED",
        /// An update message was wrong.
        BadUpdateWorkflowExecutionMessage = 30 "BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE",
        /// An update was not answered.
        UnhandledUpdate = 31 "UNHANDLED_UPDATE",
        /// A Nexus operation was scheduled wrongly.
        BadScheduleNexusOperationAttributes = 32 "BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES",
        /// Too many Nexus operations are pending.
        PendingNexusOperationsLimitExceeded = 33 "PENDING_NEXUS_OPERATIONS_LIMIT_EXCEEDED",
        /// A cancel names a Nexus operation that is not there, or was canceled already.
        BadRequestCancelNexusOperationAttributes = 34 "BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES",
        /// The namespace or the server does not have what was asked for.
        FeatureDisabled = 35 "FEATURE_DISABLED",
        /// The worker's answer was too large for gRPC: the server terminates the workflow.
        GrpcMessageTooLarge = 36 "GRPC_MESSAGE_TOO_LARGE",
        /// What the worker was to send is larger than the namespace takes.
        PayloadsTooLarge = 37 "PAYLOADS_TOO_LARGE",
        /// The worker could not store what it was to send, or fetch what it was sent.
        ExternalStorageFailure = 38 "EXTERNAL_STORAGE_FAILURE",
        /// The workflow was paused before the task began.
        WorkflowPauseRequestedBeforeTaskStarted = 39 "WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED",
        /// All pages of the worker's answer together were too large.
        RequestTooLarge = 40 "REQUEST_TOO_LARGE",
    }
}

enumeration! {
    /// Why another workflow could not be canceled.
    pub enum CancelExternalFailedCause "CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE" {
        /// It is not there.
        ExternalWorkflowExecutionNotFound = 1 "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND",
        /// Its namespace is not there.
        NamespaceNotFound = 2 "NAMESPACE_NOT_FOUND",
    }
}

enumeration! {
    /// Why another workflow could not be signaled.
    pub enum SignalExternalFailedCause "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE" {
        /// It is not there.
        ExternalWorkflowExecutionNotFound = 1 "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND",
        /// Its namespace is not there.
        NamespaceNotFound = 2 "NAMESPACE_NOT_FOUND",
        /// It has too many signals.
        SignalCountLimitExceeded = 3 "SIGNAL_COUNT_LIMIT_EXCEEDED",
    }
}

enumeration! {
    /// Why a child could not be started.
    pub enum StartChildFailedCause "START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE" {
        /// A workflow with its id is running.
        WorkflowAlreadyExists = 1 "WORKFLOW_ALREADY_EXISTS",
        /// Its namespace is not there.
        NamespaceNotFound = 2 "NAMESPACE_NOT_FOUND",
    }
}
