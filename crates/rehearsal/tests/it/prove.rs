//! Exhaustive search: what is proved, what is found, and what is said where neither is.

use rehearsal::{
    ActivityOptions, Bounds, Code, Context, Outcome, Scenario, WorkflowError, check, secs,
};

use crate::parcel::{PACK, REFUND, SHIP, scenario, ship};

/// Gives it back only if the parcel was not packed: not if the cancel comes later.
async fn ship_careless(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let packed = ctx.execute(PACK, ()).await;
    if packed.is_err() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    packed?;
    ctx.sleep(secs(3)).await
}

/// Sleeps for ever.
async fn watch(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    loop {
        ctx.sleep(secs(60)).await?;
    }
}

fn careful() -> Scenario {
    scenario("ship-proved").workflow(SHIP, ship)
}

#[test]
fn a_workflow_without_a_mistake_is_proved() {
    let proof = careful().prove(10_000);
    assert!(proof.is_proof() && proof.left_out() > 0);
    insta::assert_snapshot!(proof);
}

#[test]
fn a_mistake_is_found_wherever_it_is() {
    let careless = scenario("ship-careless-proved").workflow(SHIP, ship_careless);
    let failure = careless.try_prove(Bounds::new(10_000)).unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::CleanupMissing);
    insta::assert_snapshot!(failure.report());
}

#[test]
fn what_is_not_proved_says_why() {
    let few = careful().try_prove(Bounds::new(10)).unwrap();
    assert!(!few.is_proof());
    let endless = Scenario::new("watch").workflow(SHIP, watch).client(|world| {
        world.start(SHIP, "watch-1", ());
    });
    let endless = endless.try_prove(Bounds::new(10_000)).unwrap();
    assert!(!endless.is_proof());
    insta::assert_snapshot!(format!("{few}\n{endless}"));
}

#[test]
#[should_panic(expected = "Not proved for any order, 1 cancel at most: 10 runs are too few")]
fn a_test_that_wants_a_proof_fails_without_one() {
    careful().prove(10);
}

#[test]
fn what_no_run_reaches_is_a_finding() {
    let refunded = |count| move |outcome: &Outcome| outcome.calls(REFUND).count() == count;
    assert!(careful().check(check::sometimes("a refund", refunded(1))).prove(10_000).is_proof());
    let never = careful().check(check::sometimes("two refunds", refunded(2)));
    let failure = never.try_prove(Bounds::new(10_000)).unwrap_err();
    assert_eq!(failure.findings()[0].headline, "no run reached this: two refunds");
}

#[test]
fn with_faults_it_is_proved_too() {
    let bounds = Bounds::new(20_000).with_cancels(0).with_faults(1);
    let proof = careful().check(check::ends_within(secs(60))).try_prove(bounds).unwrap();
    assert!(proof.is_proof(), "{proof}");
    insta::assert_snapshot!(proof);
}
