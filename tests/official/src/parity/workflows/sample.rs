//! The sample of Temporal's cancellation guide. Its first activity is real on both sides: it heartbeats until it is
//! canceled. The second is skipped then, and cleanup runs.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext as NativeActivityContext, ActivityError as NativeActivityError,
    ActivityOptions as NativeActivityOptions, Context, OfficialWorld as _, Profile, Scenario, Stub,
    Workflow, WorkflowError, secs,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, WorkflowCancellationToken, WorkflowContext,
    WorkflowResult,
};

const YOUR_WORKFLOW: Workflow<String, String> = Workflow::new("YourWorkflow");
const TO_BE_CANCELED: Activity<String, String> = Activity::new("Acts::to_be_canceled");
const TO_BE_SKIPPED: Activity<String, String> = Activity::new("Acts::to_be_skipped");
const CLEANUP: Activity<String, String> = Activity::new("Acts::cleanup");

async fn your_workflow(ctx: Context, order: String) -> Result<String, WorkflowError> {
    let options = NativeActivityOptions::start_to_close(secs(600))
        .with_heartbeat(secs(5))
        .with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let outcome = steps(&ctx, &order).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(CLEANUP, order).await?;
    }
    outcome
}

async fn steps(ctx: &Context, order: &str) -> Result<String, WorkflowError> {
    ctx.execute(TO_BE_CANCELED, order.to_owned()).await?;
    ctx.execute(TO_BE_SKIPPED, order.to_owned()).await
}

async fn to_be_canceled(
    ctx: NativeActivityContext,
    _order: String,
) -> Result<String, NativeActivityError> {
    loop {
        ctx.heartbeat("alive");
        if ctx.sleep_or_canceled(secs(1)).await {
            return Ok("I am canceled by Done".to_owned());
        }
    }
}

#[workflow]
#[derive(Default)]
pub struct YourWorkflow;

#[workflow_methods]
impl YourWorkflow {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: String) -> WorkflowResult<String> {
        let outcome = Self::steps(ctx, &order).await;
        if ctx.cancellation_token().is_cancelled() {
            let options = options(WorkflowCancellationToken::new());
            ctx.execute_activity(Acts::cleanup, order, options).await?;
        }
        outcome
    }

    async fn steps(ctx: &mut WorkflowContext<Self>, order: &str) -> WorkflowResult<String> {
        let options = options(ctx.cancellation_token());
        ctx.execute_activity(Acts::to_be_canceled, order.to_owned(), options.clone()).await?;
        Ok(ctx.execute_activity(Acts::to_be_skipped, order.to_owned(), options).await?)
    }
}

fn options(token: WorkflowCancellationToken) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_mins(10))
        .heartbeat_timeout(Duration::from_secs(5))
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .cancellation_token(token)
        .build()
}

#[derive(Default)]
pub struct Acts;

#[activities]
impl Acts {
    #[activity]
    pub async fn to_be_canceled(
        ctx: ActivityContext,
        _order: String,
    ) -> Result<String, ActivityError> {
        loop {
            ctx.record_heartbeat("alive".to_owned()).await?;
            tokio::select! {
                biased;
                () = ctx.cancelled() => return Ok("I am canceled by Done".to_owned()),
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    #[activity]
    pub async fn to_be_skipped(
        _ctx: ActivityContext,
        order: String,
    ) -> Result<String, ActivityError> {
        Ok(order)
    }

    #[activity]
    pub async fn cleanup(_ctx: ActivityContext, order: String) -> Result<String, ActivityError> {
        Ok(order)
    }
}

fn answer() -> Stub<String> {
    Stub::returns("done".to_owned()).after(secs(1))
}

pub(crate) fn native() -> Scenario {
    Scenario::new("sample")
        .profile(Profile::Core)
        .workflow(YOUR_WORKFLOW, your_workflow)
        .activity(TO_BE_CANCELED, to_be_canceled)
        .stub(TO_BE_SKIPPED, answer())
        .stub(CLEANUP, answer())
        .client(|world| {
            world.start(YOUR_WORKFLOW, "order-7", "a lamp".to_owned());
        })
}

pub(crate) fn official() -> Scenario {
    Scenario::new("sample")
        .official::<YourWorkflow>()
        .activities(Acts::default)
        .real(Acts::to_be_canceled)
        .stub(Acts::to_be_skipped, answer())
        .stub(Acts::cleanup, answer())
        .client(|world| {
            world.start_official::<YourWorkflow>("order-7", "a lamp".to_owned());
        })
}
