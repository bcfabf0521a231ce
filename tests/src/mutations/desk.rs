//! A desk that is opened by the first order: whoever sends one starts the workflow if it is not running.

use rehearsal::{
    Activity, ActivityOptions, Code, Context, EventKind, Execution, Scenario, Signal, StartOptions,
    Status, Stub, Workflow, WorkflowError, World, check, mins, secs,
};

use super::{CALM, Mutation};

const DESK: Workflow<(), u32> = Workflow::new("Desk");
const ORDER: Signal<u32> = Signal::new("order");
const OPEN: Activity<(), ()> = Activity::new("OpenDesk");
const PACK: Activity<u32, ()> = Activity::new("Pack");

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[Mutation {
    name: "signal-with-start that loses the first",
    scenario: || base().workflow(DESK, waits_for_a_knock),
    code: Code::Custom,
    at: CALM,
}];

/// The desk as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(DESK, desk)
}

/// All but the workflow; the second order comes while the first is packed.
fn base() -> Scenario {
    Scenario::new("mutations-desk")
        .stub(OPEN, Stub::returns(()).after(secs(1)))
        .stub(PACK, Stub::returns(()).after(secs(3)))
        .client(|world| {
            order(world, 1);
            world.advance(secs(2));
            order(world, 2);
        })
        .check(check::recommended())
        .check(check::status_in([Status::Completed, Status::Canceled]))
        .check(check::always("every order is packed", |outcome| {
            match outcome.executions.iter().find(|desk| is_short(desk)) {
                None => Ok(()),
                Some(desk) => Err(format!("{} closed and had not packed all", desk.workflow_id)),
            }
        }))
}

fn order(world: &mut World, number: u32) {
    let options = StartOptions::new(DESK.name(), "desk-7");
    world.signal_with_start(options, ORDER, number).expect("a desk takes orders");
}

/// Whether a desk has packed fewer orders than it was sent, though it did all that it wanted to do.
fn is_short(desk: &Execution) -> bool {
    let sent = |kind: &EventKind| matches!(kind, EventKind::WorkflowExecutionSignaled(_));
    let packed = |kind: &EventKind| match kind {
        EventKind::ActivityTaskScheduled(scheduled) => scheduled.activity_type.name == PACK.name(),
        _ => false,
    };
    let count = |is: &dyn Fn(&EventKind) -> bool| {
        desk.history.iter().filter(|event| is(&event.kind)).count()
    };
    desk.status == Status::Completed && count(&packed) < count(&sent)
}

async fn desk(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
    ctx.execute(OPEN, ()).await?;
    pack_all(&ctx).await
}

/// Packs what was ordered, until there is nothing left. What comes in the last moment keeps it from closing (W-12).
async fn pack_all(ctx: &Context) -> Result<u32, WorkflowError> {
    let orders = ctx.signals(ORDER);
    let mut packed = 0;
    while let Some(order) = orders.try_recv() {
        ctx.execute(PACK, order).await?;
        packed += 1;
    }
    Ok(packed)
}

/// Takes the order that starts it for a mere knock.
async fn waits_for_a_knock(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
    let _knock = ctx.signals(ORDER).recv().await;
    ctx.execute(OPEN, ()).await?;
    pack_all(&ctx).await
}
