//! Reports as somebody at night reads them: is what one needs to know on the first screen?

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Exploration, Failure,
    Finding, RetryPolicy, Scenario, Signal, StartOptions, Status, Stub, Tape, WorkerSpec, Workflow,
    WorkflowError, check, days, explain, hours, millis, mins, secs, select,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const WORK: Activity<(), String> = Activity::new("Work");
const PACK: Activity<(), ()> = Activity::new("Pack");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const GO: Signal<u32> = Signal::new("go");

fn scenario(name: &str) -> Scenario {
    Scenario::new(name).client(|world| {
        world.start(SHIP, "order-7", ());
    })
}

fn failed(scenario: &Scenario) -> Failure {
    scenario.try_run(&Tape::calm()).expect_err("something is found")
}

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(1))
}

async fn work(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.with_activity_options(options()).execute(WORK, ()).await.map(drop)
}

async fn pack(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.with_activity_options(options()).execute(PACK, ()).await
}

#[test]
fn an_activity_that_fails_for_ever() {
    let failure = failed(
        &scenario("for-ever")
            .workflow(SHIP, work)
            .stub(WORK, Stub::fails(ActivityError::application("no", "Stub"))),
    );
    insta::assert_snapshot!(failure.report());
}

#[test]
fn an_activity_that_times_out_for_ever() {
    let failure = failed(
        &scenario("times-out")
            .workflow(SHIP, work)
            .stub(WORK, Stub::returns(String::new()).after(hours(1))),
    );
    let wait = &failure.findings()[0].details[0];
    assert!(wait.contains(", last failure StartToClose timeout of 1m, next attempt in "), "{wait}");
    assert!(failure.report().contains("`maximum_attempts`"), "{failure}");
}

#[test]
fn a_queue_that_nobody_polls() {
    let nowhere =
        Scenario::new("nowhere").workflow(SHIP, work).stub(WORK, Stub::returns(String::new()));
    let failure = failed(&nowhere.client(|world| {
        let options = StartOptions {
            task_queue: "orders".into(),
            ..StartOptions::new("Ship", "order-7").with_input(&()).unwrap()
        };
        world.start_workflow(options).unwrap();
    }));
    insta::assert_snapshot!(failure.report());
}

#[test]
fn an_activity_on_a_queue_that_nobody_polls() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let ctx = ctx.with_activity_options(options().with_task_queue("packers"));
        ctx.execute(PACK, ()).await
    }
    let failure = failed(
        &scenario("packers")
            .workflow(SHIP, ship)
            .stub(PACK, Stub::returns(()))
            .worker(WorkerSpec::new("main")),
    );
    let expected = "order-7 waits for Pack: attempt 1 of no limit, waits for a worker on queue \
                    \"packers\": nobody polls it; polled queues: main";
    assert_eq!(failure.findings()[0].details, [expected]);
    assert!(failure.report().contains("no worker polls that queue"), "{failure}");
}

#[test]
fn a_worker_that_has_stopped_is_another_trouble_than_a_name_that_is_misspelled() {
    let failure = failed(
        &scenario("stopped")
            .workflow(SHIP, pack)
            .stub(PACK, Stub::returns(()))
            .worker(WorkerSpec::new("main").no_activities())
            .worker(WorkerSpec::new("main").no_workflows().until(millis(5)))
            .client(|world| {
                world.advance(secs(1));
                world.start(SHIP, "order-7", ());
            }),
    );
    let expected = "order-7 waits for Pack: attempt 1 of no limit, waits for a worker on queue \
                    \"main\": nobody polls it any more, worker-2 stopped at 0.005s; polled queues: none";
    assert_eq!(failure.findings()[0].details, [expected]);
    assert!(failure.report().contains("nobody takes over"), "{failure}");
}

/// Both hang, each for something else: their lines say so, and no line is there twice.
#[test]
fn what_else_was_found_is_told_apart() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let packed = pack(ctx.clone(), ()).await;
        let slept = ctx.sleep(secs(5)).await;
        let ctx = ctx.disconnected();
        if packed.is_err() {
            ctx.signals(GO).recv().await;
        }
        ctx.wait(|| slept.is_ok()).await
    }
    let scenario =
        scenario("apart").workflow(SHIP, ship).stub(PACK, Stub::returns(()).after(secs(2)));
    let failure = scenario.try_sweep().unwrap_err();
    insta::assert_snapshot!(failure.report());
}

#[test]
fn a_signal_that_nobody_sends() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.signals(GO).recv().await;
        Ok(())
    }
    let failure = failed(&scenario("no-signal").workflow(SHIP, ship));
    insta::assert_snapshot!(failure.report());
}

