//! The cancellation sample, rehearsed as a user would in a test; the reports are snapshots for people.

use rehearsal::{Status, Tape, millis, timeline};
use rehearsal_examples::cancellation::{
    ACTIVITY_TO_BE_SKIPPED, CLEANUP_ACTIVITY, YOUR_WORKFLOW, rehearsal_of, your_workflow,
    your_workflow_careless, your_workflow_swallowing,
};

#[test]
fn canceled_by_its_client_while_the_activity_heartbeats() -> Result<(), rehearsal::Failure> {
    let outcome = rehearsal_of("cancellation")
        .workflow(YOUR_WORKFLOW, your_workflow)
        .client(|world| {
            let order = world.start(YOUR_WORKFLOW, "order-7", ());
            world.advance(millis(3500));
            world.cancel(&order).unwrap();
        })
        .try_run(&Tape::calm())?;

    assert_eq!(outcome.main().map(|main| main.status), Some(Status::Canceled));
    assert_eq!(outcome.calls(CLEANUP_ACTIVITY).count(), 1);
    assert_eq!(outcome.calls(ACTIVITY_TO_BE_SKIPPED).count(), 0);
    insta::assert_snapshot!(timeline(&outcome));
    Ok(())
}

#[test]
fn returning_the_canceled_error_closes_as_canceled_at_every_point() {
    let report = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow).sweep();
    insta::assert_snapshot!(report.table());
}

#[test]
fn swallowing_the_canceled_error_closes_as_completed_at_every_point() {
    let report =
        rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow_swallowing).sweep();
    insta::assert_snapshot!(report.table());
}

#[test]
fn cleanup_on_the_canceled_context_is_found_and_explained() {
    let failure = rehearsal_of("cancellation")
        .workflow(YOUR_WORKFLOW, your_workflow_careless)
        .try_sweep()
        .unwrap_err();
    insta::assert_snapshot!(failure.report());
}

/// What README shows is what the example prints.
#[test]
fn readme_shows_the_real_output() {
    let readme = include_str!("../../README.md");
    let block = |begin: &str| {
        let start =
            readme.find(&format!("```text\n{begin}")).expect("README shows it") + "```text\n".len();
        let end = readme[start..].find("```").expect("a block ends") + start;
        &readme[start..end]
    };
    let careless =
        rehearsal_of("cancellation-careless").workflow(YOUR_WORKFLOW, your_workflow_careless);
    let failure = careless.try_sweep().unwrap_err();
    // The test of a user has another name than this one.
    let report = failure.report().replace("readme_shows_the_real_output", "it_cleans_up");
    assert!(report.starts_with(block("RH201")), "{failure}");

    let report = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow).sweep();
    assert_eq!(block("canceled at every point"), report.table());
}
