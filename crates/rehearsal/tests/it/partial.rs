//! The checks of the order of two activities, of a cancel that completes, and of all that is left at the close.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, RetryPolicy,
    Scenario, Stub, Tape, Workflow, WorkflowError, check, hours, mins, secs,
};

use crate::checks::only;

const COPY: Workflow<(), u32> = Workflow::new("Copy");
const WRITE: Activity<(), u32> = Activity::new("Write");
const UNLOCK: Activity<(), ()> = Activity::new("Unlock");

fn scenario() -> Scenario {
    Scenario::new("copy")
        .stub(WRITE, Stub::returns(7).after(secs(6)))
        .stub(UNLOCK, Stub::returns(()))
        .client(|world| {
            world.start(COPY, "copy-1", ());
        })
}

fn once(limit: std::time::Duration) -> ActivityOptions {
    let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    ActivityOptions::start_to_close(limit).with_retry_policy(once).with_wait_for_cancellation()
}

/// Writes, and unlocks whatever comes of it.
async fn copy(ctx: Context, options: ActivityOptions) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(options);
    let written = ctx.execute(WRITE, ()).await;
    ctx.disconnected().execute(UNLOCK, ()).await?;
    written
}

#[test]
fn what_is_over_before_is_silent_wherever_the_cancel_strikes() {
    let scenario = scenario()
        .workflow(COPY, |ctx, ()| copy(ctx, once(mins(1))))
        .check(check::over_before(WRITE, UNLOCK));
    assert!(scenario.try_sweep().is_ok());
}

#[test]
fn an_attempt_that_lives_on_behind_its_timeout_is_not_over() {
    let scenario = scenario()
        .workflow(COPY, |ctx, ()| copy(ctx, once(secs(5))))
        .check(check::over_before(WRITE, UNLOCK));
    insta::assert_snapshot!(only(&scenario), @"
    RH221  Unlock began while attempt 1 of Write still ran
      attempt 1 of Write began at 0s and ended at 6s, Unlock began at 5s
    ");
}

/// The code looks at its context, and ends with its time.
#[test]
fn an_attempt_that_ends_with_its_time_is_over() {
    let writes = |ctx: ActivityContext, ()| async move {
        if ctx.sleep_or_canceled(secs(6)).await { Err(ActivityError::canceled()) } else { Ok(7) }
    };
    let scenario = scenario()
        .workflow(COPY, |ctx, ()| copy(ctx, once(secs(5))))
        .activity(WRITE, writes)
        .check(check::over_before(WRITE, UNLOCK));
    assert!(scenario.try_run(&Tape::calm()).is_ok());
}

/// What is asked for later is another thing: each turn unlocks what it has locked.
#[test]
fn what_is_asked_for_behind_the_second_is_not_looked_at() {
    let twice = |ctx: Context, ()| async move {
        let ctx = ctx.with_activity_options(once(mins(1)));
        ctx.execute(WRITE, ()).await?;
        let unlocking = ctx.execute(UNLOCK, ());
        let written = ctx.execute(WRITE, ()).await;
        unlocking.await?;
        written
    };
    let scenario = scenario()
        .workflow(COPY, twice)
        .stub(UNLOCK, Stub::returns(()).after(secs(10)))
        .check(check::over_before(WRITE, UNLOCK));
    assert!(scenario.try_run(&Tape::calm()).is_ok());
}

#[test]
fn what_is_given_up_and_not_waited_for_is_not_over() {
    let hurries = |ctx: Context, ()| async move {
        let (scope, give_up) = ctx.with_activity_options(once(mins(1))).with_cancel();
        let mut options = once(mins(1));
        options.wait_for_cancellation = false;
        let written = scope.with_activity_options(options).execute(WRITE, ());
        ctx.sleep(secs(1)).await?;
        give_up.cancel();
        let written = written.await;
        ctx.with_activity_options(once(mins(1))).execute(UNLOCK, ()).await?;
        written.or(Ok(0))
    };
    let scenario = scenario().workflow(COPY, hurries).check(check::over_before(WRITE, UNLOCK));
    insta::assert_snapshot!(only(&scenario), @"
    RH221  Unlock began while attempt 1 of Write still ran
      attempt 1 of Write began at 0s and ended at 6s, Unlock began at 1s
    ");
}

/// Returns what there is, whether or not it is all.
async fn whatever_there_is(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(once(mins(1)));
    let mut sum = 0;
    for _page in 0..3 {
        match ctx.execute(WRITE, ()).await {
            Ok(more) => sum += more,
            Err(_) => break,
        }
    }
    Ok(sum)
}

#[test]
fn a_canceled_workflow_that_completes_is_found() {
    let scenario =
        scenario().workflow(COPY, whatever_there_is).check(check::canceled_must_not_complete());
    let failure = scenario.try_sweep().unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::CanceledCompleted);
    insta::assert_snapshot!(failure.report());
}

/// It may fail with an error of its own, and a cancel that comes when all is done changes nothing.
#[test]
fn a_canceled_workflow_may_fail_and_one_that_was_done_may_complete() {
    let stops = |ctx: Context, ()| async move {
        let sum = whatever_there_is(ctx.clone(), ()).await?;
        let stopped = || WorkflowError::application("stopped", "Stopped");
        if ctx.is_canceled() { Err(stopped()) } else { Ok(sum) }
    };
    let rests = |ctx: Context, ()| async move { ctx.sleep(secs(1)).await.map(|()| 7) };
    let check = |scenario: Scenario| {
        let swept = scenario.check(check::canceled_must_not_complete()).try_sweep();
        assert!(swept.is_ok(), "{swept:?}");
    };
    check(scenario().workflow(COPY, stops));
    check(scenario().workflow(COPY, rests));
}

#[test]
fn whatever_is_pending_at_the_close_is_found_with_the_code_of_its_check() {
    let leaves_a_timer = |ctx: Context, ()| async move {
        let _deadline = ctx.timer(hours(1));
        copy(ctx, once(mins(1))).await
    };
    let leaves_work = |ctx: Context, ()| async move {
        drop(ctx.with_activity_options(once(mins(1))).execute(WRITE, ()));
        ctx.sleep(secs(1)).await.map(|()| 0)
    };
    let codes = |scenario: Scenario| -> Vec<Code> {
        let scenario = scenario.check(check::nothing_pending_at_close());
        let failure = scenario.try_run(&Tape::calm()).unwrap_err();
        failure.findings().iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(scenario().workflow(COPY, leaves_a_timer)), [Code::TimerLeft]);
    let lost = codes(scenario().workflow(COPY, leaves_work));
    assert_eq!(lost, [Code::ActivityOutlivesClose, Code::WorkLost]);
    let sound = scenario()
        .workflow(COPY, |ctx, ()| copy(ctx, once(mins(1))))
        .check(check::nothing_pending_at_close());
    assert!(sound.try_sweep().is_ok());
}
