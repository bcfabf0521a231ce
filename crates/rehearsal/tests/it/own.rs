//! What checks of one's own ask of a run, and what they say of it.

use std::sync::atomic::{AtomicU32, Ordering};

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Finding, Scenario,
    Signal, Stub, Tape, TimerEnd, Workflow, WorkflowError, check, secs,
};

const PARENT: Workflow<(), ()> = Workflow::new("Parent");
const CHILD: Workflow<u32, ()> = Workflow::new("Child");
const PACK: Activity<u32, String> = Activity::new("Pack");
const GO: Signal<u32> = Signal::new("go");
/// Nobody registers it.
const UNKNOWN: Activity<(), ()> = Activity::new("Pakc");

/// How often something was packed.
#[derive(Default)]
struct Boxes(AtomicU32);

async fn pack(ctx: ActivityContext, number: u32) -> Result<String, ActivityError> {
    let boxes = ctx.fake::<Boxes>();
    ctx.sleep(secs(1)).await;
    boxes.0.fetch_add(1, Ordering::Relaxed);
    Ok(format!("box {number}"))
}

/// Waits for a signal for a minute at most, then for its child.
async fn parent(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let signals = ctx.signals(GO);
    let (waiting, give_up) = ctx.with_cancel();
    waiting.wait_timeout(secs(60), || !signals.is_empty()).await?;
    give_up.cancel();
    let number = signals.recv().await;
    ctx.execute_child(CHILD, number).await
}

async fn child(ctx: Context, number: u32) -> Result<(), WorkflowError> {
    ctx.sleep(secs(5)).await?;
    let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(secs(10)));
    ctx.execute(PACK, number).await.map(drop)
}

fn scenario() -> Scenario {
    Scenario::new("own")
        .workflow(PARENT, parent)
        .workflow(CHILD, child)
        .activity(PACK, pack)
        .fake(Boxes::default)
        .client(|world| {
            let parent = world.start(PARENT, "parent-1", ());
            world.advance(secs(10));
            let _closed = world.signal(&parent, GO, 7);
        })
}

#[test]
fn a_run_is_asked_with_types() {
    let outcome = scenario().run();

    let signal = outcome.signals(GO).next().expect("it was sent");
    assert_eq!((signal.value::<u32>().ok(), signal.at), (Some(7), secs(10)));
    assert!(signal.value::<String>().is_err(), "it is no text");
    assert_eq!(signal.execution.workflow_id, "parent-1");
    assert_eq!(outcome.signals_named("stop").count(), 0);

    let timers: Vec<_> = outcome.timers().map(|timer| (timer.takes, timer.end)).collect();
    assert_eq!(
        timers,
        [
            (secs(60), Some(TimerEnd::Canceled(secs(10)))),
            (secs(5), Some(TimerEnd::Fired(secs(15)))),
        ]
    );

    let child = outcome.children().next().expect("it was started");
    let main = outcome.main().expect("it ran");
    assert_eq!((child.execution.workflow_type.as_str(), child.at), ("Child", secs(10)));
    assert_eq!(*child.parent_run_id, main.run_id);

    let call = outcome.calls(PACK).next().expect("it was called");
    assert_eq!(call.argument::<u32>().ok(), Some(7));
    assert_eq!(call.returned::<String>().as_deref(), Some("box 7"));
    assert_eq!(call.returned::<u32>(), None, "it is no number");

    assert!(!outcome.saw_cancel());
    assert_eq!(outcome.fake::<Boxes>().expect("it was made").0.load(Ordering::Relaxed), 1);
    assert!(outcome.fake::<u32>().is_none(), "nobody makes one");
}

/// Of hundreds of runs none sees what another has packed.
#[test]
fn each_run_of_a_sweep_has_a_fake_of_its_own() {
    let boxes = check::always("one box at most", |outcome| {
        match outcome.fake::<Boxes>().expect("it was made").0.load(Ordering::Relaxed) {
            0 | 1 => Ok(()),
            boxes => Err(format!("{boxes} boxes")),
        }
    });
    assert!(scenario().check(boxes).sweep().points() > 50);
}

#[test]
fn a_fake_that_nobody_makes_fails_the_attempt_and_is_named() {
    let without = Scenario::new("without")
        .workflow(CHILD, child)
        .activity(PACK, pack)
        .client(|world| drop(world.start(CHILD, "child-1", 1)));
    let failure = without.try_run(&Tape::calm()).unwrap_err();
    assert!(failure.report().contains("the scenario makes no fake of type"), "{failure}");
}

#[test]
fn what_is_asked_if_canceled_is_asked_of_no_other_run() {
    let never = || check::never("anything", |_| Some(Finding::from("it is there")));
    let of = |scenario: &Scenario| scenario.try_sweep().unwrap_err();
    let always = of(&scenario().check(never()));
    assert!(always.tape().is_empty(), "found without a cancel");
    let canceled = of(&scenario().check(check::if_canceled(never())));
    assert_eq!(canceled.tape().len(), 1, "{canceled}");
    assert_eq!(canceled.findings()[0].headline, "anything: it is there");

    let unknown = check::if_canceled(check::cleanup_iff_canceled(UNKNOWN));
    assert_eq!(of(&scenario().check(unknown)).findings()[0].code, Code::Setup);
}

#[test]
fn a_check_gives_several_findings_and_each_has_its_name_and_hint() {
    let scenario = Scenario::new("several-own")
        .workflow(CHILD, child)
        .stub(PACK, Stub::returns("box".to_owned()))
        .client(|world| drop(world.start(CHILD, "child-1", 1)))
        .check(check::never("this", |outcome| {
            let call = outcome.calls(PACK).next().expect("it was called");
            let main = outcome.main().expect("it ran");
            vec![
                Finding::from("one").at_call(call, outcome).with_hint("look here"),
                Finding::from("two").at_close(main, outcome).about("the close"),
            ]
        }));
    let failure = scenario.try_run(&Tape::calm()).unwrap_err();
    insta::assert_snapshot!(failure.report());
}
