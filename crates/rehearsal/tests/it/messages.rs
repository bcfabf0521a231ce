//! Queries and updates: which run a client means, and which worker's code answers.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ClientError, Context,
    LocalActivityOptions, Payloads, Profile, Query, Scenario, Signal, Stub, Update, WorkerSpec,
    Workflow, WorkflowError, World, mins, secs,
};

const DOOR: Workflow<(), ()> = Workflow::new("Door");
const DOOR_V2: Workflow<(), ()> = Workflow::new("Door, second version");
const COLOR: Query<(), String> = Query::new("color");
const PAINT: Update<String, String> = Update::new("paint");

/// A door of a color that can be asked for.
async fn door_of(ctx: Context, color: &'static str) -> Result<(), WorkflowError> {
    ctx.on_query(COLOR, move |()| Ok(color.to_owned()));
    ctx.on_update(PAINT, |_ctx, color| async { Ok(color) }).await;
    ctx.sleep(mins(5)).await
}

async fn door(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    door_of(ctx, "red").await
}

async fn door_v2(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    door_of(ctx, "green").await
}

fn codes(world: World) -> Vec<String> {
    world.finish().findings.iter().map(|finding| finding.code.to_string()).collect()
}

#[test]
fn an_empty_run_id_means_the_current_run() {
    let mut world = Scenario::new("door").workflow(DOOR, door).world();
    let handle = world.start(DOOR, "door-1", ());
    world.advance(secs(1));
    let value = |payloads: Option<Payloads>| Payloads::decode::<String>(payloads.as_ref()).unwrap();

    let color = world.query_workflow("door-1", Some(""), "color", None, secs(1));
    assert_eq!(value(color.unwrap()), "red");
    let blue = Payloads::encode(&"blue").unwrap();
    let sent = world.update_workflow("door-1", Some(""), "paint", "u1", blue.as_ref(), secs(1));
    let painted = world.update_result(&sent.unwrap(), secs(1));
    assert_eq!(value(painted.unwrap()), "blue");
    world.cancel_workflow("door-1", Some(""), "").unwrap();
    world.wait(&handle);

    let outcome = world.finish();
    assert_eq!(outcome.record.cancels.len(), 1);
    assert_eq!(outcome.record.cancels[0].run_id, handle.run_id);
}

#[test]
fn an_update_of_what_is_not_there_is_refused() {
    let mut world = Scenario::new("door").workflow(DOOR, door).world();
    world.start(DOOR, "door-1", ());
    let refused = world.update_workflow("door-2", None, "paint", "u1", None, secs(1)).unwrap_err();
    assert_eq!(refused.to_string(), "workflow not found for ID: door-2");
}

/// The worker that has answered is asked again, whichever it is in the scenario.
#[test]
fn a_query_is_asked_again_of_the_same_code() {
    let first = WorkerSpec::new("main").until(secs(60));
    let second = WorkerSpec::new("main").from(secs(90)).with_code(DOOR, DOOR_V2);
    let mut world = Scenario::new("door")
        .workflow(DOOR, door)
        .workflow(DOOR_V2, door_v2)
        .worker(first)
        .worker(second)
        .world();
    let handle = world.start(DOOR, "door-1", ());
    world.advance(secs(1));
    assert_eq!(world.query(&handle, COLOR, ()).unwrap(), "red");
    world.advance(secs(100));
    assert_eq!(world.query(&handle, COLOR, ()).unwrap(), "green");
    world.wait(&handle);
    assert_eq!(codes(world), [""; 0]);
}

const VARNISH: Activity<(), ()> = Activity::new("Varnish");
const KNOCK: Signal<()> = Signal::new("knock");

/// A door that is varnished while somebody may knock.
async fn varnished(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.on_query(COLOR, |()| Ok("brown".to_owned()));
    let options = ActivityOptions::start_to_close(mins(1));
    let varnish = ctx.with_activity_options(options).execute(VARNISH, ());
    ctx.signals(KNOCK).recv().await;
    varnish.await
}

/// A query waits for a task that its worker has when the run is terminated. The answer to the task is too late and changes
/// nothing, but when the activity is, the server throws away what it keeps of the run, and asks the closed one.
#[test]
fn a_query_whose_run_is_terminated_is_answered_once_something_fails_there() {
    let mut world = Scenario::new("door")
        .workflow(DOOR, varnished)
        .stub(VARNISH, Stub::returns(()).after(secs(5)))
        .hold(2, secs(2))
        .world();
    let door = world.start(DOOR, "door-1", ());
    world.advance(secs(1));
    world.signal(&door, KNOCK, ()).unwrap();
    world.advance(Duration::from_millis(500));
    let sent = world.send_query("door-1", None, "color", None).unwrap();
    world.terminate(&door, "no more doors").unwrap();

    // The task was answered at 3 s.
    assert_eq!(world.query_answer(&sent, secs(3)), Err(ClientError::DeadlineExceeded));
    assert_eq!(world.elapsed(), Duration::from_millis(4_500));
    let color = world.query_answer(&sent, secs(3)).unwrap();
    assert_eq!(Payloads::decode::<String>(color.as_ref()).unwrap(), "brown");
    assert_eq!(world.elapsed(), Duration::from_millis(5_050));
}

/// No workflow code has run that could answer, and the server says so when a worker comes for the task.
#[test]
fn a_query_whose_run_is_terminated_before_its_first_task_is_refused() {
    let late = WorkerSpec::new("main").from(secs(3));
    let mut world = Scenario::new("door").workflow(DOOR, door).worker(late).world();
    let handle = world.start(DOOR, "door-1", ());
    let sent = world.send_query("door-1", None, "color", None).unwrap();
    world.terminate(&handle, "no more doors").unwrap();
    assert_eq!(world.query_answer(&sent, secs(2)), Err(ClientError::DeadlineExceeded));
    let refused = world.query_answer(&sent, secs(2)).unwrap_err();
    assert_eq!(refused.kind(), "WorkflowNotReady");
    assert_eq!(world.elapsed(), Duration::from_millis(3_050));
}

const PRIME: Activity<(), ()> = Activity::new("Prime");

/// A door that is primed before it has a color.
async fn primed(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.on_query(COLOR, |()| Ok("gray".to_owned()));
    let options = LocalActivityOptions::start_to_close(mins(1));
    ctx.with_local_activity_options(options).execute_local(PRIME, ()).await
}

async fn prime(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ctx.sleep(secs(3)).await;
    Ok(())
}

/// Go asks when the task is through; core before it waits for local activities, and then wants another task.
#[test]
fn what_rides_on_a_task_that_waits_is_answered_by_the_rules_of_the_sdk() {
    for (profile, answered, tasks) in [(Profile::Go, 4, 1), (Profile::Core, 1, 2)] {
        let mut world = Scenario::new("door")
            .profile(profile)
            .workflow(DOOR, primed)
            .activity(PRIME, prime)
            .worker(WorkerSpec::new("main").from(secs(1)))
            .world();
        let handle = world.start(DOOR, "door-1", ());
        assert_eq!(world.query(&handle, COLOR, ()).unwrap(), "gray");
        assert_eq!(world.elapsed(), secs(answered));
        world.wait(&handle);
        let outcome = world.finish();
        let history = &outcome.main().unwrap().history;
        let names: Vec<&str> = history.iter().map(|event| event.kind.name()).collect();
        let completed = names.iter().filter(|name| **name == "WorkflowTaskCompleted").count();
        assert_eq!(completed, tasks, "{profile:?}: {names:?}");
    }
}
