//! `compensated_exactly_once`: each kind of step, undone never, once and twice.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Finding, Scenario,
    Stub, Tape, Workflow, WorkflowError, check, mins, secs,
};

const ORDER: Workflow<(), ()> = Workflow::new("Order");
const CHARGE: Activity<(), ()> = Activity::new("Charge");
const REFUND: Activity<(), ()> = Activity::new("Refund");

/// An order that is canceled by its client after three seconds; charging takes two, a refund one.
fn canceled() -> Scenario {
    scenario().client(|world| {
        let order = world.start(ORDER, "order-7", ());
        world.advance(secs(3));
        world.cancel(&order).expect("it is open");
    })
}

fn scenario() -> Scenario {
    Scenario::new("order")
        .stub(CHARGE, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(ORDER, "order-7", ());
        })
        .check(check::compensated_exactly_once(CHARGE, REFUND))
}

/// What is found in the calm run.
fn found(scenario: &Scenario) -> Vec<Finding> {
    match scenario.try_run(&Tape::calm()) {
        Ok(_) => Vec::new(),
        Err(failure) => failure.findings().to_vec(),
    }
}

/// The only finding of the calm run, as it prints.
#[track_caller]
fn only(scenario: &Scenario) -> String {
    match found(scenario).as_slice() {
        [finding] => finding.to_string(),
        findings => panic!("expected one finding, found {findings:?}"),
    }
}

fn with_options(ctx: &Context) -> Context {
    ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)).with_wait_for_cancellation())
}

/// Charges, rests for an hour, and undoes what it began.
async fn careful(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    if let Some(canceled) = ctx.err() {
        return Err(canceled);
    }
    let rested = async {
        ctx.execute(CHARGE, ()).await?;
        ctx.sleep(mins(60)).await
    };
    let rested = rested.await;
    if rested.is_err() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    rested
}

/// Charges, and ends like that after so many refunds.
async fn refunds(
    ctx: Context,
    times: u32,
    end: Result<(), WorkflowError>,
) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    ctx.execute(CHARGE, ()).await?;
    for _ in 0..times {
        ctx.execute(REFUND, ()).await?;
    }
    end
}

fn broken() -> Result<(), WorkflowError> {
    Err(WorkflowError::new("the parcel broke"))
}

#[test]
fn a_step_that_is_undone_once_is_compensated_wherever_the_cancel_strikes() {
    let swept = scenario().workflow(ORDER, careful).try_sweep();
    assert!(swept.is_ok(), "{swept:?}");
    assert_eq!(found(&canceled().workflow(ORDER, careful)), []);
}

