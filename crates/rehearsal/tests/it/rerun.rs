//! One run again: `REHEARSAL_CASE` works at every entry point, no test passes without having run the case, and after
//! the cure the same command is green.
//!
//! What the environment asks for is looked at in processes of their own, so that no other test sees it.

use std::process::{Command, Output};

use rehearsal::{
    Activity, ActivityOptions, Code, Context, Exploration, Injection, Scenario, Stub, Tape,
    Workflow, WorkflowError, check, secs,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const REFUND: Activity<(), ()> = Activity::new("Refund");

/// Cleans up on the canceled context.
async fn careless(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let slept = ctx.sleep(secs(5)).await;
    if ctx.is_canceled() {
        ctx.execute(REFUND, ()).await?;
    }
    slept
}

async fn careful(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let slept = ctx.sleep(secs(5)).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    slept
}

fn scenario(name: &str) -> Scenario {
    Scenario::new(name)
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            world.start(SHIP, "order-7", ());
        })
        .check(check::cleanup_iff_canceled(REFUND))
}

fn trip() -> Scenario {
    scenario("trip").workflow(SHIP, careless)
}

fn mended() -> Scenario {
    scenario("trip").workflow(SHIP, careful)
}

/// What a child process is to do; `None` in any other.
fn part() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "set by a test for its child process")]
    let variable = std::env::var("REHEARSAL_TEST_RERUN");
    variable.ok()
}

/// Run by the tests below with variables set; alone it has nothing to do.
#[test]
#[expect(clippy::print_stdout, reason = "what the tests below look at")]
fn in_a_process_of_its_own() {
    let points = |scenario: Scenario| match scenario.try_sweep() {
        Ok(report) => format!("{} points", report.points()),
        Err(failure) => failure.to_string(),
    };
    match part().as_deref() {
        None => {}
        Some("run") => drop(trip().run()),
        Some("try_run") => println!("{:?}", trip().try_run(&Tape::calm()).map(drop)),
        Some("try_case") => {
            let failure = trip().try_sweep().expect_err("the case comes first");
            println!("{:?}", trip().try_case(failure.case().expect("a run")).map(drop));
        }
        Some("explore") => println!("{:?}", trip().try_explore(Exploration::new(1)).map(drop)),
        Some("sweep") => println!("{}", points(trip())),
        Some("mended") => {
            let report = mended().sweep();
            println!("{}", report.table());
        }
        Some("two") => {
            let second = scenario("second").workflow(SHIP, careless);
            println!("{}, {}", points(mended()), points(second));
        }
        Some("the first fails") => {
            trip().sweep();
            mended().sweep();
        }
        Some("an assertion fails") => assert_eq!(points(mended()), "7 points"),
        Some("two, the case first") => {
            let other = scenario("other").workflow(SHIP, careful);
            println!("{}, {}", points(mended()), points(other));
        }
        Some(other) => panic!("no such part: {other}"),
    }
}

/// The same in a test that gives its failure back.
#[test]
fn one_that_gives_its_failure_back() -> Result<(), rehearsal::Failure> {
    if part().as_deref() == Some("sweep") {
        trip().try_sweep()?;
    }
    Ok(())
}

fn process(arguments: &[&str], part: &str, case: &str) -> Output {
    Command::new(std::env::current_exe().expect("the path of this test"))
        .args(arguments)
        .arg("--nocapture")
        .env("REHEARSAL_TEST_RERUN", part)
        .env("REHEARSAL_CASE", case)
        .output()
        .expect("this test can be started")
}

/// What a part says with the case, in a test that is asked for by its full name.
fn alone(part: &str, case: &str) -> (Option<i32>, String) {
    said(&process(&["rerun::in_a_process_of_its_own", "--exact"], part, case))
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    (output.status.code(), text.concat())
}

#[test]
fn every_entry_point_runs_the_case() {
    for part in ["run", "try_run", "explore", "sweep", "try_case"] {
        let (_, said) = alone(part, "trip/cancel.0.0=1");
        assert!(said.contains("RH201  Refund did not run"), "{part}: {said}");
        let again = "REHEARSAL_CASE='trip/cancel.0.0=1' cargo test rerun::in_a_process_of_its_own -- --exact";
        assert!(said.contains(again), "{part}: {said}");
        assert!(said.contains("One run, of REHEARSAL_CASE."), "{part}: {said}");
    }
}

#[test]
fn a_report_says_how_this_very_run_is_made_again() {
    let line = |failure: rehearsal::Failure| {
        let line = failure.report().lines().find_map(|line| line.split_once("this again:  "));
        line.expect("it is said").1.to_owned()
    };
    let this = "a_report_says_how_this_very_run_is_made_again";
    let variable =
        format!("REHEARSAL_CASE='trip/cancel.0.0=1' cargo test rerun::{this} -- --exact");
    assert_eq!(line(trip().try_sweep().unwrap_err()), variable);
    assert_eq!(line(trip().try_explore(Exploration::new(50)).unwrap_err()), variable);

    // The scenario of such a run is the test's alone: proptest draws another for each.
    let tape = Tape::calm().with_cancel(0, Injection::Alone);
    let failure = trip().try_run(&tape).unwrap_err();
    let case = failure.case().unwrap().clone();
    let code = "scenario.try_run(&\"cancel.0.0=1\".parse()?)";
    assert_eq!(line(failure), code);
    assert_eq!(line(trip().try_case(&case).unwrap_err()), code);
}

