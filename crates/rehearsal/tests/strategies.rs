//! Property tests of workflows: cancels and client scripts at arbitrary points, and what they shrink to.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRng, TestRunner};
use rehearsal::strategy::{
    ClientAction, ClientActions, InputFailure, cancellation_points, client_scripts,
    client_scripts_of, explore_inputs, fault_plans, play,
};
use rehearsal::{
    Activity, ActivityOptions, ChildOptions, ChoiceKind, Context, Exploration, Query, Scenario,
    Signal, Stub, Tape, Workflow, WorkflowError, check, hours, millis, secs,
};

const ORDER: Workflow<(), u32> = Workflow::new("Order");
const CHILD: Workflow<(), ()> = Workflow::new("Child");
const PACK: Activity<(), ()> = Activity::new("Pack");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const ADD: Signal<u32> = Signal::new("add");
const HURRY: Signal<()> = Signal::new("hurry");

async fn pack(ctx: &Context) -> Result<(), WorkflowError> {
    ctx.sleep(secs(3)).await?;
    ctx.execute(PACK, ()).await
}

async fn careful(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let packed = pack(&ctx).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    packed.map(|()| 0)
}

/// Cleans up only if the sleep was canceled, not the activity.
async fn careless(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let slept = ctx.sleep(secs(3)).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    slept?;
    ctx.execute(PACK, ()).await?;
    Ok(0)
}

fn scenario() -> Scenario {
    Scenario::new("order")
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            world.start(ORDER, "order-7", ());
        })
        .check(check::cleanup_iff_canceled(REFUND))
}

fn holds<S: Strategy>(
    cases: &S,
    law: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), TestError<S::Value>> {
    let config = Config { failure_persistence: None, cases: 256, ..Config::default() };
    TestRunner::new_with_rng(config, rng()).run(cases, law)
}

/// The same cases in every run of the test.
fn rng() -> TestRng {
    TestRng::deterministic_rng(Config::default().rng_algorithm)
}

#[test]
fn a_workflow_that_cleans_up_holds_wherever_it_is_canceled() {
    let order = scenario().workflow(ORDER, careful);
    let held = holds(&cancellation_points(&order), |tape| {
        order.try_run(&tape).map(drop).map_err(|failure| TestCaseError::fail(failure.to_string()))
    });
    assert_eq!(held, Ok(()));
}

#[test]
fn what_fails_shrinks_to_one_cancel_at_the_earliest_point() {
    let order = scenario().workflow(ORDER, careless);
    let law =
        |tape: Tape| order.try_run(&tape).map(drop).map_err(|_| TestCaseError::fail("no cleanup"));
    let Err(TestError::Fail(_, tape)) = holds(&cancellation_points(&order), law) else {
        panic!("the mistake is not found");
    };
    let answers: Vec<usize> = tape.iter().map(|(_, answer)| answer).collect();
    assert_eq!(answers, [1], "{tape}");

    // The sweep goes over the points in order, so what it finds first is the earliest.
    let swept = order.try_sweep().unwrap_err();
    assert_eq!(&tape, swept.tape());
}

/// Packs, and gives up at the second attempt of it.
async fn impatient(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10));
    ctx.with_activity_options(options).execute(PACK, ()).await.map(|()| 0)
}

#[test]
fn a_fault_plan_shrinks_to_the_one_fault_that_matters() {
    let twice = check::always("it is packed once", |outcome| match outcome.calls(PACK).count() {
        0 | 1 => Ok(()),
        calls => Err(format!("{calls} times")),
    });
    let order = Scenario::new("order")
        .workflow(ORDER, impatient)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .client(|world| drop(world.start(ORDER, "order-7", ())))
        .check(twice);
    let law = |tape: Tape| order.try_run(&tape).map(drop).map_err(|_| TestCaseError::fail("twice"));
    let Err(TestError::Fail(_, tape)) = holds(&fault_plans(&order, ChoiceKind::FAULTS, 4), law)
    else {
        panic!("the mistake is not found");
    };
    assert_eq!(tape.len(), 1, "{tape}");
    assert!(tape.iter().all(|(key, answer)| key.kind.is_fault() && answer == 1), "{tape}");
    // Of kinds that the calm run does not ask for there is nothing to strike.
    assert_eq!(holds(&fault_plans(&order, [ChoiceKind::Signal], 4), law), Ok(()));
    assert_eq!(holds(&fault_plans(&order, [], 4), law), Ok(()));
}

