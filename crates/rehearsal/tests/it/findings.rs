//! A small mistake for each code, and what the report says of it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Failure, Limits,
    RetryPolicy, Scenario, Signal, Status, Stub, Tape, Workflow, WorkflowError, check, hours,
    millis, secs,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const PACK: Activity<(), ()> = Activity::new("Pack");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const GO: Signal<u32> = Signal::new("go");

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation()
}

fn scenario() -> Scenario {
    Scenario::new("ship")
        .stub(PACK, Stub::returns(()).after(secs(1)))
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            world.start(SHIP, "order-7", ());
        })
}

/// The one code of all findings.
fn code(failure: &Failure) -> Code {
    let first = failure.findings()[0].code;
    assert!(failure.findings().iter().all(|finding| finding.code == first), "{failure}");
    first
}

async fn pack(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.with_activity_options(options()).execute(PACK, ()).await
}

#[test]
fn rh101_workflow_code_that_is_not_deterministic() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        // Each instance of the workflow is another, so replay gives another timer.
        let nth = RUNS.fetch_add(1, Ordering::Relaxed);
        ctx.sleep(secs(10 + nth)).await
    }
    let failure = scenario().workflow(SHIP, ship).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::Nondeterminism);
    assert!(failure.report().contains("changes behavior"), "{failure}");
}

#[test]
fn rh102_workflow_code_that_panics() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(&ctx).await?;
        panic!("the box is too small")
    }
    let failure = scenario().workflow(SHIP, ship).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::Panicked);
    insta::assert_snapshot!(failure.report());
}

#[test]
fn rh103_workflow_code_that_awaits_something_foreign() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(&ctx).await?;
        std::future::pending::<()>().await;
        Ok(())
    }
    let failure = scenario().workflow(SHIP, ship).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::ForeignFuture);
}

async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    pack(&ctx).await
}

/// Waits for something that keeps the waker, as a timer of a runtime does.
async fn kept() {
    let mut wakers = Vec::new();
    poll_fn(|cx| {
        wakers.push(cx.waker().clone());
        Poll::<()>::Pending
    })
    .await;
}

/// Is of another opinion each time.
#[derive(Debug)]
struct Moody(AtomicU64);

impl rehearsal::Check for Moody {
    fn check(&self, _: &rehearsal::Outcome) -> Vec<rehearsal::Finding> {
        let odd = self.0.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        odd.then(|| rehearsal::Finding::new(Code::Custom, "not today")).into_iter().collect()
    }
}

#[test]
fn rh104_a_check_that_looks_at_more_than_the_run() {
    let found = |begins_with| {
        let moody = Moody(AtomicU64::new(begins_with));
        let failure = scenario().workflow(SHIP, ship).check(moody).try_sweep().unwrap_err();
        let findings: Vec<String> = failure.findings().iter().map(ToString::to_string).collect();
        findings.join("\n")
    };
    insta::assert_snapshot!(found(0), @"
    RH900  not today
      not repeatable: found when the check was asked once more about the same run, and not before
    RH104  a check is not a function of the run: asked twice, it finds something else
    ");
    insta::assert_snapshot!(found(1), @"
    RH900  not today
      not repeatable: asked once more about the same run, the check did not find this
    RH104  a check is not a function of the run: asked twice, it finds something else
    ");
}

#[test]
fn rh102_a_loop_on_a_canceled_timer() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let packed = ctx.with_activity_options(options()).execute(PACK, ());
        while !packed.is_ready() {
            let _canceled = ctx.sleep(millis(300)).await;
        }
        packed.await
    }
    let failure = scenario().workflow(SHIP, ship).try_sweep().unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::Panicked);
    insta::assert_snapshot!(hint(&failure), @"
    Usually: a loop waits for nothing: in a canceled scope a timer or an activity is over at once,
      each time; leave the loop when the wait fails.
    ");
}

/// What is usually behind it.
fn hint(failure: &Failure) -> String {
    let lines = failure.report().lines().skip_while(|line| !line.starts_with("  Usually:"));
    lines.take_while(|line| !line.starts_with("  More:")).collect::<Vec<_>>().join("\n")
}

#[test]
fn rh105_activity_code_that_awaits_something_foreign() {
    async fn foreign(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
        ctx.sleep(secs(1)).await;
        kept().await;
        Ok(())
    }
    let failure =
        scenario().workflow(SHIP, ship).activity(PACK, foreign).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::ForeignActivity);
    insta::assert_snapshot!(failure.report());
}

