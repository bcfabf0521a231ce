//! Workers outside: every golden scenario by threads that know nothing but the door.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]

use std::thread::Builder;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, Report, Scenario, Signal,
    Stub, WorkerSpec, Workflow, WorkflowError, check, secs,
};
use rehearsal_history::Payloads;
use rehearsal_remote::ActivityDone;
use rehearsal_tests::each::each;
use rehearsal_tests::golden::ports::ALL;
use rehearsal_tests::golden::{self, Folder, Recording};
use rehearsal_tests::outside::{LOCAL, NO_CODE, Stage, attempts};
use rehearsal_worker::Profile;

/// How a scenario came out.
enum Came {
    Alike,
    /// It is not for a worker outside, and why.
    NotFor(String),
    Otherwise(Vec<String>),
}

fn run(folder: &Folder) -> Came {
    let register = folder.register.expect("every scenario has code");
    let recording = Recording::read(folder).expect("the golden suite reads it");
    let mut stage = None;
    let simulated = golden::simulate_in(folder, &recording.script, register, |scenario, tape| {
        let (begun, scenario) = Stage::of(scenario.engine().clone(), Profile::Go);
        stage = Some(begun);
        scenario.world(Box::new(tape))
    });
    let closed = stage.map_or(Ok(()), Stage::close);
    if let Err(why) = closed {
        return Came::NotFor(why);
    }
    let mut problems = simulated.problems;
    problems.extend(golden::differences(&recording, &simulated.histories));
    if problems.is_empty() { Came::Alike } else { Came::Otherwise(problems) }
}

/// The workflow tasks and queries of each recorded scenario are done by a thread that polls. The histories, and what the
/// client is answered, are the recorded ones.
#[test]
fn golden_scenarios_by_workers_outside() {
    let came = each(ALL, run);
    let (mut alike, mut not_for, mut otherwise) = (0, 0, 0);
    for (folder, came) in ALL.iter().zip(&came) {
        match came {
            Came::Alike => alike += 1,
            Came::NotFor(why) => {
                not_for += 1;
                println!("{}: {why}", folder.name);
            }
            Came::Otherwise(problems) => {
                otherwise += 1;
                println!("{} fails:\n  {}", folder.name, problems.join("\n  "));
            }
        }
    }
    println!(
        "remote go: {alike} of {} ({not_for} are not for a worker outside)",
        ALL.len() - not_for
    );
    assert_eq!(otherwise, 0, "scenarios differ from their recordings; see above");
    let local = |came: &&Came| matches!(came, Came::NotFor(why) if why == LOCAL || why == NO_CODE);
    assert_eq!(
        came.iter().filter(local).count(),
        not_for,
        "only what such a worker cannot do is left out"
    );
}

const ORDER: Workflow<(), u32> = Workflow::new("Order");
const SHIP: Activity<(), u32> = Activity::new("Ship");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const APPROVE: Signal<String> = Signal::new("approve");

async fn order(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options.with_heartbeat(secs(5)));
    let approvals = ctx.signals(APPROVE);
    let outcome = async {
        ctx.wait_timeout(secs(60), || !approvals.is_empty()).await?;
        ctx.sleep(secs(2)).await?;
        ctx.execute(SHIP, ()).await
    };
    let outcome = outcome.await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    outcome
}

async fn ship(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    for parcel in 0..2 {
        ctx.heartbeat(parcel);
        if ctx.sleep_or_canceled(secs(1)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok(2)
}

/// A table without what is known of instances in the engine alone: what workflow code asks for.
fn table(report: &Report) -> Vec<String> {
    let report = report.to_string();
    let lines = report.lines().take_while(|line| !line.contains("not seen in any run"));
    lines.map(ToOwned::to_owned).collect()
}

/// The same table, whether the workflow is run by the engine or by a thread that stays connected from world to world.
#[test]
fn a_sweep_by_a_worker_outside_is_the_same_sweep() {
    let scenario = || {
        Scenario::new("order")
            .workflow(ORDER, order)
            .activity(SHIP, ship)
            .stub(REFUND, Stub::returns(()).after(secs(1)))
            .client(|world| {
                let order = world.start(ORDER, "order-7", ());
                world.advance(secs(10));
                drop(world.signal(&order, APPROVE, "Ann".to_owned()));
            })
            .check(check::cleanup_iff_canceled(REFUND))
    };
    let inside = table(&scenario().sweep());
    let mut stage = None;
    let outside = scenario().with_engine(|engine| {
        let (begun, engine) = Stage::of(engine, Profile::Go);
        stage = Some(begun);
        engine
    });
    let outside = table(&outside.sweep());
    assert_eq!(stage.map(Stage::close), Some(Ok(())));
    assert_eq!(inside, outside);
}

/// Two workers of one process, of which one answers too late and the other has the task again: the one is told so before, as its
/// process may have the run locked until then.
#[test]
fn no_worker_waits_for_another_of_its_process() {
    let mut stage = None;
    let scenario = Scenario::new("order")
        .workflow(ORDER, order)
        .activity(SHIP, ship)
        .stub(REFUND, Stub::returns(()).after(secs(1)))
        .worker(WorkerSpec::new("main"))
        .worker(WorkerSpec::new("main"))
        .client(|world| drop(world.start(ORDER, "order-7", ())))
        .with_engine(|engine| {
            let (begun, engine) = Stage::of(engine, Profile::Go);
            stage = Some(begun);
            engine
        });
    let stage = stage.expect("it has begun");
    let report = scenario.explore(1_000);
    assert!(report.to_string().contains("with another fault"), "{report}");
    assert_eq!(stage.cache().clashes(), 0);
    assert_eq!(stage.close(), Ok(()));
}

/// Activities outside too: each is handed out when its attempt begins, and is waited for.
#[test]
fn a_sweep_with_activities_outside_is_the_same_sweep() {
    async fn at_once(_: ActivityContext, (): ()) -> Result<u32, ActivityError> {
        Ok(2)
    }
    async fn refund(_: ActivityContext, (): ()) -> Result<(), ActivityError> {
        Ok(())
    }
    let scenario = || {
        Scenario::new("order")
            .workflow(ORDER, order)
            .client(|world| drop(world.start(ORDER, "order-7", ())))
    };
    let inside = table(&scenario().activity(SHIP, at_once).activity(REFUND, refund).sweep());
    let mut stage = None;
    let outside = scenario().with_engine(|engine| {
        let (begun, engine) = Stage::of(engine, Profile::Go);
        stage = Some(begun);
        engine
    });
    let stage = stage.expect("it has begun");
    let door = stage.door();
    let activities = Builder::new().spawn(move || {
        attempts(&door, ("worker-1", "main"), |attempt| {
            let ships = attempt.work.task.activity_type == "Ship";
            let result = if ships { Payloads::encode(&2_u32) } else { Payloads::encode(&()) };
            ActivityDone::Completed(result.expect("a number is JSON"))
        });
    });
    let outside = table(&outside.sweep());
    assert_eq!(stage.close(), Ok(()));
    activities.expect("a thread can be made").join().expect("it ends");
    assert_eq!(inside, outside);
}
