//! Sweeps beyond one cancel: single faults and pairs, what they find, and what they say.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Exploration, Outcome,
    Pairs, RetryPolicy, Scenario, Status, Stub, Workflow, WorkflowError, check, secs,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const LABEL: Workflow<(), ()> = Workflow::new("Label");
const BOOK: Activity<(), ()> = Activity::new("Book");
const PACK: Activity<(), ()> = Activity::new("Pack");
const UNBOOK: Activity<(), ()> = Activity::new("Unbook");

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation()
}

/// Books a carrier and packs; gives the carrier up again unless all went well.
async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    shipped(&ctx, RetryPolicy::default()).await
}

async fn shipped(ctx: &Context, unbook: RetryPolicy) -> Result<(), WorkflowError> {
    let carried = ctx.with_activity_options(options());
    let booked = carried.execute(BOOK, ()).await;
    let done = match booked {
        Ok(()) => carried.execute(PACK, ()).await,
        Err(error) => Err(error),
    };
    if done.is_err() {
        let options = options().with_retry_policy(unbook);
        ctx.disconnected().with_activity_options(options).execute(UNBOOK, ()).await?;
    }
    done
}

fn scenario() -> Scenario {
    Scenario::new("ship")
        .workflow(SHIP, ship)
        .stub(BOOK, Stub::returns(()).after(secs(1)))
        .stub(PACK, Stub::returns(()).after(secs(1)))
        .stub(UNBOOK, Stub::returns(()).after(secs(1)))
        .client(|world| drop(world.start(SHIP, "order-7", ())))
        .check(check::compensated_at_least_once(BOOK, UNBOOK))
}

/// Of all pairs some are tried if there are too many, and the table says so.
#[test]
fn faults_and_pairs_have_rows_of_their_own() {
    let few =
        |threads| scenario().try_sweep_pairs(Pairs::default().at_most(200).with_threads(threads));
    let report = few(1).unwrap();
    assert_eq!(report.pairs(), 200);
    insta::assert_snapshot!(report.table());
    assert_eq!(report.table(), few(3).unwrap().table());
}

#[test]
fn a_sweep_says_nothing_of_faults() {
    let calm = scenario().sweep();
    assert_eq!((calm.faults().count(), calm.pairs(), calm.merged()), (0, 0, 0));
    let struck = scenario().sweep_faults();
    // The rows of the cancels are the same, and come first.
    let rows: Vec<String> = calm.table().lines().map(str::to_owned).collect();
    assert!(struck.table().starts_with(&rows[..rows.len() - 1].join("\n")));
    let without = scenario().without_faults().sweep_faults();
    assert!(without.table().contains("\n  crash ") && !without.table().contains("\n  die "));
}

/// Gives up what it has booked, tried once: whoever cancels it and then loses a worker keeps the carrier.
#[test]
fn what_takes_a_cancel_and_a_fault_is_found_in_a_pair() {
    let careless = |ctx: Context, ()| async move {
        shipped(&ctx, RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() }).await
    };
    let scenario = scenario().workflow(SHIP, careless);
    scenario.sweep_faults();

    let failure = scenario.try_sweep_pairs(Pairs::default()).unwrap_err();
    insta::assert_snapshot!(failure.report());
    assert_eq!(failure.tape().len(), 2);
    let case = failure.case().unwrap();
    assert_eq!(case.finding(), Some("RH211"));
    // What the report prints, a test can run.
    let again = scenario.try_run(failure.tape()).unwrap_err();
    assert_eq!(again.findings()[0].code, failure.findings()[0].code);
    // Every pair that fails is there, and each fails by itself.
    let all = failure.all();
    assert!(all.iter().all(|it| it.tape.len() == 2 && it.point.is_none()));
    for occurrence in [&all[0], &all[all.len() - 1]] {
        let again = scenario.try_run(&occurrence.tape).unwrap_err();
        assert_eq!(again.findings()[0].code, occurrence.finding.code);
    }
    let paired = scenario.try_sweep_pairs(Pairs::default().with_threads(3)).unwrap_err();
    assert_eq!(paired.report(), failure.report());
}

/// What a fault finds by itself is said once, and not again of each pair that begins with it.
#[test]
fn what_fails_by_itself_is_the_first_of_no_pair() {
    let once = |outcome: &Outcome| {
        let made = outcome.calls(PACK).filter(|call| call.ended.is_some()).count();
        if made > 1 { Err(format!("packed {made} times")) } else { Ok(()) }
    };
    let scenario = scenario().check(check::always("packed once", once));
    let failure = scenario.try_sweep_pairs(Pairs::default().at_most(50)).unwrap_err();
    insta::assert_snapshot!(failure.report());
    assert_eq!(failure.tape().len(), 1);
}

/// Starts another workflow, and waits for it.
async fn with_child(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.execute_child(LABEL, ()).await?;
    Ok(())
}

async fn label(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.sleep(secs(5)).await
}

#[test]
fn a_workflow_and_its_child_are_canceled_one_after_the_other() {
    let family = Scenario::new("family")
        .workflow(SHIP, with_child)
        .workflow(LABEL, label)
        .client(|world| drop(world.start(SHIP, "order-7", ())));
    let report = family.sweep_pairs();
    insta::assert_snapshot!(report.table());
    assert!(report.table().contains("canceled, and then another"));
}

/// Heartbeats until it is canceled.
async fn watch(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    loop {
        ctx.heartbeat(());
        if ctx.sleep_or_canceled(secs(1)).await {
            return Err(ActivityError::canceled());
        }
    }
}

/// A baseline that never ends is struck up to its horizon, and may stay open then; canceled, it must end.
#[test]
fn what_never_ends_is_struck_up_to_its_horizon() {
    let scenario = Scenario::new("watch")
        .workflow(SHIP, |ctx: Context, ()| async move {
            let options = options().with_heartbeat(secs(5));
            ctx.with_activity_options(options).execute(PACK, ()).await
        })
        .activity(PACK, watch)
        .client(|world| drop(world.start(SHIP, "order-7", ())));
    let report = scenario.try_sweep_pairs(Pairs::default().at_most(300)).unwrap();
    insta::assert_snapshot!(report.table());
    assert!(report.faults().any(|outcome| outcome.main_status() == Status::Running));
    scenario.try_explore(Exploration::new(50)).unwrap();
}

#[test]
fn a_baseline_that_fails_is_not_struck() {
    let failure = scenario()
        .check(check::always("no", |_| Err("no".to_owned())))
        .try_sweep_pairs(Pairs::default());
    let failure = failure.unwrap_err();
    assert_eq!(failure.findings().len(), 1);
    assert_eq!(failure.findings()[0].code, Code::Custom);
    assert!(failure.report().ends_with("so it was not canceled anywhere.\n"), "{failure}");
}