#[test]
fn after_the_cure_the_printed_command_is_green() {
    let (code, said) = alone("mended", "trip/cancel.0.0=1");
    // The whole sweep comes behind the case, so a snapshot of its table agrees, and so does all else that is asserted.
    assert!(code == Some(0) && said.contains(&mended().sweep().table()), "{said}");
}

#[test]
fn an_empty_variable_is_none() {
    let (code, said) = alone("mended", "");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&mended().sweep().table()), "{said}");
}

#[test]
fn a_case_that_no_scenario_of_the_test_has_is_an_error_of_the_whole() {
    let (code, said) = alone("sweep", "nosuch/cancel.0.1=1");
    assert_eq!(code, Some(101), "{said}");
    let begin = said.find("RH502").expect("it is said");
    insta::assert_snapshot!(said[begin..].trim_end(), @"
    RH502  REHEARSAL_CASE names scenario `nosuch`, which rerun::in_a_process_of_its_own did not run
      it ran scenario `trip`
      a misspelled name, or another test's: so nothing was run again
    ");
}

/// What the test was told before it ended without having run the case is said, and is said first.
#[test]
fn a_test_that_fails_before_its_case_comes_says_with_what() {
    let test = "rerun::in_a_process_of_its_own";
    let returned = "rerun::one_that_gives_its_failure_back";
    for (test, part, why) in [
        (test, "the first fails", "RH201  Refund did not run although Ship was canceled"),
        (test, "an assertion fails", "assertion `left == right` failed"),
        (returned, "sweep", "RH201  Refund did not run although Ship was canceled"),
    ] {
        // As a user runs it: what a test prints is held back by the harness.
        let output = Command::new(std::env::current_exe().expect("the path of this test"))
            .args([test, "--exact"])
            .env("REHEARSAL_TEST_RERUN", part)
            .env("REHEARSAL_CASE", "second/cancel.0.0=1")
            .output()
            .expect("this test can be started");
        let (code, said) = said(&output);
        assert_eq!(code, Some(101), "{said}");
        let [first, last] = [why, "RH502  REHEARSAL_CASE names scenario `second`"]
            .map(|text| said.find(text).unwrap_or_else(|| panic!("{part}: no {text} in {said}")));
        assert!(first < last, "{part}: {said}");
    }
}

#[test]
fn among_other_tests_a_scenario_of_another_name_fails_at_once() {
    let output = process(&["rerun::in_a_process"], "sweep", "nosuch/cancel.0.1=1");
    let (_, said) = said(&output);
    let begin = said.find("RH502").expect("it is said");
    let lines: Vec<&str> = said[begin..].lines().take(3).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    RH502  REHEARSAL_CASE names scenario `nosuch`, and this test runs `trip`
      no test passes without having run the case
      to run the test of that scenario alone:  REHEARSAL_CASE='nosuch/cancel.0.1=1' cargo test NAME -- --exact
    ");
}

#[test]
fn a_test_may_have_other_scenarios_before_and_behind_that_of_the_case() {
    let (code, said) = alone("two", "second/cancel.0.0=1");
    assert_eq!(code, Some(0), "{said}");
    let points = format!("{} points", mended().sweep().points());
    assert!(said.contains(&format!("{points}, RH201")), "{said}");

    let (code, said) = alone("two, the case first", "trip/cancel.0.0=1");
    assert!(code == Some(0) && said.contains(&format!("{points}, {points}")), "{said}");
    // In a test that is not alone as well, if the case comes first.
    let output = process(&["rerun::in_a_process"], "two, the case first", "trip/cancel.0.0=1");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn an_answer_that_is_never_asked_is_an_error() {
    let (_, said) = alone("sweep", "trip/cancel.0.999=1");
    assert!(
        said.contains("RH502  the run does not ask cancel.0.999, which its tape answers"),
        "{said}"
    );
    assert!(!said.contains("Run exactly this again"), "it is another run: {said}");

    let refused = |tape: &str| {
        let tape: Tape = tape.parse().unwrap();
        let failure = mended().try_run(&tape).unwrap_err();
        assert_eq!(failure.findings()[0].code, Code::Setup);
        assert!(!failure.report().contains("again:"), "{failure}");
        let case = rehearsal::Case::new("trip", rehearsal::Choices::Tape(tape.clone()));
        let again = mended().try_case(&case).unwrap_err();
        assert_eq!(again.findings(), failure.findings());
        assert!(mended().try_run(&tape.loose()).is_ok());
        failure.findings()[0].to_string()
    };
    insta::assert_snapshot!(refused("cancel.0.999=1,evict.0.7=1"), @"
    RH502  the run does not ask cancel.0.999, which its tape answers
      `cancel.0.999=1`: 9 are asked, cancel.0.0 to cancel.0.8
      `evict.0.7=1`: one such question is asked, evict.0.0
      so it is not the run that is meant: the code or the scenario has changed
    ");
    insta::assert_snapshot!(refused("cancel.0.0=7"), @"
    RH502  `cancel.0.0=7` is no answer that cancel.0.0 can have
      `cancel.0.0=7`: 9 are asked, cancel.0.0 to cancel.0.8
      so it is not the run that is meant: the code or the scenario has changed
    ");
}