#[test]
fn rh105_an_attempt_that_the_server_gave_up_before() {
    async fn once(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let policy = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
        let options = ActivityOptions::start_to_close(hours(1)).with_heartbeat(secs(5));
        ctx.with_activity_options(options.with_retry_policy(policy)).execute(PACK, ()).await
    }
    let foreign = |_: ActivityContext, (): ()| async {
        kept().await;
        Ok(())
    };
    let failure =
        scenario().workflow(SHIP, once).activity(PACK, foreign).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::ForeignActivity);
}

#[test]
fn rh105_activity_code_that_another_thread_wakes() {
    async fn woken(_: ActivityContext, (): ()) -> Result<(), ActivityError> {
        let mut polled = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(Ok(()));
            }
            let waker = cx.waker().clone();
            std::thread::scope(|scope| drop(scope.spawn(move || waker.wake()).join()));
            Poll::Pending
        })
        .await
    }
    let failure =
        scenario().workflow(SHIP, ship).activity(PACK, woken).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::ForeignActivity);
    assert!(failure.findings()[0].details[0].ends_with("was woken by another thread"), "{failure}");
}

#[test]
fn an_activity_may_wait_for_something_else_beside_its_context() {
    async fn both(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
        let mut canceled = ctx.canceled();
        let mut kept = pin!(kept());
        poll_fn(|cx| {
            let _never = kept.as_mut().poll(cx);
            Pin::new(&mut canceled).poll(cx)
        })
        .await;
        Err(ActivityError::canceled())
    }
    async fn once(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let policy = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
        ctx.with_activity_options(options().with_retry_policy(policy)).execute(PACK, ()).await
    }
    let outcome =
        scenario().workflow(SHIP, once).activity(PACK, both).try_run(&Tape::calm()).unwrap();
    assert_eq!(outcome.main().unwrap().status, Status::Failed);
}

#[test]
fn rh201_cleanup_on_the_canceled_context() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let packed = pack(&ctx).await;
        if ctx.is_canceled() {
            ctx.with_activity_options(options()).execute(REFUND, ()).await?;
        }
        packed
    }
    let failure = scenario()
        .workflow(SHIP, ship)
        .check(check::cleanup_iff_canceled(REFUND))
        .try_sweep()
        .unwrap_err();
    assert_eq!(code(&failure), Code::CleanupMissing);
}

#[test]
fn rh202_cleanup_in_any_case() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let packed = pack(&ctx).await;
        ctx.disconnected().with_activity_options(options()).execute(REFUND, ()).await?;
        packed
    }
    let failure = scenario()
        .workflow(SHIP, ship)
        .check(check::cleanup_iff_canceled(REFUND))
        .try_sweep()
        .unwrap_err();
    assert_eq!(code(&failure), Code::CleanupUncalled);
    insta::assert_snapshot!(failure.report());
}

#[test]
fn rh301_a_cancel_that_nothing_reacts_to() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let orders = ctx.signals(GO);
        orders.recv().await;
        Ok(())
    }
    let failure = scenario().workflow(SHIP, ship).try_sweep().unwrap_err();
    assert_eq!(code(&failure), Code::Hang);
    insta::assert_snapshot!(failure.report());
}

#[test]
fn rh302_a_workflow_that_wakes_itself_for_ever() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        loop {
            ctx.sleep(secs(1)).await?;
        }
    }
    let limits = Limits { events: 200, ..Limits::default() };
    let failure =
        scenario().workflow(SHIP, ship).limits(limits).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::Limit);
    assert_eq!(
        failure.findings()[0].headline,
        "the run was stopped after 200 events in one history"
    );
}

#[test]
fn rh502_a_check_that_names_an_unknown_activity() {
    const REFUDN: Activity<(), ()> = Activity::new("Refudn");
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(&ctx).await
    }
    let failure = scenario()
        .workflow(SHIP, ship)
        .check(check::cleanup_iff_canceled(REFUDN))
        .try_run(&Tape::calm())
        .unwrap_err();
    assert_eq!(code(&failure), Code::Setup);
    assert_eq!(
        failure.findings()[0].headline,
        "a check names activity `Refudn`, which has neither code nor a stub"
    );
}

