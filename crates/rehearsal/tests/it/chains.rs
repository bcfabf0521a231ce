//! Chains as a user sees them: who waits for what, what is found when a run goes on, and which run a client means.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Handle, RetryPolicy,
    Scenario, Signal, StartOptions, Status, Workflow, WorkflowError, check, hours, mins, secs,
};

const COUNT_DOWN: Workflow<u32, u32> = Workflow::new("CountDown");
const NOTE: Signal<u32> = Signal::new("note");
const STOP: Signal<()> = Signal::new("stop");

/// A minute a run.
async fn count_down(ctx: Context, minutes: u32) -> Result<u32, WorkflowError> {
    if minutes == 0 {
        return Ok(7);
    }
    ctx.sleep(mins(1)).await?;
    Err(ctx.continue_as_new(COUNT_DOWN, minutes - 1))
}

const WATCH: Workflow<bool, ()> = Workflow::new("Watch");
const LOOK: Activity<bool, String> = Activity::new("Look");

/// Waits for a count-down, from its start or from when it has gone on twice.
async fn look(ctx: ActivityContext, late: bool) -> Result<String, ActivityError> {
    let client = ctx.client();
    let count = client.start(COUNT_DOWN, "count-1", 3).await?;
    if late {
        ctx.sleep(secs(150)).await;
    }
    Ok(format!("{:?}", client.wait(&count).await))
}

async fn watch(ctx: Context, late: bool) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(mins(10));
    let seen = ctx.with_activity_options(options).execute(LOOK, late).await?;
    if seen == "Completed" { Ok(()) } else { Err(WorkflowError::new(seen)) }
}

#[test]
fn an_activity_that_waits_for_a_workflow_waits_for_the_last_run_of_its_chain() {
    for late in [false, true] {
        let scenario = Scenario::new("watch")
            .workflow(COUNT_DOWN, count_down)
            .workflow(WATCH, watch)
            .activity(LOOK, look);
        let mut world = scenario.world();
        let watch = world.start(WATCH, "watch-1", late);
        assert_eq!(world.wait(&watch), Status::Completed, "late: {late}");
        assert_eq!(world.elapsed(), mins(3));
    }
}

async fn hasty(ctx: Context, turn: u32) -> Result<u32, WorkflowError> {
    let (notes, stop) = (ctx.signals(NOTE), ctx.signals(STOP));
    if turn == 1 {
        stop.recv().await;
        return Ok(0);
    }
    let first = notes.recv().await;
    ctx.sleep(mins(1)).await?;
    Err(ctx.continue_as_new(COUNT_DOWN, first))
}

/// Three notes and a stop come before the run goes on as new, which reads one of the notes.
fn noted() -> Scenario {
    Scenario::new("noted").workflow(COUNT_DOWN, hasty).client(|world| {
        let count = world.start(COUNT_DOWN, "count-1", 0);
        for note in [1, 2, 3] {
            let _answer = world.signal(&count, NOTE, note);
        }
        let _answer = world.signal(&count, STOP, ());
        world.advance(mins(2));
        let _answer = world.signal(&count, STOP, ());
    })
}

#[test]
fn signals_that_a_run_leaves_behind_are_counted_and_named() {
    let failure = noted().try_run(&rehearsal::Tape::calm()).unwrap_err();
    let left = &failure.findings()[0];
    assert_eq!(left.code, Code::SignalLeftBehind);
    assert_eq!(
        left.headline,
        "count-1 went on as new without reading 2 signals `note` and signal `stop`"
    );
    let failure = noted().expect_unread("note").try_run(&rehearsal::Tape::calm()).unwrap_err();
    assert_eq!(
        failure.findings()[0].headline,
        "count-1 went on as new without reading signal `stop`"
    );
    let _outcome = noted().expect_unread("note").expect_unread("stop").run();
}

#[test]
fn the_way_in_which_a_chain_ends_is_that_of_its_last_run() {
    let flaky = |ctx: Context, _: u32| async move {
        if ctx.info().attempt < 3 { Err(WorkflowError::new("not yet")) } else { Ok(1) }
    };
    let scenario = |allowed: Status| {
        let retried = |world: &mut rehearsal::World| {
            let mut options = StartOptions::of(&COUNT_DOWN, "count-1", &1).unwrap();
            options.retry_policy = Some(RetryPolicy::default());
            world.start_workflow(options).unwrap();
        };
        let scenario = Scenario::new("flaky").workflow(COUNT_DOWN, flaky).client(retried);
        scenario.check(check::status_in([allowed]))
    };
    let _outcome = scenario(Status::Completed).run();
    let failure = scenario(Status::Failed).try_run(&rehearsal::Tape::calm()).unwrap_err();
    assert_eq!(failure.findings().len(), 1, "{failure}");
    assert_eq!(failure.findings()[0].code, Code::WrongStatus);
}

#[test]
fn a_round_of_a_schedule_begins_when_it_is_due() {
    let scenario = |limit| {
        Scenario::new("rounds")
            .workflow(COUNT_DOWN, |ctx: Context, _: u32| async move {
                ctx.sleep(mins(5)).await.map(|()| 0)
            })
            .client(|world| {
                let mut options = StartOptions::of(&COUNT_DOWN, "count-1", &1).unwrap();
                options.cron_schedule = Some("@hourly".into());
                let count = world.start_workflow(options).unwrap();
                world.advance(hours(3));
                let _answer = world.terminate(&count, "enough");
            })
            .check(check::ends_within(limit))
            .check(check::no_round_skipped())
    };
    let _outcome = scenario(mins(5)).run();
    assert!(scenario(mins(4)).try_run(&rehearsal::Tape::calm()).is_err());
}

#[test]
fn a_client_that_means_a_chain_reaches_no_other_one() {
    let mut world = Scenario::new("chains").workflow(COUNT_DOWN, count_down).world();
    let first: Handle = world.start(COUNT_DOWN, "count-1", 9);
    world.advance(secs(90));
    world.terminate_chain(&first, "enough").unwrap();
    assert_eq!(world.status(&first), Status::Terminated);
    let second = world.start(COUNT_DOWN, "count-1", 1);
    let refused = world.cancel_chain(&first, "again").unwrap_err();
    assert_eq!(refused.to_string(), "workflow execution not found");
    world.terminate_chain(&first, "again").unwrap_err();
    assert_eq!(world.wait(&second), Status::Completed);
}

#[test]
fn a_finding_of_a_later_run_shows_that_run() {
    let hasty = |ctx: Context, turn: u32| async move {
        if turn == 0 {
            return Err(ctx.continue_as_new(COUNT_DOWN, 1));
        }
        let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)));
        drop(ctx.execute(LOOK, false));
        Ok(1)
    };
    let failure = Scenario::new("later")
        .workflow(COUNT_DOWN, hasty)
        .stub(LOOK, rehearsal::Stub::returns(String::new()))
        .client(|world| drop(world.start(COUNT_DOWN, "count-1", 0)))
        .check(check::no_work_lost_at_close())
        .try_run(&rehearsal::Tape::calm())
        .unwrap_err();
    let report = failure.report();
    assert!(report.contains("in the history of run 2 of count-1:"), "{report}");
    assert!(report.contains("ActivityTaskScheduled"), "{report}");
}
