//! Random runs: found, shrunk, reported, kept, and run again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rehearsal::{
    Activity, ActivityOptions, Case, Choices, ChosenBy, Code, Context, Exploration, Outcome,
    Scenario, WorkflowError, check, secs,
};

use crate::parcel::{REFUND, SHIP, scenario, ship};

/// Cleans up on the canceled context.
async fn ship_careless(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let slept = ctx.sleep(secs(5)).await;
    if ctx.is_canceled() {
        ctx.execute(REFUND, ()).await?;
    }
    slept
}

fn careless() -> Scenario {
    scenario("ship-careless-explored").workflow(SHIP, ship_careless)
}

#[test]
fn a_workflow_without_a_mistake_is_explored_without_a_finding() {
    let explored = scenario("ship").workflow(SHIP, ship).explore(300);
    assert_eq!(explored.runs().len(), 300);
    insta::assert_snapshot!(explored);
}

#[test]
fn what_is_found_is_shrunk_and_explained() {
    let failure = careless().try_explore(Exploration::new(300)).unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::CleanupMissing);
    assert_eq!(failure.tape().to_string(), "cancel.0.0=1");
    insta::assert_snapshot!(failure.report());
}

#[test]
fn threads_and_seeds() {
    let of = |exploration: Exploration| careless().try_explore(exploration).unwrap_err();
    let one = of(Exploration::new(300));
    assert_eq!(one.report(), of(Exploration::new(300).with_threads(4)).report());
    assert_eq!(one.report(), of(Exploration::new(300).with_threads(0)).report());
    assert!(of(Exploration::new(300).with_seed(7)).report().contains("from seed 7:"));
}

#[test]
fn no_runs_find_nothing() {
    let explored = careless().try_explore(Exploration::new(0).with_threads(4)).unwrap();
    assert_eq!(explored.runs().len(), 0);
}

#[test]
fn a_check_that_names_an_unknown_activity_is_a_finding_of_its_own() {
    const REFUDN: Activity<(), ()> = Activity::new("Refudn");
    let scenario = careless().check(check::cleanup_iff_canceled(REFUDN));
    let failure = scenario.try_explore(Exploration::new(5)).unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::Setup);
}

#[test]
fn what_no_run_reaches_is_a_finding() {
    let twice = |outcome: &Outcome| outcome.calls(REFUND).count() == 2;
    let refunded = |outcome: &Outcome| outcome.calls(REFUND).count() == 1;
    let careful = scenario("ship").workflow(SHIP, ship);

    let reached = careful.clone().check(check::sometimes("one refund", refunded));
    assert!(reached.try_explore(Exploration::new(20).with_threads(2)).is_ok());

    // A worker that dies in a refund has it tried again.
    let missed = careful.without_faults().check(check::sometimes("two refunds", twice));
    let failure = missed.try_explore(Exploration::new(20).with_threads(2)).unwrap_err();
    assert_eq!(failure.findings()[0].headline, "no run reached this: two refunds");
    assert_eq!(failure.findings()[0].details, ["21 runs were made"]);
}

/// Runs a test of this file with these variables in a process of its own, so that no other test sees them.
fn process(test: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().expect("the path of this test"))
        .args([&format!("explore::{test}"), "--exact", "--nocapture"])
        .env("REHEARSAL_TEST_EXPLORE", "yes")
        .envs(variables.iter().copied())
        .output()
        .expect("this test can be started")
}

