//! `cleanup_iff_canceled`: what counts as cleanup that ran, in each reading, and when none is asked for.

use rehearsal::check::{CleanupIffCanceled, cleanup_iff_canceled, compensated_exactly_once};
use rehearsal::{
    Activity, ActivityError, ActivityOptions, Code, Context, RetryPolicy, Scenario, Stub, Tape,
    Workflow, WorkflowError, hours, mins, secs,
};

const RESERVE: Workflow<(), ()> = Workflow::new("Reserve");
const HOLD: Activity<(), ()> = Activity::new("Hold");
const RELEASE: Activity<(), ()> = Activity::new("Release");

/// A table that is held at once, and whose hold is canceled after three seconds. Releasing takes one.
fn canceled() -> Scenario {
    scenario().client(|world| {
        let table = world.start(RESERVE, "table-7", ());
        world.advance(secs(3));
        world.cancel(&table).expect("it is open");
    })
}

fn scenario() -> Scenario {
    Scenario::new("reserve")
        .stub(HOLD, Stub::returns(()))
        .stub(RELEASE, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(RESERVE, "table-7", ());
        })
}

fn with_options(ctx: &Context) -> Context {
    let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)).with_retry_policy(once))
}

/// Holds the table for an hour.
async fn hold(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.execute(HOLD, ()).await?;
    ctx.sleep(hours(1)).await
}

/// What each reading finds in the calm run of a scenario: scheduled, started, as it is, completed.
fn readings(scenario: &Scenario) -> [Option<String>; 4] {
    let cleanup = || cleanup_iff_canceled(RELEASE);
    [cleanup().scheduled(), cleanup().started(), cleanup(), cleanup().completed()]
        .map(|check| found(scenario, check))
}

/// The only thing that is found in the calm run, as it prints.
fn found(scenario: &Scenario, check: CleanupIffCanceled) -> Option<String> {
    let failure = scenario.clone().check(check).try_run(&Tape::calm()).err()?;
    let [finding] = failure.findings() else { panic!("expected one finding: {failure}") };
    let hint = failure.report().lines().skip_while(|line| !line.starts_with("  Usually:"));
    let hint: Vec<&str> = hint.take_while(|line| !line.starts_with("  More:")).collect();
    Some(format!("{finding}\n{}", hint.join("\n")))
}

/// What the strictest two readings agree to find, the others being content with what is before them.
#[track_caller]
fn found_from(first: usize, scenario: &Scenario) -> String {
    let readings = readings(scenario);
    let (content, strict) = readings.split_at(first);
    assert!(content.iter().all(Option::is_none), "{readings:?}");
    let report = strict[0].clone().expect("something is found");
    assert!(strict.iter().all(|other| other.as_ref() == Some(&report)), "{readings:?}");
    report
}

#[test]
fn cleanup_that_completes_ran_in_every_reading() {
    let scenario = canceled().workflow(RESERVE, |ctx: Context, (): ()| async move {
        let ctx = with_options(&ctx);
        let held = hold(&ctx).await;
        ctx.disconnected().execute(RELEASE, ()).await?;
        held
    });
    assert_eq!(readings(&scenario), [None, None, None, None]);
}

