//! The checks of what must follow, of what is left at the close, of attempts that overlap, and of a cancel's end.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Finding, RetryPolicy,
    Scenario, Stub, Tape, Workflow, WorkflowError, check, hours, millis, mins, secs, select,
};

use crate::checks::only;

const PRINT: Workflow<(), ()> = Workflow::new("Print");
const LOCK: Activity<(), ()> = Activity::new("Lock");
const PAGES: Activity<(), ()> = Activity::new("Pages");
const UNLOCK: Activity<(), ()> = Activity::new("Unlock");

fn scenario() -> Scenario {
    Scenario::new("print")
        .stub(LOCK, Stub::returns(()).after(secs(1)))
        .stub(PAGES, Stub::returns(()).after(secs(5)))
        .stub(UNLOCK, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(PRINT, "print-1", ());
        })
}

/// What is found in the calm run.
fn found(scenario: &Scenario) -> Vec<Finding> {
    match scenario.try_run(&Tape::calm()) {
        Ok(_) => Vec::new(),
        Err(failure) => failure.findings().to_vec(),
    }
}

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(1))
}

fn once() -> RetryPolicy {
    RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() }
}

/// Unlocks on every path.
async fn careful(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(options().with_wait_for_cancellation());
    let printed = match ctx.execute(LOCK, ()).await {
        Ok(()) => ctx.execute(PAGES, ()).await,
        Err(error) => Err(error),
    };
    ctx.disconnected().execute(UNLOCK, ()).await?;
    printed
}

#[test]
fn what_must_follow_follows_wherever_the_cancel_strikes() {
    let scenario = scenario().workflow(PRINT, careful).check(check::finally(LOCK, UNLOCK));
    let swept = scenario.try_sweep();
    assert!(swept.is_ok(), "{swept:?}");
}

/// Locks, prints, fails, and unlocks only if it does not.
async fn leaves_early(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(options().with_retry_policy(once()));
    ctx.execute(LOCK, ()).await?;
    ctx.execute(PAGES, ()).await?;
    ctx.execute(UNLOCK, ()).await
}

