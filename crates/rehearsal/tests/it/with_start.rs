//! Signals and updates that start their workflow if need be (T-14).

use std::cell::Cell;
use std::rc::Rc;

use rehearsal::{
    ClientError, Context, Payloads, Scenario, Signal, StartOptions, Status, Update, Workflow,
    WorkflowError, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, World, mins, secs,
};

const CART: Workflow<u64, u64> = Workflow::new("Cart");
const ADD: Update<u64, u64> = Update::new("add");
const SLOW: Update<u64, u64> = Update::new("slow");
const DONE: Signal<()> = Signal::new("done");

/// Adds up until it is done.
async fn cart(ctx: Context, base: u64) -> Result<u64, WorkflowError> {
    let sum = Rc::new(Cell::new(base));
    let adding = Rc::clone(&sum);
    ctx.on_update(ADD, move |_ctx, n| {
        adding.set(adding.get() + n);
        let sum = adding.get();
        async move { Ok(sum) }
    })
    .await;
    ctx.on_update(SLOW, |ctx, n| async move { ctx.sleep(mins(1)).await.map(|()| n) }).await;
    ctx.signals(DONE).recv().await;
    Ok(sum.get())
}

fn scenario() -> Scenario {
    Scenario::new("cart").workflow(CART, cart)
}

fn options() -> StartOptions {
    let options = StartOptions {
        id_conflict_policy: WorkflowIdConflictPolicy::UseExisting,
        ..StartOptions::new("Cart", "cart-7")
    };
    options.with_input(&10_u64).expect("a number can be written")
}

fn refused(world: &mut World, options: StartOptions) -> String {
    world.update_with_start(options, ADD, 1).expect_err("it is refused").to_string()
}

#[test]
fn an_update_that_cannot_be_meant_starts_nothing() {
    let mut world = scenario().world();
    let unsaid =
        StartOptions { id_conflict_policy: WorkflowIdConflictPolicy::Unspecified, ..options() };
    assert_eq!(
        refused(&mut world, unsaid.clone()),
        "invalid WithStartWorkflowOperation: WorkflowIDConflictPolicy must be set in StartWorkflowOptions for \
         update-with-start"
    );
    let cron = StartOptions { cron_schedule: Some("@every 1h".into()), ..options() };
    assert_eq!(refused(&mut world, cron), "failed workflow start: CronSchedule is not allowed.");
    let delayed = StartOptions { start_delay: Some(secs(1)), ..options() };
    assert_eq!(
        refused(&mut world, delayed),
        "failed workflow start: WorkflowStartDelay is not supported."
    );
    assert!(world.workflow("cart-7").is_none());

    let signal = world.signal_with_start_workflow(unsaid, "", None).unwrap_err();
    assert_eq!(signal.to_string(), "signal not set");
}

#[test]
fn a_running_workflow_takes_the_update_or_makes_room() {
    let mut world = scenario().world();
    let (first, sum) = world.update_with_start(options(), ADD, 1).unwrap();
    assert_eq!(sum, 11);
    let (same, sum) = world.update_with_start(options(), ADD, 1).unwrap();
    assert_eq!((same.run_id, sum), (first.run_id.clone(), 12));
    let instead = StartOptions {
        id_conflict_policy: WorkflowIdConflictPolicy::TerminateExisting,
        ..options()
    };
    let (other, sum) = world.update_with_start(instead, ADD, 1).unwrap();
    assert_eq!((world.status(&first), sum), (Status::Terminated, 11));

    world.signal(&other, DONE, ()).unwrap();
    world.wait(&other);
    let once =
        StartOptions { id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate, ..options() };
    let refused = world.update_with_start(once, ADD, 1).unwrap_err();
    assert!(
        matches!(&refused, ClientError::UpdateWithStart { error, .. }
            if matches!(**error, ClientError::AlreadyStarted { .. })),
        "{refused}"
    );
}

/// An update that was in flight when its workflow closed has no result that a history holds, so it is a new one.
#[test]
fn what_no_history_holds_is_asked_anew() {
    let mut world = scenario().world();
    let (first, sent) = world
        .update_with_start_workflow(options(), "slow", "u1", number(5).as_ref(), secs(10))
        .unwrap();
    world.signal(&first, DONE, ()).unwrap();
    world.wait(&first);
    assert!(world.update_result(&sent, secs(1)).is_err());

    let (second, sent) = world
        .update_with_start_workflow(options(), "slow", "u1", number(5).as_ref(), secs(10))
        .unwrap();
    assert_ne!(second.run_id, first.run_id);
    let result = world.update_result(&sent, mins(2)).unwrap();
    assert_eq!(Payloads::decode::<u64>(result.as_ref()).unwrap(), 5);

    // Now it is recorded, and a closed workflow answers.
    world.signal(&second, DONE, ()).unwrap();
    world.wait(&second);
    let (third, _) = world
        .update_with_start_workflow(options(), "slow", "u1", number(6).as_ref(), secs(10))
        .unwrap();
    assert_eq!(third.run_id, second.run_id);
}

/// The server asks once more, which starts a new workflow, if the one that was running closes first.
#[test]
fn an_update_whose_workflow_closes_first_starts_another() {
    let mut world = scenario().hold(2, secs(5)).world();
    let first = world.start(CART, "cart-7", 10);
    world.advance(secs(1));
    world.signal(&first, DONE, ()).unwrap();
    // The task that completes the workflow is held; the update comes too late for it.
    world.advance(secs(2));
    let (second, sum) = world.update_with_start(options(), ADD, 1).unwrap();
    assert_eq!((world.status(&first), sum), (Status::Completed, 11));
    assert_ne!(second.run_id, first.run_id);
}

/// Unlike a plain signal (H-17).
#[test]
fn a_signal_that_could_have_started_it_ends_the_delay() {
    let mut world = scenario().world();
    let delayed = StartOptions { start_delay: Some(mins(5)), ..options() };
    let cart = world.start_workflow(delayed).unwrap();
    world.advance(secs(1));
    let same = world.signal_with_start(options(), DONE, ()).unwrap();
    assert_eq!(same.run_id, cart.run_id);
    world.advance(secs(1));
    assert_eq!(world.status(&cart), Status::Completed);
}

fn number(n: u64) -> Option<Payloads> {
    Payloads::encode(&n).expect("a number can be written")
}
