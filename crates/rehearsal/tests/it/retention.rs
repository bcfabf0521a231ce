//! Executions that are deleted some time after their close.

use std::sync::Arc;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ChildOptions, ClientError, Code,
    Context, Failure, ParentClosePolicy, Scenario, Status, Tape, Workflow, WorkflowError, check,
    hours, millis, mins, secs,
};

const ORDER: Workflow<u32, u32> = Workflow::new("Order");
const BILL: Workflow<u32, u32> = Workflow::new("Bill");
const ROUND: Workflow<u32, u32> = Workflow::new("Round");
const PACK: Activity<u32, u32> = Activity::new("Pack");

async fn order(ctx: Context, number: u32) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(10)));
    let bill = ctx.execute_child(BILL, number);
    ctx.execute(PACK, number).await?;
    bill.await
}

async fn bill(ctx: Context, number: u32) -> Result<u32, WorkflowError> {
    ctx.sleep(secs(3)).await?;
    if number % 7 == 3 { Err(WorkflowError::new("no money")) } else { Ok(number) }
}

async fn round(ctx: Context, left: u32) -> Result<u32, WorkflowError> {
    ctx.sleep(secs(10)).await?;
    if left == 0 { Ok(7) } else { Err(ctx.continue_as_new(ROUND, left - 1)) }
}

async fn pack(ctx: ActivityContext, number: u32) -> Result<u32, ActivityError> {
    ctx.sleep(secs(1)).await;
    Ok(number)
}

fn scenario() -> Scenario {
    Scenario::new("orders")
        .workflow(ORDER, order)
        .workflow(BILL, bill)
        .workflow(ROUND, round)
        .activity(PACK, pack)
}

#[test]
fn what_is_deleted_is_counted_and_everything_else_is_as_if_it_were_not() {
    let orders = |scenario: Scenario| {
        let scenario = scenario.client(|world| {
            for number in 0..40 {
                world.start(ORDER, &format!("order-{number}"), number);
                world.advance(millis(1_500));
            }
        });
        scenario.try_run(&Tape::calm()).unwrap()
    };
    let (kept, deleted) = (orders(scenario()), orders(scenario().retention(secs(2))));
    let forgotten = &deleted.record.forgotten;
    let all = |status| kept.executions.iter().filter(|run| run.status == status).count() as u64;
    let left = |status| deleted.executions.iter().filter(|run| run.status == status).count() as u64;
    for status in [Status::Completed, Status::Failed] {
        assert!(forgotten.executions[&status] > 5, "{forgotten:?}");
        assert_eq!(all(status), left(status) + forgotten.executions[&status]);
    }
    let events = |outcome: &rehearsal::Outcome| {
        outcome.executions.iter().map(|run| run.history.len() as u64).sum::<u64>()
    };
    assert_eq!(events(&kept), events(&deleted) + forgotten.events);
    // The first order is kept; its child is not.
    assert_eq!(deleted.main().unwrap().workflow_id, "order-0");
    assert_eq!(kept.main().unwrap().history, deleted.main().unwrap().history);
    assert!(deleted.record.calls.len() < kept.record.calls.len(), "notes go with the execution");
}

/// No task tells its worker that it is closed.
#[test]
fn the_code_of_a_terminated_workflow_is_dropped_once_it_is_deleted() {
    let held = Arc::new(());
    let holds = {
        let held = Arc::clone(&held);
        move |ctx: Context, number: u32| {
            let held = Arc::clone(&held);
            async move {
                ctx.sleep(hours(1)).await?;
                drop(held);
                Ok(number)
            }
        }
    };
    let mut world = Scenario::new("held").workflow(ORDER, holds).retention(mins(1)).world();
    world.start(ORDER, "first", 0);
    let order = world.start(ORDER, "order-1", 1);
    world.advance(secs(1));
    let running = Arc::strong_count(&held);
    world.terminate(&order, "enough").unwrap();
    world.advance(secs(30));
    assert_eq!(Arc::strong_count(&held), running);
    world.advance(mins(1));
    assert_eq!(Arc::strong_count(&held), running - 1);
}

