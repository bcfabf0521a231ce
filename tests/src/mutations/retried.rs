//! A purchase: what its activities do is done again when a worker dies, or when its word is lost.

use std::collections::BTreeSet;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Outcome, Payloads,
    Scenario, Status, Workflow, WorkflowError, check, mins, secs,
};
use rehearsal_history::RetryPolicy;

use super::{CALM, Mutation};

const BUY: Workflow<String, String> = Workflow::new("Buy");
const RESERVE: Activity<String, ()> = Activity::new("Reserve");
const CHARGE: Activity<String, String> = Activity::new("Charge");
const RELEASE: Activity<String, ()> = Activity::new("Release");

/// The mistakes; none of them shows in a sweep.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "key of each attempt",
        scenario: || base().workflow(BUY, buy).activity(CHARGE, charge_each_time),
        code: Code::Custom,
        at: CALM,
    },
    Mutation {
        name: "compensation tried once",
        scenario: || base().workflow(BUY, released_perhaps).activity(CHARGE, charge),
        code: Code::CompensationMissing,
        at: CALM,
    },
];

/// The purchase as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(BUY, buy).activity(CHARGE, charge)
}

/// All but the workflow and the activity that charges.
fn base() -> Scenario {
    Scenario::new("mutations-purchase")
        .activity(RESERVE, work)
        .activity(RELEASE, work)
        .client(|world| {
            world.start(BUY, "purchase-7", "a bicycle".to_owned());
        })
        .check(check::always("the card is charged once", charged_once))
        .check(check::compensated_at_least_once(RESERVE, RELEASE))
        .check(check::ends_within(mins(10)))
        .check(check::status_in([Status::Completed, Status::Canceled, Status::Failed]))
}

async fn work(ctx: ActivityContext, _: String) -> Result<(), ActivityError> {
    ctx.sleep(secs(1)).await;
    Ok(())
}

/// Charges under a key that is the same in every attempt: the bank does nothing the second time. Returns the key.
async fn charge(ctx: ActivityContext, _: String) -> Result<String, ActivityError> {
    ctx.sleep(secs(1)).await;
    Ok(format!("{}/{}", ctx.info().run_id, ctx.info().activity_id))
}

/// The key is another in each attempt.
async fn charge_each_time(ctx: ActivityContext, item: String) -> Result<String, ActivityError> {
    let attempt = ctx.attempt();
    Ok(format!("{}/{attempt}", charge(ctx, item).await?))
}

async fn buy(ctx: Context, item: String) -> Result<String, WorkflowError> {
    purchase(ctx, item, RetryPolicy::default()).await
}

/// Gives the item back once, whatever comes of it.
async fn released_perhaps(ctx: Context, item: String) -> Result<String, WorkflowError> {
    let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    purchase(ctx, item, once).await
}

/// What is reserved is given back if the purchase does not come about; it is tried as `release` says.
async fn purchase(
    ctx: Context,
    item: String,
    release: RetryPolicy,
) -> Result<String, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options.clone());
    let bought = match ctx.execute(RESERVE, item.clone()).await {
        Ok(()) => ctx.execute(CHARGE, item.clone()).await,
        Err(error) => Err(error),
    };
    if bought.is_err() {
        let ctx = ctx.disconnected().with_activity_options(options.with_retry_policy(release));
        ctx.execute(RELEASE, item).await?;
    }
    bought
}

/// The keys under which the card of a purchase was charged, whether the workflow heard of it or not.
fn charged_once(outcome: &Outcome) -> Result<(), String> {
    let done = outcome.calls(CHARGE).filter_map(|call| call.result.as_ref()?.as_ref().ok());
    let keys: BTreeSet<String> =
        done.filter_map(|key| Payloads::decode(key.as_ref()).ok()).collect();
    if keys.len() > 1 { Err(format!("{} charges went through", keys.len())) } else { Ok(()) }
}
