//! The harness inside a running tokio runtime: it works there as in any test, and code that waits for the runtime is
//! found and named.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Finding, Scenario,
    Stub, Workflow, WorkflowError, check, secs,
};
use rehearsal_engine::Dialect;

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const PACK: Activity<(), ()> = Activity::new("Pack");

async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation();
    ctx.with_activity_options(options).execute(PACK, ()).await
}

async fn ship_asleep(_: Context, (): ()) -> Result<(), WorkflowError> {
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(())
}

async fn pack_asleep(_: ActivityContext, (): ()) -> Result<(), ActivityError> {
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(())
}

/// Waits for a task that runs on another thread as soon as it is spawned, if there is another thread.
async fn pack_spawned(_: ActivityContext, (): ()) -> Result<(), ActivityError> {
    let task = tokio::spawn(async { tokio::task::yield_now().await });
    task.await.map_err(|error| ActivityError::from(error.to_string()))
}

fn scenario() -> Scenario {
    Scenario::new("inside-tokio").workflow(SHIP, ship).client(|world| {
        world.start(SHIP, "order-7", ());
    })
}

/// The only finding of a sweep.
#[track_caller]
fn only(scenario: &Scenario) -> Finding {
    let failure = scenario.try_sweep().expect_err("it waits for tokio");
    match failure.findings() {
        [finding] => finding.clone(),
        findings => panic!("expected one finding, found {findings:?}"),
    }
}

fn works() {
    let packs = |ctx: ActivityContext, (): ()| async move {
        ctx.sleep_or_canceled(secs(2)).await;
        Ok(())
    };
    let scenario = scenario().check(check::no_activity_outlives_close());
    assert!(scenario.clone().activity(PACK, packs).sweep().points() > 5);
    assert_eq!(scenario.stub(PACK, Stub::returns(())).explore(20).runs().len(), 20);
}

#[tokio::test]
async fn the_harness_works_inside_a_runtime_of_one_thread() {
    works();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_works_inside_a_runtime_of_many_threads() {
    works();
}

fn workflow_asleep() -> Finding {
    only(&scenario().workflow(SHIP, ship_asleep).stub(PACK, Stub::returns(())))
}

#[tokio::test]
async fn a_workflow_that_sleeps_in_tokio_is_named() {
    let finding = workflow_asleep();
    assert_eq!(finding.code, Code::ForeignFuture);
    insta::assert_snapshot!(finding, @"
    RH103  workflow code awaits something that is not a workflow operation
      in workflow Ship of order-7
      it also waits for nothing of its own
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_that_sleeps_in_tokio_of_many_threads_is_named() {
    assert_eq!(workflow_asleep().code, Code::ForeignFuture);
}

fn activity_asleep() -> Finding {
    only(&scenario().activity(PACK, pack_asleep))
}

#[tokio::test]
async fn an_activity_that_sleeps_in_tokio_is_named() {
    let finding = activity_asleep();
    assert_eq!(finding.code, Code::ForeignActivity);
    insta::assert_snapshot!(finding, @"
    RH105  activity Pack of order-7 awaits something that is not part of the run
      attempt 1, which began at 0s, waited for no operation of its context, and nobody woke it until 10s
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activity_that_sleeps_in_tokio_of_many_threads_is_named() {
    assert_eq!(activity_asleep().code, Code::ForeignActivity);
}

#[tokio::test]
async fn an_activity_that_waits_for_a_task_is_named() {
    assert_eq!(only(&scenario().activity(PACK, pack_spawned)).code, Code::ForeignActivity);
}

/// Without a runtime every attempt panics, in the words of tokio.
#[test]
fn an_activity_that_sleeps_in_tokio_without_a_runtime_never_succeeds() {
    let finding = activity_asleep();
    assert_eq!(finding.code, Code::NeverSucceeded);
    insta::assert_snapshot!(finding);
}

/// Without a runtime tokio panics, in the words of tokio.
#[test]
fn a_workflow_that_sleeps_in_tokio_without_a_runtime_panics() {
    let finding = workflow_asleep();
    assert_eq!(finding.code, Code::Panicked);
    assert!(finding.headline.contains("there is no reactor running"), "{finding}");
    let hint = finding.usual_cause(Dialect::Native);
    assert!(hint.contains("`ctx.sleep(..)`"), "{hint}");
    let hint = finding.usual_cause(Dialect::Official);
    assert!(hint.contains("`ctx.timer(..)`") && !hint.contains("ctx.sleep"), "{hint}");
}