#[test]
fn what_does_not_follow_is_found_also_if_nobody_cancels() {
    let scenario = scenario()
        .stub(PAGES, Stub::fails(ActivityError::from("no paper")))
        .workflow(PRINT, leaves_early)
        .check(check::finally(LOCK, UNLOCK));
    insta::assert_snapshot!(only(&scenario), @"
    RH213  Unlock was not scheduled although Lock had begun
      event 5 scheduled Lock, Print closed as Failed
    ");
}

#[test]
fn what_follows_and_fails_must_fail_the_workflow() {
    let ends = |told: bool| {
        scenario()
            .stub(UNLOCK, Stub::fails(ActivityError::from("no such lock")))
            .workflow(PRINT, move |ctx: Context, (): ()| async move {
                let ctx = ctx.with_activity_options(options().with_retry_policy(once()));
                ctx.execute(LOCK, ()).await?;
                let unlocked = ctx.execute(UNLOCK, ()).await;
                if told { unlocked } else { Ok(()) }
            })
            .check(check::finally(LOCK, UNLOCK))
    };
    assert_eq!(found(&ends(true)), []);
    insta::assert_snapshot!(only(&ends(false)), @"
    RH213  Unlock did not complete although Lock had begun
      it failed with `no such lock` in attempt 1, and Print closed as Completed
    ");
}

#[test]
fn the_last_that_began_counts() {
    async fn twice(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let ctx = ctx.with_activity_options(options());
        ctx.execute(LOCK, ()).await?;
        ctx.execute(UNLOCK, ()).await?;
        ctx.execute(LOCK, ()).await
    }
    let scenario = scenario().workflow(PRINT, twice).check(check::finally(LOCK, UNLOCK));
    insta::assert_snapshot!(only(&scenario), @"
    RH213  Unlock was not scheduled although Lock had begun
      event 17 scheduled Lock, Print closed as Completed
    ");
}

async fn nothing(_: Context, (): ()) -> Result<(), WorkflowError> {
    Ok(())
}

#[test]
fn what_never_began_need_not_be_followed() {
    let scenario = scenario().workflow(PRINT, nothing).check(check::finally(LOCK, UNLOCK));
    assert_eq!(found(&scenario), []);
}

#[test]
fn a_workflow_that_times_out_with_the_lock_is_found_and_one_that_is_terminated_is_not() {
    let ends = |how: &'static str| {
        let scenario = scenario().workflow(PRINT, careful).check(check::finally(LOCK, UNLOCK));
        scenario.client(move |world| {
            let mut options = rehearsal::StartOptions::new(PRINT.name(), "print-1");
            options.run_timeout = (how == "times out").then_some(secs(3));
            let job = world.start_workflow(options).expect("it is new");
            world.advance(secs(3));
            if how == "is terminated" {
                world.terminate(&job, "no more").expect("it is open");
            }
        })
    };
    assert_eq!(found(&ends("is terminated")), []);
    insta::assert_snapshot!(only(&ends("times out")), @"
    RH213  Unlock was not scheduled although Lock had begun
      event 5 scheduled Lock, Print closed as TimedOut
    ");
}

#[test]
fn an_activity_that_is_not_awaited_is_lost() {
    async fn hurries(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        drop(ctx.with_activity_options(options()).execute(PAGES, ()));
        Ok(())
    }
    let scenario = scenario().workflow(PRINT, hurries).check(check::no_work_lost_at_close());
    insta::assert_snapshot!(only(&scenario), @"
    RH214  Pages was not over when Print closed as Completed
      it had not been started
    ");
}

#[test]
fn an_activity_that_lost_a_race_is_lost_unless_it_is_canceled() {
    let races = |cancels: bool| {
        scenario()
            .workflow(PRINT, move |ctx: Context, (): ()| async move {
                let (work, cancel) = ctx.with_activity_options(options()).with_cancel();
                select(work.execute(PAGES, ()), ctx.timer(secs(2))).await;
                if cancels {
                    cancel.cancel();
                }
                Ok(())
            })
            .check(check::no_work_lost_at_close())
    };
    assert_eq!(found(&races(true)), []);
    insta::assert_snapshot!(only(&races(false)), @"
    RH214  Pages was not over when Print closed as Completed
      attempt 1 began at 0s, and still ran
    ");
}

#[test]
fn an_activity_whose_next_attempt_nobody_awaits_is_lost() {
    async fn gives_up(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let work = ctx.with_activity_options(options());
        select(work.execute(PAGES, ()), ctx.timer(secs(2))).await;
        Err(WorkflowError::new("the printer is slow"))
    }
    let scenario = scenario()
        .stub(PAGES, Stub::fails(ActivityError::from("no paper")))
        .workflow(PRINT, gives_up)
        .check(check::recommended());
    insta::assert_snapshot!(only(&scenario), @"
    RH214  Pages was not over when Print closed as Failed
      attempt 2 ended at 1s, and at 2s it waited for its next attempt
    ");
}

/// So it is one in the report of a campaign, and a run is shrunk from one of these to another.
#[test]
fn what_is_lost_is_one_mistake_wherever_it_stood() {
    let after = |pause: u64, work: Stub<()>| {
        let leaves = move |ctx: Context, (): ()| async move {
            let work = ctx.with_activity_options(options()).execute(PAGES, ());
            if pause > 0 {
                select(work, ctx.timer(secs(pause))).await;
            }
            Ok(())
        };
        let scenario = scenario().stub(PAGES, work).workflow(PRINT, leaves);
        let found = found(&scenario.check(check::no_work_lost_at_close()));
        let [finding] = found.as_slice() else { panic!("one finding: {found:?}") };
        finding.clone()
    };
    let never = after(0, Stub::returns(()));
    let runs = after(2, Stub::returns(()).after(secs(5)));
    let waits = after(2, Stub::fails(ActivityError::from("no paper")));
    assert!(runs.is_like(&never) && waits.is_like(&never), "{never}\n{runs}\n{waits}");
    assert!(runs.details != never.details && waits.details != never.details);
}

#[test]
fn a_workflow_that_is_terminated_has_lost_nothing() {
    let scenario = scenario()
        .workflow(PRINT, careful)
        .client(|world| {
            let job = world.start(PRINT, "print-1", ());
            world.advance(secs(3));
            world.terminate(&job, "no more").expect("it is open");
        })
        .check(check::no_work_lost_at_close())
        .check(check::no_timer_left_at_close());
    assert_eq!(found(&scenario), []);
}

#[test]
fn a_timer_that_lost_a_race_is_left_unless_it_is_canceled() {
    let races = |cancels: bool| {
        scenario()
            .workflow(PRINT, move |ctx: Context, (): ()| async move {
                let (deadline, cancel) = ctx.with_cancel();
                let work = ctx.with_activity_options(options());
                select(work.execute(PAGES, ()), deadline.timer(hours(24))).await;
                if cancels {
                    cancel.cancel();
                }
                Ok(())
            })
            .check(check::no_timer_left_at_close())
    };
    let line = format!("left.rs:{}", line!() - 8);
    assert_eq!(found(&races(true)), []);
    let finding = only(&races(false)).replace(&line, "left.rs:LINE");
    insta::assert_snapshot!(finding, @"
    RH217  timer 6 still ran when Print closed as Completed
      it was started at 0s for 1d, the workflow closed at 5s
      workflow code asks for it at it/left.rs:LINE
    ");
}

#[test]
fn the_timer_of_a_wait_is_told_as_such_with_the_line_that_waits() {
    let waits = |ctx: Context, (): ()| async move {
        let done = ctx.with_activity_options(options()).execute(PAGES, ());
        ctx.wait_timeout(hours(1), || done.is_ready()).await?;
        Ok(())
    };
    let line = format!("left.rs:{}", line!() - 3);
    let scenario = scenario().workflow(PRINT, waits).check(check::no_timer_left_at_close());
    let failure = scenario.try_run(&Tape::calm()).unwrap_err();
    let report = failure.report().replace(&line, "left.rs:LINE");
    let hint = report.lines().skip_while(|line| !line.starts_with("  Usually:"));
    let hint: Vec<&str> = hint.take_while(|line| !line.starts_with("  More:")).collect();
    let finding = only(&scenario).replace(&line, "left.rs:LINE");
    insta::assert_snapshot!(format!("{finding}\n{}", hint.join("\n")), @"
    RH217  timer 6 of a `wait_timeout` still ran when Print closed as Completed
      it was started at 0s for 1h, the workflow closed at 5s
      workflow code asks for it at it/left.rs:LINE
      Usually: as in Go, `ctx.wait_timeout(..)` leaves its timer running when the condition comes true:
        call it on a context of its own, `ctx.with_cancel()`, and cancel that one when the wait is over.
    ");
}

/// An activity whose first attempt takes so long; the second begins 6 s after it, when it has timed out.
fn slow(takes: std::time::Duration) -> Scenario {
    async fn print(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let options = ActivityOptions::start_to_close(secs(5));
        ctx.with_activity_options(options).execute(PAGES, ()).await
    }
    scenario()
        .workflow(PRINT, print)
        .activity(PAGES, move |ctx: ActivityContext, (): ()| async move {
            ctx.sleep(if ctx.attempt() == 1 { takes } else { secs(1) }).await;
            Ok(())
        })
        .check(check::one_attempt_at_a_time(PAGES))
}

#[test]
fn attempts_may_touch_and_not_overlap() {
    assert_eq!(found(&slow(secs(6))), []);
    insta::assert_snapshot!(only(&slow(millis(6_001))), @"
    RH215  attempt 2 of Pages began while attempt 1 still ran
      attempt 1 began at 0s and ended at 6.001s, attempt 2 began at 6s
    ");
}

#[test]
fn two_activities_of_one_name_may_overlap() {
    async fn both(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let ctx = ctx.with_activity_options(options());
        let (one, other) = rehearsal::join(ctx.execute(PAGES, ()), ctx.execute(PAGES, ())).await;
        one.and(other)
    }
    let scenario = scenario().workflow(PRINT, both).check(check::one_attempt_at_a_time(PAGES));
    assert_eq!(found(&scenario), []);
}

#[test]
fn a_cancel_may_be_over_at_the_limit_and_not_behind_it() {
    let canceled = |limit| {
        scenario()
            .workflow(PRINT, careful)
            .client(|world| {
                let job = world.start(PRINT, "print-1", ());
                world.advance(secs(3));
                world.cancel(&job).expect("it is open");
            })
            .check(check::cancel_is_over_within(limit))
    };
    // The pages take until 6s, unlocking until 7s.
    assert_eq!(found(&canceled(secs(4))), []);
    insta::assert_snapshot!(only(&canceled(millis(3_999))), @"
    RH216  the cancel of Print was over after 4s, 3.999s are allowed
      it was accepted at 3s, the workflow closed as Completed at 7s
      3s of that passed before event 18 ActivityTaskCompleted activity=Pages scheduled=11
    ");
}

#[test]
fn a_workflow_that_is_not_canceled_takes_as_long_as_it_likes() {
    let scenario = scenario().workflow(PRINT, careful).check(check::cancel_is_over_within(secs(0)));
    assert_eq!(found(&scenario), []);
}

#[test]
fn a_name_that_the_scenario_does_not_know_is_a_finding() {
    const KCOL: Activity<(), ()> = Activity::new("Kcol");
    for (check, names) in [
        (check::finally(KCOL, UNLOCK), 1),
        (check::finally(LOCK, KCOL), 1),
        (check::one_attempt_at_a_time(KCOL), 1),
        (check::compensated_at_least_once(KCOL, KCOL), 2),
    ] {
        let findings = found(&scenario().workflow(PRINT, nothing).check(check));
        assert_eq!(findings.len(), names);
        assert!(findings.iter().all(|finding| finding.code == Code::Setup), "{findings:?}");
    }
}
