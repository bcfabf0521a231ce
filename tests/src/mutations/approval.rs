//! An approval: a timer, a signal, and an activity that heartbeats.

use std::future;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Scenario, Signal,
    Status, Stub, Workflow, WorkflowError, check, hours, mins, secs,
};

use super::{CALM, Mutation, TASK_RUNNING, later};

const PUBLISH: Workflow<String, String> = Workflow::new("Publish");
const REVIEW: Activity<String, ()> = Activity::new("Review");
const RENDER: Activity<String, u32> = Activity::new("Render");
const WITHDRAW: Activity<String, ()> = Activity::new("Withdraw");
const APPROVE: Signal<String> = Signal::new("approve");
const MISSPELLED: Signal<String> = Signal::new("aprove");
const BY_NUMBER: Signal<u64> = Signal::new("approve");

/// How long an approval is waited for.
const PATIENCE: Duration = hours(24);

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "timer duration changed",
        scenario: || base().workflow(PUBLISH, timer_changed_later),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "wall clock",
        scenario: || base().workflow(PUBLISH, wall_clock),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "foreign future",
        scenario: || base().workflow(PUBLISH, foreign_future),
        code: Code::ForeignFuture,
        at: CALM,
    },
    Mutation {
        name: "signal waited for beyond the cancel",
        scenario: || unattended().workflow(PUBLISH, waits_for_ever),
        code: Code::Hang,
        at: TASK_RUNNING,
    },
    Mutation {
        name: "everything on a disconnected context",
        scenario: || base().workflow(PUBLISH, disconnected),
        code: Code::CancelOverlooked,
        at: TASK_RUNNING,
    },
    Mutation {
        name: "name of the signal misspelled",
        scenario: || base().workflow(PUBLISH, signal_misspelled),
        code: Code::SignalUnread,
        at: CALM,
    },
    Mutation {
        name: "signal of another type",
        scenario: || base().workflow(PUBLISH, signal_of_another_type),
        code: Code::SignalUnreadable,
        at: CALM,
    },
    Mutation {
        name: "rendering left out",
        scenario: || base().workflow(PUBLISH, not_rendered),
        code: Code::NeverReached,
        at: CALM,
    },
];

/// The approval as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(PUBLISH, publish)
}

/// The approval as it should be, when nobody approves.
#[must_use]
pub fn unattended_twin() -> Scenario {
    unattended().workflow(PUBLISH, publish)
}

/// All but the workflow; somebody approves after a minute.
fn base() -> Scenario {
    unattended()
        .client(|world| {
            let article = world.start(PUBLISH, "article-7", "On rehearsal".to_owned());
            world.advance(mins(1));
            // Refused when the workflow has been canceled and is closed by now.
            let _answer = world.signal(&article, APPROVE, "ada".to_owned());
        })
        .check(check::sometimes("something is rendered", |outcome| {
            outcome.calls(RENDER).count() > 0
        }))
}

/// All but the workflow; nobody approves.
fn unattended() -> Scenario {
    Scenario::new("mutations-approval")
        .stub(REVIEW, Stub::returns(()).after(secs(1)))
        .activity(RENDER, render)
        .stub(WITHDRAW, Stub::returns(()))
        .client(|world| {
            world.start(PUBLISH, "article-7", "On rehearsal".to_owned());
        })
        .check(check::cleanup_iff_canceled(WITHDRAW))
        .check(check::skipped_reported_as_canceled())
        .check(check::no_activity_outlives_close())
        .check(check::cancel_observed_or_completed_first())
        .check(check::ends_within(hours(25)))
        .check(check::status_in([Status::Completed, Status::Canceled, Status::Failed]))
        .check(check::activity_heartbeats_within(RENDER, secs(10)))
        .check(check::eventually("somebody saw the article", |outcome| {
            outcome.calls(REVIEW).count() + outcome.calls(WITHDRAW).count() > 0
        }))
}

fn with_options(ctx: &Context) -> Context {
    let options = ActivityOptions::start_to_close(mins(10)).with_heartbeat(secs(10));
    ctx.with_activity_options(options.with_wait_for_cancellation())
}

async fn publish(ctx: Context, article: String) -> Result<String, WorkflowError> {
    steps_and_cleanup(&with_options(&ctx), article, PATIENCE, APPROVE).await
}