#[test]
fn a_client_is_told_that_there_is_no_such_workflow() {
    let mut world = scenario().retention(mins(1)).world();
    world.start(ROUND, "first", 0);
    let order = world.start(ORDER, "order-4", 4);
    assert_eq!(world.wait(&order), Status::Completed);
    assert!(world.cancel(&order).is_ok(), "C-2: it is closed, and known");
    world.advance(mins(2));
    assert!(matches!(world.cancel(&order), Err(ClientError::NotFound(_))));
    assert!(world.describe_workflow("order-4", None).is_err());
    assert_eq!(world.list("WorkflowId = 'order-4'").unwrap(), []);
    // The handle tells how it ended, and its id is free.
    assert_eq!(world.status(&order), Status::Completed);
    let again = world.start(ORDER, "order-4", 3);
    assert_eq!(world.wait(&again), Status::Failed);
    assert_eq!(world.finish().findings, []);
}

#[test]
fn a_long_chain_keeps_its_last_runs() {
    let outcome = scenario()
        .retention(secs(15))
        .client(|world| {
            world.start(ORDER, "first", 0);
            let round = world.start(ROUND, "round", 50);
            assert_eq!(world.wait(&round), Status::Completed);
            world.cancel_chain(&round, "too late").unwrap();
        })
        .run();
    let kept = outcome.executions.iter().filter(|run| run.workflow_id == "round").count();
    assert!(kept <= 3, "{kept} runs are kept");
    assert!(outcome.record.forgotten.executions[&Status::ContinuedAsNew] >= 48);
}

#[test]
fn a_child_that_outlives_its_parent_and_an_activity_that_outlives_its_workflow_end_in_peace() {
    const PARENT: Workflow<u32, ()> = Workflow::new("Parent");
    async fn parent(ctx: Context, number: u32) -> Result<(), WorkflowError> {
        let abandon = ChildOptions::new().with_parent_close_policy(ParentClosePolicy::Abandon);
        let child = ctx.with_child_options(abandon).execute_child(BILL, number);
        child.started().await?;
        let options = ActivityOptions::start_to_close(mins(10));
        let _left = ctx.with_activity_options(options).execute(PACK, number);
        Ok(())
    }
    let outcome = scenario()
        .workflow(PARENT, parent)
        .retention(millis(500))
        .client(|world| {
            world.start(ORDER, "first", 0);
            for number in 0..200 {
                world.start(PARENT, &format!("parent-{number}"), number);
            }
            world.advance(hours(1));
        })
        .run();
    assert_eq!(outcome.findings, []);
    assert_eq!(outcome.record.forgotten.executions.values().sum::<u64>(), 401);
}

fn refused(failure: &Failure) -> &str {
    assert_eq!(failure.findings()[0].code, Code::Setup);
    &failure.findings()[0].headline
}

#[test]
fn what_needs_whole_outcomes_is_refused() {
    let scenario = || {
        scenario().retention(mins(1)).client(|world| {
            world.start(ORDER, "order-1", 1);
        })
    };
    let checked = scenario().check(check::recommended()).try_run(&Tape::calm()).unwrap_err();
    insta::assert_snapshot!(refused(&checked), @"the scenario has a check, and a retention: a check judges whole outcomes, and what is deleted is in none");
    let swept = scenario().try_sweep().unwrap_err();
    insta::assert_snapshot!(refused(&swept), @"the scenario has a retention: many runs are compared by what is in them, and what is deleted is in none");
    let explored = scenario().try_explore(rehearsal::Exploration::new(5)).unwrap_err();
    assert_eq!(refused(&explored), refused(&swept));
    let proved = scenario().try_prove(rehearsal::Bounds::new(5)).unwrap_err();
    assert_eq!(refused(&proved), refused(&swept));
}