/// A cancel is what it is about, so the hint speaks of it.
#[test]
fn an_activity_that_does_not_learn_of_its_cancel() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let options = ActivityOptions::start_to_close(days(365)).with_wait_for_cancellation();
        ctx.with_activity_options(options).execute(PACK, ()).await
    }
    async fn deaf(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
        loop {
            ctx.sleep(secs(1)).await;
        }
    }
    let failure =
        scenario("deaf").workflow(SHIP, ship).activity(PACK, deaf).try_sweep().unwrap_err();
    let finding = failure.findings().iter().find(|finding| finding.code == Code::Hang).unwrap();
    let expected = "order-7 waits for Pack: attempt 1 of no limit, was asked to cancel, and \
                    without a heartbeat does not learn of it";
    assert_eq!(finding.details, [expected]);
    assert!(failure.report().contains("its cancel does not end"), "{failure}");
}

#[test]
fn a_command_that_the_server_refuses() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.execute(PACK, ()).await
    }
    let failure = failed(&scenario("refused").workflow(SHIP, ship).stub(PACK, Stub::returns(())));
    insta::assert_snapshot!(failure.report());
}

/// The panic is raised in a function of ours; the place is that in the workflow.
#[test]
fn code_that_never_waits_shows_where_it_is() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        loop {
            ctx.sleep(secs(0)).await?;
        }
    }
    let failure = failed(&scenario("never-waits").workflow(SHIP, ship));
    let finding = &failure.findings()[0];
    assert_eq!(finding.code, Code::Panicked);
    let [place] = finding.details.as_slice() else { panic!("{failure}") };
    assert!(place.starts_with("at ") && place.contains("reports.rs:"), "{place}");
}

#[test]
fn a_foreign_future_shows_where_workflow_code_is() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.with_activity_options(options()).execute(PACK, ()).await?;
        std::future::pending::<()>().await;
        Ok(())
    }
    let failure = failed(&scenario("foreign").workflow(SHIP, ship).stub(PACK, Stub::returns(())));
    let details = &failure.findings()[0].details;
    let seen = details.last().unwrap();
    assert!(seen.starts_with("workflow code was last seen at it/reports.rs:"), "{seen}");
}

/// A hundred letters are the same in both, so they are left out.
#[test]
fn values_that_differ_far_behind() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    async fn long(_: ActivityContext, (): ()) -> Result<String, ActivityError> {
        let nth = RUNS.fetch_add(1, Ordering::Relaxed);
        Ok(format!("{}{nth} and so on", "a".repeat(100)))
    }
    let failure = failed(&scenario("far-behind").workflow(SHIP, work).activity(WORK, long));
    let details = &failure.findings()[0].details;
    assert_eq!(details[1], r#"once   returned …aaaaaaaaaaaaaaaa0 and so on" at 0s"#);
    assert_eq!(details[2], r#"again  returned …aaaaaaaaaaaaaaaa1 and so on" at 0s"#);
}

/// Two kinds of findings: the first is explained, the other has a line and a command of its own.
#[test]
fn several_kinds_of_findings() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let packed = ctx.with_activity_options(options()).execute(PACK, ()).await;
        if packed.is_err() {
            // On the canceled context: skipped.
            let ctx = ctx.with_activity_options(options());
            let _skipped = ctx.execute(REFUND, ()).await;
        }
        Ok(())
    }
    let scenario = scenario("several")
        .workflow(SHIP, ship)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()))
        .check(check::cleanup_iff_canceled(REFUND))
        .check(check::always("a cancel is told", |outcome| {
            let told = outcome.main().is_none_or(|main| main.status != Status::Completed);
            let canceled = !outcome.record.cancels.is_empty();
            if told || !canceled { Ok(()) } else { Err("it completed".to_owned()) }
        }));
    let failure = scenario.try_sweep().unwrap_err();
    insta::assert_snapshot!(failure.report());

    let swept = failure.all().iter().filter(|occurrence| occurrence.point.is_some());
    for occurrence in swept.take(3) {
        let again = scenario.try_run(&occurrence.tape).unwrap_err();
        assert!(again.findings().iter().any(|finding| finding.is_like(&occurrence.finding)));
    }
}

#[test]
fn a_cancel_that_takes_too_long() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.disconnected().sleep(hours(2)).await
    }
    let failure = scenario("slow")
        .workflow(SHIP, ship)
        .check(check::always("quick", |outcome| {
            let took = outcome.record.cancels.is_empty();
            if took { Ok(()) } else { Err("it took 2h".to_owned()) }
        }))
        .try_sweep()
        .unwrap_err();
    let report = failure.report();
    assert!(!report.contains("nothing more"), "an empty comparison is left out: {report}");
    assert!(!report.contains("Not canceled at all"), "{report}");
}

