//! Workflows as a user of the SDK writes them.

use std::time::Duration;

use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, SyncWorkflowContext, TimerOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
};

#[derive(Default)]
pub struct Acts;

#[activities]
impl Acts {
    #[activity]
    pub async fn work(_ctx: ActivityContext, _what: String) -> Result<String, ActivityError> {
        Ok(String::new())
    }

    #[activity]
    pub async fn cleanup(_ctx: ActivityContext) -> Result<String, ActivityError> {
        Ok(String::new())
    }
}

fn options(cancellation: ActivityCancellationType) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_mins(30))
        .heartbeat_timeout(Duration::from_secs(5))
        .cancellation_type(cancellation)
        .build()
}

/// The cancellation sample: `golden/rust/seed-cancel-running`.
#[workflow]
#[derive(Default)]
pub struct YourWorkflow;

#[workflow_methods]
impl YourWorkflow {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let outcome = Self::steps(ctx).await;
        if ctx.cancellation_token().is_cancelled() {
            let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(2))
                .cancellation_token(WorkflowCancellationToken::new())
                .build();
            ctx.execute_activity(Acts::cleanup, (), options).await?;
        }
        outcome
    }

    async fn steps(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let wait = || options(ActivityCancellationType::WaitCancellationCompleted);
        let result = ctx.execute_activity(Acts::work, "long".to_owned(), wait()).await?;
        ctx.execute_activity(Acts::work, "skipped".to_owned(), wait()).await?;
        Ok(result)
    }
}

/// A timer with a summary, then one that is raced by the cancel.
#[workflow]
#[derive(Default)]
pub struct Timers;

#[workflow_methods]
impl Timers {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let first =
            TimerOptions::builder(Duration::from_secs(1)).summary("a second".to_owned()).build();
        ctx.timer(first).await;
        let second = ctx.timer(Duration::from_mins(1)).await;
        Ok(format!("{second:?}"))
    }
}

/// `#[init]`, synchronous and asynchronous signals, a condition.
#[workflow]
pub struct Approval {
    log: Vec<String>,
    wanted: usize,
}

#[workflow_methods]
impl Approval {
    #[init]
    pub fn new(_ctx: &WorkflowContextView, wanted: usize) -> Self {
        Self { log: vec![format!("wanted {wanted}")], wanted }
    }

    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Vec<String>> {
        ctx.wait_condition(|it| it.log.len() > it.wanted).await?;
        Ok(ctx.state(|it| it.log.clone()))
    }

    #[signal]
    pub fn approve(&mut self, ctx: &mut SyncWorkflowContext<Self>, by: String) {
        self.log.push(format!("{by}, canceled: {}", ctx.cancellation_token().is_cancelled()));
    }

    #[signal]
    pub async fn approve_later(ctx: &mut WorkflowContext<Self>, by: String) {
        let canceled = ctx.cancellation_token().is_cancelled();
        ctx.timer(Duration::from_secs(5)).await;
        ctx.state_mut(|it| it.log.push(format!("{by} later, canceled: {canceled}")));
    }

    #[query]
    pub fn log(&self, _ctx: &WorkflowContextView) -> Vec<String> {
        self.log.clone()
    }
}

/// A timer on a token of its own, an abandoned activity, a condition: `golden/rust/timer-canceled-by-child-token`,
/// `abandon-running`, `wait-condition-canceled`.
#[workflow]
#[derive(Default)]
pub struct Tokens;

#[workflow_methods]
impl Tokens {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let child = ctx.cancellation_token().child_token();
        let nine = TimerOptions::builder(Duration::from_secs(9));
        let timer = ctx.timer(nine.cancellation_token(child.clone()).build());
        child.cancel();
        let timer = timer.await;
        let abandon = options_with_token(WorkflowCancellationToken::new());
        let detached = ctx.execute_activity(Acts::work, "detached".to_owned(), abandon);
        let abandoned = ctx.execute_activity(
            Acts::work,
            "abandoned".to_owned(),
            options(ActivityCancellationType::Abandon),
        );
        let condition = ctx.wait_condition(|_| false).await;
        let abandoned = abandoned.await.map_err(|error| error.to_string());
        let detached = detached.await.map_err(|error| error.to_string());
        Ok(format!("{timer:?}, {condition:?}, {abandoned:?}, {detached:?}"))
    }
}

fn options_with_token(token: WorkflowCancellationToken) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(2))
        .cancellation_token(token)
        .build()
}
