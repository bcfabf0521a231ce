//! Known defects of the SDK: named by a code of their own, or accepted and counted.

use std::time::Duration;

use rehearsal::{Code, KnownDefect, OfficialWorld as _, Scenario, Tape, secs};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    SyncWorkflowContext, TimerOptions, WorkflowCancellationToken, WorkflowContext, WorkflowResult,
};

/// Naps in the workflow's own scope, while its tasks take long.
#[workflow]
#[derive(Debug, Default)]
pub struct Doze;

#[workflow_methods]
impl Doze {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        ctx.timer(Duration::from_secs(3)).await;
        let detached = TimerOptions::builder(Duration::from_secs(1))
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        ctx.timer(detached).await;
        Ok(())
    }

    #[signal]
    #[expect(clippy::unused_self, reason = "the SDK wants it so")]
    pub fn poke(&mut self, _ctx: &mut SyncWorkflowContext<Self>) {}
}

#[test]
fn a_known_defect_of_the_sdk_has_a_code_of_its_own() {
    // C-39a: the second task takes from 1 s to 4 s; the cancel comes at 2 s, the timer fires at 3 s.
    let scenario = Scenario::new("doze").official::<Doze>().hold(2, secs(3)).client(|world| {
        let doze = world.start_official::<Doze>("doze-1", ());
        world.advance(secs(1));
        world.signal_official(&doze, Doze::poke, ()).unwrap();
        world.advance(secs(1));
        world.cancel(&doze).unwrap();
    });
    let failure = scenario.try_run(&Tape::calm()).unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::SdkDefect);
    assert!(failure.findings()[0].headline.contains("C-39a"), "{failure}");
}

#[test]
fn a_known_defect_that_is_accepted_is_counted_by_sweeps_and_explorations() {
    let scenario = Scenario::new("doze")
        .official::<Doze>()
        .hold(2, secs(3))
        .client(|world| {
            let doze = world.start_official::<Doze>("doze-1", ());
            world.advance(secs(1));
            let _closed = world.signal_official(&doze, Doze::poke, ());
        })
        .accept(KnownDefect::CanceledTimer, "cured in the next SDK");
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(str::trim)
            .filter(|line| line.contains("accepted"))
            .map(str::to_owned)
            .collect()
    };
    insta::assert_snapshot!(lines(&scenario.sweep().table()).join("\n"), @"
    known defect C-39a accepted, runs: 28 (cured in the next SDK)
    ");
    insta::assert_snapshot!(lines(&scenario.explore(200).to_string()).join("\n"), @"
    known defect C-39a accepted, runs: 19 (cured in the next SDK)
    ");
}
