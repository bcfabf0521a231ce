//! Code that never yields: named by the watchdog, which leaves the case and ends the process.
//!
//! Each test starts this program again with a watchdog of little patience, which is real time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Case, Choices, Context, Exploration,
    Scenario, Tape, Workflow, WorkflowError, secs,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const PACK: Activity<(), ()> = Activity::new("Pack");

/// Which code loops in the process that a test starts; `None` in any other.
fn looping() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "set by a test for its child process")]
    let variable = std::env::var("REHEARSAL_TEST_WATCHDOG");
    variable.ok()
}

/// Never comes back if it is this code's turn to loop.
fn perhaps_loop(code: &str) {
    while looping().as_deref() == Some(code) {
        std::hint::spin_loop();
    }
}

async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    ctx.sleep(secs(2)).await?;
    perhaps_loop("workflow");
    if ctx.is_replaying() {
        perhaps_loop("replay");
    }
    ctx.execute(PACK, ()).await
}

async fn pack(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ctx.sleep(secs(1)).await;
    perhaps_loop("activity");
    Ok(())
}

fn scenario() -> Scenario {
    Scenario::new("ship/looping").workflow(SHIP, ship).activity(PACK, pack).client(|world| {
        let handle = world.start(SHIP, "order-7", ());
        world.wait(&handle);
        perhaps_loop("client");
    })
}

/// Run by the tests below, and does not come back; alone it has nothing to do.
#[test]
fn loops_for_ever() {
    match looping().as_deref() {
        Some("activity") => drop(scenario().try_explore(Exploration::new(10).with_threads(2))),
        Some("client") => drop(scenario().try_run(&Tape::calm())),
        Some(_) => drop(scenario().try_sweep()),
        None => {}
    }
}

/// Runs the test above in a process in which `code` loops.
fn process(code: &str, variables: &[(&str, &Path)]) -> Output {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["watchdog::loops_for_ever", "--exact"])
        .env_remove("REHEARSAL_CASE")
        .env_remove("REHEARSAL_CASES")
        .env("REHEARSAL_TEST_WATCHDOG", code)
        .env("REHEARSAL_WATCHDOG", "0.3")
        .envs(variables.iter().copied())
        .output()
        .expect("it starts")
}

/// What the process says in which `code` loops, and the case that it leaves in the folder which `variable` names.
#[track_caller]
fn bitten(code: &str, variable: &str) -> (String, Case) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("watchdog-{code}"));
    let _absent = fs::remove_dir_all(&folder);
    let output = process(code, &[(variable, &folder)]);
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    let entries = fs::read_dir(&folder).expect("a folder");
    let files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    let [file] = files.as_slice() else { panic!("expected one file, found {files:?}") };
    let said = String::from_utf8(output.stderr).expect("text");
    let again = format!("REHEARSAL_CASE='{}' cargo test", file.display());
    assert!(said.contains(&again), "{said}");
    let case: Case = fs::read_to_string(file).expect("a file").parse().expect("a case");
    assert_eq!((case.scenario(), case.finding()), ("ship/looping", None));
    (said.replace(&folder.display().to_string(), "FOLDER"), case)
}

#[test]
fn a_workflow_that_loops_is_named() {
    let (said, case) = bitten("workflow", "REHEARSAL_CASES");
    assert_eq!(case.choices(), &Choices::Tape(Tape::calm()));
    insta::assert_snapshot!(said);
}

#[test]
fn an_activity_that_loops_is_named() {
    let (said, case) = bitten("activity", "REHEARSAL_CASES");
    assert_eq!(case.choices(), &Choices::Tape(Tape::calm()));
    let headline = "RH304  activity Pack (id 10, attempt 1) of `order-7` does not come back\n\n  It was polled at 3s";
    assert!(said.contains(headline), "{said}");
}

#[test]
#[cfg(unix)]
fn a_client_script_that_loops_is_named_and_its_case_left_among_temporary_files() {
    let (said, _) = bitten("client", "TMPDIR");
    let headline = "RH304  the client script does not come back\n\n  It has run for 0.3s of real time, since 3s";
    assert!(said.contains(headline), "{said}");
}

#[test]
fn a_replay_that_loops_is_named() {
    let (said, _) = bitten("replay", "REHEARSAL_CASES");
    let headline = "RH304  workflow Ship of `order-7` does not come back\n\n  It was polled at ";
    assert!(said.contains(headline), "{said}");
}

#[test]
fn what_it_says_to_run_again_loops_again() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("watchdog-again.case");
    let case = Case::new("ship/looping", Choices::Tape(Tape::calm()));
    fs::write(&file, case.to_string()).expect("a file");
    let variables = [("REHEARSAL_CASE", file.as_path()), ("REHEARSAL_CASES", folder)];
    let output = process("workflow", &variables);
    assert_eq!(output.status.code(), Some(101), "{output:?}");
}
