//! A sale: a price is looked up inside of the workflow task, and money is taken.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, LocalActivityOptions,
    RetryPolicy, Scenario, Signal, Stub, Workflow, WorkflowError, check, secs,
};

use super::{CALM, Mutation};

const SELL: Workflow<(), ()> = Workflow::new("Sell");
const LOOK_UP: Activity<(), u32> = Activity::new("LookUp");
const CHARGE: Activity<u32, ()> = Activity::new("Charge");
const NOTE: Signal<String> = Signal::new("note");

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[Mutation {
    name: "a local activity longer than the task",
    scenario: || base().workflow(SELL, all_local),
    code: Code::Custom,
    at: CALM,
}];

/// The sale as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(SELL, sell)
}

/// All but the workflow. A note comes while money is taken.
fn base() -> Scenario {
    Scenario::new("mutations-local")
        .stub(LOOK_UP, Stub::returns(7_u32).after(secs(1)))
        .activity(CHARGE, charge)
        .client(|world| {
            let sale = world.start(SELL, "sale-7", ());
            world.advance(secs(9));
            let _: Result<(), _> = world.signal(&sale, NOTE, "by the back door".to_owned());
        })
        .check(check::recommended())
        .check(check::always("charged once", |outcome| match outcome.calls(CHARGE).count() {
            0 | 1 => Ok(()),
            calls => Err(format!("the money was taken {calls} times")),
        }))
}

async fn charge(ctx: ActivityContext, _: u32) -> Result<(), ActivityError> {
    ctx.sleep(secs(12)).await;
    Ok(())
}

/// What is short and harmless is local; what may happen once only is not.
async fn sell(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_local_activity_options(LocalActivityOptions::start_to_close(secs(5)));
    let price = ctx.execute_local(LOOK_UP, ()).await?;
    let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    let options = ActivityOptions::start_to_close(secs(60)).with_retry_policy(once);
    let notes = ctx.signals(NOTE);
    let charged = ctx.disconnected().with_activity_options(options).execute(CHARGE, price).await;
    while notes.try_recv().is_some() {}
    charged?;
    ctx.err().map_or(Ok(()), Err)
}

/// The note makes the close fail, and the next task takes the money again.
async fn all_local(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_local_activity_options(LocalActivityOptions::start_to_close(secs(60)));
    let price = ctx.execute_local(LOOK_UP, ()).await?;
    let notes = ctx.signals(NOTE);
    ctx.disconnected().execute_local(CHARGE, price).await?;
    while notes.try_recv().is_some() {}
    ctx.err().map_or(Ok(()), Err)
}
