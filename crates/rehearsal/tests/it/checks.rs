//! The ready checks: where each is silent, and where it is not. How a report reads is shown by `tests/`, mutations.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Check, Code, Context, Finding,
    Scenario, Status, Stub, Tape, WorkerSpec, Workflow, WorkflowError, check, hours, millis, mins,
    secs,
};

pub(crate) const SHIP: Workflow<(), ()> = Workflow::new("Ship");
pub(crate) const PACK: Activity<(), ()> = Activity::new("Pack");

/// A workflow that packs for two seconds, and is canceled after one.
fn canceled() -> Scenario {
    scenario().client(|world| {
        let order = world.start(SHIP, "order-7", ());
        world.advance(secs(1));
        world.cancel(&order).expect("it is open");
    })
}

pub(crate) fn scenario() -> Scenario {
    Scenario::new("ship").stub(PACK, Stub::returns(()).after(secs(2))).client(|world| {
        world.start(SHIP, "order-7", ());
    })
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
pub(crate) fn only(scenario: &Scenario) -> String {
    match found(scenario).as_slice() {
        [finding] => finding.to_string(),
        findings => panic!("expected one finding, found {findings:?}"),
    }
}

pub(crate) fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(10))
}

/// Waits for what it cancels, and closes as Completed: the activity ends by itself.
async fn waits(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.with_activity_options(options().with_wait_for_cancellation()).execute(PACK, ()).await
}

/// Closes as Canceled, and leaves the activity alone.
async fn hurries(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.with_activity_options(options()).execute(PACK, ()).await
}

/// Hears nothing of its cancel.
async fn deaf(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.disconnected().with_activity_options(options()).execute(PACK, ()).await
}

#[test]
fn an_activity_that_ends_with_its_workflow_does_not_outlive_it() {
    let scenario = canceled().workflow(SHIP, waits).check(check::no_activity_outlives_close());
    assert_eq!(found(&scenario), []);
}