/// Has its child pack, and cannot cope with a child that somebody else cancels.
async fn parent(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let options = ChildOptions::new().with_id("child-7");
    let packed = ctx.with_child_options(options).execute_child(CHILD, ()).await;
    let lost = packed.as_ref().is_err_and(|error| error.as_child_workflow().is_some());
    assert!(!lost || ctx.is_canceled(), "somebody has canceled the child");
    packed.map(|()| 0)
}

async fn child(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.sleep(secs(3)).await
}

fn family(script: ClientActions) -> Scenario {
    let family = Scenario::new("family").workflow(ORDER, parent).workflow(CHILD, child);
    family.client(move |world| {
        let order = world.start(ORDER, "order-7", ());
        play(world, &order, &script);
    })
}

#[test]
fn a_child_is_canceled_too() {
    let order = family(Vec::new());
    let law =
        |tape: Tape| order.try_run(&tape).map(drop).map_err(|_| TestCaseError::fail("it panics"));
    let Err(TestError::Fail(_, tape)) = holds(&cancellation_points(&order), law) else {
        panic!("the mistake is not found");
    };
    let executions: Vec<u32> = tape.iter().map(|(key, _)| key.execution).collect();
    assert_eq!(executions, [1], "{tape}");

    let actions = [ClientAction::Cancel, ClientAction::cancel_of("child-7")];
    let scripts = client_scripts(&order, actions.clone(), secs(5), 3);
    let law = |script: ClientActions| {
        let run = family(script).try_run(&Tape::calm());
        run.map(drop).map_err(|_| TestCaseError::fail("it panics"))
    };
    let Err(TestError::Fail(_, script)) = holds(&scripts, law) else {
        panic!("the mistake is not found");
    };
    let [(_, action)] = script.as_slice() else { panic!("{script:?} is not the smallest") };
    assert_eq!(action, &actions[1]);
}

/// Adds up what it is sent within ten seconds, and forgets what comes behind a hurry.
async fn sum(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let (added, hurry) = (ctx.signals(ADD), ctx.signals(HURRY));
    ctx.wait_timeout(secs(10), || !hurry.is_empty()).await?;
    Ok(std::iter::from_fn(|| added.try_recv()).sum())
}

fn actions() -> [ClientAction; 3] {
    [ClientAction::signal(ADD, 1), ClientAction::signal(HURRY, ()), ClientAction::Cancel]
}

fn played(script: ClientActions) -> Scenario {
    Scenario::new("sum").workflow(ORDER, sum).client(move |world| {
        let order = world.start(ORDER, "order-7", ());
        play(world, &order, &script);
    })
}

#[test]
fn a_script_shrinks_to_the_fewest_and_earliest_actions() {
    let scripts = client_scripts(&played(Vec::new()), actions(), secs(20), 6);
    let law = |script: ClientActions| {
        let sent = script.iter().filter(|(_, action)| *action == actions()[0]).count();
        let outcome = played(script).try_run(&Tape::calm());
        let outcome = outcome.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        let result = outcome.main().and_then(|main| main.result());
        let Some(result) = result else { return Ok(()) };
        let sent = sent.to_string();
        prop_assert_eq!(result.as_slice()[0].as_json(), Some(sent.as_str()));
        Ok(())
    };
    let Err(TestError::Fail(_, script)) = holds(&scripts, law) else {
        panic!("the mistake is not found");
    };
    // Something is added after the end, or after a hurry.
    let adds = script.iter().filter(|(_, action)| *action == actions()[0]).count();
    assert_eq!(adds, 1, "{script:?}");
    assert!(script.len() <= 2 && script.iter().all(|(at, _)| *at <= millis(10_001)), "{script:?}");
}

#[test]
fn arguments_shrink_with_the_script() {
    const ADDED: Query<(), u32> = Query::new("added");
    let action = prop_oneof![
        (0..100_u32).prop_map(|count| ClientAction::signal(ADD, count)),
        Just(ClientAction::query(ADDED, ())),
        Just(ClientAction::Cancel),
    ];
    let scripts = client_scripts_of(&played(Vec::new()), action, secs(9), 5);
    let law = |script: ClientActions| {
        let outcome = played(script).try_run(&Tape::calm());
        let outcome = outcome.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        let sum = outcome.main().and_then(|main| main.result()?.as_slice()[0].as_json());
        let sum: u32 = sum.and_then(|sum| sum.parse().ok()).unwrap_or(0);
        if sum < 40 { Ok(()) } else { Err(TestCaseError::fail("too much")) }
    };
    let Err(TestError::Fail(_, script)) = holds(&scripts, law) else {
        panic!("the mistake is not found");
    };
    assert_eq!(script, [(secs(0), ClientAction::signal(ADD, 40))]);
}