#[test]
fn rh502_an_activity_without_code() {
    const WRAP: Activity<(), ()> = Activity::new("Wrap");
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.with_activity_options(options()).execute(WRAP, ()).await
    }
    let failure = scenario().workflow(SHIP, ship).try_run(&Tape::calm()).unwrap_err();
    assert_eq!(code(&failure), Code::Setup);
    assert_eq!(
        failure.findings()[0].headline,
        "activity `Wrap` is scheduled, but has neither code nor a stub"
    );
}

#[test]
fn rh502_a_sweep_of_nothing() {
    let failure = scenario().client(|_| {}).try_sweep().unwrap_err();
    assert_eq!(code(&failure), Code::Setup);
    assert_eq!(
        failure.findings()[0].headline,
        "the client script starts no workflow, so there is nothing to cancel"
    );
}

#[test]
fn a_workflow_that_loops_for_ever_is_swept_to_its_horizon() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        loop {
            ctx.sleep(secs(10)).await?;
            pack(&ctx).await?;
        }
    }
    let report = scenario().workflow(SHIP, ship).sweep();
    insta::assert_snapshot!(report.table());
}

#[test]
fn rh503_a_client_that_panics_in_an_injected_run() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(&ctx).await
    }
    let failure = scenario()
        .workflow(SHIP, ship)
        .client(|world| {
            let order = world.start(SHIP, "order-7", ());
            assert_eq!(world.wait(&order), Status::Completed, "the order was not shipped");
        })
        .try_sweep()
        .unwrap_err();
    assert_eq!(code(&failure), Code::ClientPanicked);
    assert!(failure.report().contains("the order was not shipped"), "{failure}");
}

#[test]
fn what_is_found_in_the_calm_run_is_not_put_down_to_a_cancel() {
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(&ctx).await
    }
    let panics = scenario().workflow(SHIP, ship).client(|world| {
        let order = world.start(SHIP, "order-7", ());
        assert_eq!(world.wait(&order), Status::Failed, "the order was shipped");
    });
    let late = scenario().workflow(SHIP, ship).check(check::ends_within(hours(0)));
    for (code, scenario) in [(Code::ClientPanicked, panics), (Code::EndsTooLate, late)] {
        let failure = scenario.try_run(&Tape::calm()).unwrap_err();
        assert_eq!(failure.findings()[0].code, code, "{failure}");
        let hint = failure.report().lines().find(|line| line.starts_with("  Usually:"));
        let hint = hint.expect("each has one");
        assert!(hint.contains("not canceled") || hint.contains("nothing is canceled"), "{hint}");
    }
}

/// Every run is made twice; what only the second one shows is not lost.
#[test]
fn what_the_second_run_finds_is_found() {
    static SCRIPTS: AtomicU64 = AtomicU64::new(0);
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(&ctx).await
    }
    let twice = scenario().workflow(SHIP, ship).client(|world| {
        let order = world.start(SHIP, "order-7", ());
        world.wait(&order);
        assert_eq!(SCRIPTS.fetch_add(1, Ordering::Relaxed), 0, "the order was known already");
    });
    let failure = twice.try_run(&Tape::calm()).unwrap_err();
    let [finding] = failure.findings() else { panic!("one finding: {failure}") };
    assert_eq!(finding.code, Code::ClientPanicked);
    assert!(finding.headline.contains("the order was known already"), "{failure}");
    assert_eq!(
        finding.details.last().map(String::as_str),
        Some("not repeatable: found when the run was made again, and not before")
    );
}

/// An exploration reports what it found even if the run does not fail again, and says that nothing was shrunk.
#[test]
fn what_does_not_fail_again_is_reported_as_it_was_found() {
    #[derive(Debug)]
    struct Once(AtomicU64);
    impl rehearsal::Check for Once {
        fn check(&self, outcome: &rehearsal::Outcome) -> Vec<rehearsal::Finding> {
            let now =
                !outcome.record.cancels.is_empty() && self.0.fetch_add(1, Ordering::Relaxed) == 0;
            let finding = || rehearsal::Finding::new(Code::Custom, "the parcel is open");
            now.then(finding).into_iter().collect()
        }
    }
    async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        pack(&ctx).await
    }
    let once = scenario().workflow(SHIP, ship).check(std::sync::Arc::new(Once(AtomicU64::new(0))));
    let failure = once.try_explore(rehearsal::Exploration::new(100)).unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::Custom);
    insta::assert_snapshot!(failure.report());
}
