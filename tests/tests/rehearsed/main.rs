//! Runs that are green although nothing was rehearsed: what keeps a scenario from being about anything is found and
//! named, and what is meant is not.

mod activities;
mod signals;
mod unseen;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Exploration, Failure,
    RetryPolicy, Scenario, Signal, Stub, Workflow, WorkflowError, secs,
};

const SHIP: Workflow<u64, String> = Workflow::new("Ship");
const PACK: Activity<u64, String> = Activity::new("Pack");
const PRINT: Activity<(), ()> = Activity::new("Print");
const APPROVE: Signal<String> = Signal::new("approve");

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation()
}

async fn ship(ctx: Context, order: u64) -> Result<String, WorkflowError> {
    ctx.with_activity_options(options()).execute(PACK, order).await
}

/// Tries it three times, and does without if it must.
async fn ship_somehow(ctx: Context, order: u64) -> Result<String, WorkflowError> {
    let policy = RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() };
    let options = options().with_retry_policy(policy);
    let packed = ctx.with_activity_options(options).execute(PACK, order).await;
    if let Some(canceled) = ctx.err() {
        return Err(canceled);
    }
    Ok(packed.unwrap_or_else(|_| "unpacked".to_owned()))
}

fn scenario() -> Scenario {
    Scenario::new("rehearsed").workflow(SHIP, ship).client(|world| {
        world.start(SHIP, "order-7", 7);
    })
}

async fn panics(_: ActivityContext, _: u64) -> Result<String, ActivityError> {
    panic!("the box is broken")
}

async fn fails(_: ActivityContext, _: u64) -> Result<String, ActivityError> {
    Err(ActivityError::from("no box"))
}

/// The only kind of finding of a sweep; an exploration and the calm run by itself give it too.
#[track_caller]
fn only(scenario: &Scenario, code: Code) -> Failure {
    let failure = scenario.try_sweep().expect_err("a mistake was made");
    let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [code], "{failure}");
    let explored = scenario.try_explore(Exploration::new(20)).expect_err("the same mistake");
    assert_eq!(explored.findings(), failure.findings());
    failure
}

#[track_caller]
fn is_silent(scenario: &Scenario) {
    if let Err(failure) = scenario.try_sweep() {
        panic!("{failure}");
    }
    scenario.explore(100);
}

/// Waits for an approval or a minute, and ships in either case.
async fn ship_when_approved(ctx: Context, order: u64) -> Result<String, WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    ctx.wait_timeout(secs(60), || !approvals.is_empty()).await?;
    let by = approvals.try_recv();
    let packed = ctx.with_activity_options(options()).execute(PACK, order).await?;
    Ok(by.unwrap_or(packed))
}

/// Nobody approves.
fn unattended() -> Scenario {
    scenario()
        .workflow(SHIP, ship_when_approved)
        .stub(PACK, Stub::returns("packed".to_owned()).after(secs(1)))
        .stub(PRINT, Stub::returns(()))
}

/// What no run of a sweep saw, with its code.
fn unseen(scenario: &Scenario) -> Vec<String> {
    scenario
        .sweep()
        .unseen()
        .iter()
        .map(|unseen| format!("{} {}", unseen.code, unseen.what))
        .collect()
}