#[test]
fn cleanup_that_was_never_asked_for_ran_in_none() {
    let scenario = canceled()
        .workflow(RESERVE, |ctx: Context, (): ()| async move { hold(&with_options(&ctx)).await });
    insta::assert_snapshot!(found_from(0, &scenario), @"
    RH201  Release was not scheduled although Reserve was canceled
      Usually: the workflow returns before it comes to it, often with a `?`: call it on that path too,
        and return the error then.
    ");
}

#[test]
fn cleanup_that_was_skipped_ran_in_none() {
    let scenario = canceled().workflow(RESERVE, |ctx: Context, (): ()| async move {
        let ctx = with_options(&ctx);
        let held = hold(&ctx).await;
        let _skipped = ctx.execute(RELEASE, ()).await;
        held
    });
    insta::assert_snapshot!(found_from(0, &scenario), @"
    RH201  Release did not run although Reserve was canceled
      Usually: cleanup is started on the workflow's own context, which is canceled; start it on
        `ctx.disconnected()`.
    ");
}

#[test]
fn cleanup_that_nobody_waits_for_is_scheduled_only() {
    let scenario = canceled().workflow(RESERVE, |ctx: Context, (): ()| async move {
        let ctx = with_options(&ctx);
        let held = hold(&ctx).await;
        drop(ctx.disconnected().execute(RELEASE, ()));
        held
    });
    insta::assert_snapshot!(found_from(1, &scenario), @"
    RH201  Release was never started although Reserve was canceled
      Reserve closed as Canceled at 3s, and no worker had taken it by then
      Usually: the workflow returns without waiting for it: await what `execute(..)` gives.
    ");
}

#[test]
fn cleanup_that_no_worker_takes_is_scheduled_only() {
    let scenario = canceled().workflow(RESERVE, |ctx: Context, (): ()| async move {
        let held = hold(&with_options(&ctx)).await;
        let options = ActivityOptions::start_to_close(mins(1)).with_schedule_to_start(secs(5));
        let ctx = ctx.disconnected().with_activity_options(options.with_task_queue("nobody's"));
        ctx.execute(RELEASE, ()).await?;
        held
    });
    insta::assert_snapshot!(found_from(1, &scenario), @"
    RH201  Release was never started although Reserve was canceled
      before a worker took it, it timed out with `activity ScheduleToStart timeout`
      Usually: no worker took it before its schedule-to-start or schedule-to-close timeout: look at its
        task queue, and at who polls that one.
    ");
}

#[test]
fn cleanup_that_still_runs_at_the_close_is_started_only() {
    let scenario = canceled().stub(RELEASE, Stub::returns(()).after(secs(10))).workflow(
        RESERVE,
        |ctx: Context, (): ()| async move {
            let ctx = with_options(&ctx);
            let held = hold(&ctx).await;
            let released = ctx.disconnected().execute(RELEASE, ());
            ctx.disconnected().timer(secs(2)).await?;
            drop(released);
            held
        },
    );
    insta::assert_snapshot!(found_from(2, &scenario), @"
    RH201  Release had not ended at the close although Reserve was canceled
      attempt 1 began at 3s and ran until 13s, Reserve closed as Canceled at 5s
      Usually: the workflow returns without waiting for it: await what `execute(..)` gives.
    ");
}

#[test]
fn cleanup_whose_next_attempt_nobody_waits_for_is_started_only() {
    let scenario = canceled()
        .stub(RELEASE, Stub::fails(ActivityError::from("the line is busy")))
        .workflow(RESERVE, |ctx: Context, (): ()| async move {
            let held = hold(&with_options(&ctx)).await;
            let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
            let released = ctx.disconnected().execute(RELEASE, ());
            ctx.disconnected().timer(secs(2)).await?;
            drop(released);
            held
        });
    insta::assert_snapshot!(found_from(2, &scenario), @"
    RH201  Release had not ended at the close although Reserve was canceled
      attempt 2 ended at 4s, and was not followed by another, Reserve closed as Canceled at 5s
      Usually: the workflow returns without waiting for it: await what `execute(..)` gives.
    ");
}

/// Cleanup fails for good; `told` says whether the workflow fails with it.
fn failing(told: bool) -> Scenario {
    canceled().stub(RELEASE, Stub::fails(ActivityError::from("no such table"))).workflow(
        RESERVE,
        move |ctx: Context, (): ()| async move {
            let ctx = with_options(&ctx);
            let held = hold(&ctx).await;
            let released = ctx.disconnected().execute(RELEASE, ()).await;
            if told { released.and(held) } else { held }
        },
    )
}

#[test]
fn cleanup_whose_failure_is_swallowed_is_started_only() {
    insta::assert_snapshot!(found_from(2, &failing(false)), @"
    RH201  Release did not complete although Reserve was canceled
      it failed with `no such table` in attempt 1, and Reserve closed as Canceled
      Usually: it fails for good, and what should have been done is not: allow it more attempts or more
        time, and return its error, so that somebody is told.
    ");
}

#[test]
fn cleanup_that_fails_its_workflow_has_ended_and_not_completed() {
    insta::assert_snapshot!(found_from(3, &failing(true)), @"
    RH201  Release did not complete although Reserve was canceled
      it failed with `no such table` in attempt 1, and Reserve closed as Failed
      Usually: it fails for good, and what should have been done is not: allow it more attempts or more
        time, and return its error, so that somebody is told.
    ");
}

#[test]
fn a_second_try_of_the_workflow_s_own_counts() {
    let scenario = canceled()
        .activity(RELEASE, |ctx: rehearsal::ActivityContext, (): ()| async move {
            match ctx.info().activity_id.as_str() {
                "11" => Err(ActivityError::from("the line is busy")),
                _ => Ok(()),
            }
        })
        .workflow(RESERVE, |ctx: Context, (): ()| async move {
            let ctx = with_options(&ctx);
            let held = hold(&ctx).await;
            while ctx.disconnected().execute(RELEASE, ()).await.is_err() {}
            held
        });
    assert_eq!(readings(&scenario), [None, None, None, None]);
}

/// Returns when it is canceled, and releases the table only if it has begun to hold it.
async fn careful(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    if let Some(canceled) = ctx.err() {
        return Err(canceled);
    }
    let held = hold(&ctx).await;
    if let Some(canceled) = ctx.err() {
        ctx.disconnected().execute(RELEASE, ()).await?;
        return Err(canceled);
    }
    held
}

#[test]
fn where_nothing_was_begun_nothing_need_be_undone_and_both_checks_say_so() {
    let scenario = scenario()
        .workflow(RESERVE, careful)
        .check(cleanup_iff_canceled(RELEASE))
        .check(compensated_exactly_once(HOLD, RELEASE));
    let swept = scenario.try_sweep();
    assert!(swept.is_ok(), "{swept:?}");
}

/// Holds the table for a party that comes and goes; whoever cancels meanwhile gets it released.
async fn host(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    if let Some(canceled) = ctx.err() {
        return Err(canceled);
    }
    let held = ctx.execute(HOLD, ()).await;
    if held.is_err() {
        ctx.disconnected().execute(RELEASE, ()).await?;
    }
    held
}

/// The same, but who cancels gets the table released even if the party was just about to leave.
async fn host_who_undoes_what_is_done(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let held = host(ctx.clone(), ()).await;
    if held.is_ok() && ctx.is_canceled() {
        with_options(&ctx).disconnected().execute(RELEASE, ()).await?;
    }
    held
}

/// Who is told of the cancel with the last result may return it: the workflow completes, and Temporal does not call it
/// canceled. Who cleans up all the same was canceled, and may.
#[test]
fn where_the_work_is_done_nothing_need_be_undone_and_both_checks_say_so() {
    let both = |scenario: Scenario| {
        scenario
            .stub(HOLD, Stub::returns(()).after(secs(3)))
            .check(cleanup_iff_canceled(RELEASE))
            .check(compensated_exactly_once(HOLD, RELEASE))
            .try_sweep()
    };
    for swept in [
        both(scenario().workflow(RESERVE, host)),
        both(scenario().workflow(RESERVE, host_who_undoes_what_is_done)),
    ] {
        assert!(swept.is_ok(), "{swept:?}");
    }
}

#[test]
fn cleanup_can_be_asked_for_even_where_the_work_is_done() {
    let strict = |scenario: Scenario| {
        let scenario = scenario.stub(HOLD, Stub::returns(()).after(secs(3)));
        scenario.check(cleanup_iff_canceled(RELEASE).even_if_completed()).try_sweep()
    };
    let failure = strict(scenario().workflow(RESERVE, host)).unwrap_err();
    let places: Vec<&str> =
        failure.all().iter().filter_map(|found| Some(found.point?.place.label())).collect();
    insta::assert_snapshot!(places.join("\n"), @"
    with another job, after it
    while a workflow task is running
    while a workflow task is running
    ");
    assert!(strict(scenario().workflow(RESERVE, host_who_undoes_what_is_done)).is_ok());
}

/// It completes in the task that tells it, and has asked for cleanup there: on the canceled context.
#[test]
fn a_workflow_that_swallows_its_cancel_was_canceled() {
    let scenario = canceled().workflow(RESERVE, |ctx: Context, (): ()| async move {
        let ctx = with_options(&ctx);
        if hold(&ctx).await.is_err() {
            let _skipped = ctx.execute(RELEASE, ()).await;
        }
        Ok(())
    });
    insta::assert_snapshot!(found_from(0, &scenario), @"
    RH201  Release did not run although Reserve was canceled
      Usually: cleanup is started on the workflow's own context, which is canceled; start it on
        `ctx.disconnected()`.
    ");
}

#[test]
fn cleanup_can_be_asked_for_even_where_nothing_was_begun() {
    let scenario = scenario().workflow(RESERVE, careful);
    let failure = scenario
        .check(cleanup_iff_canceled(RELEASE).even_if_nothing_began())
        .try_sweep()
        .unwrap_err();
    let points: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(points, [Code::CleanupMissing], "at the one point before the first workflow task");
    assert!(failure.report().contains("before the first workflow task"), "{failure}");
}

#[test]
fn a_workflow_that_is_terminated_while_it_cleans_up_is_not_judged() {
    let scenario = scenario()
        .workflow(RESERVE, careful)
        .client(|world| {
            let table = world.start(RESERVE, "table-7", ());
            world.advance(secs(3));
            world.cancel(&table).expect("it is open");
            world.advance(rehearsal::millis(500));
            world.terminate(&table, "no more").expect("it is open");
        })
        .check(cleanup_iff_canceled(RELEASE).completed());
    assert!(scenario.try_run(&Tape::calm()).is_ok());
}
