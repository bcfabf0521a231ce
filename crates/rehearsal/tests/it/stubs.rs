//! What a stub may do besides what it is described with, and when a worker that died comes back.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityError, ActivityOptions, ChoiceKind, Code, Context, Exploration, Outcome,
    Scenario, Status, Stub, Tape, Workflow, mins, secs,
};

const BUY: Workflow<(), String> = Workflow::new("Buy");
const CHARGE: Activity<(), String> = Activity::new("Charge");

fn buying(stub: Stub<String>) -> Scenario {
    buying_within(mins(2), stub)
}

fn buying_within(limit: Duration, stub: Stub<String>) -> Scenario {
    let buy = move |ctx: Context, ()| async move {
        let options = ActivityOptions::start_to_close(limit);
        ctx.with_activity_options(options).execute(CHARGE, ()).await
    };
    Scenario::new("buying").workflow(BUY, buy).stub(CHARGE, stub).client(|world| {
        world.start(BUY, "order-7", ());
    })
}

fn receipt() -> Stub<String> {
    Stub::returns("receipt 7".to_owned()).after(secs(2))
}

/// What a run did: what struck, how long it took, and how many attempts.
fn told(scenario: &Scenario, tape: &str) -> String {
    let outcome = scenario.try_run(&tape.parse().expect("a tape")).expect("nothing is found");
    let main = outcome.main().expect("it is started");
    let took = main.history.last().expect("it is over").time.since(outcome.record.began);
    let struck: Vec<String> =
        outcome.record.strikes.iter().map(|strike| strike.what.to_string()).collect();
    let calls = outcome.calls(CHARGE).count();
    let struck = if struck.is_empty() { "nothing struck".to_owned() } else { struck.join("; ") };
    format!("{tape}: {:?} after {took:?}, {calls} attempts; {struck}", main.status)
}

#[test]
fn a_stub_does_what_it_may() {
    let scenario = buying(receipt().or_fails("busy".into()).or_takes(secs(1)..mins(1)));
    let tapes = ["", "stub.0.0=1", "stub.0.0=2", "stub.0.0=3", "stub.0.0=4", "stub.0.0=5"];
    insta::assert_snapshot!(tapes.map(|tape| told(&scenario, tape)).join("\n"), @r#"
    : Completed after 2s, 1 attempts; nothing struck
    stub.0.0=1: Completed after 5s, 2 attempts; the stub of activity Charge, attempt 1, failed with "busy"
    stub.0.0=2: Completed after 1s, 1 attempts; the stub of activity Charge, attempt 1, took 1s
    stub.0.0=3: Completed after 20.666s, 1 attempts; the stub of activity Charge, attempt 1, took 20.666s
    stub.0.0=4: Completed after 40.333s, 1 attempts; the stub of activity Charge, attempt 1, took 40.333s
    stub.0.0=5: Completed after 59.999s, 1 attempts; the stub of activity Charge, attempt 1, took 59.999s
    "#);
}

#[test]
fn a_worker_that_died_is_started_again_late() {
    let scenario = buying_within(secs(10), receipt());
    let tapes = ["die.0.0=1", "die.0.0=1,back.0.0=1"];
    insta::assert_snapshot!(tapes.map(|tape| told(&scenario, tape)).join("\n"), @"
    die.0.0=1: Completed after 13s, 2 attempts; the worker died in activity Charge, attempt 1, before its code ran
    die.0.0=1,back.0.0=1: Completed after 62s, 2 attempts; the worker died in activity Charge, attempt 1, before its code ran; worker-1, which had died, was started again 1m later
    ");
}

fn asked(outcome: &Outcome, kind: ChoiceKind) -> u32 {
    outcome.record.asked.get(&kind).copied().unwrap_or_default()
}

/// A stub that says nothing is not asked, so that nothing is another run than it was.
#[test]
fn only_a_stub_that_may_do_something_is_asked() {
    let calm = |stub| buying(stub).try_run(&Tape::calm()).unwrap();
    assert_eq!(asked(&calm(receipt()), ChoiceKind::Stub), 0);
    let may = calm(receipt().or_fails("busy".into()));
    assert_eq!(asked(&may, ChoiceKind::Stub), 1);
    assert_eq!(may.main().map(|main| main.status), Some(Status::Completed));
    let none = buying(receipt().or_fails("busy".into())).without_faults();
    assert_eq!(asked(&none.run(), ChoiceKind::Stub), 0);
    let refused = none.try_run(&"stub.0.0=1".parse().unwrap()).unwrap_err();
    assert_eq!(refused.findings()[0].code, Code::Setup);
}

/// What stubs may do in a row adds up; a failure is the one that the stub says, for good if it says so.
#[test]
fn an_exploration_comes_to_what_a_stub_may_do() {
    let empty = ActivityError::application("the card is empty", "NoMoney").non_retryable();
    let both =
        Stub::fails("busy".into()).then(receipt().or_fails(empty).or_takes(secs(1)..mins(5)));
    let explored = buying(both).try_explore(Exploration::new(2_000)).unwrap();
    let struck = |answer| {
        explored.runs().any(|(tape, _)| {
            tape.iter().any(|(key, of)| key.kind == ChoiceKind::Stub && of == answer)
        })
    };
    assert!((1..=5).all(struck));
    assert!(explored.runs().any(|(_, status)| status == Status::Failed));
}
