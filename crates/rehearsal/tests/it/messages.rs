//! Queries and updates: which run a client means, and which worker's code answers.

use rehearsal::{
    Activity, ActivityContext, ActivityError, Context, LocalActivityOptions, Payloads, Profile,
    Query, Scenario, Update, WorkerSpec, Workflow, WorkflowError, World, mins, secs,
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
