//! The time of a single workflow, which a server of 1.32 or later can skip: what is asked for, and what is handed on.

use std::time::Duration;

use smol_str::SmolStr;

use crate::event::WorkflowExecutionStarted;
use crate::json::schema::message;
use crate::time::Timestamp;

message! {
    /// Whether the time of a workflow is skipped while it has nothing to do.
    pub struct TimeSkippingConfig {
        /// Whether it is.
        enabled: bool => "enabled",
        /// How far, if not to the end.
        fast_forward_config: Option<FastForwardConfig> => "fastForwardConfig",
        /// Whether the time of its children is left alone.
        disable_propagation: bool => "disablePropagation",
        /// After how many skips it is no longer skipped.
        max_session_skip_count: i32 => "maxSessionSkipCount",
    }

    /// How far the time of a workflow is skipped.
    pub struct FastForwardConfig {
        /// What it is asked after by.
        id: SmolStr => "id",
        /// From the time of the workflow when it is asked for.
        duration: Option<Duration> => "duration",
    }

    /// What a workflow has of the time of its parent, or of the run before it.
    pub struct TimeSkippingStatePropagation {
        /// How much was skipped there.
        initial_skipped_duration: Option<Duration> => "initialSkippedDuration",
        /// How far it is still to be skipped.
        fast_forward_target_time: Option<Timestamp> => "fastForwardTargetTime",
        /// How often it was skipped.
        initial_skip_count: i32 => "initialSkipCount",
    }
}

impl WorkflowExecutionStarted {
    /// How much time was skipped before this run by those that it comes from.
    #[must_use]
    pub fn skipped_before(&self) -> Duration {
        let handed_on = self.time_skipping_state_propagation.as_ref();
        handed_on.and_then(|it| it.initial_skipped_duration).unwrap_or_default()
    }

    /// When all runs of the workflow must have ended, in the time of this one: so much later as was skipped before it
    /// (`wrapExecutionTimes` in `service/history/workflow/timeskipping.go` of server 1.32).
    #[must_use]
    pub fn all_expire(&self) -> Option<Timestamp> {
        let expires = self.workflow_execution_expiration_time?;
        Some(expires.saturating_add(self.skipped_before()))
    }
}
