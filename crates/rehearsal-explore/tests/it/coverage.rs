//! What a run is known to have done.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_engine::{
    ActivityContext, ActivityError, ActivityFuture, Patience, Scenario, StartOptions, Tape, World,
};
use rehearsal_explore::Coverage;
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

fn scenario() -> Scenario {
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

fn of(tape: &str) -> Coverage {
    let tape: Tape = tape.parse().expect("a tape");
    Coverage::of(&scenario().run(Box::new(tape), Patience::MustEnd))
}

#[test]
fn the_marks_of_the_calm_run() {
    let calm = of("");
    assert_eq!(calm, of(""), "the same run has the same marks");
    insta::assert_snapshot!(calm.marks().join("\n"));
}

#[test]
fn a_cancel_and_a_fault_leave_marks_that_the_calm_run_has_not() {
    let mut all = of("");
    let more = of("cancel.0.12=1,report.0.0=2");
    let calm: Vec<String> = all.marks().into_iter().map(str::to_owned).collect();
    let new: Vec<&str> =
        more.marks().into_iter().filter(|mark| !calm.iter().any(|old| old == mark)).collect();
    insta::assert_snapshot!(new.join("\n"));
    assert_eq!(all.add(&more), new.len());
    assert_eq!(all.add(&more), 0);
}
