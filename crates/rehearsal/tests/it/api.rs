//! What the API promises.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, Failure, Finding, Outcome,
    Report, Scenario, Status, Stub, Tape, Workflow, WorkflowError, secs,
};

const GREET: Workflow<String, String> = Workflow::new("Greet");
const TRANSLATE: Activity<String, String> = Activity::new("Translate");

async fn greet(ctx: Context, name: String) -> Result<String, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    ctx.execute(TRANSLATE, format!("hello {name}")).await
}

async fn translate(ctx: ActivityContext, text: String) -> Result<String, ActivityError> {
    if ctx.attempt() < 2 {
        return Err(ActivityError::from("the dictionary is lent out"));
    }
    Ok(text.replace("hello", "salut"))
}

fn scenario() -> Scenario {
    Scenario::new("greet").workflow(GREET, greet).client(|world| {
        let greeting = world.start(GREET, "greet-ada", "ada".to_owned());
        assert_eq!(world.wait(&greeting), Status::Completed);
    })
}

#[test]
fn scenarios_can_be_shared_and_results_sent() {
    fn shared<T: Clone + Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<Scenario>();
    shared::<Tape>();
    sent::<Outcome>();
    sent::<Report>();
    sent::<Failure>();
    sent::<Finding>();
}

#[test]
fn real_activity_code_runs_in_virtual_time_and_is_retried() {
    let outcome = scenario().activity(TRANSLATE, translate).run();

    let result = outcome.main().and_then(|main| main.result()).unwrap();
    assert_eq!(result.as_slice()[0].as_json(), Some("\"salut ada\""));
    let calls: Vec<(u32, u64)> =
        outcome.calls(TRANSLATE).map(|call| (call.attempt, call.started.as_secs())).collect();
    assert_eq!(calls, [(1, 0), (2, 1)]);
}

#[test]
fn a_stub_can_answer_each_attempt_in_its_own_way() {
    let flaky = Stub::fails(ActivityError::from("busy"))
        .then(Stub::returns("salut".to_owned()).after(secs(5)));
    let outcome = scenario().stub(TRANSLATE, flaky).run();

    let ended: Vec<u64> =
        outcome.calls(TRANSLATE).filter_map(|call| call.ended).map(|end| end.as_secs()).collect();
    assert_eq!(ended, [0, 6]);
}

#[test]
fn a_panic_of_activity_code_fails_the_attempt_and_is_retried() {
    async fn clumsy(ctx: ActivityContext, text: String) -> Result<String, ActivityError> {
        assert!(ctx.attempt() > 2, "no dictionary");
        Ok(text)
    }
    let outcome = scenario().activity(TRANSLATE, clumsy).run();
    assert_eq!(outcome.calls(TRANSLATE).count(), 3);
}

#[test]
fn a_closed_workflow_refuses_signals_but_not_cancels() {
    use rehearsal::Signal;
    const GO: Signal<u32> = Signal::new("go");

    let outcome = scenario()
        .stub(TRANSLATE, Stub::returns("salut".to_owned()))
        .client(|world| {
            let greeting = world.start(GREET, "greet-ada", "ada".to_owned());
            world.wait(&greeting);
            let refused = world.signal(&greeting, GO, 1).unwrap_err();
            assert_eq!(refused.to_string(), "workflow execution already completed");
            assert_eq!(world.cancel(&greeting), Ok(()));
            let unknown = world.cancel_workflow("nobody", None, "").unwrap_err();
            assert_eq!(unknown.to_string(), "workflow not found for ID: nobody");
        })
        .run();
    assert_eq!(outcome.executions.len(), 1);
}
