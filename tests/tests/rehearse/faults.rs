//! Faults that strike workers outside, and what is explored with them.

use std::sync::mpsc::channel;

use rehearsal::{
    ActivityOptions, Code, Context, Exploration, RetryPolicy, Scenario, WorkflowError, check, secs,
};
use rehearsal_remote::{Activities, Rehearse};
use rehearsal_service::Target;
use rehearsal_tests::outside::ask;

use super::{
    Follow, REFUND, SHIP, checked, house_of, order, order_inside, result, scenario_of, table,
};

/// Each fault strikes the connected worker as it strikes a worker in the engine: in as many places, with the same ends.
#[test]
fn faults_strike_a_worker_outside_as_they_strike_one_inside() {
    let (tell, told) = channel();
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        let scenario = checked(rehearsal, Activities::Real);
        tell.send(scenario.try_sweep_faults_told(&Follow(rehearsal)).unwrap().table()).unwrap();
        None
    });
    let house = house_of(&scenario_of(order), rehearse);
    let started = house.start();
    ask(|reply| house.door.sleep(secs(10), false, reply)).unwrap();
    house.approve(Target::run("order-7", started.run_id));
    drop(result(&house));
    assert_eq!(house.close(), rehearsal_remote::Report::default());

    let inside = order_inside().sweep_faults().table();
    let all =
        |text: &str| text.lines().filter(|line| is_of_workers(line)).collect::<Vec<_>>().join("\n");
    assert!(inside.contains("\n  30 faults, all run and replayed "), "{inside}");
    let outside = told.recv().unwrap();
    assert!(outside.contains("\n  29 faults, all run and replayed "), "{outside}");
    let [inside, outside] = [inside, outside].map(|text| table(&text).join("\n"));
    assert_eq!(all(&outside), all(&inside));
}

/// Whether a line of a table is none of a client that is not answered, as one inside may be: what was asked before is asked
/// again, whatever is answered. Nor is it the sum of all faults.
fn is_of_workers(line: &str) -> bool {
    !line.starts_with("  reply ") && !line.contains(" faults, all run")
}

/// Ships, once. If that fails, whyever, it is taken back.
async fn careful(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let shipped = ship_once(&ctx).await;
    if shipped.is_err() {
        take_back(&ctx).await?;
    }
    shipped
}

/// A mistake made on purpose: it is taken back if the workflow is canceled, and not if nobody knows what became of it.
async fn hopeful(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let shipped = ship_once(&ctx).await;
    if ctx.is_canceled() {
        take_back(&ctx).await?;
    }
    shipped
}

async fn ship_once(ctx: &Context) -> Result<u32, WorkflowError> {
    let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    let options = ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    ctx.with_activity_options(options.with_retry_policy(once)).execute(SHIP, ()).await
}

async fn take_back(ctx: &Context) -> Result<(), WorkflowError> {
    let ctx = ctx.disconnected().with_activity_options(ActivityOptions::start_to_close(secs(30)));
    ctx.execute(REFUND, ()).await
}

/// What is rehearsed of a worker with this code, while a client waits for the result.
fn rehearsed<T: Send + 'static>(
    scenario: &Scenario,
    with: impl Fn(&Scenario, &Follow<'_>) -> T + Send + 'static,
) -> T {
    let (tell, told) = channel();
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        let scenario = Scenario::new("Order")
            .with_engine(|_| rehearsal.scenario(Activities::Real))
            .check(check::compensated_at_least_once(SHIP, REFUND));
        tell.send(with(&scenario, &Follow(rehearsal))).unwrap();
        None
    });
    let house = house_of(scenario, rehearse);
    let _started = house.start();
    drop(result(&house));
    assert_eq!(house.close(), rehearsal_remote::Report::default());
    told.recv().unwrap()
}

/// Without faults the mistake is not found; with them it is, and the run that the report names shows it alone.
#[test]
fn a_mistake_that_needs_a_fault_is_found_and_its_twin_is_silent() {
    let all_is_well = rehearsed(&scenario_of(hopeful), |scenario, follow| {
        scenario.try_sweep_told(follow).is_ok()
    });
    assert!(all_is_well, "no cancel shows it");
    let report = rehearsed(&scenario_of(hopeful), |scenario, follow| {
        let failure = scenario.try_sweep_faults_told(follow).unwrap_err();
        assert!(failure.tape().iter().all(|(key, _)| key.kind.is_fault()), "{failure}");
        let again = scenario.try_run(failure.tape()).unwrap_err();
        assert_eq!(again.findings()[0], failure.findings()[0]);
        let only = format!("beside `--sweep`:  --only '{}'\n", failure.tape());
        assert!(failure.report().contains(&only), "{failure}");
        failure.to_string()
    });
    assert!(report.starts_with("RH211"), "{report}");
    let silent = rehearsed(&scenario_of(careful), |scenario, follow| {
        scenario.try_sweep_faults_told(follow).map(|report| report.faults().count())
    });
    assert!(silent.unwrap() > 10);
}

/// Runs in other orders, with cancels and faults: what fails is shrunk to what it needs.
#[test]
fn what_is_explored_outside_is_shrunk_to_what_it_needs() {
    let exploration = Exploration::new(40).with_seed(7);
    let failure = rehearsed(&scenario_of(hopeful), move |scenario, follow| {
        scenario.try_explore_told(exploration, follow).unwrap_err()
    });
    assert_eq!(failure.findings()[0].code, Code::CompensationMissing);
    assert_eq!(failure.tape().len(), 1, "{failure}");
    let silent = rehearsed(&scenario_of(careful), move |scenario, follow| {
        scenario.try_explore_told(exploration, follow).map(|explored| explored.runs().len())
    });
    assert_eq!(silent.unwrap(), 40);
}
