//! Sweeps of upgrades: new code takes over before every workflow task.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ChildOptions, Code, Context,
    EventId, Exploration, ForkError, Grade, History, Recorded, Scenario, Status, Stub, Tape,
    WorkerSpec, Workflow, WorkflowError, check, mins, replay, secs,
};

const BAKE: Workflow<(), ()> = Workflow::new("Bake");
const KNEAD: Workflow<(), ()> = Workflow::new("Knead");
const MIX: Activity<(), ()> = Activity::new("Mix");
const SELL: Activity<(), ()> = Activity::new("Sell");

fn with_options(ctx: &Context) -> Context {
    ctx.with_activity_options(ActivityOptions::start_to_close(mins(10)).with_heartbeat(secs(9)))
}

async fn bake(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    ctx.execute(MIX, ()).await?;
    ctx.sleep(mins(1)).await?;
    ctx.execute(SELL, ()).await
}

/// The dough is left alone for longer; Temporal does not notice.
async fn bake_slowly(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    ctx.execute(MIX, ()).await?;
    ctx.sleep(mins(2)).await?;
    ctx.execute(SELL, ()).await
}

/// Does not sell any more what it has baked; nothing of that was recorded until the oven was opened.
async fn bake_for_nothing(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_options(&ctx);
    ctx.execute(MIX, ()).await?;
    ctx.sleep(mins(1)).await
}

fn bakery() -> Scenario {
    Scenario::new("bakery")
        .workflow(BAKE, bake)
        .stub(MIX, Stub::returns(()).after(secs(2)))
        .stub(SELL, Stub::returns(()))
        .client(|world| drop(world.start(BAKE, "bread-7", ())))
}

#[test]
fn the_same_code_can_take_over_at_any_moment() {
    let report = bakery().deploy(BAKE, bake).sweep_upgrade();

    assert!(report.runs().all(|(_, outcome)| outcome.findings.is_empty()));
    insta::assert_snapshot!(report.table());
}

#[test]
fn what_temporal_does_not_notice_is_found() {
    let failure = bakery().deploy(BAKE, bake_slowly).try_sweep_upgrade().unwrap_err();

    assert_eq!(failure.findings()[0].code, Code::Nondeterminism);
    assert_eq!(failure.findings()[0].grade, Some(Grade::ChangesBehavior));
    let table = &failure.report()[failure.report().find("  run of the old").unwrap()..];
    insta::assert_snapshot!(table);
}

#[test]
fn runs_that_go_on_are_checked_as_any_run() {
    let upgrade =
        bakery().deploy(BAKE, bake_for_nothing).check(check::always("bread is sold", |outcome| {
            let over = outcome.main_status() == Status::Completed;
            let unsold = over && outcome.calls(SELL).count() == 0;
            if unsold { Err("it was not".to_owned()) } else { Ok(()) }
        }));
    let failure = upgrade.try_sweep_upgrade().unwrap_err();

    insta::assert_snapshot!(failure.report());
    let again = upgrade.try_run(failure.tape()).unwrap_err();
    assert_eq!(again.findings()[0], failure.findings()[0]);
}

/// Real activities that heartbeat go on with the worker that has them, and end there.
#[test]
fn what_the_old_workers_have_begun_they_finish() {
    async fn mix(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
        for _ in 0..5 {
            ctx.heartbeat(());
            if ctx.sleep_or_canceled(secs(3)).await {
                return Err(ActivityError::canceled());
            }
        }
        Ok(())
    }

    async fn beside(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let ctx = with_options(&ctx);
        let mixing = ctx.execute(MIX, ());
        ctx.sleep(secs(5)).await?;
        mixing.await
    }

    let scenario = bakery().workflow(BAKE, beside).deploy(BAKE, beside).activity(MIX, mix);
    let report = scenario.sweep_upgrade();
    let (_, late) = report.runs().nth(1).unwrap();
    let call = late.calls(MIX).next().unwrap();
    assert_eq!((call.worker.as_str(), late.calls(MIX).count()), ("worker-1", 1));
    assert_eq!(late.main_status(), Status::Completed);
}

#[test]
fn children_are_taken_over_too_and_every_worker_is_replaced() {
    async fn parent(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        let dough = ChildOptions::new().with_task_queue("cellar").with_id("dough-7");
        ctx.with_child_options(dough).execute_child(KNEAD, ()).await
    }

    async fn knead(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.sleep(mins(1)).await?;
        ctx.sleep(mins(2)).await
    }

    async fn knead_once(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.sleep(mins(1)).await?;
        ctx.wait(|| false).await
    }

    let scenario = || {
        bakery()
            .workflow(BAKE, parent)
            .workflow(KNEAD, knead)
            .worker(WorkerSpec::new("main"))
            .worker(WorkerSpec::new("cellar"))
    };
    scenario().deploy(KNEAD, knead).sweep_upgrade();
    let failure = scenario().deploy(KNEAD, knead_once).try_sweep_upgrade().unwrap_err();
    let table = &failure.report()[failure.report().find("  run of the old").unwrap()..];
    insta::assert_snapshot!(table);
}

