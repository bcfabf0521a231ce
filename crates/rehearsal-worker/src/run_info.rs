//! What every operation may know of its run.

use alloc::boxed::Box;
use core::time::Duration;

use rehearsal_activation::{Initialize, Job, Seq};
use rehearsal_history::event::{WorkflowExecutionStarted, WorkflowTaskFailed};
use rehearsal_history::{
    Event, Memo, RetryPolicy, SearchAttributes, SmolStr, WorkflowTaskFailedCause,
};

use crate::local::{LocalKey, LocalWhat};

/// The server's default for one workflow task (W-4).
const DEFAULT_TASK_TIMEOUT: Duration = Duration::from_secs(10);

/// What is known of a run beside its operations.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunInfo {
    pub(crate) workflow_id: SmolStr,
    pub(crate) run_id: SmolStr,
    /// The id of the run as of the task that runs, also if it was reset behind that: Go names children after it.
    pub(crate) original_run_id: SmolStr,
    /// The queue of the workflow: that of activities which name none.
    pub(crate) task_queue: SmolStr,
    /// The run timeout, which caps those of activities (T-1).
    pub(crate) run_timeout: Option<Duration>,
    /// That of all runs together, which caps that of the next run.
    pub(crate) execution_timeout: Option<Duration>,
    /// For one workflow task.
    pub(crate) task_timeout: Duration,
    /// Its type.
    pub(crate) workflow_type: SmolStr,
    /// How it is retried as a whole.
    pub(crate) retry_policy: Option<RetryPolicy>,
    /// Its notes, as its SDK knows them.
    pub(crate) memo: Option<Memo>,
    /// What it can be searched by, as its SDK knows it.
    pub(crate) search_attributes: Option<SearchAttributes>,
    /// Which life of the run in a worker's cache this is.
    pub(crate) life: u64,
}

impl RunInfo {
    /// Before the first event.
    pub(crate) fn new(workflow_id: SmolStr, run_id: SmolStr) -> Self {
        Self { workflow_id, run_id, ..Self::default() }
    }

    /// The first event: what the run learns of itself, and is told.
    pub(crate) fn begin(&mut self, event: &Event, started: &WorkflowExecutionStarted) -> Job {
        let limit = |timeout: Option<Duration>| timeout.filter(|timeout| !timeout.is_zero());
        self.original_run_id = started.original_execution_run_id.clone();
        self.task_queue = started.task_queue.name.clone();
        self.run_timeout = limit(started.workflow_run_timeout);
        self.execution_timeout = limit(started.workflow_execution_timeout);
        self.task_timeout = limit(started.workflow_task_timeout).unwrap_or(DEFAULT_TASK_TIMEOUT);
        self.workflow_type = started.workflow_type.name.clone();
        self.retry_policy.clone_from(&started.retry_policy);
        self.memo.clone_from(&started.memo);
        self.search_attributes.clone_from(&started.search_attributes);
        Job::Initialize(Box::new(Initialize {
            workflow_type: started.workflow_type.name.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
            first_run_id: started.first_execution_run_id.clone(),
            original_run_id: started.original_execution_run_id.clone(),
            parent: started.parent_workflow_execution.clone(),
            parent_namespace: started.parent_workflow_namespace.clone(),
            root: started.root_workflow_execution.clone(),
            identity: started.identity.clone(),
            input: started.input.clone(),
            header: started.header.clone(),
            task_queue: self.task_queue.clone(),
            attempt: u32::try_from(started.attempt).unwrap_or(1).max(1),
            execution_timeout: started.workflow_execution_timeout,
            run_timeout: started.workflow_run_timeout,
            expires_at: started.workflow_execution_expiration_time,
            task_timeout: self.task_timeout,
            retry_policy: started.retry_policy.clone(),
            priority: started.priority.clone(),
            started_at: event.time,
            memo: started.memo.clone(),
            search_attributes: started.search_attributes.clone(),
            continued_run_id: started.continued_execution_run_id.clone(),
            initiator: started.initiator.clone(),
            continued_failure: started.continued_failure.clone(),
            last_completion_result: started.last_completion_result.clone(),
            cron_schedule: started.cron_schedule.clone(),
            first_task_backoff: started.first_workflow_task_backoff.unwrap_or_default(),
        }))
    }

    /// Its notes are changed.
    pub(crate) fn upsert_memo(&mut self, changed: &Memo) {
        self.memo.get_or_insert_default().merge(changed);
    }

    /// What it can be searched by is changed.
    pub(crate) fn upsert_search(&mut self, changed: &SearchAttributes) {
        self.search_attributes.get_or_insert_default().merge(changed);
    }

    /// The run was reset: its children are named after what it is called from now on.
    pub(crate) fn reset(&mut self, failed: &WorkflowTaskFailed) {
        if failed.cause == WorkflowTaskFailedCause::ResetWorkflow {
            self.original_run_id.clone_from(&failed.new_run_id);
        }
    }

    /// Names something about a local activity.
    pub(crate) fn local_key(&self, number: u64) -> LocalKey {
        let what = LocalWhat::Attempt(number);
        LocalKey { run_id: self.run_id.clone(), life: self.life, what }
    }

    /// Names a deadline of a local activity that is not called off any more.
    pub(crate) fn loose_key(&self, seq: Seq, number: u64) -> LocalKey {
        let what = LocalWhat::Loose(seq, number);
        LocalKey { run_id: self.run_id.clone(), life: self.life, what }
    }
}