#[test]
fn a_step_that_is_not_undone_is_found() {
    let scenario = scenario().workflow(ORDER, |ctx, (): ()| refunds(ctx, 0, broken()));
    insta::assert_snapshot!(only(&scenario), @"
    RH211  Refund did not undo Charge, and Order closed as Failed
      steps that took place: 1; compensations scheduled: 0, completed: 0
    ");
}

#[test]
fn a_step_that_is_undone_twice_is_found() {
    let scenario = scenario().workflow(ORDER, |ctx, (): ()| refunds(ctx, 2, broken()));
    insta::assert_snapshot!(only(&scenario), @"RH212  Refund completed 2 times, Charge was scheduled once");
}

#[test]
fn a_workflow_that_completes_undoes_nothing() {
    let scenario = scenario().workflow(ORDER, |ctx, (): ()| refunds(ctx, 1, Ok(())));
    insta::assert_snapshot!(only(&scenario), @"RH212  Refund ran although Order closed as Completed");
}

#[test]
fn a_step_that_was_not_begun_is_not_undone() {
    async fn only_refunds(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        with_options(&ctx).execute(REFUND, ()).await?;
        broken()
    }
    insta::assert_snapshot!(only(&scenario().workflow(ORDER, only_refunds)), @"RH212  Refund ran although Order did not begin Charge");
}

#[test]
fn a_compensation_on_the_canceled_context_undoes_nothing() {
    async fn on_its_own_context(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let ctx = with_options(&ctx);
        ctx.execute(CHARGE, ()).await?;
        let rested = ctx.sleep(mins(60)).await;
        let _ = ctx.execute(REFUND, ()).await;
        rested
    }
    insta::assert_snapshot!(only(&canceled().workflow(ORDER, on_its_own_context)), @"
    RH211  Refund did not undo Charge, and Order closed as Canceled
      steps that took place: 1; compensations scheduled: 0, completed: 0
    ");
}

#[test]
fn a_compensation_that_nobody_waits_for_does_not_count() {
    async fn hurries(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let ctx = with_options(&ctx);
        ctx.execute(CHARGE, ()).await?;
        drop(ctx.execute(REFUND, ()));
        broken()
    }
    insta::assert_snapshot!(only(&scenario().workflow(ORDER, hurries)), @"
    RH211  Refund did not undo Charge, and Order closed as Failed
      steps that took place: 1; compensations scheduled: 1, completed: 0
    ");
}

/// Answers its cancel, after it has perhaps taken the money.
async fn interrupted(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    loop {
        ctx.heartbeat("");
        if ctx.sleep_or_canceled(secs(1)).await {
            return Err(ActivityError::canceled());
        }
    }
}

#[test]
fn a_step_that_was_canceled_halfway_is_to_be_undone() {
    async fn remembers_late(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let options = ActivityOptions::start_to_close(mins(1)).with_heartbeat(secs(2));
        let ctx = ctx.with_activity_options(options.with_wait_for_cancellation());
        ctx.execute(CHARGE, ()).await?;
        careful(ctx, ()).await
    }
    let scenario = canceled().activity(CHARGE, interrupted).workflow(ORDER, remembers_late);
    insta::assert_snapshot!(only(&scenario), @"
    RH211  Refund did not undo Charge, and Order closed as Canceled
      steps that took place: 1; compensations scheduled: 0, completed: 0
    ");
}

#[test]
fn a_step_that_failed_may_be_undone() {
    for times in [0, 1] {
        let scenario = scenario()
            .stub(CHARGE, Stub::fails(ActivityError::from("declined").non_retryable()))
            .workflow(ORDER, move |ctx: Context, (): ()| async move {
                let charged = with_options(&ctx).execute(CHARGE, ()).await;
                for _ in 0..times {
                    with_options(&ctx).execute(REFUND, ()).await?;
                }
                charged
            });
        assert_eq!(found(&scenario), [], "undone {times} times");
    }
}

#[test]
fn as_many_compensations_are_needed_as_steps_took_place() {
    let scenario = |charges: usize| {
        scenario().workflow(ORDER, move |ctx: Context, (): ()| async move {
            for _ in 1..charges {
                with_options(&ctx).execute(CHARGE, ()).await?;
            }
            refunds(ctx, 2, broken()).await
        })
    };
    assert_eq!(found(&scenario(2)), []);
    insta::assert_snapshot!(only(&scenario(3)), @"
    RH211  Refund did not undo Charge, and Order closed as Failed
      steps that took place: 3; compensations scheduled: 2, completed: 2
    ");
}

/// The same with an undo that is harmless where nothing was done.
fn harmless() -> Scenario {
    Scenario::new("order")
        .stub(CHARGE, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(ORDER, "order-7", ());
        })
        .check(check::compensated_at_least_once(CHARGE, REFUND))
}

#[test]
fn a_harmless_undo_may_come_without_a_step_and_twice() {
    async fn only_refunds(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        with_options(&ctx).execute(REFUND, ()).await
    }
    assert_eq!(found(&harmless().workflow(ORDER, only_refunds)), []);
    assert_eq!(found(&harmless().workflow(ORDER, |ctx, (): ()| refunds(ctx, 2, broken()))), []);
}

#[test]
fn a_harmless_undo_may_not_be_missing_or_undo_what_is_to_stay() {
    let missing = harmless().workflow(ORDER, |ctx, (): ()| refunds(ctx, 0, broken()));
    insta::assert_snapshot!(only(&missing), @"
    RH211  Refund did not undo Charge, and Order closed as Failed
      steps that took place: 1; compensations scheduled: 0, completed: 0
    ");
    let completed = harmless().workflow(ORDER, |ctx, (): ()| refunds(ctx, 1, Ok(())));
    insta::assert_snapshot!(only(&completed), @"RH212  Refund ran although Order closed as Completed");
}

#[test]
fn a_workflow_that_is_terminated_has_nothing_to_undo() {
    let scenario = scenario().workflow(ORDER, careful).client(|world| {
        let order = world.start(ORDER, "order-7", ());
        world.advance(secs(3));
        world.terminate(&order, "no more").expect("it is open");
    });
    assert_eq!(found(&scenario), []);
}

#[test]
fn a_name_that_the_scenario_does_not_know_is_a_finding() {
    const DNUFER: Activity<(), ()> = Activity::new("Dnufer");
    let scenario =
        scenario().workflow(ORDER, careful).check(check::compensated_exactly_once(CHARGE, DNUFER));
    let findings = found(&scenario);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, Code::Setup);
    assert!(findings[0].headline.contains("`Dnufer`"));
}
