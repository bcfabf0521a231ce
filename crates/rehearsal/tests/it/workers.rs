//! What is set on a worker: its cache, its slots, and how it stops.

use std::sync::Arc;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ChildOptions, Context, Either,
    Event, EventKind, Failure, Outcome, Profile, RetryPolicy, Scenario, Status, Stub, Tape,
    WorkerSpec, Workflow, WorkflowError, mins, secs, select,
};

const NAPS: Workflow<(), u32> = Workflow::new("Naps");
const WORK: Activity<(), String> = Activity::new("Work");
const WORKS: Workflow<u32, Vec<String>> = Workflow::new("Works");

/// Takes three naps.
async fn naps(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    for _ in 0..3 {
        ctx.sleep(mins(1)).await?;
    }
    Ok(3)
}

/// Has so many things done, all at once.
async fn works(ctx: Context, many: u32) -> Result<Vec<String>, WorkflowError> {
    let options = ActivityOptions::start_to_close(mins(10))
        .with_retry_policy(RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() });
    let ctx = ctx.with_activity_options(options);
    let all: Vec<_> = (0..many).map(|_| ctx.execute(WORK, ())).collect();
    let mut said = Vec::new();
    for work in all {
        let ended = work.await;
        said.push(ended.unwrap_or_else(|error| {
            error.cause().map_or_else(String::new, |cause| cause.message().to_owned())
        }));
    }
    Ok(said)
}

/// Workflows on a worker with this cache run as on any other.
fn napping(profile: Profile, cache: usize, workflows: u32) {
    let outcome = Scenario::new("naps")
        .profile(profile)
        .workflow(NAPS, naps)
        .worker(WorkerSpec::new("main").with_cache(cache))
        .client(move |world| {
            let all: Vec<_> =
                (0..workflows).map(|n| world.start(NAPS, &format!("naps-{n}"), ())).collect();
            for naps in &all {
                assert_eq!(world.wait(naps), Status::Completed);
            }
        })
        .run();
    assert_eq!(outcome.findings, []);
}

#[test]
fn small_caches_change_nothing_but_the_work() {
    for profile in [Profile::Go, Profile::Core] {
        for cache in 0..4 {
            napping(profile, cache, 3);
        }
    }
}

#[test]
fn activities_wait_for_a_slot_in_their_order() {
    let outcome = Scenario::new("slots")
        .workflow(WORKS, works)
        .stub(WORK, Stub::returns("done".to_owned()).after(secs(10)))
        .worker(WorkerSpec::new("main").with_activity_slots(2))
        .client(|world| drop(world.start(WORKS, "works-1", 5)))
        .run();
    let started: Vec<Duration> = outcome.calls(WORK).map(|call| call.started).collect();
    assert_eq!(started, [secs(0), secs(0), secs(10), secs(10), secs(20)]);
}

#[test]
fn another_worker_takes_what_one_has_no_slot_for() {
    let outcome = Scenario::new("slots")
        .workflow(WORKS, works)
        .stub(WORK, Stub::returns("done".to_owned()).after(secs(10)))
        .worker(WorkerSpec::new("main").with_activity_slots(1))
        .worker(WorkerSpec::new("main").with_activity_slots(1).from(secs(4)))
        .client(|world| drop(world.start(WORKS, "works-1", 3)))
        .run();
    let started: Vec<_> =
        outcome.calls(WORK).map(|call| (call.started, call.worker.as_str())).collect();
    let expected = [(secs(0), "worker-1"), (secs(4), "worker-2"), (secs(10), "worker-1")];
    assert_eq!(started, expected);
}

/// What the activity of a worker that stops comes to.
fn stopped<F, Fut>(profile: Profile, timeout: Option<Duration>, work: F) -> Vec<String>
where
    F: Fn(ActivityContext, ()) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<String, ActivityError>> + 'static,
{
    let worker = WorkerSpec::new("main").no_workflows().until(secs(60));
    let worker = timeout.into_iter().fold(worker, WorkerSpec::with_stop_timeout);
    let outcome = Scenario::new("stops")
        .profile(profile)
        .workflow(WORKS, works)
        .activity(WORK, work)
        .worker(worker)
        .worker(WorkerSpec::new("main").no_activities())
        .worker(WorkerSpec::new("main").no_workflows().from(mins(5)))
        .client(|world| drop(world.start(WORKS, "works-1", 1)))
        .run();
    outcome.main().expect("one was started").history.iter().filter_map(said).collect()
}

/// What is said in the history of how an activity ended, and of the failure before.
fn said(event: &Arc<Event>) -> Option<String> {
    match &event.kind {
        EventKind::ActivityTaskStarted(started) => {
            let failure = started.last_failure.as_ref()?;
            Some(format!("{} at attempt {}", failure.message, started.attempt - 1))
        }
        EventKind::ActivityTaskCompleted(_) => Some("completed".to_owned()),
        _ => None,
    }
}

