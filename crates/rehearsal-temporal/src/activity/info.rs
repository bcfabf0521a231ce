//! What an attempt of an activity is told of itself.

use std::time::{Duration, UNIX_EPOCH};

use rehearsal_history::{Header, Payloads, Priority, RetryPolicy, SmolStr, Timestamp};
use temporalio_common::protos::temporal::api::common::v1::{
    Priority as ProtoPriority, RetryPolicy as ProtoRetryPolicy,
};
use temporalio_sdk::activities::ActivityInfo;
use temporalio_sdk::testing::TestActivityInfoOptions;

/// What the server says of an attempt when it hands it to a worker.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttemptInfo {
    /// Names the attempt; opaque to the code.
    pub task_token: Vec<u8>,
    /// The namespace of the workflow.
    pub namespace: SmolStr,
    /// The workflow that asked for the activity.
    pub workflow_id: SmolStr,
    /// Its run.
    pub run_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// The id of the activity.
    pub activity_id: SmolStr,
    /// Its type: the name that it is registered under.
    pub activity_type: SmolStr,
    /// The queue it was taken from.
    pub task_queue: SmolStr,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When the activity was scheduled.
    pub scheduled_at: Timestamp,
    /// When this attempt was.
    pub attempt_scheduled_at: Timestamp,
    /// When this attempt started.
    pub started_at: Timestamp,
    /// Limit of one attempt. The server always sends one.
    pub start_to_close: Option<Duration>,
    /// Limit of all attempts together; `None` or zero for none.
    pub schedule_to_close: Option<Duration>,
    /// Limit between heartbeats; `None` for none.
    pub heartbeat_timeout: Option<Duration>,
    /// How it is retried, as the server sees it.
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of a queue.
    pub priority: Priority,
    /// Context of the caller.
    pub header: Option<Header>,
    /// The details of the last heartbeat of an earlier attempt (C-31).
    pub heartbeat_details: Option<Payloads>,
    /// Whether it is a local activity.
    pub is_local: bool,
}

impl AttemptInfo {
    /// The time by which the attempt must be done: `calculate_deadline` of the SDK's `activities.rs`, which knows no
    /// deadline without a start-to-close timeout.
    fn deadline(&self) -> Option<Timestamp> {
        let attempt = self.started_at + self.start_to_close?;
        let all = self.schedule_to_close.filter(|limit| !limit.is_zero());
        Some(all.map_or(attempt, |limit| attempt.min(self.scheduled_at + limit)))
    }

    /// The same as the SDK's type.
    pub(super) fn to_sdk(&self) -> ActivityInfo {
        let time = |time: Timestamp| UNIX_EPOCH + Duration::from_nanos(time.as_nanos());
        TestActivityInfoOptions::builder()
            .task_token(self.task_token.clone())
            .workflow_type(Some(self.workflow_type.to_string()))
            .namespace(self.namespace.as_str())
            .workflow_id(Some(self.workflow_id.to_string()))
            .workflow_run_id(Some(self.run_id.to_string()))
            .activity_id(self.activity_id.as_str())
            .activity_type(self.activity_type.as_str())
            .task_queue(self.task_queue.as_str())
            .maybe_heartbeat_timeout(self.heartbeat_timeout)
            .scheduled_time(Some(time(self.scheduled_at)))
            .started_time(Some(time(self.started_at)))
            .deadline(self.deadline().map(time))
            .attempt(self.attempt)
            .current_attempt_scheduled_time(Some(time(self.attempt_scheduled_at)))
            .maybe_retry_policy(
                self.retry_policy.as_ref().map(|policy| retry_policy(policy).into()),
            )
            .is_local(self.is_local)
            .priority(priority(&self.priority).into())
            .build()
    }
}

fn priority(priority: &Priority) -> ProtoPriority {
    ProtoPriority {
        priority_key: priority.priority_key,
        fairness_key: priority.fairness_key.to_string(),
        fairness_weight: priority.fairness_weight,
    }
}

fn retry_policy(policy: &RetryPolicy) -> ProtoRetryPolicy {
    let types = policy.non_retryable_error_types.iter().map(ToString::to_string);
    ProtoRetryPolicy {
        initial_interval: policy.initial_interval.and_then(|interval| interval.try_into().ok()),
        backoff_coefficient: policy.backoff_coefficient,
        maximum_interval: policy.maximum_interval.and_then(|interval| interval.try_into().ok()),
        maximum_attempts: policy.maximum_attempts,
        non_retryable_error_types: types.collect(),
    }
}
