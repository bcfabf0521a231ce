//! Chains: a till that goes on as new every evening, and a backup that runs by a schedule.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions, Code, Context, Either, Scenario, Signal, SignalChannel,
    StartOptions, Status, Stub, Workflow, WorkflowError, check, hours, mins, secs, select,
};

use super::{CALM, JOB_AFTER, Mutation};

const TILL: Workflow<(u32, u64), u64> = Workflow::new("Till").with_several_arguments();
const COIN: Signal<u64> = Signal::new("coin");
const BACK_UP: Workflow<(), ()> = Workflow::new("BackUp");
const COPY: Activity<(), ()> = Activity::new("Copy");

/// How long the shop is open.
const DAY: Duration = hours(8);

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "continue-as-new without draining signals",
        scenario: || tills().workflow(TILL, leaves_coins),
        code: Code::SignalLeftBehind,
        at: CALM,
    },
    Mutation {
        name: "continue-as-new deaf to its cancel",
        scenario: || tills().workflow(TILL, deaf),
        code: Code::CancelOverlooked,
        at: JOB_AFTER,
    },
    Mutation {
        name: "cron that overlaps",
        scenario: || backups(hours(30), hours(48)),
        code: Code::RoundSkipped,
        at: CALM,
    },
];

/// The till as it should be.
#[must_use]
pub fn twin() -> Scenario {
    tills().workflow(TILL, till)
}

/// The backup as it should be.
#[must_use]
pub fn scheduled_twin() -> Scenario {
    backups(hours(1), hours(2))
}

/// All but the workflow. A coin comes while the till is closed for the day: that task takes a second.
fn tills() -> Scenario {
    Scenario::new("mutations-till")
        .hold(3, secs(1))
        .client(|world| {
            let till = world.start(TILL, "till-7", (1, 0));
            // Each is refused once the workflow has been canceled and is closed.
            world.advance(DAY / 2);
            let _answer = world.signal(&till, COIN, 5);
            world.advance(DAY / 2 + secs(1) / 2);
            let _answer = world.signal(&till, COIN, 2);
        })
        .check(check::recommended())
        .check(check::cancel_observed_or_completed_first())
        .check(check::no_timer_left_at_close())
        .check(check::ends_within(DAY + mins(3)))
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

/// Counts the coins of one day.
async fn one_day(
    ctx: &Context,
    coins: &SignalChannel<u64>,
    sum: &mut u64,
) -> Result<(), WorkflowError> {
    let evening = ctx.timer(DAY);
    loop {
        match select(evening.clone(), coins.recv()).await {
            Either::Left(over) => return over,
            Either::Right(coin) => *sum += coin,
        }
    }
}

/// The sum of two days.
fn next_day(ctx: &Context, day: u32, sum: u64) -> Result<u64, WorkflowError> {
    if day < 2 { Err(ctx.continue_as_new(TILL, (day + 1, sum))) } else { Ok(sum) }
}

async fn till(ctx: Context, (day, mut sum): (u32, u64)) -> Result<u64, WorkflowError> {
    let coins = ctx.signals(COIN);
    one_day(&ctx, &coins, &mut sum).await?;
    while let Some(coin) = coins.try_recv() {
        sum += coin;
    }
    match ctx.err() {
        Some(canceled) => Err(canceled),
        None => next_day(&ctx, day, sum),
    }
}

/// A coin that comes with the evening stays in the channel.
async fn leaves_coins(ctx: Context, (day, mut sum): (u32, u64)) -> Result<u64, WorkflowError> {
    let coins = ctx.signals(COIN);
    one_day(&ctx, &coins, &mut sum).await?;
    match ctx.err() {
        Some(canceled) => Err(canceled),
        None => next_day(&ctx, day, sum),
    }
}

/// A cancel that comes with the evening is lost with the run.
async fn deaf(ctx: Context, (day, mut sum): (u32, u64)) -> Result<u64, WorkflowError> {
    let coins = ctx.signals(COIN);
    one_day(&ctx, &coins, &mut sum).await?;
    while let Some(coin) = coins.try_recv() {
        sum += coin;
    }
    next_day(&ctx, day, sum)
}

/// A backup every day that takes this long, and is tried again when it has taken `limit`.
fn backups(takes: Duration, limit: Duration) -> Scenario {
    Scenario::new("mutations-backup")
        .workflow(BACK_UP, move |ctx, ()| back_up(ctx, limit))
        .stub(COPY, Stub::returns(()).after(takes))
        .client(|world| {
            let mut options = StartOptions::new(BACK_UP.name(), "back-up");
            options.cron_schedule = Some("@daily".into());
            let back_up = world.start_workflow(options).expect("its id is free");
            world.advance(hours(80));
            // Refused if it has been canceled.
            let _answer = world.terminate(&back_up, "enough");
        })
        .check(check::recommended())
        .check(check::no_round_skipped())
}

async fn back_up(ctx: Context, limit: Duration) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(limit);
    ctx.with_activity_options(options).execute(COPY, ()).await
}