/// Takes five minutes; a second attempt is done at once.
async fn heedless(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    if ctx.attempt() == 1 {
        ctx.sleep(mins(5)).await;
    }
    Ok(String::new())
}

/// As `heedless`, but ends when its context does, and says that it was canceled.
async fn heeds_cancel(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    if ctx.attempt() == 1 && ctx.sleep_or_canceled(mins(5)).await {
        return Err(ActivityError::canceled());
    }
    Ok(String::new())
}

/// As `heedless`, but ends when its worker stops.
async fn heeds_stop(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    if ctx.attempt() == 1
        && let Either::Left(()) = select(ctx.worker_stops(), ctx.sleep(mins(5))).await
    {
        return Err(ActivityError::from("stopping"));
    }
    Ok(String::new())
}

#[test]
fn a_worker_that_stops_waits_for_its_activities_for_so_long() {
    assert_eq!(stopped(Profile::Go, None, heeds_cancel), ["completed"]);
    assert_eq!(stopped(Profile::Go, Some(secs(10)), heedless), ["completed"]);
    assert_eq!(stopped(Profile::Go, Some(mins(10)), heeds_cancel), ["completed"]);
    assert_eq!(
        stopped(Profile::Go, Some(secs(10)), heeds_stop),
        ["stopping at attempt 1", "completed"]
    );
    // C-28: nobody asked it to.
    assert_eq!(
        stopped(Profile::Go, Some(secs(10)), heeds_cancel),
        ["unexpected activity cancel error: canceled at attempt 1", "completed"]
    );
    assert_eq!(
        stopped(Profile::Core, Some(secs(10)), heeds_cancel),
        [
            "Worker is shutting down and this activity did not complete in time at attempt 1",
            "completed"
        ]
    );
}

/// The outcome of a parent of which no worker has the child, by the rules of an SDK; its client ends the parent after 5 min.
fn stranger(profile: Profile, expects: bool) -> Result<Outcome, Failure> {
    const PARENT: Workflow<(), String> = Workflow::new("Parent");
    const STRANGER: Workflow<(), ()> = Workflow::new("Stranger");
    async fn parent(ctx: Context, (): ()) -> Result<String, WorkflowError> {
        let ctx = ctx.with_child_options(ChildOptions::new().with_id("stranger"));
        Ok(ctx
            .execute_child(STRANGER, ())
            .await
            .map_or_else(|error| error.to_string(), |()| "done".into()))
    }
    let scenario = Scenario::new("stranger").profile(profile).workflow(PARENT, parent);
    let scenario = if expects { scenario.expect_unregistered(STRANGER.name()) } else { scenario };
    let scenario = scenario.client(|world| {
        world.start(PARENT, "parent", ());
        world.advance(mins(5));
        let child = world.workflow("stranger").expect("it was started");
        world.terminate(&child, "nobody has it").expect("it runs");
    });
    scenario.try_run(&Tape::calm())
}

#[test]
fn a_workflow_that_no_worker_has_fails_its_tasks_until_somebody_ends_it() {
    for (profile, said) in [
        (Profile::Go, "unable to find workflow type: Stranger. Supported types: [Parent]"),
        (Profile::Core, "Workflow type Stranger not found"),
    ] {
        let outcome = stranger(profile, true).unwrap();
        let child = outcome.executions.iter().find(|of| of.workflow_id == "stranger").unwrap();
        assert_eq!(child.status, Status::Terminated);
        let failed: Vec<&str> = child
            .history
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::WorkflowTaskFailed(failed) => failed.failure.as_ref(),
                _ => None,
            })
            .map(|failure| failure.message.as_str())
            .collect();
        // W-7: later attempts are silent; the last one is ended by the termination.
        assert_eq!(failed.first(), Some(&said));
        assert_eq!(outcome.main().unwrap().status, Status::Completed);
    }
}

#[test]
fn a_workflow_that_was_not_registered_by_mistake_ends_the_run() {
    let failure = stranger(Profile::Go, false).unwrap_err();
    let headline = "workflow type `Stranger` is started, but not registered";
    assert_eq!(failure.findings()[0].headline, headline);
}

#[test]
fn a_workflow_is_not_both_registered_and_expected_not_to_be() {
    let scenario = Scenario::new("both").workflow(NAPS, naps).expect_unregistered(NAPS.name());
    let failure = scenario
        .client(|world| {
            world.start(NAPS, "naps", ());
        })
        .try_run(&Tape::calm())
        .unwrap_err();
    let headline = "`expect_unregistered` names workflow type `Naps`, which is registered";
    assert!(failure.findings().iter().any(|finding| finding.headline == headline), "{failure}");
}
