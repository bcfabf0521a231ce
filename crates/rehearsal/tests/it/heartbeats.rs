//! Whose heartbeats the check of them counts.

use rehearsal::{
    ActivityContext, ActivityError, ActivityOptions, Context, Scenario, WorkflowError, check,
    millis, secs,
};

use crate::checks::{PACK, SHIP, only, options, scenario};

#[test]
fn heartbeats_of_another_workflow_do_not_count() {
    async fn one_is_silent(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
        for _ in 0..19 {
            if ctx.info().workflow_id == "order-7" {
                ctx.heartbeat(());
            }
            ctx.sleep(millis(500)).await;
        }
        Ok(())
    }
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.with_activity_options(options().with_heartbeat(secs(10))).execute(PACK, ()).await
    }
    let scenario = Scenario::new("ship")
        .workflow(SHIP, ship)
        .activity(PACK, one_is_silent)
        .client(|world| {
            world.start(SHIP, "order-7", ());
            world.start(SHIP, "order-8", ());
        })
        .check(check::activity_heartbeats_within(PACK, secs(9)));
    // Those of order-7 are sent at 0s and at 8s.
    insta::assert_snapshot!(only(&scenario), @"
    RH209  Pack sent no heartbeat for 9.5s, 9s are allowed
      attempt 1, which began at 0s, was silent from 0s to 9.5s
    ");
}

#[test]
fn heartbeats_of_an_earlier_attempt_do_not_count() {
    async fn overdue(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
        if ctx.attempt() == 2 {
            ctx.sleep(millis(3_500)).await;
            return Ok(());
        }
        loop {
            ctx.heartbeat(());
            ctx.sleep(millis(100)).await;
        }
    }
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let options = ActivityOptions::start_to_close(secs(4)).with_heartbeat(secs(4));
        ctx.with_activity_options(options).execute(PACK, ()).await
    }
    let scenario = scenario()
        .workflow(SHIP, ship)
        .activity(PACK, overdue)
        .check(check::activity_heartbeats_within(PACK, millis(3_300)));
    // The first attempt is timed out at 4s and goes on, with heartbeats every 3.2s.
    insta::assert_snapshot!(only(&scenario), @"
    RH209  Pack sent no heartbeat for 3.5s, 3.3s are allowed
      attempt 2, which began at 5s, was silent from 5s to 8.5s
    ");
}