async fn steps_and_cleanup(
    ctx: &Context,
    article: String,
    patience: Duration,
    approve: Signal<String>,
) -> Result<String, WorkflowError> {
    let outcome = steps(ctx, &article, patience, approve).await;
    withdraw(ctx, article).await?;
    outcome
}

async fn steps(
    ctx: &Context,
    article: &str,
    patience: Duration,
    approve: Signal<String>,
) -> Result<String, WorkflowError> {
    ctx.execute(REVIEW, article.to_owned()).await?;
    let approvals = ctx.signals(approve);
    if !ctx.wait_timeout(patience, || !approvals.is_empty()).await? {
        return Ok("nobody approved".to_owned());
    }
    let pages = ctx.execute(RENDER, article.to_owned()).await?;
    Ok(format!("{pages} pages"))
}

async fn withdraw(ctx: &Context, article: String) -> Result<(), WorkflowError> {
    if ctx.is_canceled() {
        ctx.disconnected().execute(WITHDRAW, article).await?;
    }
    Ok(())
}

async fn render(ctx: ActivityContext, _: String) -> Result<u32, ActivityError> {
    for page in 0..3 {
        ctx.heartbeat(page);
        if ctx.sleep_or_canceled(secs(4)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok(3)
}

async fn timer_changed_later(ctx: Context, article: String) -> Result<String, WorkflowError> {
    let patience = if later(&ctx) { PATIENCE * 2 } else { PATIENCE };
    steps_and_cleanup(&with_options(&ctx), article, patience, APPROVE).await
}

/// Waits until midnight, by the clock of the machine.
async fn wall_clock(ctx: Context, article: String) -> Result<String, WorkflowError> {
    let hour_of_the_machine = if later(&ctx) { 15 } else { 9 };
    let patience = hours(24 - hour_of_the_machine);
    steps_and_cleanup(&with_options(&ctx), article, patience, APPROVE).await
}

async fn foreign_future(ctx: Context, article: String) -> Result<String, WorkflowError> {
    let ctx = with_options(&ctx);
    ctx.execute(REVIEW, article.clone()).await?;
    // As of a channel or a socket: nothing that is recorded can wake it.
    future::pending::<()>().await;
    Ok(article)
}

async fn waits_for_ever(ctx: Context, article: String) -> Result<String, WorkflowError> {
    let ctx = with_options(&ctx);
    let outcome = ctx.execute(REVIEW, article.clone()).await;
    if outcome.is_ok() {
        let _by = ctx.signals(APPROVE).recv().await;
    }
    withdraw(&ctx, article).await?;
    outcome.map(|()| "approved".to_owned())
}

async fn disconnected(ctx: Context, article: String) -> Result<String, WorkflowError> {
    let ctx = with_options(&ctx);
    let outcome = steps(&ctx.disconnected(), &article, PATIENCE, APPROVE).await;
    withdraw(&ctx, article).await?;
    outcome
}

async fn signal_misspelled(ctx: Context, article: String) -> Result<String, WorkflowError> {
    steps_and_cleanup(&with_options(&ctx), article, PATIENCE, MISSPELLED).await
}

/// Takes the number of whoever approves, of whom the client sends the name.
async fn signal_of_another_type(ctx: Context, article: String) -> Result<String, WorkflowError> {
    let ctx = with_options(&ctx);
    let outcome = async {
        ctx.execute(REVIEW, article.clone()).await?;
        let approvals = ctx.signals(BY_NUMBER);
        ctx.wait_timeout(PATIENCE, || !approvals.is_empty()).await?;
        if approvals.try_recv().is_none() {
            return Ok("nobody approved".to_owned());
        }
        let pages = ctx.execute(RENDER, article.clone()).await?;
        Ok(format!("{pages} pages"))
    };
    let outcome = outcome.await;
    withdraw(&ctx, article).await?;
    outcome
}

async fn not_rendered(ctx: Context, article: String) -> Result<String, WorkflowError> {
    let ctx = with_options(&ctx);
    let outcome = ctx.execute(REVIEW, article.clone()).await;
    let approvals = ctx.signals(APPROVE);
    let outcome = match outcome {
        Ok(()) => ctx.wait_timeout(PATIENCE, || !approvals.is_empty()).await,
        Err(error) => Err(error),
    };
    withdraw(&ctx, article).await?;
    outcome.map(|_approved| "0 pages".to_owned())
}
