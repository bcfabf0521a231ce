//! An order that is packed and charged at once, the latter in two attempts, and then waits: what is looked at here.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_engine::{
    ActivityContext, ActivityError, ActivityFuture, Scenario, StartOptions, World,
};
use rehearsal_history::Payloads;
use rehearsal_workflow::{
    Activity, ActivityOptions, Context, Workflow, WorkflowError, definition, join,
};

const ORDER: Workflow<(), ()> = Workflow::new("Order");
const PACK: Activity<(), ()> = Activity::new("Pack");
const CHARGE: Activity<(), ()> = Activity::new("Charge");

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let (packed, charged) = join(ctx.execute(PACK, ()), ctx.execute(CHARGE, ())).await;
    packed.and(charged)?;
    ctx.sleep(secs(5)).await
}

pub(crate) fn scenario() -> Scenario {
    let pack = |ctx: ActivityContext, _: Option<Payloads>| -> ActivityFuture {
        Box::pin(async move {
            ctx.sleep(secs(2)).await;
            Ok(None)
        })
    };
    let charge = |ctx: ActivityContext, _: Option<Payloads>| -> ActivityFuture {
        Box::pin(async move {
            if ctx.info().attempt == 1 {
                Err(ActivityError::application("busy", "Busy"))
            } else {
                Ok(None)
            }
        })
    };
    let client = |world: &mut World| {
        let options = StartOptions::new(ORDER.name(), "order-7");
        world.start_workflow(options).map(drop).map_err(|error| error.to_string())
    };
    Scenario::new("order")
        .with_workflow(definition(ORDER, order))
        .with_activity(PACK.name(), Arc::new(pack))
        .with_activity(CHARGE.name(), Arc::new(charge))
        .with_client(Arc::new(client))
}
