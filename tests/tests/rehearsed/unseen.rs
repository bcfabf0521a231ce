//! What no run saw: said at the end, or found where the scenario is strict.

use rehearsal::{ActivityError, Code, Context, Exploration, Failure, Stub, Tape, check, secs};

use crate::{PACK, PRINT, SHIP, options, ship_somehow, unattended, unseen};

#[test]
fn what_no_run_saw_is_said_at_the_end() {
    let scenario = unattended().check(check::compensated_exactly_once(PRINT, PRINT));
    insta::assert_snapshot!(scenario.sweep().table());
    let explored = scenario.explore(50);
    assert_eq!(explored.unseen(), scenario.sweep().unseen());
    // A table is kept as a snapshot, so it names no line of code; a report does.
    let places: Vec<Option<&str>> =
        explored.unseen().iter().map(|unseen| unseen.at.as_deref()).collect();
    let [Some(signal), None] = places.as_slice() else { panic!("{places:?}") };
    assert!(signal.starts_with("rehearsed/main.rs:"), "{signal}");
    for report in [scenario.sweep().to_string(), explored.to_string()] {
        let line = format!("not seen in any run: signal `approve` comes, asked for at {signal}");
        assert!(report.contains(&line), "{report}");
    }
    let last = explored.to_string().lines().last().map(str::to_owned);
    let judged = "  not seen in any run: anything that the check about Print could judge";
    assert_eq!(last.as_deref(), Some(judged));
}

#[test]
fn what_is_meant_or_skipped_is_not_missed() {
    // On a canceled context, nothing is waited for in earnest.
    let skips = |ctx: Context, order: u64| async move {
        let packed = ctx.with_activity_options(options()).execute(PACK, order).await;
        if ctx.is_canceled() {
            let _skipped = ctx.with_activity_options(options()).execute(PRINT, ()).await;
            let _canceled = ctx.timer(secs(7)).await;
        }
        packed
    };
    assert_eq!(unseen(&unattended().workflow(SHIP, skips)), [""; 0]);

    let fails = Stub::fails(ActivityError::from("no box").non_retryable());
    let somehow = unattended().workflow(SHIP, ship_somehow).stub(PACK, fails);
    assert_eq!(unseen(&somehow), [""; 0]);
    let failing = unattended().workflow(SHIP, ship_somehow).activity(PACK, crate::fails);
    assert_eq!(unseen(&failing), ["RH603 activity Pack succeeds"]);
    assert_eq!(unseen(&failing.expect_failing(PACK)), [""; 0]);
}

#[test]
fn it_is_a_finding_where_that_is_asked_for() {
    let scenario = unattended().check(check::compensated_exactly_once(PRINT, PRINT)).strict();
    let codes = |failure: &Failure| -> Vec<Code> {
        failure.findings().iter().map(|finding| finding.code).collect()
    };
    let failure = scenario.try_sweep().unwrap_err();
    assert_eq!(codes(&failure), [Code::NeverPassed, Code::NeverJudged]);
    let asked = failure.findings()[0].details[0].clone();
    assert!(asked.starts_with("asked for at rehearsed/main.rs:"), "{asked}");
    insta::assert_snapshot!(failure.report().replace(&asked, "asked for at FILE:LINE"));
    let explored = scenario.try_explore(Exploration::new(50)).unwrap_err();
    assert_eq!(codes(&explored), codes(&failure));
    assert!(scenario.try_run(&Tape::calm()).is_ok(), "one run need not see everything");
}
