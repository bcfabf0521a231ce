//! A local activity that trips once and takes longer than its workflow task, a patch, and a timer. The local activity is
//! real on both sides and does not look at its cancel.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext as NativeActivityContext, ActivityError as NativeActivityError,
    Context, LocalActivityOptions as NativeLocalActivityOptions, OfficialWorld as _, Profile,
    RetryPolicy as NativeRetryPolicy, Scenario, Workflow, WorkflowError, secs,
};
use temporalio_common::RetryPolicy;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ApplicationFailure, LocalActivityOptions, TimerResult, WorkflowContext, WorkflowResult,
    WorkflowTermination,
};

const PARCEL: Workflow<u32, String> = Workflow::new("Parcel");
const WEIGH: Activity<u32, u32> = Activity::new("Scale::weigh");

async fn parcel(ctx: Context, items: u32) -> Result<String, WorkflowError> {
    let policy = NativeRetryPolicy {
        initial_interval: Some(secs(1)),
        backoff_coefficient: 1.0,
        maximum_attempts: 3,
        ..NativeRetryPolicy::default()
    };
    let options = NativeLocalActivityOptions::start_to_close(secs(30)).with_retry_policy(policy);
    let weight = ctx.with_local_activity_options(options).execute_local(WEIGH, items).await?;
    let label = if ctx.patched("label") { "labeled" } else { "plain" };
    ctx.timer(secs(3)).await?;
    Ok(format!("{weight}, {label}"))
}

async fn weigh(ctx: NativeActivityContext, items: u32) -> Result<u32, NativeActivityError> {
    if ctx.attempt() == 1 {
        return Err(NativeActivityError::from("the scale is dirty"));
    }
    ctx.sleep(secs(9)).await;
    Ok(items * 3)
}

#[workflow]
#[derive(Default)]
pub struct Parcel;

#[workflow_methods]
impl Parcel {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, items: u32) -> WorkflowResult<String> {
        let policy = RetryPolicy::builder()
            .initial_interval(Duration::from_secs(1))
            .backoff_coefficient(1.0)
            .maximum_attempts(3)
            .build();
        let options = LocalActivityOptions::builder()
            .start_to_close_timeout(Duration::from_secs(30))
            .retry_policy(policy)
            .build();
        let weight = ctx.execute_local_activity(Scale::weigh, items, options).await?;
        let label = if ctx.patched("label") { "labeled" } else { "plain" };
        match ctx.timer(Duration::from_secs(3)).await {
            TimerResult::Fired => Ok(format!("{weight}, {label}")),
            TimerResult::Cancelled => Err(WorkflowTermination::cancelled()),
        }
    }
}

#[derive(Default)]
pub struct Scale;

#[activities]
impl Scale {
    #[activity]
    pub async fn weigh(ctx: ActivityContext, items: u32) -> Result<u32, ActivityError> {
        if ctx.info().attempt == 1 {
            return Err(ActivityError::application(ApplicationFailure::new("the scale is dirty")));
        }
        tokio::time::sleep(Duration::from_secs(9)).await;
        Ok(items * 3)
    }
}

pub(crate) fn native() -> Scenario {
    Scenario::new("scale")
        .profile(Profile::Core)
        .workflow(PARCEL, parcel)
        .activity(WEIGH, weigh)
        .client(|world| drop(world.start(PARCEL, "parcel-1", 4)))
}

pub(crate) fn official() -> Scenario {
    Scenario::new("scale")
        .official::<Parcel>()
        .activities(Scale::default)
        .real(Scale::weigh)
        .client(|world| drop(world.start_official::<Parcel>("parcel-1", 4)))
}
