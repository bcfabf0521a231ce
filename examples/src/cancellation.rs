//! The sample of Temporal's cancellation guide: an activity that heartbeats until it is canceled, one that is skipped,
//! and cleanup that runs only if the workflow was canceled.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, Stub, Workflow,
    WorkflowError, check, mins, secs,
};

/// The workflow.
pub const YOUR_WORKFLOW: Workflow<(), ()> = Workflow::new("YourWorkflow");
/// Heartbeats every second until it learns that it is canceled.
pub const ACTIVITY_TO_BE_CANCELED: Activity<(), String> = Activity::new("ActivityToBeCanceled");
/// Is started on a canceled context, so it never runs.
pub const ACTIVITY_TO_BE_SKIPPED: Activity<(), ()> = Activity::new("ActivityToBeSkipped");
/// Cleans up.
pub const CLEANUP_ACTIVITY: Activity<(), ()> = Activity::new("CleanupActivity");

/// What a server 1.32 recorded of it with the Go SDK: canceled by its client at 3.5 s.
pub const RECORDED: &str =
    include_str!("../../fixtures/golden/go/seed-cancel-running/history.json");

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(10)).with_heartbeat(secs(5)).with_wait_for_cancellation()
}

/// Returns the canceled error, so the workflow closes as Canceled.
///
/// # Errors
///
/// What the skipped activity came to.
pub async fn your_workflow(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(options());
    let outcome = work(&ctx).await;
    if ctx.is_canceled() {
        // `ctx` is canceled, so cleanup needs a context of its own.
        ctx.disconnected().execute(CLEANUP_ACTIVITY, ()).await?;
    }
    outcome
}

/// Swallows the canceled error, so the workflow closes as Completed.
///
/// # Errors
///
/// What cleanup came to, if it failed.
pub async fn your_workflow_swallowing(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    match your_workflow(ctx, ()).await {
        Err(error) if error.is_canceled() => Ok(()),
        outcome => outcome,
    }
}

/// A mistake made on purpose: cleanup is started on the canceled context, so it is skipped as well.
///
/// # Errors
///
/// What the skipped activity came to.
pub async fn your_workflow_careless(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(options());
    let outcome = work(&ctx).await;
    if ctx.is_canceled() {
        ctx.execute(CLEANUP_ACTIVITY, ()).await?;
    }
    outcome
}

async fn work(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.execute(ACTIVITY_TO_BE_CANCELED, ()).await?;
    // On a canceled context this comes back as canceled without having run.
    ctx.execute(ACTIVITY_TO_BE_SKIPPED, ()).await
}

/// Heartbeats every second; the answer to a heartbeat is how it learns that it is canceled.
///
/// # Errors
///
/// None: it answers the cancel with a result.
pub async fn heartbeat_until_canceled(
    ctx: ActivityContext,
    (): (),
) -> Result<String, ActivityError> {
    while !ctx.sleep_or_canceled(secs(1)).await {
        ctx.heartbeat("");
    }
    Ok("I am canceled by Done".to_owned())
}

/// The scenario that all variants of the workflow share: its activities, its client and what must hold.
#[must_use]
pub fn rehearsal_of(name: &str) -> Scenario {
    Scenario::new(name)
        .activity(ACTIVITY_TO_BE_CANCELED, heartbeat_until_canceled)
        .stub(ACTIVITY_TO_BE_SKIPPED, Stub::returns(()))
        .stub(CLEANUP_ACTIVITY, Stub::returns(()))
        .client(|world| {
            world.start(YOUR_WORKFLOW, "order-7", ());
        })
        .check(check::cleanup_iff_canceled(CLEANUP_ACTIVITY))
        .check(check::skipped_reported_as_canceled())
}
