//! A history that a real server recorded goes on from every moment; the table is a snapshot for people.

use rehearsal::{EventId, Status, replay, timeline};
use rehearsal_examples::cancellation::{
    RECORDED, YOUR_WORKFLOW, rehearsal_of, your_workflow, your_workflow_careless,
};

#[test]
fn the_sample_is_swept_from_every_moment_of_a_recorded_history() {
    let scenario = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow);
    let report = scenario.sweep_forks(&replay(RECORDED));
    insta::assert_snapshot!(report.table());

    let page = include_str!("../../docs/fork.md");
    assert!(page.contains(&format!("```text\n{}```", report.table())), "the page shows it");
}

#[test]
fn nobody_cancels_and_the_activity_goes_on() -> Result<(), Box<dyn std::error::Error>> {
    let scenario = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow);
    let fork = scenario.fork(&replay(RECORDED), EventId(5))?.client(|world| {
        let run = world.forked().expect("it was recorded");
        world.advance(rehearsal::secs(2));
        world.terminate(&run, "enough seen").expect("it runs");
    });
    let outcome = fork.try_run(&rehearsal::Tape::calm())?;
    assert_eq!(outcome.main_status(), Status::Terminated);
    insta::assert_snapshot!(timeline(&outcome));
    Ok(())
}

/// The mistake was made before, and is found in what comes of the history: cleanup is skipped.
#[test]
fn careless_code_is_found_where_the_history_lets_it_go_on() {
    let scenario = rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow_careless);
    let failure =
        scenario.fork(&replay(RECORDED), EventId(5)).unwrap().try_run(&rehearsal::Tape::calm());
    assert_eq!(failure.unwrap_err().findings()[0].code, rehearsal::Code::CleanupMissing);
}
