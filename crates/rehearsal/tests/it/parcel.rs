//! A parcel that is packed, and paid back if it is canceled: what is searched here in several ways.

use rehearsal::{
    Activity, ActivityOptions, Context, Scenario, Stub, Workflow, WorkflowError, check, secs,
};

pub(crate) const SHIP: Workflow<(), ()> = Workflow::new("Ship");
pub(crate) const PACK: Activity<(), ()> = Activity::new("Pack");
pub(crate) const REFUND: Activity<(), ()> = Activity::new("Refund");

/// Gives the money back if it is canceled.
pub(crate) async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let packed = ctx.execute(PACK, ()).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    packed
}

/// All but the code.
pub(crate) fn scenario(name: &str) -> Scenario {
    Scenario::new(name)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            world.start(SHIP, "order-7", ());
        })
        .check(check::cleanup_iff_canceled(REFUND))
}
