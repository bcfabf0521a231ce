//! A run as one of its chain: what the next one goes by.

use core::time::Duration;

use rehearsal_history::event::WorkflowExecutionStarted;
use rehearsal_history::{SmolStr, Timestamp};

use super::id::derived;
use super::skipping::Skipping;
use crate::config::ServiceConfig;
use crate::cron::Schedule;

/// A run that is about to close.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain<'a> {
    pub(crate) now: Timestamp,
    /// Its first event.
    pub(crate) started: &'a WorkflowExecutionStarted,
    /// When it was started.
    pub(crate) began: Timestamp,
    pub(crate) config: &'a ServiceConfig,
    /// How its time is skipped.
    pub(crate) skipping: Option<&'a Skipping>,
}

impl Chain<'_> {
    /// What it was scheduled for: when its first workflow task need not wait any more (H-17).
    pub(crate) fn scheduled(&self) -> Timestamp {
        self.began.saturating_add(self.backoff())
    }

    fn backoff(&self) -> Duration {
        self.started.first_workflow_task_backoff.unwrap_or_default()
    }

    /// Its cron schedule. That it can be read was made sure when it was started.
    pub(crate) fn schedule(&self) -> Option<Schedule> {
        let schedule = &self.started.cron_schedule;
        if schedule.is_empty() { None } else { Schedule::parse(schedule, self.now).ok() }
    }

    /// The id of the run that follows.
    pub(crate) fn next_run_id(&self) -> SmolStr {
        derived(&self.started.original_execution_run_id, "next")
    }
}
