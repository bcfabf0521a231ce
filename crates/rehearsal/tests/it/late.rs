//! Deadlines that are armed nearer than a second: when they go off is a choice (T-9).

use std::sync::Arc;

use rehearsal::{
    Activity, ActivityOptions, Check, ChoiceKind, Code, Context, Either, Exploration, Finding,
    Outcome, Scenario, Stub, Workflow, WorkflowError, millis, secs, select,
};

const WORKFLOW: Workflow<(), String> = Workflow::new("Workflow");
const WORK: Activity<(), ()> = Activity::new("Work");

/// Takes what is first: an activity of 0.7 s, or a timer of 0.3 s.
async fn first(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    match select(ctx.execute(WORK, ()), ctx.timer(millis(300))).await {
        Either::Left(_) => Ok("work".to_owned()),
        Either::Right(_) => Ok("timer".to_owned()),
    }
}

fn scenario() -> Scenario {
    Scenario::new("late")
        .workflow(WORKFLOW, first)
        .stub(WORK, Stub::returns(()).after(millis(700)))
        .client(|world| {
            world.start(WORKFLOW, "late-1", ());
        })
}

fn winner(outcome: &Outcome) -> Option<String> {
    let result = outcome.main()?.result()?.as_slice().first()?;
    Some(String::from_utf8_lossy(&result.data.0).into_owned())
}

/// Finds fault with a run in which the timer was first.
#[derive(Debug)]
struct WorkWins;

impl Check for WorkWins {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let lost = winner(outcome).is_some_and(|winner| winner.contains("timer"));
        lost.then(|| Finding::new(Code::EndsTooLate, "the timer was first")).into_iter().collect()
    }
}

#[test]
fn a_short_timer_is_late_in_the_calm_run_and_elsewhere_on_time() {
    let scenario = scenario();
    let won = |tape: &str| {
        let outcome = scenario.try_run(&tape.parse().unwrap()).unwrap();
        assert_eq!(outcome.record.asked[&ChoiceKind::Late], 1);
        winner(&outcome).unwrap()
    };

    assert!(won("").contains("work"), "the queues were read at the start: 1 s");
    assert!(won("late.0.0=1").contains("timer"), "on time: 0.3 s");
    assert!(won("late.0.0=2").contains("timer"), "half way: 0.65 s");
}

#[test]
fn what_fails_only_on_time_is_found_and_shrunk_to_one_deadline() {
    let scenario = scenario().without_faults().check(Arc::new(WorkWins));
    assert!(winner(&scenario.run()).unwrap().contains("work"), "the calm run is sound");
    let failure = scenario.try_explore(Exploration::new(100)).unwrap_err();

    assert_eq!(failure.tape().to_string(), "late.0.0=1");
    let told = "a deadline went off at 0.3s instead of 1s, late.0.0";
    assert!(failure.report().contains(told), "{}", failure.report());
}
