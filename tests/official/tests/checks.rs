//! Checks in scenarios of the official SDK: they and an outcome take its markers, and handlers are not lost in silence.

use rehearsal::{Code, OfficialWorld as _, Scenario, Tape, check, secs};
use rehearsal_tests_official::golden::rust_abandon_and_close::{
    Acts as LetGo, MyWorkflow as LetsGo,
};
use rehearsal_tests_official::golden::rust_seed_cancel_running::{Acts, YourWorkflow};
use rehearsal_tests_official::golden::rust_signal_handler_unfinished::{
    Acts as HandlerActs, MyWorkflow as Unfinished,
};
use temporalio_common::UntypedActivity;

/// The cancellation sample, canceled by its client.
fn canceled() -> Scenario {
    Scenario::new("checks")
        .official::<YourWorkflow>()
        .activities(Acts::default)
        .real(Acts::activity_to_be_canceled)
        .real(Acts::activity_to_be_skipped)
        .real(Acts::cleanup)
        .client(|world| {
            let run = world.start_official::<YourWorkflow>("order-7", ());
            world.advance(secs(3));
            world.cancel(&run).expect("it is open");
        })
}

#[test]
fn an_outcome_takes_whatever_names_an_activity() {
    let outcome = canceled()
        .check(check::cleanup_iff_canceled(Acts::cleanup))
        .check(check::finally(Acts::activity_to_be_canceled, Acts::cleanup))
        .check(check::one_attempt_at_a_time(Acts::activity_to_be_canceled))
        .check(check::always("it cleans up once", |outcome| {
            match outcome.calls(Acts::cleanup).count() {
                1 => Ok(()),
                calls => Err(format!("{calls} times")),
            }
        }))
        .run();
    assert_eq!(outcome.calls(Acts::activity_to_be_skipped).count(), 0);
    let name = outcome.calls(Acts::cleanup).next().expect("it ran").activity.clone();
    assert_eq!(outcome.calls(UntypedActivity::new(name)).count(), 1);
}

/// Canceled with `Abandon`: the history does not say so, and nobody tells its code.
#[test]
fn an_activity_that_was_let_go_is_told_from_one_that_nobody_canceled() {
    let failure = Scenario::new("let-go")
        .official::<LetsGo>()
        .activities(LetGo::default)
        .real(LetGo::process)
        .client(|world| {
            let run = world.start_official::<LetsGo>("let-go", ());
            world.advance(secs(1));
            world.cancel(&run).expect("it is open");
        })
        .check(check::no_activity_outlives_close())
        .try_run(&Tape::calm())
        .expect_err("it runs on for 2.5 s");
    assert_eq!(failure.findings()[0].code, Code::ActivityOutlivesClose);
    let report = failure.report();
    assert!(report.contains("the workflow canceled it with `Abandon`"), "{report}");
    assert!(!report.contains("nothing canceled it"), "{report}");
}

#[test]
fn a_handler_that_has_not_ended_is_lost_with_what_it_waits_for() {
    let failure = Scenario::new("unfinished")
        .official::<Unfinished>()
        .activities(HandlerActs::default)
        .real(HandlerActs::process)
        .client(|world| {
            let run = world.start_official::<Unfinished>("unfinished", ());
            world.advance(secs(1));
            world.signal_official(&run, Unfinished::order, "pen".to_owned()).expect("it is open");
        })
        .check(check::recommended())
        .try_run(&Tape::calm())
        .expect_err("the handler still waits for its activity");
    let found: Vec<(Code, &str)> = failure
        .findings()
        .iter()
        .map(|finding| (finding.code, finding.headline.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Code::WorkLost, "Acts::process was not over when MyWorkflow closed as Completed"),
            (
                Code::WorkLost,
                "the handler of signal order had not ended when MyWorkflow closed as Completed"
            ),
        ]
    );
}
