//! The map of a sweep: which awaits a cancel reached.

use rehearsal::{
    Activity, ActivityOptions, ChildOptions, Context, Report, Scenario, Signal, Stub, Workflow,
    WorkflowError, join, secs, select,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const LABEL: Workflow<(), ()> = Workflow::new("Label");
const PACK: Activity<(), ()> = Activity::new("Pack");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const APPROVE: Signal<()> = Signal::new("approve");

async fn label(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.sleep(secs(2)).await
}

/// Waits for a condition, a signal, two activities at once, a timer and a child; cleans up when it is canceled.
async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation();
    let ctx = ctx
        .with_activity_options(options)
        .with_child_options(ChildOptions::new().with_wait_for_cancellation());
    let shipped = shipped(&ctx).await;
    if ctx.is_canceled() {
        // Canceled at once, so that no cancel can come here.
        let _skipped = ctx.sleep(secs(9)).await;
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    shipped
}

async fn shipped(ctx: &Context) -> Result<(), WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    approvals.recv().await;
    ctx.wait(|| approvals.len() == 1).await?;
    let (packed, again) = join(ctx.execute(PACK, ()), ctx.execute(PACK, ())).await;
    packed.and(again)?;
    let _either = select(ctx.sleep(secs(5)), ctx.execute_child(LABEL, ())).await;
    Ok(())
}

fn report() -> Report {
    Scenario::new("mapped")
        .workflow(SHIP, ship)
        .workflow(LABEL, label)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()).after(secs(1)))
        .client(|world| {
            let order = world.start(SHIP, "order-7", ());
            world.advance(secs(1));
            // Where it was canceled it may be closed by then.
            let _refused = world.signal(&order, APPROVE, ());
            world.advance(secs(1));
            let _refused = world.signal(&order, APPROVE, ());
        })
        .sweep()
}

#[test]
fn each_await_is_counted_with_its_line() {
    let report = report();
    let map = report.map();
    insta::assert_snapshot!(map);

    let injected = report.points();
    let most = map.reached().iter().map(|of| of.cancels).sum::<usize>();
    assert!(most >= injected / 2, "{most} of {injected}");
    for of in map.reached() {
        let ended = of.ended.iter().map(|(_, count)| count).sum::<usize>();
        assert_eq!(ended, of.cancels, "each run ends in one way: {of:?}");
    }
}
