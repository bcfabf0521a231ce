//! What workflow code can ask of its run.

use std::time::Duration;

use rehearsal_activation::{Activation, Initialize};
use rehearsal_history::{Execution, Priority, RetryPolicy, SmolStr, Timestamp};

/// What a run knows of itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// The id that the client chose.
    pub workflow_id: SmolStr,
    /// The id of this run.
    pub run_id: SmolStr,
    /// Its type.
    pub workflow_type: SmolStr,
    /// The queue its tasks wait in.
    pub task_queue: SmolStr,
    /// Which attempt of the workflow this is, from 1.
    pub attempt: u32,
    /// For all runs of its chain together; `None` for no limit.
    pub execution_timeout: Option<Duration>,
    /// For this run; `None` for no limit.
    pub run_timeout: Option<Duration>,
    /// For one workflow task.
    pub task_timeout: Duration,
    /// The first run of its chain.
    pub first_run_id: SmolStr,
    /// The run that it continues; `None` if it is the first.
    pub continued_run_id: Option<SmolStr>,
    /// The workflow that started it as a child; `None` if it is none.
    pub parent: Option<Execution>,
    /// The workflow from which its line of parents comes; `None` if it is no child, as in Go.
    pub root: Option<Execution>,
    /// When it was started. Its code may begin later.
    pub started_at: Timestamp,
    /// How the workflow as a whole is retried.
    pub retry_policy: Option<RetryPolicy>,
    /// Its place among the tasks of its queue, and that of what it asks for.
    pub priority: Priority,
    /// The cron schedule that it runs by.
    pub cron_schedule: Option<SmolStr>,
    /// How many events its history has, up to the workflow task that runs.
    pub history_length: u64,
    /// How many bytes its history has, before the workflow task that runs was started, as the server counts them.
    pub history_size: u64,
    /// Whether the server suggests to continue as new: the history has grown long (T-12).
    pub continue_as_new_suggested: bool,
}

impl Info {
    pub(crate) fn new(initialize: &Initialize) -> Self {
        Self {
            workflow_id: initialize.workflow_id.clone(),
            run_id: initialize.run_id.clone(),
            workflow_type: initialize.workflow_type.clone(),
            task_queue: initialize.task_queue.clone(),
            attempt: initialize.attempt,
            execution_timeout: limit(initialize.execution_timeout),
            run_timeout: limit(initialize.run_timeout),
            task_timeout: initialize.task_timeout,
            first_run_id: initialize.first_run_id.clone(),
            continued_run_id: given(&initialize.continued_run_id),
            parent: initialize.parent.clone(),
            root: initialize.root.clone(),
            started_at: initialize.started_at,
            retry_policy: initialize.retry_policy.clone(),
            priority: initialize.priority.clone().unwrap_or_default(),
            cron_schedule: given(&initialize.cron_schedule),
            history_length: 0,
            history_size: 0,
            continue_as_new_suggested: false,
        }
    }

    /// What is another in each workflow task.
    pub(crate) const fn begin(&mut self, activation: &Activation) {
        self.history_length = activation.started.0;
        self.history_size = activation.history_size;
        self.continue_as_new_suggested = activation.continue_as_new_suggested;
    }
}

fn limit(timeout: Option<Duration>) -> Option<Duration> {
    timeout.filter(|timeout| !timeout.is_zero())
}

fn given(text: &SmolStr) -> Option<SmolStr> {
    Some(text).filter(|text| !text.is_empty()).cloned()
}
