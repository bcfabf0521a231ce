//! An activity that trips once and resumes where its last heartbeat says. It is real on both sides and observes a cancel.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext as NativeActivityContext, ActivityError as NativeActivityError,
    ActivityOptions as NativeActivityOptions, Context, OfficialWorld as _, Profile,
    RetryPolicy as NativeRetryPolicy, Scenario, Workflow, WorkflowError, millis, secs,
};
use temporalio_common::RetryPolicy;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, ApplicationFailure, WorkflowContext, WorkflowResult,
};

const COPY: Workflow<u32, String> = Workflow::new("Copy");
const COPY_FILES: Activity<u32, String> = Activity::new("Disk::copy_files");

async fn copy(ctx: Context, files: u32) -> Result<String, WorkflowError> {
    let policy = NativeRetryPolicy {
        initial_interval: Some(secs(2)),
        backoff_coefficient: 1.0,
        maximum_attempts: 3,
        ..NativeRetryPolicy::default()
    };
    let options = NativeActivityOptions::start_to_close(secs(30))
        .with_heartbeat(secs(5))
        .with_retry_policy(policy)
        .with_wait_for_cancellation();
    ctx.with_activity_options(options).execute(COPY_FILES, files).await
}

async fn copy_files(ctx: NativeActivityContext, files: u32) -> Result<String, NativeActivityError> {
    let from = ctx.heartbeat_details::<u32>().unwrap_or(0);
    for file in from..files {
        if from == 0 && file == 2 {
            return Err(NativeActivityError::from("the disk is full"));
        }
        if ctx.sleep_or_canceled(millis(1500)).await {
            return Err(NativeActivityError::canceled());
        }
        ctx.heartbeat(file + 1);
    }
    Ok(format!("resumed at {from}"))
}

#[workflow]
#[derive(Default)]
pub struct Copy;

#[workflow_methods]
impl Copy {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, files: u32) -> WorkflowResult<String> {
        let policy = RetryPolicy::builder()
            .initial_interval(Duration::from_secs(2))
            .backoff_coefficient(1.0)
            .maximum_attempts(3)
            .build();
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .heartbeat_timeout(Duration::from_secs(5))
            .retry_policy(policy)
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .build();
        Ok(ctx.execute_activity(Disk::copy_files, files, options).await?)
    }
}

#[derive(Default)]
pub struct Disk;

#[activities]
impl Disk {
    #[activity]
    pub async fn copy_files(ctx: ActivityContext, files: u32) -> Result<String, ActivityError> {
        let from: u32 = ctx.heartbeat_details().deserialize()?.unwrap_or(0);
        for file in from..files {
            if from == 0 && file == 2 {
                let full = ApplicationFailure::new("the disk is full");
                return Err(ActivityError::application(full));
            }
            tokio::select! {
                biased;
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
                () = tokio::time::sleep(Duration::from_millis(1500)) => {}
            }
            ctx.record_heartbeat(file + 1).await?;
        }
        Ok(format!("resumed at {from}"))
    }
}

pub(crate) fn native() -> Scenario {
    Scenario::new("retry")
        .profile(Profile::Core)
        .workflow(COPY, copy)
        .activity(COPY_FILES, copy_files)
        .client(|world| drop(world.start(COPY, "copy-1", 4)))
}

pub(crate) fn official() -> Scenario {
    Scenario::new("retry")
        .official::<Copy>()
        .activities(Disk::default)
        .real(Disk::copy_files)
        .client(|world| drop(world.start_official::<Copy>("copy-1", 4)))
}