#[test]
fn an_activity_that_is_left_alone_outlives_its_workflow() {
    let scenario = canceled().workflow(SHIP, hurries).check(check::no_activity_outlives_close());
    insta::assert_snapshot!(only(&scenario), @"
    RH205  Pack still ran when Ship closed
      attempt 1 began at 0s, the workflow closed at 1s, it ended at 2s
    ");
}

#[test]
fn an_activity_that_never_ends_outlives_its_workflow() {
    async fn for_ever(_: ActivityContext, (): ()) -> Result<(), ActivityError> {
        std::future::pending().await
    }
    let scenario = canceled()
        .workflow(SHIP, hurries)
        .activity(PACK, for_ever)
        .check(check::no_activity_outlives_close());
    insta::assert_snapshot!(only(&scenario), @"
    RH205  Pack still ran when Ship closed
      attempt 1 began at 0s, the workflow closed at 1s, it had not ended when the run was over
    ");
}

/// Packs on a worker that dies at `at`; the workflow gives up after 10 s.
fn dies_packing(at: Duration) -> Scenario {
    async fn once(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let options = ActivityOptions::start_to_close(secs(10));
        ctx.with_activity_options(options.with_task_queue("packing")).execute(PACK, ()).await
    }
    scenario()
        .workflow(SHIP, once)
        .stub(PACK, Stub::returns(()).after(mins(1)))
        .worker(WorkerSpec::new("main"))
        .worker(WorkerSpec::new("packing").no_workflows().until(at).crash())
        .check(check::no_activity_outlives_close())
}

#[test]
fn an_activity_that_dies_with_its_worker_does_not_outlive_its_workflow() {
    let terminated = |died, closed| {
        dies_packing(died).client(move |world| {
            let order = world.start(SHIP, "order-7", ());
            world.advance(closed);
            world.terminate(&order, "").expect("it is open");
            world.advance(secs(9));
        })
    };
    assert_eq!(found(&terminated(secs(1), secs(2))), []);
    assert_eq!(found(&terminated(secs(2), secs(2))), [], "the same nanosecond is in time");
    insta::assert_snapshot!(only(&terminated(secs(3), secs(2))), @"
    RH205  Pack still ran when Ship closed
      attempt 1 began at 0s, the workflow closed at 2s, it died with its worker at 3s
    ");
}

#[test]
fn a_cancel_that_is_passed_on_to_an_activity_is_observed() {
    let check = check::cancel_observed_or_completed_first();
    assert_eq!(found(&canceled().workflow(SHIP, waits).check(Arc::clone(&check))), []);
    assert_eq!(found(&canceled().workflow(SHIP, hurries).check(check)), []);
}

#[test]
fn a_cancel_that_nobody_hears_of_is_overlooked() {
    let scenario =
        canceled().workflow(SHIP, deaf).check(check::cancel_observed_or_completed_first());
    insta::assert_snapshot!(only(&scenario), @"
    RH206  Ship closed as Completed as if it had not been canceled
      event 9 answers the task that delivered the cancel, and asks for nothing
    ");
}

#[test]
fn an_error_of_its_own_is_no_overlooked_cancel() {
    async fn fails(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        deaf(ctx, ()).await?;
        Err(WorkflowError::new("the box is too small"))
    }
    let scenario =
        canceled().workflow(SHIP, fails).check(check::cancel_observed_or_completed_first());
    assert_eq!(found(&scenario), []);
}

#[test]
fn a_workflow_that_closes_in_the_task_that_delivers_its_cancel_completed_first() {
    // The cancel comes while the last task runs, so it is delivered with the one that closes the workflow.
    let scenario = scenario()
        .hold(2, secs(1))
        .client(|world| {
            let order = world.start(SHIP, "order-7", ());
            world.advance(millis(2500));
            world.cancel(&order).unwrap();
        })
        .workflow(SHIP, deaf)
        .check(check::cancel_observed_or_completed_first())
        .check(check::status_in([Status::Completed]));
    assert_eq!(found(&scenario), []);
}

#[test]
fn a_workflow_may_end_at_the_limit_and_not_behind_it() {
    let from_start = |limit| scenario().workflow(SHIP, waits).check(check::ends_within(limit));
    assert_eq!(found(&from_start(secs(2))), []);
    insta::assert_snapshot!(only(&from_start(millis(1999))), @"
    RH207  Ship ended 2s after its start, 1.999s are allowed
      2s of that passed before event 7 ActivityTaskCompleted activity=Pack scheduled=5
    ");

    let from_cancel = |limit| canceled().workflow(SHIP, waits).check(check::ends_within(limit));
    assert_eq!(found(&from_cancel(secs(1))), []);
    insta::assert_snapshot!(only(&from_cancel(millis(999))), @"
    RH207  Ship ended 1s after its cancel, 0.999s are allowed
      1s of that passed before event 12 ActivityTaskCompleted activity=Pack scheduled=5
    ");
}

#[test]
fn a_status_that_is_not_allowed_is_found() {
    let scenario = canceled()
        .workflow(SHIP, hurries)
        .check(check::status_in([Status::Completed, Status::Failed]));
    assert_eq!(only(&scenario), "RH208  Ship closed as Canceled, allowed is Completed or Failed");
}

#[test]
fn a_workflow_that_is_open_at_the_horizon_is_not_judged_by_its_end() {
    async fn rests(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.wait(|| false).await
    }
    let report = scenario()
        .workflow(SHIP, rests)
        .check(check::status_in([Status::Canceled]))
        .check(check::ends_within(secs(1)))
        .check(check::eventually("it is canceled", |outcome| !outcome.record.cancels.is_empty()))
        .try_sweep();
    assert!(report.is_ok(), "{report:?}");
}

/// Heartbeats once a second, but for a pause.
async fn pauses(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    for pause in [1, 1, 7, 1] {
        ctx.heartbeat("");
        ctx.sleep(secs(pause)).await;
    }
    Ok(())
}

#[test]
fn a_heartbeat_may_come_at_the_limit_and_not_behind_it() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let options = options().with_heartbeat(millis(7_500));
        ctx.with_activity_options(options).execute(PACK, ()).await
    }
    let scenario = |limit| {
        scenario()
            .workflow(SHIP, ship)
            .activity(PACK, pauses)
            .check(check::activity_heartbeats_within(PACK, limit))
    };
    // Sent at 0s, held back until 6s, and at 9s; the end is at 10s.
    assert_eq!(found(&scenario(secs(6))), []);
    insta::assert_snapshot!(only(&scenario(millis(5_999))), @"
    RH209  Pack sent no heartbeat for 6s, 5.999s are allowed
      attempt 1, which began at 0s, was silent from 0s to 6s
    ");
}

#[test]
fn an_attempt_without_any_heartbeat_is_silent_from_start_to_end() {
    let scenario =
        scenario().workflow(SHIP, waits).check(check::activity_heartbeats_within(PACK, secs(1)));
    insta::assert_snapshot!(only(&scenario), @"
    RH209  Pack sent no heartbeat for 2s, 1s are allowed
      attempt 1, which began at 0s, was silent from 0s to 2s
    ");
}

#[test]
fn always_and_eventually_say_their_name() {
    let scenario = scenario()
        .workflow(SHIP, waits)
        .check(check::always("packed once", |outcome| match outcome.calls(PACK).count() {
            2 => Ok(()),
            calls => Err(format!("packed {calls} times, not twice")),
        }))
        .check(check::eventually("it is failed", |outcome| {
            outcome.main().is_some_and(|main| main.status == Status::Failed)
        }));
    let findings: Vec<String> = found(&scenario).iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "RH900  packed once: packed 1 times, not twice",
            "RH900  it is failed: it had not come when the run was over\n  Ship (order-7) closed as Completed at 2s",
        ]
    );
}

/// Whether some run of the sweep is closed like that, as a finding.
fn sometimes(status: Status) -> Vec<Finding> {
    let swept = scenario()
        .workflow(SHIP, hurries)
        .check(check::sometimes("it ends so", move |outcome| {
            outcome.main().is_some_and(|main| main.status == status)
        }))
        .try_sweep();
    swept.err().map(|failure| failure.findings().to_vec()).unwrap_or_default()
}

#[test]
fn sometimes_is_reached_by_the_baseline_or_by_any_canceled_run() {
    assert_eq!(sometimes(Status::Completed), []);
    assert_eq!(sometimes(Status::Canceled), []);
}

#[test]
fn sometimes_that_no_run_reached_fails_the_sweep() {
    let findings = sometimes(Status::Terminated);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, Code::NeverReached);
    assert_eq!(findings[0].headline, "no run reached this: it ends so");
}

#[test]
fn sometimes_is_not_judged_where_something_else_is_found_or_in_a_run_by_itself() {
    let scenario = || scenario().workflow(SHIP, waits).check(check::sometimes("never", |_| false));
    assert_eq!(found(&scenario()), []);

    let failure = scenario().check(check::ends_within(hours(0))).try_sweep().unwrap_err();
    assert!(failure.findings().iter().all(|finding| finding.code == Code::EndsTooLate));
}

#[test]
fn a_check_of_heartbeats_that_names_an_unknown_activity_is_a_finding() {
    const KCAP: Activity<(), ()> = Activity::new("Kcap");
    let scenario =
        scenario().workflow(SHIP, waits).check(check::activity_heartbeats_within(KCAP, secs(1)));
    assert_eq!(
        only(&scenario),
        "RH502  a check names activity `Kcap`, which has neither code nor a stub"
    );
}

#[test]
fn a_check_with_a_closure_prints_its_name() {
    let checks: [Arc<dyn Check>; 3] = [
        check::always("a", |_| Ok(())),
        check::sometimes("b", |_| true),
        check::eventually("c", |_| true),
    ];
    assert_eq!(format!("{checks:?}"), r#"[Always("a"), Sometimes("b"), Eventually("c")]"#);
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let pages = include_str!("../../../../docs/diagnostics.md");
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let headings: Vec<&str> = pages.lines().filter_map(|line| line.strip_prefix("## RH")).collect();
    let headings: Vec<String> = headings.iter().map(|number| format!("RH{number}")).collect();
    let in_order: Vec<&str> = codes.iter().copied().collect();
    assert_eq!(headings, in_order);

    let rows = pages.lines().filter(|line| line.starts_with("| [RH"));
    let listed: Vec<&str> = rows.filter_map(|row| row.get(3..8)).collect();
    assert_eq!(listed, in_order);

    for (code, page) in in_order.iter().zip(pages.split("\n## RH").skip(1)) {
        for part in ["**", "```"] {
            assert!(page.contains(part), "{code} has no {part}");
        }
        let cause = page.contains("*Usual cause.*") || page.contains("One of:");
        assert!(cause && page.contains("*Cure.*"), "{code} has no cause or no cure");
    }
}

#[test]
fn a_check_that_panics_is_a_finding_of_its_run() {
    let scenario = scenario().workflow(SHIP, waits).check(check::always("canceled", |outcome| {
        let canceled = outcome.record.cancels.len();
        assert_eq!(canceled, 0, "nobody cancels");
        Ok(())
    }));
    let failure = scenario.try_sweep().unwrap_err();
    let finding = &failure.findings()[0];
    assert_eq!(finding.code, Code::Custom);
    assert!(finding.headline.starts_with("a check panicked: "), "{failure}");
    assert!(finding.headline.contains("nobody cancels"), "{failure}");
    assert!(finding.details.iter().any(|line| line.contains("checks.rs:")), "{failure}");
    assert!(failure.all()[0].point.is_some() && failure.report().contains("REHEARSAL_CASE="));
}
