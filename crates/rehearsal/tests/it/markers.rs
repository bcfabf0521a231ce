//! Markers of several kinds in one workflow task, and workflow tasks that wait for one.

use rehearsal::{
    Activity, Context, DEFAULT_VERSION, LocalActivityOptions, Scenario, Stub, Tape, Workflow,
    WorkflowError, hours, mins, secs,
};

const ORDER: Workflow<(), u64> = Workflow::new("Order");
const PRICE: Activity<(), u64> = Activity::new("Price");

/// What is noted behind the end of a local activity is recorded in the same task.
async fn order(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let ctx = ctx.with_local_activity_options(LocalActivityOptions::start_to_close(secs(5)));
    let price = ctx.execute_local(PRICE, ()).await?;
    let limit = ctx.mutable_side_effect("limit", || 4, u64::eq);
    let drawn = ctx.side_effect(|| 2_u64);
    let version = ctx.version("change", DEFAULT_VERSION, 1);
    ctx.sleep(secs(1)).await?;
    Ok(price + limit + drawn + version.unsigned_abs())
}

/// The run replays, from the start and from a cold cache: `try_run` checks that.
#[test]
fn what_is_noted_behind_a_local_activity_replays() {
    let outcome = Scenario::new("order")
        .workflow(ORDER, order)
        .stub(PRICE, Stub::returns(7))
        .client(|world| drop(world.start(ORDER, "order-1", ())))
        .try_run(&Tape::calm())
        .unwrap();
    let names: Vec<_> =
        outcome.main().unwrap().history.iter().map(|event| event.kind.name()).collect();
    assert_eq!(names.iter().filter(|name| **name == "MarkerRecorded").count(), 4, "{names:?}");
}

/// Takes what a local activity gives that may take an hour.
async fn patient(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let options = LocalActivityOptions::start_to_close(hours(1));
    ctx.with_local_activity_options(options).execute_local(PRICE, ()).await
}

/// W-18: after half an hour the service takes no heartbeat any more, and the local activity is run again.
#[test]
fn a_task_is_not_heartbeated_for_ever() {
    let mut world = Scenario::new("patient")
        .workflow(ORDER, patient)
        .stub(PRICE, Stub::returns(7).after(mins(40)))
        .world();
    world.start(ORDER, "order-1", ());
    world.advance(mins(31));
    let outcome = world.finish();
    let started: Vec<_> = outcome.calls(PRICE).map(|call| call.started).collect();
    // The 226th heartbeat is refused; the task that it would have begun times out 10 s later.
    assert_eq!(started, [secs(0), secs(226 * 8 + 10)]);
}
