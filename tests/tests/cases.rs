//! Cases that were kept are regression tests by being there: each still fails, in the same way, event for event.
//!
//! A scenario of this table whose case is to be written anew: `REHEARSAL_CASES="$PWD/fixtures/cases" cargo test -p
//! rehearsal-tests --test cases`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rehearsal::{
    Activity, ActivityOptions, Case, Check, Code, Context, Exploration, Finding, Outcome,
    RetryPolicy, Scenario, Status, Stub, Workflow, WorkflowError, secs,
};
use rehearsal_examples::cancellation::{YOUR_WORKFLOW, rehearsal_of, your_workflow_careless};

/// The scenarios of the cases. Each has one mistake that the calm run does not show.
const SCENARIOS: [fn() -> Scenario; 3] = [careless, hasty, forgetful];

const ORDER: Workflow<(), String> = Workflow::new("Order");
const CHARGE: Activity<(), ()> = Activity::new("Charge");
const PACK: Activity<(), ()> = Activity::new("Pack");

/// Cleans up on the canceled context.
fn careless() -> Scenario {
    rehearsal_of("cancellation-careless").workflow(YOUR_WORKFLOW, your_workflow_careless)
}

/// Takes for granted that of two activities that take equally long both have ended when one has.
fn hasty() -> Scenario {
    async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
        let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
        let (charged, packed) = (ctx.execute(CHARGE, ()), ctx.execute(PACK, ()));
        ctx.wait(|| charged.is_ready()).await?;
        Ok(if packed.is_ready() { "shipped" } else { "shipped an empty box" }.to_owned())
    }
    order_of("hasty").workflow(ORDER, order).check(Arc::new(BoxIsFull))
}

/// Starts an activity that is never tried again, and does not think of a worker that dies meanwhile.
fn forgetful() -> Scenario {
    async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
        let options = ActivityOptions::start_to_close(secs(10));
        let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
        let packed =
            ctx.with_activity_options(options.clone().with_retry_policy(once)).execute(PACK, ());
        ctx.with_activity_options(options).execute(CHARGE, ()).await?;
        packed.await?;
        Ok("shipped".to_owned())
    }
    order_of("forgetful")
        .workflow(ORDER, order)
        .stub(CHARGE, Stub::returns(()).after(secs(1)))
        .client(|world| {
            let order = world.start(ORDER, "order-7", ());
            assert_ne!(world.wait(&order), Status::Failed, "the order was lost");
        })
}

fn order_of(name: &str) -> Scenario {
    Scenario::new(name)
        .stub(CHARGE, Stub::returns(()).after(secs(2)))
        .stub(PACK, Stub::returns(()).after(secs(2)))
        .client(|world| {
            world.start(ORDER, "order-7", ());
        })
}

#[derive(Debug)]
struct BoxIsFull;

impl Check for BoxIsFull {
    fn check(&self, outcome: &Outcome) -> Vec<Finding> {
        let result = outcome.main().and_then(|main| main.result());
        let empty = result.is_some_and(|result| {
            result.as_slice().iter().any(|value| value.as_json() != Some("\"shipped\""))
        });
        empty.then(|| Finding::new(Code::Custom, "the box is empty")).into_iter().collect()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/cases")
}

/// The cases by the names of their files.
fn cases() -> Vec<(String, Case)> {
    let mut cases: Vec<(String, Case)> = fs::read_dir(folder())
        .expect("the folder of the cases")
        .map(|entry| entry.expect("a file of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a text");
            let case = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, case)
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

#[test]
fn every_case_still_fails_as_it_says() {
    for (name, case) in cases() {
        let scenario = SCENARIOS
            .iter()
            .map(|scenario| scenario())
            .find(|scenario| scenario.name() == case.scenario())
            .unwrap_or_else(|| panic!("{name}: no scenario `{}` in the table", case.scenario()));
        let failure = match scenario.try_case(&case) {
            Err(failure) => failure,
            Ok(outcome) => {
                panic!("{name}: does not fail any more: {:?}", case.difference(&outcome))
            }
        };
        let again = failure.case().unwrap();
        assert_eq!(again.finding(), case.finding(), "{name}: {failure}");
        assert_eq!(again.choices(), case.choices(), "{name}: {failure}");
        assert!(!failure.report().contains("not the run of the case"), "{name}: {failure}");
    }
}

#[test]
fn every_scenario_has_its_case() {
    let kept: BTreeSet<String> =
        cases().into_iter().map(|(_, case)| case.scenario().to_owned()).collect();
    let known: BTreeSet<String> =
        SCENARIOS.iter().map(|scenario| scenario().name().to_owned()).collect();
    assert_eq!(kept, known);
}

/// An exploration finds each mistake. A cancel, a crash, or an order of three steps is left of it. The reports are for
/// people.
#[test]
fn an_exploration_finds_every_mistake_and_shrinks_it() {
    for scenario in [careless(), hasty(), forgetful()] {
        let failure = scenario.try_explore(Exploration::new(200)).unwrap_err();
        assert!(failure.tape().len() <= 3, "{failure}");
        insta::assert_snapshot!(scenario.name(), failure.report());
    }
}
