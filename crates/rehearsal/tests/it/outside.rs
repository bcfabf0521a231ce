//! Activities that are ended from outside.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Limits, Payloads,
    Scenario, Status, WorkerSpec, Workflow, World, mins, secs,
};

const ORDER: Workflow<(), u32> = Workflow::new("Order");
const ASK: Activity<(), u32> = Activity::new("Ask");

/// Waits for an answer.
fn order_with(options: ActivityOptions) -> Scenario {
    let workflow = move |ctx: Context, (): ()| {
        let options = options.clone().with_id("ask");
        async move { ctx.with_activity_options(options).execute(ASK, ()).await }
    };
    Scenario::new("order").workflow(ORDER, workflow)
}

fn order() -> Scenario {
    order_with(ActivityOptions::start_to_close(mins(10))).activity(ASK, ask)
}

async fn ask(_: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    Err(ActivityError::result_pending())
}

fn result(world: World) -> (usize, u32) {
    let outcome = world.finish();
    let main = outcome.main().expect("it was started");
    let result = Payloads::decode(main.result()).expect("a number");
    (outcome.calls(ASK).count(), result)
}

#[test]
fn a_worker_that_stops_or_dies_does_not_end_it() {
    for first in [WorkerSpec::new("main"), WorkerSpec::new("main").crash()] {
        let second = WorkerSpec::new("main").from(secs(6));
        let scenario = order().worker(first.until(secs(5))).worker(second);
        let mut world = scenario.world();
        let order = world.start(ORDER, "order-7", ());
        world.advance(mins(9));
        world.complete_activity((&order, "ask"), 7).unwrap();

        assert_eq!(world.wait(&order), Status::Completed);
        assert_eq!(result(world), (1, 7));
    }
}

#[test]
fn the_code_of_the_activity_can_tell_its_token() {
    let mut world = order().world();
    let order = world.start(ORDER, "order-7", ());
    world.advance(mins(1));
    let tokens = world.activity_tokens("order-7", "ask");
    assert_eq!(tokens.len(), 1);
    world.complete_activity(tokens[0], 7).unwrap();

    assert_eq!(world.wait(&order), Status::Completed);
    assert!(world.complete_activity(tokens[0], 8).is_err());
}

#[test]
fn one_that_nobody_completes_says_what_it_waits_for() {
    // The steps until the worker has let go of it.
    let limits = Limits { steps: 6, ..Limits::default() };
    let scenario = order().limits(limits);
    let scenario = scenario.client(|world| drop(world.start(ORDER, "order-7", ())));
    let Err(failure) = scenario.try_sweep() else { panic!("it is stopped") };

    assert_eq!(failure.findings()[0].code, Code::Limit);
    assert_eq!(
        failure.findings()[0].details,
        ["order-7 waits for Ask: attempt 1 of no limit, to be completed from outside"]
    );
}

#[test]
fn an_answer_to_an_attempt_that_timed_out_is_found() {
    let scenario = order().client(|world| {
        let order = world.start(ORDER, "order-7", ());
        world.advance(mins(1));
        let tokens = world.activity_tokens("order-7", "ask");
        world.advance(mins(14));
        for token in tokens {
            let _answer = world.complete_activity(token, 7);
        }
        let _answer = world.complete_activity((&order, "ask"), 8);
    });
    let Err(failure) = scenario.clone().try_sweep() else { panic!("an answer is lost") };
    let codes: Vec<Code> = failure.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::ResultTooLate], "{failure}");
    insta::assert_snapshot!(failure.findings()[0].details.join("\n"), @"
    it came at 15m, for an attempt that had timed out; the workflow waits for another
    the service answered: invalid activityID or activity already timed out or invoking workflow is completed
    ");

    assert!(scenario.expect_failing(ASK).try_sweep().is_ok());
}

/// C-33: the worker sends what it has held back when the code hands the activity over.
#[test]
fn what_was_held_back_is_sent_before_the_worker_lets_go() {
    async fn beats(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
        if let Some(last) = ctx.heartbeat_details::<u32>() {
            return Ok(last);
        }
        ctx.heartbeat(1);
        ctx.sleep(secs(1)).await;
        ctx.heartbeat(2);
        Err(ActivityError::result_pending())
    }
    let options = ActivityOptions::start_to_close(mins(10)).with_heartbeat(secs(10));
    let mut world = order_with(options).activity(ASK, beats).world();
    let order = world.start(ORDER, "order-7", ());

    assert_eq!(world.wait(&order), Status::Completed);
    assert_eq!(result(world), (2, 2));
}

/// C-25: a client that heartbeats is told of the cancel, and confirms it.
#[test]
fn a_client_that_heartbeats_is_told_of_the_cancel() {
    let options = ActivityOptions::start_to_close(mins(10))
        .with_heartbeat(secs(10))
        .with_wait_for_cancellation();
    let mut world = order_with(options).activity(ASK, ask).world();
    let order = world.start(ORDER, "order-7", ());
    world.advance(secs(5));
    assert_eq!(world.heartbeat_activity((&order, "ask"), 1), Ok(false));
    world.cancel(&order).unwrap();
    world.advance(secs(5));
    assert_eq!(world.heartbeat_activity((&order, "ask"), 2), Ok(true));
    world.cancel_activity((&order, "ask"), "stopped").unwrap();

    assert_eq!(world.wait(&order), Status::Canceled);
}
