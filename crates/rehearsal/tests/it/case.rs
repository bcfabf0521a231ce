//! A failing run is repeated by one environment variable.

use std::process::Command;

use rehearsal::{
    Activity, ActivityOptions, Context, Scenario, Stub, Workflow, WorkflowError, check, secs,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const REFUND: Activity<(), ()> = Activity::new("Refund");

async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let waited = ctx.sleep(secs(5)).await;
    if ctx.is_canceled() {
        let options = ActivityOptions::start_to_close(secs(10));
        ctx.with_activity_options(options).execute(REFUND, ()).await?;
    }
    waited
}

fn scenario() -> Scenario {
    Scenario::new("ship-careless")
        .workflow(SHIP, ship)
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            world.start(SHIP, "order-7", ());
        })
        .check(check::cleanup_iff_canceled(REFUND))
}

/// What the environment variable asks for is looked at in a process of its own, so that no other test sees it.
#[test]
fn the_printed_line_repeats_exactly_that_run() {
    let failure = scenario().try_sweep().unwrap_err();
    let line = failure.report().lines().find(|line| line.contains("REHEARSAL_CASE")).unwrap();
    let case = line.split('\'').nth(1).unwrap();
    assert_eq!(case, format!("ship-careless/{}", failure.tape()));

    let output = Command::new(std::env::current_exe().unwrap())
        .args(["case::repeated_in_a_process_of_its_own", "--exact", "--nocapture"])
        .env("REHEARSAL_CASE", case)
        .env("REHEARSAL_TEST_REPEATED", failure.tape().to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Run by the test above with the variable set; alone it has nothing to repeat.
#[test]
fn repeated_in_a_process_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "set by the test above for its child process")]
    let Ok(tape) = std::env::var("REHEARSAL_TEST_REPEATED") else { return };
    let failure = scenario().try_sweep().unwrap_err();
    assert_eq!(failure.tape().to_string(), tape);
    assert_eq!(failure.findings().len(), 1);
}
