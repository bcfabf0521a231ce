//! The chain that a run belongs to: going on in a new run, and what the run before has left.

use std::time::Duration;

use rehearsal_activation::{ContinueAsNew, Initialize};
use rehearsal_history::{Failure, Payloads, RetryPolicy, SmolStr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::context::Context;
use crate::error::WorkflowError;
use crate::names::Workflow;

/// What may be said of the run that a workflow goes on in. What is `None` stays as it is in this run.
///
/// As with Go's, memo and search attributes go along as they are.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rehearsal::{ContinueAsNewOptions, Context, Workflow, WorkflowError};
///
/// const REPORT: Workflow<u32, ()> = Workflow::new("Report");
///
/// /// One report an hour, each in a run of its own.
/// async fn report(ctx: Context, number: u32) -> Result<(), WorkflowError> {
///     let options = ContinueAsNewOptions::default().with_backoff(Duration::from_secs(3600));
///     Err(ctx.continue_as_new_with(options, REPORT, number + 1))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContinueAsNewOptions {
    /// The queue its tasks wait in.
    pub task_queue: Option<SmolStr>,
    /// For that run.
    pub run_timeout: Option<Duration>,
    /// For one workflow task.
    pub task_timeout: Option<Duration>,
    /// How long its first workflow task waits; `None` for not at all.
    pub backoff: Option<Duration>,
    /// How it is retried as a whole.
    pub retry_policy: Option<RetryPolicy>,
}

/// What the run before has left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    last_completion_result: Option<Payloads>,
    continued_failure: Option<Box<Failure>>,
}

impl Chain {
    pub(crate) fn of(initialize: &Initialize) -> Self {
        Self {
            last_completion_result: initialize.last_completion_result.clone(),
            continued_failure: initialize.continued_failure.clone(),
        }
    }
}

impl ContinueAsNewOptions {
    /// Sets the queue its tasks wait in.
    #[must_use]
    pub fn with_task_queue(mut self, queue: impl Into<SmolStr>) -> Self {
        self.task_queue = Some(queue.into());
        self
    }

    /// Sets the limit for that run.
    #[must_use]
    pub fn with_run_timeout(mut self, timeout: Duration) -> Self {
        self.run_timeout = Some(timeout);
        self
    }

    /// Sets the limit for one workflow task.
    #[must_use]
    pub fn with_task_timeout(mut self, timeout: Duration) -> Self {
        self.task_timeout = Some(timeout);
        self
    }

    /// Sets how long its first workflow task waits.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Duration) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Sets how it is retried as a whole.
    #[must_use]
    pub fn with_retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }
}

impl Context {
    /// The error that a workflow returns to go on in a new run, with a history of its own (T-12).
    ///
    /// Nothing happens before it is returned. Signals that were not read are not taken along: read them before
    /// ([`unhandled_signals`](Self::unhandled_signals)), and put what they say into `input`. If something came while the
    /// workflow task ran, Temporal has the workflow see it first (W-12). A cancel is not taken along either (C-11).
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON, as Go does; inside of a workflow this fails the workflow task.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Status, Workflow, WorkflowError, mins};
    ///
    /// const COUNT_DOWN: Workflow<u32, String> = Workflow::new("CountDown");
    ///
    /// async fn count_down(ctx: Context, minutes: u32) -> Result<String, WorkflowError> {
    ///     if minutes == 0 {
    ///         return Ok("over".to_owned());
    ///     }
    ///     ctx.sleep(mins(1)).await?;
    ///     Err(ctx.continue_as_new(COUNT_DOWN, minutes - 1))
    /// }
    ///
    /// let mut world = Scenario::new("count down").workflow(COUNT_DOWN, count_down).world();
    /// let count = world.start(COUNT_DOWN, "count-1", 3);
    /// // Whoever waits for a workflow waits for the last run of its chain.
    /// assert_eq!(world.wait(&count), Status::Completed);
    /// assert_eq!(world.elapsed(), mins(3));
    /// let runs = world.finish().executions;
    /// assert_eq!(runs.len(), 4);
    /// assert_eq!(runs[0].status, Status::ContinuedAsNew);
    /// ```
    #[must_use]
    pub fn continue_as_new<I: Serialize, O>(
        &self,
        workflow: Workflow<I, O>,
        input: I,
    ) -> WorkflowError {
        self.continue_as_new_with(ContinueAsNewOptions::default(), workflow, input)
    }

    /// The same with options for the new run.
    ///
    /// # Panics
    ///
    /// As [`continue_as_new`](Self::continue_as_new).
    #[must_use]
    pub fn continue_as_new_with<I: Serialize, O>(
        &self,
        options: ContinueAsNewOptions,
        workflow: Workflow<I, O>,
        input: I,
    ) -> WorkflowError {
        let several = workflow.has_several_arguments();
        let workflow_type = workflow.into_name();
        let input = codec::must_encode_arguments(
            format_args!("the input of workflow `{workflow_type}`"),
            &input,
            several,
        );
        WorkflowError::continue_as_new(ContinueAsNew {
            workflow_type: Some(workflow_type),
            task_queue: options.task_queue,
            input,
            run_timeout: options.run_timeout,
            task_timeout: options.task_timeout,
            backoff: options.backoff,
            retry_policy: options.retry_policy,
            ..ContinueAsNew::default()
        })
    }

    /// What the last run of a cron schedule returned, or of a chain that was started with a result; `None` if there is
    /// none, as in the first run.
    ///
    /// # Errors
    ///
    /// It is no `T`.
    pub fn last_completion_result<T: DeserializeOwned>(&self) -> Result<Option<T>, WorkflowError> {
        let last = self.shared.borrow().chain.last_completion_result.clone();
        let Some(last) = last else { return Ok(None) };
        codec::decode(Some(&last)).map(Some).map_err(|error| {
            WorkflowError::new(format_args!("unable to decode the last result: {error}"))
        })
    }

    /// What the run before this one failed with, if it failed: of a workflow that is retried, or that runs by a cron
    /// schedule.
    #[must_use]
    pub fn last_error(&self) -> Option<WorkflowError> {
        self.shared.borrow().chain.continued_failure.clone().map(WorkflowError::from)
    }
}