#[test]
fn random_runs_are_taken_over_too() {
    let explored = bakery().deploy(BAKE, bake).explore(200);
    assert!(explored.to_string().contains("taken over by new code"), "{explored}");

    let failure =
        bakery().deploy(BAKE, bake_slowly).try_explore(Exploration::new(200)).unwrap_err();
    assert!(failure.tape().to_string().starts_with("deploy.0."), "{}", failure.tape());
    assert!(failure.report().contains("the new code took over at"));
}

#[test]
fn the_calm_run_and_its_sweep_are_those_of_the_old_code() {
    let (old, both) = (bakery(), bakery().deploy(BAKE, bake_slowly));
    assert_eq!(old.sweep().table(), both.sweep().table());
    assert_eq!(both.try_run(&Tape::calm()).unwrap().main_status(), Status::Completed);
}

#[test]
fn without_new_code_or_without_a_run_there_is_nothing_to_sweep() {
    let headline = |scenario: Scenario| {
        let failure = scenario.try_sweep_upgrade().unwrap_err();
        assert_eq!(failure.findings()[0].code, Code::Setup);
        failure.findings()[0].headline.clone()
    };
    assert!(headline(bakery()).contains("`.deploy(..)` gives it"));
    let nobody = bakery().deploy(BAKE, bake).client(|_| ());
    assert!(headline(nobody).starts_with("no workflow task is there"));
}

/// What production has recorded of two loaves: one that is sold, and one that rests.
fn recorded() -> [Recorded; 2] {
    let outcome = bakery().run();
    let sold = History::new(outcome.main().expect("one was started").history.clone())
        .expect("it has events");
    let rests = sold.until(sold.boundaries()[6]);
    [replay(sold.to_json()), replay(rests.to_json())]
}

#[test]
fn recorded_runs_are_taken_over_at_every_task() {
    let report = bakery().deploy(BAKE, bake).try_sweep_upgrade_of(&recorded()).unwrap();
    assert!(report.baseline().is_none());
    insta::assert_snapshot!(report.table());

    // Without `deploy` it is the code of the scenario that takes over.
    let same = bakery().try_sweep_upgrade_of(&recorded()).unwrap();
    assert_eq!(same.table(), report.table());
}

#[test]
fn a_recorded_run_that_the_new_code_breaks_is_named_with_its_moment() {
    let upgrade = bakery().deploy(BAKE, bake_for_nothing);
    let found = || match upgrade.try_sweep_upgrade_of(&recorded()) {
        Err(ForkError::Found(failure)) => failure,
        other => panic!("it breaks: {other:?}"),
    };
    let failure = found();
    assert_eq!(failure.findings()[0].grade, Some(Grade::BreaksProduction));
    insta::assert_snapshot!(failure.report());
    // What the report says to do does it. A fork from that moment is refused, as the code does not replay.
    assert_eq!(found().report(), failure.report());
    let fork = bakery().workflow(BAKE, bake_for_nothing).fork(&recorded()[0], EventId(19));
    assert!(matches!(fork, Err(ForkError::Replay(_))), "{fork:?}");
}

#[test]
fn where_a_recorded_run_cannot_go_on_it_is_replayed() {
    async fn parent(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.with_child_options(ChildOptions::new().with_id("dough-7"))
            .execute_child(KNEAD, ())
            .await
    }

    async fn hasty(_: Context, (): ()) -> Result<(), WorkflowError> {
        Ok(())
    }

    async fn knead(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.sleep(mins(1)).await
    }

    let family = || bakery().workflow(BAKE, parent).workflow(KNEAD, knead);
    let outcome = family().run();
    let history = History::new(outcome.main().unwrap().history.clone()).unwrap();
    let recorded = [replay(history.to_json())];
    let report = family().try_sweep_upgrade_of(&recorded).unwrap();
    insta::assert_snapshot!(report.table());

    let broken = family().deploy(BAKE, hasty).try_sweep_upgrade_of(&recorded);
    let Err(ForkError::Found(failure)) = broken else { panic!("it breaks") };
    let table = &failure.report()[failure.report().find("  run of the old").unwrap()..];
    insta::assert_snapshot!("broken", table);
    let again = "Run all its moments again:  `scenario.try_sweep_upgrade_of(&[recorded])`";
    assert!(failure.report().contains(again), "{}", failure.report());
}