/// Takes objections for 20 s, 29 hours after the start, and cannot cope with any.
async fn objected(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let objections = ctx.signals(HURRY);
    ctx.sleep(hours(29)).await?;
    let early = objections.len();
    ctx.sleep(secs(20)).await?;
    assert_eq!(objections.len(), early, "somebody objects");
    ctx.sleep(hours(1)).await?;
    Ok(0)
}

/// In 64 cases at most, the number that proptest users have in a hurry; from several seeds, so that it is no luck.
#[test]
fn a_window_of_seconds_in_a_run_of_days_is_found() {
    let scenario = |script: ClientActions| {
        Scenario::new("objected").workflow(ORDER, objected).client(move |world| {
            let order = world.start(ORDER, "order-7", ());
            play(world, &order, &script);
        })
    };
    let actions = [ClientAction::signal(HURRY, ()), ClientAction::Cancel];
    let scripts = client_scripts(&scenario(Vec::new()), actions, hours(30), 4);
    for seed in 0..8 {
        let config = Config { failure_persistence: None, cases: 64, ..Config::default() };
        let rng = TestRng::from_seed(Config::default().rng_algorithm, &[seed; 32]);
        let law = |script: ClientActions| {
            let run = scenario(script).try_run(&Tape::calm());
            run.map(drop).map_err(|failure| TestCaseError::fail(failure.to_string()))
        };
        let Err(TestError::Fail(_, script)) =
            TestRunner::new_with_rng(config, rng).run(&scripts, law)
        else {
            panic!("with seed {seed} the window is missed");
        };
        let [(at, _)] = script.as_slice() else { panic!("{script:?} is not the smallest") };
        assert!((hours(29)..=hours(29) + secs(20)).contains(at), "{at:?}");
    }
}

proptest! {
    /// A script is in the order of time, and keeps to what was asked for.
    #[test]
    fn scripts_are_in_order_and_within_bounds(script in client_scripts(&played(Vec::new()), actions(), secs(5), 4)) {
        prop_assert!(script.len() <= 4);
        prop_assert!(script.is_sorted_by_key(|(at, _)| *at));
        prop_assert!(script.iter().all(|(at, _)| *at <= secs(5)));
    }

    /// Without anything to do nothing is done.
    #[test]
    fn without_actions_a_script_is_empty(script in client_scripts(&played(Vec::new()), [], secs(5), 4)) {
        prop_assert!(script.is_empty());
    }
}

/// The mistake: of several parcels only one is taken back. It shows if two were packed and a third one was not.
async fn parcels(ctx: Context, count: u32) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let mut packed = Ok(());
    for _ in 0..count {
        packed = packed.and(ctx.execute(PACK, ()).await);
    }
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    packed.map(|()| count)
}

const PARCELS: Workflow<u32, u32> = Workflow::new("Parcels");

fn of_parcels(count: u32) -> Scenario {
    Scenario::new("parcels")
        .workflow(PARCELS, parcels)
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .stub(REFUND, Stub::returns(()))
        .client(move |world| drop(world.start(PARCELS, "parcels-7", count)))
        .check(check::compensated_at_least_once(PACK, REFUND))
}

#[test]
fn an_input_is_shrunk_with_its_tape() {
    let found = |seed| {
        let exploration = Exploration::new(60).with_seed(seed);
        explore_inputs(&(0..9_u32), 20, exploration, of_parcels).unwrap_err()
    };
    for seed in 0..4 {
        let InputFailure { input, failure } = found(seed);
        assert_eq!(input, 3, "{failure}");
        assert_eq!(failure.tape().len(), 1, "{failure}");
        // It is the run of that input.
        assert!(of_parcels(input).try_run(failure.tape()).is_err());
    }
    insta::assert_snapshot!(found(0));
    assert_eq!(found(1).to_string(), found(1).to_string());
}

#[test]
fn inputs_without_a_mistake_are_all_explored() {
    assert!(explore_inputs(&(0..3_u32), 5, Exploration::new(20), of_parcels).is_ok());
}
