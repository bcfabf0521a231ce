//! A print job: a lock that is given back on every path, a wait with a deadline, and somebody to be told.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Scenario, Signal,
    Stub, Workflow, WorkflowError, check, hours, mins, secs, select,
};

use super::{BEFORE_FIRST_TASK, CALM, Mutation, TASK_RUNNING};

const PRINT: Workflow<String, u32> = Workflow::new("Print");
const LOCK: Activity<String, ()> = Activity::new("LockPrinter");
const PAGES: Activity<String, u32> = Activity::new("PrintPages");
const UNLOCK: Activity<String, ()> = Activity::new("UnlockPrinter");
const NOTIFY: Activity<String, ()> = Activity::new("Notify");
const COLLECT: Signal<String> = Signal::new("collect");

/// How long a print waits to be collected.
const PATIENCE: Duration = mins(30);

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "early return with the lock",
        scenario: || base().workflow(PRINT, leaves_with_the_lock),
        code: Code::NotFollowed,
        at: TASK_RUNNING,
    },
    Mutation {
        name: "last activity not awaited",
        scenario: || base().workflow(PRINT, does_not_await),
        code: Code::WorkLost,
        at: CALM,
    },
    Mutation {
        name: "activity that does not look at its context",
        scenario: || twin().activity(PAGES, deaf),
        code: Code::AttemptsOverlap,
        at: CALM,
    },
    Mutation {
        name: "an hour's sleep after the cancel",
        scenario: || base().workflow(PRINT, rests_when_canceled),
        code: Code::CancelOverLate,
        at: BEFORE_FIRST_TASK,
    },
    Mutation {
        name: "deadline not canceled",
        scenario: || base().workflow(PRINT, forgets_the_deadline),
        code: Code::TimerLeft,
        at: CALM,
    },
];

/// The print job as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(PRINT, print)
}

/// All but the workflow; somebody collects the print after five minutes.
fn base() -> Scenario {
    Scenario::new("mutations-print")
        .stub(LOCK, Stub::returns(()).after(secs(1)))
        .activity(PAGES, pages)
        .stub(UNLOCK, Stub::returns(()).after(secs(1)))
        .stub(NOTIFY, Stub::returns(()))
        .client(|world| {
            let job = world.start(PRINT, "print-7", "On rehearsal".to_owned());
            world.advance(mins(5));
            // Refused when the workflow has been canceled and is closed by now.
            let _answer = world.signal(&job, COLLECT, "ada".to_owned());
        })
        .check(check::recommended())
        .check(check::finally(LOCK, UNLOCK))
        .check(check::one_attempt_at_a_time(PAGES))
        .check(check::cancel_is_over_within(mins(10)))
        .check(check::no_timer_left_at_close())
}

fn with_options(ctx: &Context) -> Context {
    let options = ActivityOptions::start_to_close(mins(2)).with_heartbeat(secs(10));
    ctx.with_activity_options(options.with_wait_for_cancellation())
}

async fn print(ctx: Context, text: String) -> Result<u32, WorkflowError> {
    let ctx = with_options(&ctx);
    let printed = locked(&ctx, &text).await;
    ctx.disconnected().execute(UNLOCK, text.clone()).await?;
    let printed = printed?;
    collected(&ctx).await?;
    ctx.execute(NOTIFY, text).await?;
    Ok(printed)
}

async fn locked(ctx: &Context, text: &str) -> Result<u32, WorkflowError> {
    ctx.execute(LOCK, text.to_owned()).await?;
    ctx.execute(PAGES, text.to_owned()).await
}

/// Waits until somebody collects the print, but no longer than its time.
async fn collected(ctx: &Context) -> Result<(), WorkflowError> {
    let (deadline, cancel) = ctx.with_cancel();
    let collected = ctx.signals(COLLECT);
    select(collected.recv(), deadline.timer(PATIENCE)).await;
    cancel.cancel();
    ctx.err().map_or(Ok(()), Err)
}

async fn pages(ctx: ActivityContext, _: String) -> Result<u32, ActivityError> {
    for page in 0..3 {
        ctx.heartbeat(page);
        if ctx.sleep_or_canceled(secs(4)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok(3)
}

async fn leaves_with_the_lock(ctx: Context, text: String) -> Result<u32, WorkflowError> {
    let ctx = with_options(&ctx);
    let printed = locked(&ctx, &text).await?;
    ctx.disconnected().execute(UNLOCK, text.clone()).await?;
    collected(&ctx).await?;
    ctx.execute(NOTIFY, text).await?;
    Ok(printed)
}

async fn does_not_await(ctx: Context, text: String) -> Result<u32, WorkflowError> {
    let ctx = with_options(&ctx);
    let printed = locked(&ctx, &text).await;
    ctx.disconnected().execute(UNLOCK, text.clone()).await?;
    let printed = printed?;
    collected(&ctx).await?;
    drop(ctx.execute(NOTIFY, text));
    Ok(printed)
}

/// The first attempt prints on for a minute without a sign of life.
async fn deaf(ctx: ActivityContext, text: String) -> Result<u32, ActivityError> {
    if ctx.attempt() == 1 {
        ctx.sleep(mins(1)).await;
    }
    pages(ctx, text).await
}

async fn rests_when_canceled(ctx: Context, text: String) -> Result<u32, WorkflowError> {
    let printed = print(ctx.clone(), text).await;
    if ctx.is_canceled() {
        ctx.disconnected().sleep(hours(1)).await?;
    }
    printed
}

async fn forgets_the_deadline(ctx: Context, text: String) -> Result<u32, WorkflowError> {
    let ctx = with_options(&ctx);
    let printed = locked(&ctx, &text).await;
    ctx.disconnected().execute(UNLOCK, text.clone()).await?;
    let printed = printed?;
    let collected = ctx.signals(COLLECT);
    select(collected.recv(), ctx.timer(PATIENCE)).await;
    ctx.execute(NOTIFY, text).await?;
    Ok(printed)
}
