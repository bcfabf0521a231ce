//! Reports in colors: the same text, with escape sequences where they help.

use std::process::Command;

use rehearsal::{
    Activity, ActivityOptions, Color, Context, Exploration, Failure, Scenario, Stub, Workflow,
    WorkflowError, check, secs,
};

const SHIP: Workflow<(), ()> = Workflow::new("Ship");
const REFUND: Activity<(), ()> = Activity::new("Refund");

/// Cleans up on the canceled context.
async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    let slept = ctx.sleep(secs(5)).await;
    if ctx.is_canceled() {
        ctx.execute(REFUND, ()).await?;
    }
    slept
}

fn careless() -> Scenario {
    Scenario::new("painted")
        .workflow(SHIP, ship)
        .stub(REFUND, Stub::returns(()))
        .client(|world| {
            world.start(SHIP, "order-7", ());
        })
        .check(check::cleanup_iff_canceled(REFUND))
}

/// The text without escape sequences, as a terminal shows it.
fn stripped(painted: &str) -> String {
    let mut parts = painted.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (sequence, rest) = part.split_once('m').expect("a sequence ends with m");
        let parameters = sequence.strip_prefix('[').expect("a sequence begins with [");
        assert!(parameters.chars().all(|c| c.is_ascii_digit() || c == ';'), "{part:?}");
        text + rest
    })
}

fn assert_same_text(failure: &Failure) {
    assert_eq!(failure.paint(Color::Never), failure.report());
    assert_eq!(stripped(&failure.paint(Color::Always)), failure.report());
    assert!(!failure.report().contains('\u{1b}'));
    assert!(!failure.to_string().contains('\u{1b}'));
}

#[test]
fn colors_are_where_they_help() {
    let failure = careless().try_sweep().unwrap_err();
    assert_same_text(&failure);
    insta::assert_snapshot!(failure.paint(Color::Always).replace('\u{1b}', "␛"));
}

#[test]
fn colors_change_no_text() {
    assert_same_text(&careless().try_explore(Exploration::new(50)).unwrap_err());
    assert_same_text(&careless().client(|_| {}).try_sweep().unwrap_err());
    assert_same_text(&careless().check(check::ends_within(secs(1))).try_sweep().unwrap_err());
}

#[test]
fn a_clean_report_is_its_table() {
    let clean = Scenario::new("clean")
        .workflow(SHIP, |ctx: Context, ()| async move { ctx.sleep(secs(1)).await })
        .client(|world| {
            world.start(SHIP, "order-7", ());
        });
    let report = clean.sweep();
    assert_eq!(report.paint(Color::Never), report.table());
    assert_eq!(stripped(&report.paint(Color::Always)), report.table());
    assert_eq!(report.to_string(), report.table());
}

/// Run by the test below with variables set; alone it has nothing to do.
#[test]
fn in_a_process_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "set by a test for its child process")]
    let how = std::env::var("REHEARSAL_TEST_PAINT");
    match how.as_deref() {
        Ok("run") => drop(careless().check(check::ends_within(secs(1))).run()),
        Ok("sweep") => drop(careless().sweep()),
        Ok("explore") => drop(careless().explore(50)),
        _ => {}
    }
}

#[test]
fn a_panic_is_in_colors_only_on_a_terminal_or_if_forced() {
    let said = |how: &str, force: &str, never: &str| {
        let output = Command::new(std::env::current_exe().expect("the path of this test"))
            .args(["paint::in_a_process_of_its_own", "--exact", "--nocapture"])
            .env("REHEARSAL_TEST_PAINT", how)
            .env("CLICOLOR_FORCE", force)
            .env("NO_COLOR", never)
            .output()
            .expect("this test can be started");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (how, code) in [("run", "RH207"), ("sweep", "RH201"), ("explore", "RH201")] {
        let painted = format!("\n\u{1b}[1;31m{code}\u{1b}[0m  ");
        let plain = format!("\n{code}  ");
        assert!(said(how, "1", "").contains(&painted), "{how}");
        assert!(said(how, "", "").contains(&plain), "{how}");
        assert!(said(how, "1", "1").contains(&plain), "{how}");
    }
}
