//! The cancellation sample with mistakes in it.

use rehearsal::{
    ActivityContext, ActivityError, ActivityOptions, Code, Context, Scenario, Status,
    WorkflowError, check, hours, mins, secs,
};
use rehearsal_examples::cancellation::{
    ACTIVITY_TO_BE_CANCELED, ACTIVITY_TO_BE_SKIPPED, CLEANUP_ACTIVITY, YOUR_WORKFLOW, rehearsal_of,
    your_workflow, your_workflow_careless,
};

use super::{BEFORE_FIRST_TASK, CALM, Mutation, TASK_RUNNING};

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "cleanup on the canceled context",
        scenario: || base().workflow(YOUR_WORKFLOW, your_workflow_careless),
        code: Code::CleanupMissing,
        at: BEFORE_FIRST_TASK,
    },
    Mutation {
        name: "cleanup never",
        scenario: || base().workflow(YOUR_WORKFLOW, never),
        code: Code::CleanupMissing,
        at: TASK_RUNNING,
    },
    Mutation {
        name: "early return",
        scenario: || base().workflow(YOUR_WORKFLOW, early_return),
        code: Code::CleanupMissing,
        at: TASK_RUNNING,
    },
    Mutation {
        name: "cleanup not awaited",
        scenario: || base().workflow(YOUR_WORKFLOW, cleanup_not_awaited),
        code: Code::CleanupMissing,
        at: BEFORE_FIRST_TASK,
    },
    Mutation {
        name: "cleanup that no worker takes",
        scenario: || base().workflow(YOUR_WORKFLOW, cleanup_nobody_takes),
        code: Code::CleanupMissing,
        at: BEFORE_FIRST_TASK,
    },
    Mutation {
        name: "skipped activity ignored",
        scenario: || base().workflow(YOUR_WORKFLOW, skipped_ignored),
        code: Code::WrongStatus,
        at: BEFORE_FIRST_TASK,
    },
    Mutation {
        name: "wait_for_cancellation off",
        scenario: || base().workflow(YOUR_WORKFLOW, not_waiting),
        code: Code::ActivityOutlivesClose,
        at: TASK_RUNNING,
    },
    Mutation {
        name: "activity without heartbeat",
        scenario: || {
            twin().activity(ACTIVITY_TO_BE_CANCELED, async |ctx: ActivityContext, ()| {
                silent(&ctx).await
            })
        },
        code: Code::HeartbeatLate,
        at: CALM,
    },
    Mutation {
        name: "an hour's sleep before cleanup",
        scenario: || base().workflow(YOUR_WORKFLOW, slow_cleanup),
        code: Code::EndsTooLate,
        at: BEFORE_FIRST_TASK,
    },
];

/// The sample as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(YOUR_WORKFLOW, your_workflow)
}

/// All but the workflow. An activity that dies with its worker after the cancel was requested times out and is not
/// tried again, so that the workflow may fail.
fn base() -> Scenario {
    rehearsal_of("mutations-sample")
        .check(check::no_activity_outlives_close())
        .check(check::cancel_observed_or_completed_first())
        .check(check::ends_within(mins(10)))
        .check(check::status_in([Status::Canceled, Status::Failed]))
        .check(check::activity_heartbeats_within(ACTIVITY_TO_BE_CANCELED, secs(5)))
}

fn waiting(ctx: &Context) -> Context {
    let options = ActivityOptions::start_to_close(mins(10)).with_heartbeat(secs(5));
    ctx.with_activity_options(options.with_wait_for_cancellation())
}

async fn work(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.execute(ACTIVITY_TO_BE_CANCELED, ()).await?;
    ctx.execute(ACTIVITY_TO_BE_SKIPPED, ()).await
}

async fn clean_up(ctx: &Context) -> Result<(), WorkflowError> {
    if ctx.is_canceled() {
        ctx.disconnected().execute(CLEANUP_ACTIVITY, ()).await?;
    }
    Ok(())
}

async fn never(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    work(&waiting(&ctx)).await
}

async fn early_return(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = waiting(&ctx);
    work(&ctx).await?;
    clean_up(&ctx).await
}

async fn cleanup_not_awaited(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = waiting(&ctx);
    let outcome = work(&ctx).await;
    if ctx.is_canceled() {
        drop(ctx.disconnected().execute(CLEANUP_ACTIVITY, ()));
    }
    outcome
}

async fn cleanup_nobody_takes(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let outcome = work(&waiting(&ctx)).await;
    if ctx.is_canceled() {
        let options = ActivityOptions::start_to_close(mins(10)).with_schedule_to_start(secs(5));
        let ctx = ctx.disconnected().with_activity_options(options.with_task_queue("cleanup"));
        ctx.execute(CLEANUP_ACTIVITY, ()).await?;
    }
    outcome
}

async fn skipped_ignored(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = waiting(&ctx);
    let canceled = ctx.execute(ACTIVITY_TO_BE_CANCELED, ()).await;
    let _ignored = ctx.execute(ACTIVITY_TO_BE_SKIPPED, ()).await;
    clean_up(&ctx).await?;
    match canceled {
        Err(error) if !error.is_canceled() => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

async fn not_waiting(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(mins(10)).with_heartbeat(secs(5));
    let ctx = ctx.with_activity_options(options);
    let outcome = work(&ctx).await;
    clean_up(&ctx).await?;
    outcome
}

async fn slow_cleanup(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = waiting(&ctx);
    let outcome = work(&ctx).await;
    if ctx.is_canceled() {
        ctx.disconnected().sleep(hours(1)).await?;
    }
    clean_up(&ctx).await?;
    outcome
}

/// Works on without a sign of life.
async fn silent(ctx: &ActivityContext) -> Result<String, ActivityError> {
    while !ctx.sleep_or_canceled(secs(1)).await {}
    Ok("I am canceled by Done".to_owned())
}