#[test]
fn a_cancel_that_takes_longer_than_no_cancel() {
    // Canceled, it sleeps on its disconnected context; not canceled it does not.
    async fn late(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let after = Cell::new(secs(5));
        if ctx.sleep(secs(1)).await.is_err() {
            after.set(hours(2));
        }
        ctx.disconnected().sleep(after.get()).await
    }
    let failure = scenario("late")
        .workflow(SHIP, late)
        .check(check::ends_within(mins(1)))
        .try_sweep()
        .unwrap_err();
    insta::assert_snapshot!(failure.report());
}

#[test]
fn an_activity_whose_future_was_dropped() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let packed = ctx.with_activity_options(options()).execute(PACK, ());
        let _first = select(packed, ctx.timer(secs(1))).await;
        Ok(())
    }
    let failure = failed(
        &scenario("dropped")
            .workflow(SHIP, ship)
            .stub(PACK, Stub::returns(()).after(secs(5)))
            .check(check::no_activity_outlives_close()),
    );
    insta::assert_snapshot!(failure.report());
}

#[test]
fn a_workflow_that_fails_because_an_activity_timed_out() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let policy = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
        let options = options().with_retry_policy(policy);
        ctx.with_activity_options(options).execute(PACK, ()).await
    }
    let failure = failed(
        &scenario("timed-out")
            .workflow(SHIP, ship)
            .stub(PACK, Stub::returns(()).after(hours(1)))
            .check(check::status_in([Status::Completed])),
    );
    insta::assert_snapshot!(failure.report());
}

#[test]
fn a_run_that_times_out() {
    let scenario = Scenario::new("run-timeout").workflow(SHIP, pack).client(|world| {
        let options = StartOptions {
            run_timeout: Some(secs(90)),
            ..StartOptions::new("Ship", "order-7").with_input(&()).unwrap()
        };
        world.start_workflow(options).unwrap();
    });
    let failure = failed(
        &scenario
            .stub(PACK, Stub::returns(()).after(hours(1)))
            .check(check::status_in([Status::Completed])),
    );
    assert_eq!(failure.findings()[0].details, ["its run timeout is 1m30s"]);
    assert!(failure.report().contains("the timeout of the run ends it"), "{failure}");
}

#[test]
fn what_a_scenario_lacks_is_what_the_hint_says() {
    let hint = |scenario: &Scenario| {
        let failure = scenario.try_sweep().unwrap_err();
        let report = failure.report().to_owned();
        report.lines().find(|line| line.contains("Usually:")).unwrap().trim().to_owned()
    };
    assert!(hint(&scenario("no-workflow")).contains("`.workflow(..)`"));
    assert!(hint(&scenario("no-activity").workflow(SHIP, pack)).contains("`.activity(..)`"));
    assert!(hint(&Scenario::new("no-client")).contains("`.client("));
}

#[test]
fn an_exploration_lists_all_that_its_run_shows() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(ctx, ()).await
    }
    let failure = scenario("explored")
        .workflow(SHIP, ship)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()))
        .check(check::status_in([Status::Completed]))
        .check(check::cleanup_iff_canceled(REFUND))
        .try_explore(Exploration::new(50))
        .unwrap_err();
    let all: Vec<_> = failure.all().iter().map(|occurrence| &occurrence.finding).collect();
    assert!(failure.findings().iter().all(|finding| all.contains(&finding)), "{failure}");
    let others =
        failure.all().iter().filter(|other| !other.finding.is_like(&failure.findings()[0]));
    let listed = failure.report().matches("Also found").count();
    assert_eq!(listed, usize::from(others.count() > 0), "{failure}");
}

#[test]
fn the_text_of_a_code_is_at_hand() {
    let text = explain(Code::StuckTask);
    assert!(text.starts_with("## RH303\n"), "{text}");
}

/// The run with one cancel is well, and its history is the same.
#[test]
fn a_second_cancel_that_changes_nothing_is_shown_beside_nothing() {
    let twice = check::never("a second request", |outcome| {
        let main = outcome.main()?;
        let asked = outcome.record.cancels.len();
        (asked > 1).then(|| Finding::from("it was canceled twice").at_close(main, outcome))
    });
    let failure = scenario("twice")
        .workflow(SHIP, pack)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .check(twice)
        .try_sweep()
        .unwrap_err();
    assert_eq!(failure.tape().len(), 2);
    let page: Vec<&str> =
        failure.report().lines().take_while(|line| !line.starts_with("  where ")).collect();
    insta::assert_snapshot!(page.join("\n"));
}