/// What the careless workflow is reported for, with these variables.
fn report(variables: &[(&str, &str)]) -> String {
    let output = process("in_a_process_of_its_own", variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn is_a_process_of_its_own() -> bool {
    #[expect(clippy::disallowed_methods, reason = "set by a test for its child process")]
    let variable = std::env::var("REHEARSAL_TEST_EXPLORE");
    variable.is_ok()
}

/// Run by the tests below with variables set; alone it has nothing to do.
#[test]
#[expect(clippy::print_stdout, reason = "what the tests below look at")]
fn in_a_process_of_its_own() {
    if is_a_process_of_its_own() {
        println!("{}", careless().try_explore(Exploration::new(300)).unwrap_err());
    }
}

/// Run by a test below, and does not come back; alone it has nothing to do.
#[test]
fn ends_its_process_when_it_is_canceled() {
    async fn ends(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let slept = ctx.sleep(secs(5)).await;
        if ctx.is_canceled() {
            std::process::exit(7);
        }
        slept
    }
    if is_a_process_of_its_own() {
        let scenario = Scenario::new("ends").workflow(SHIP, ends).client(|world| {
            world.start(SHIP, "order-7", ());
        });
        let _never = scenario.try_explore(Exploration::new(300));
    }
}

#[test]
fn a_run_that_ends_the_process_leaves_its_case() {
    let folder = folder("left");
    let variables = [("REHEARSAL_CASES", folder.to_str().unwrap())];
    let output = process("ends_its_process_when_it_is_canceled", &variables);
    assert_eq!(output.status.code(), Some(7));

    let file = only_file(&folder);
    let case: Case = fs::read_to_string(&file).unwrap().parse().unwrap();
    assert_eq!((case.scenario(), case.finding()), ("ends", None));
    // A single strike comes first, and its answers are known beforehand.
    assert!(matches!(case.choices(), Choices::Tape(tape) if tape.len() == 1), "{case}");

    // The case alone does it again.
    let variables = [("REHEARSAL_CASE", file.to_str().unwrap())];
    let output = process("ends_its_process_when_it_is_canceled", &variables);
    assert_eq!(output.status.code(), Some(7));
}

fn only_file(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// A folder of its own for each test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _absent = fs::remove_dir_all(&folder);
    folder
}

#[test]
fn the_seed_comes_from_the_environment() {
    assert!(report(&[("REHEARSAL_SEED", "42")]).contains("from seed 42:"));
    let refused = report(&[("REHEARSAL_SEED", "now")]);
    assert!(refused.contains("RH502  REHEARSAL_SEED=now could not be read"), "{refused}");
}

#[test]
fn a_failure_is_kept_as_a_case_and_run_again() {
    let folder = folder("kept");
    report(&[("REHEARSAL_CASES", folder.to_str().unwrap())]);
    let file = only_file(&folder);
    assert_eq!(file.file_name().unwrap(), "ship-careless-explored-RH201.case");
    let case: Case = fs::read_to_string(&file).unwrap().parse().unwrap();
    assert_eq!(case.finding(), Some("RH201"));

    let again = careless().try_case(&case).unwrap_err();
    assert_eq!(again.case(), Some(&case));
    let said = report(&[("REHEARSAL_CASE", file.to_str().unwrap())]);
    assert!(said.contains("REHEARSAL_CASE='ship-careless-explored/cancel.0.0=1'"), "{said}");
    assert!(!said.contains("Found in run"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_reported_with_the_failure() {
    let here = std::env::current_exe().unwrap();
    let said = report(&[("REHEARSAL_CASES", here.to_str().unwrap())]);
    assert!(said.contains("RH201") && said.contains("RH502  REHEARSAL_CASES: "), "{said}");
}

fn case() -> Case {
    let failure = careless().try_explore(Exploration::new(300)).expect_err("it has a mistake");
    failure.case().expect("a run").clone()
}

/// The case as another version would have written it, of a run that went another way.
fn of_another_version(case: &Case) -> Case {
    let harness = format!("harness {}\n", case.harness());
    let text = case.to_string().replace(&harness, "harness 0.0.1\n");
    text.replace("type=Refund", "type=Refunds").parse().expect("a case")
}

#[test]
fn a_case_of_a_mended_workflow_does_not_fail() {
    let mended = scenario("ship-careless-explored").workflow(SHIP, ship);
    assert!(mended.try_case(&case()).is_ok());
}

#[test]
fn a_case_that_goes_another_way_says_so() {
    let failure = careless().try_case(&of_another_version(&case())).unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::CleanupMissing);
    let details = &failure.findings()[0].details;
    assert_eq!(
        details[details.len() - 3..],
        [
            "not the run of the case any more:",
            "  the case has 8 0s ActivityTaskScheduled type=Refunds id=8",
            "  this run has 8 0s ActivityTaskScheduled type=Refund id=8",
        ]
    );
}

#[test]
fn a_case_of_another_version_does_not_pass_in_silence() {
    let mended = scenario("ship-careless-explored").workflow(SHIP, ship);
    let failure = mended.try_case(&of_another_version(&case())).unwrap_err();
    assert_eq!(
        failure.findings()[0].headline,
        "the case is of rehearsal 0.0.1, and this version runs it another way"
    );
}

#[test]
fn a_case_of_another_scenario_is_refused() {
    let failure = scenario("ship").workflow(SHIP, ship).try_case(&case()).unwrap_err();
    assert_eq!(
        failure.report(),
        "RH502  a case of scenario `ship-careless-explored`, run as `ship`"
    );
}

#[test]
fn each_chooser_finds_it_alone() {
    for by in ChosenBy::ALL {
        let failure = careless().try_explore(Exploration::new(300).with_only(by)).unwrap_err();
        assert_eq!(failure.tape().to_string(), "cancel.0.0=1", "{by:?}");
        let of = format!("of the {}.", by.label());
        assert!(failure.report().contains(&of), "{failure}");
    }
}

#[test]
fn any_bytes_are_a_run() {
    assert!(careless().try_fuzz(&[]).is_ok());
    let failure = careless().try_fuzz(&[0, 1]).unwrap_err();
    assert_eq!(failure.tape().to_string(), "cancel.0.0=1");
    assert_eq!(failure.findings()[0].code, Code::CleanupMissing);

    // Whatever a fuzzer thinks of. The workflow has no mistake.
    let sound = scenario("ship").workflow(SHIP, ship);
    for seed in 0..200_u32 {
        let bytes: Vec<u8> = (0..seed % 40)
            .map(|at| seed.wrapping_mul(2_654_435_761).rotate_left(at).to_le_bytes()[1])
            .collect();
        let outcome = sound.try_fuzz(&bytes).unwrap();
        let again = sound.try_run(&outcome.tape).unwrap();
        assert_eq!(again.tape, outcome.tape, "{bytes:?}");
    }
}
