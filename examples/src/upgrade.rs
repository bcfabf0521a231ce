//! An order that gets a fraud check while orders are open: three ways to change a workflow, of which one is right.

use rehearsal::{
    Activity, ActivityOptions, Context, Profile, Scenario, Status, Stub, Workflow, WorkflowError,
    check, days, mins, secs,
};

/// The workflow.
pub const ORDER: Workflow<String, ()> = Workflow::new("Order");
/// Takes the money.
pub const CHARGE: Activity<String, ()> = Activity::new("Charge");
/// Sends the parcel.
pub const SHIP: Activity<String, ()> = Activity::new("Ship");
/// What the change adds.
pub const CHECK_FRAUD: Activity<String, ()> = Activity::new("CheckFraud");

/// The name of the change.
const FRAUD: &str = "fraud-check";

/// What runs in production: charge, pack for a day, ship.
///
/// # Errors
///
/// What a step came to.
pub async fn order_v1(ctx: Context, order: String) -> Result<(), WorkflowError> {
    deliver(&ctx, order, false).await
}

/// The change as it should be: orders that are open go on without the check.
///
/// # Errors
///
/// What a step came to.
pub async fn order_v2(ctx: Context, order: String) -> Result<(), WorkflowError> {
    let checked = ctx.patched(FRAUD);
    deliver(&ctx, order, checked).await
}

/// A mistake made on purpose: the patch is forgotten.
///
/// # Errors
///
/// What a step came to.
pub async fn order_v2_forgotten(ctx: Context, order: String) -> Result<(), WorkflowError> {
    deliver(&ctx, order, true).await
}

/// The next step: orders without the check are closed, those with it are not.
///
/// # Errors
///
/// What a step came to.
pub async fn order_v3(ctx: Context, order: String) -> Result<(), WorkflowError> {
    ctx.deprecate_patch(FRAUD);
    deliver(&ctx, order, true).await
}

/// A mistake made on purpose: the patch is removed while orders are open that have noted it.
///
/// # Errors
///
/// What a step came to.
pub async fn order_v3_too_early(ctx: Context, order: String) -> Result<(), WorkflowError> {
    deliver(&ctx, order, true).await
}

async fn deliver(ctx: &Context, order: String, checked: bool) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
    if checked {
        ctx.execute(CHECK_FRAUD, order.clone()).await?;
    }
    ctx.execute(CHARGE, order.clone()).await?;
    ctx.sleep(days(1)).await?;
    ctx.execute(SHIP, order).await
}

/// The scenario that all versions share: its activities, its client and what must hold.
#[must_use]
pub fn rehearsal_of(name: &str) -> Scenario {
    Scenario::new(name)
        .profile(Profile::Core)
        .stub(CHECK_FRAUD, Stub::returns(()).after(secs(2)))
        .stub(CHARGE, Stub::returns(()).after(secs(3)))
        .stub(SHIP, Stub::returns(()).after(secs(5)))
        .client(|world| {
            world.start(ORDER, "order-7", "a book".to_owned());
        })
        .check(check::status_in([Status::Completed, Status::Canceled]))
}
