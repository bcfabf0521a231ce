//! Every run there is: against brute force, which knows nothing of the walk, and against runs that others choose.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rehearsal_engine::{
    ActivityContext, ActivityError, ActivityFuture, ChoiceKey, ChoiceKind, Chooser, Code, Options,
    Outcome, Patience, Scenario, StartOptions, Step, StepName, WorkerSpec, World,
};
use rehearsal_explore::{
    Bounds, Campaign, Choices, ChosenBy, Exhausted, Observer, exhaust, explore,
};
use rehearsal_history::{History, Payloads};
use rehearsal_workflow::{
    Activity, ActivityOptions, ChildOptions, Context, Workflow, WorkflowError, definition, join,
};

const MAIN: Workflow<(), ()> = Workflow::new("Main");
const OTHER: Workflow<(), ()> = Workflow::new("Other");
const FIRST: Activity<(), ()> = Activity::new("First");
const SECOND: Activity<(), ()> = Activity::new("Second");
const BEAT: Activity<(), ()> = Activity::new("Beat");

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn with_activities(ctx: &Context) -> Context {
    let options = ActivityOptions::start_to_close(secs(10)).with_wait_for_cancellation();
    ctx.with_activity_options(options)
}

async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.sleep(secs(5)).await
}

async fn works(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    with_activities(&ctx).execute(FIRST, ()).await
}

/// Two activities at once.
async fn both(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_activities(&ctx);
    let (first, second) = join(ctx.execute(FIRST, ()), ctx.execute(SECOND, ())).await;
    first.and(second)
}

/// An activity that beats, and ends when it is told of a cancel.
async fn beats(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(10)).with_heartbeat(secs(4));
    ctx.with_activity_options(options.with_wait_for_cancellation()).execute(BEAT, ()).await
}

/// An activity that ends when a timer fires.
async fn races(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let activities = with_activities(&ctx);
    let (worked, slept) = join(activities.execute(FIRST, ()), ctx.sleep(secs(2))).await;
    worked.and(slept)
}

async fn parent(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.with_child_options(ChildOptions::new().with_id("child-1")).execute_child(OTHER, ()).await
}

/// Does not look at its cancel: it hangs when it is canceled.
async fn deaf(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let _canceled = nap(ctx.clone(), ()).await;
    let canceled = ctx.is_canceled();
    ctx.disconnected().wait(|| !canceled).await
}

fn scenario<F: Future<Output = Result<(), WorkflowError>> + 'static>(
    code: fn(Context, ()) -> F,
) -> Scenario {
    let work = |ctx: ActivityContext, _: Option<Payloads>| -> ActivityFuture {
        Box::pin(async move {
            ctx.sleep(secs(2)).await;
            Ok(None)
        })
    };
    let beat = |ctx: ActivityContext, _: Option<Payloads>| -> ActivityFuture {
        Box::pin(async move {
            ctx.heartbeat(1);
            if ctx.sleep_or_canceled(secs(2)).await {
                Err(ActivityError::canceled())
            } else {
                Ok(None)
            }
        })
    };
    Scenario::new("small")
        .with_workflow(definition(MAIN, code))
        .with_workflow(definition(OTHER, works))
        .with_activity(FIRST.name(), Arc::new(work))
        .with_activity(SECOND.name(), Arc::new(work))
        .with_activity(BEAT.name(), Arc::new(beat))
        .with_client(Arc::new(|world: &mut World| start(world, &MAIN, "main-1")))
}

fn start(world: &mut World, workflow: &Workflow<(), ()>, id: &str) -> Result<(), String> {
    let options = StartOptions::new(workflow.name(), id);
    world.start_workflow(options).map(drop).map_err(|error| error.to_string())
}

/// Two workflows that go on at the same instant: the second is started later, and sleeps less.
fn two_naps() -> Scenario {
    scenario(nap).with_workflow(definition(OTHER, short_nap)).with_client(Arc::new(
        |world: &mut World| {
            start(world, &MAIN, "main-1")?;
            world.advance(secs(2));
            start(world, &OTHER, "other-1")
        },
    ))
}

async fn short_nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.sleep(secs(3)).await
}

/// The client acts the moment that one of them is closed, on the other one, which may be open then or not.
fn watched() -> Scenario {
    let client = |world: &mut World| {
        let options = StartOptions::new(MAIN.name(), "main-1");
        let main = world.start_workflow(options).map_err(|error| error.to_string())?;
        world.advance(secs(2));
        start(world, &OTHER, "other-1")?;
        world.wait(&main);
        // Refused where the other one is closed, too.
        let _refused = world.signal_workflow("other-1", None, "done", None);
        Ok(())
    };
    two_naps().with_client(Arc::new(client)).with_unread("done")
}

/// A worker that runs one activity at a time.
fn one_slot() -> WorkerSpec {
    WorkerSpec::new("main").with_activity_slots(1)
}

/// Every small world, with what is varied in it.
fn worlds() -> Vec<(&'static str, Scenario, Bounds)> {
    let bounds = Bounds::new(20_000);
    let orders = bounds.with_cancels(0);
    vec![
        ("a nap", scenario(nap), bounds),
        ("a nap, canceled twice", scenario(nap), bounds.with_cancels(2)),
        ("a nap, with a cancel and a fault", scenario(nap), bounds.with_faults(1)),
        ("an activity", scenario(works), bounds),
        ("an activity, with two faults", scenario(works), orders.with_faults(2)),
        ("two activities", scenario(both), orders),
        ("two activities, one after another", scenario(both).with_worker(one_slot()), orders),
        ("an activity that beats", scenario(beats), bounds),
        ("an activity and a timer", scenario(races), bounds),
        ("a child", scenario(parent), orders),
        ("two naps", two_naps(), orders),
        ("two naps, canceled", two_naps(), bounds),
        ("two naps, one of them watched", watched(), orders),
    ]
}

/// The histories of all executions of a run.
fn text(outcome: &Outcome) -> String {
    let print = |execution: &rehearsal_engine::Execution| {
        History::new(execution.history.clone()).map_or(String::new(), |history| history.print())
    };
    outcome.executions.iter().map(print).collect::<Vec<_>>().join("\n")
}

/// Keeps every history, and the tape of it.
#[derive(Default)]
struct Keeper(Mutex<BTreeSet<String>>, Mutex<Vec<(rehearsal_engine::Tape, String)>>);

impl Observer for Keeper {
    fn ended(&self, _: &Choices, outcome: &Outcome) {
        self.0.lock().expect("no run panics").insert(text(outcome));
        self.1.lock().expect("no run panics").push((outcome.tape.clone(), text(outcome)));
    }
}

fn searched(scenario: &Scenario, bounds: Bounds) -> (BTreeSet<String>, Exhausted) {
    let keeper = Keeper::default();
    let exhausted = exhaust(scenario, &[], bounds, &keeper);
    assert!(exhausted.is_proof(), "{exhausted:?}");
    let histories = keeper.0.into_inner().expect("no run panics");
    assert_eq!(histories.len(), exhausted.histories);
    (histories, exhausted)
}

/// All runs by counting up, from the last question that has another answer: nothing is bounded but cancels and faults,
/// nothing is left out, and cancels come with the next step, too.
fn brute_force(scenario: &Scenario, bounds: Bounds) -> (BTreeSet<String>, u32) {
    let path: Rc<RefCell<Vec<(usize, usize)>>> = Rc::default();
    let (mut histories, mut runs) = (BTreeSet::new(), 0);
    loop {
        let counter =
            Counter { path: Rc::clone(&path), at: 0, bounds, struck: [0; 2], over: Rc::default() };
        let over = Rc::clone(&counter.over);
        let outcome = scenario.run(Box::new(counter), Patience::MustEnd);
        if !over.get() {
            histories.insert(text(&outcome));
            runs += 1;
        }
        assert!(runs < 10_000, "too large for brute force");
        let mut path = path.borrow_mut();
        while path.last().is_some_and(|(answer, count)| answer + 1 == *count) {
            path.pop();
        }
        let Some(last) = path.last_mut() else { return (histories, runs) };
        last.0 += 1;
    }
}

struct Counter {
    path: Rc<RefCell<Vec<(usize, usize)>>>,
    at: usize,
    bounds: Bounds,
    /// Cancels and faults.
    struck: [u32; 2],
    /// Whether the run goes in circles: a step has left everything as it was, and can be taken for ever.
    over: Rc<Cell<bool>>,
}

impl Chooser for Counter {
    fn choose(&mut self, key: ChoiceKey, options: Options<'_>) -> usize {
        let most = self.bounds.to_string();
        let most = |what: &str| {
            let part = most.split(", ").find(|part| part.contains(what));
            part.and_then(|part| part.split(' ').next()?.parse().ok()).unwrap_or(0)
        };
        let is_left = match key.kind {
            ChoiceKind::Next => true,
            ChoiceKind::Cancel => self.struck[0] < most("cancel"),
            ChoiceKind::Evict | ChoiceKind::Late | ChoiceKind::Deploy => false,
            _ => self.struck[1] < most("fault"),
        };
        if !is_left || options.count() < 2 {
            return 0;
        }
        let mut path = self.path.borrow_mut();
        if self.at == path.len() {
            path.push((0, options.count()));
        }
        let (answer, count) = path[self.at];
        assert_eq!(count, options.count(), "a run is no function of its answers");
        self.at += 1;
        let strikes = u32::from(answer > 0);
        match key.kind {
            ChoiceKind::Next => {}
            ChoiceKind::Cancel => self.struck[0] += strikes,
            _ => self.struck[1] += strikes,
        }
        answer
    }

    fn watches(&self) -> bool {
        true
    }

    fn stepped(&mut self, step: &Step) {
        let idle = step.touched.is_empty() && !step.name.is_some_and(StepName::is_cancel);
        self.over.set(self.over.get() || idle);
    }

    fn is_over(&self) -> bool {
        self.over.get()
    }
}

/// Against brute force, with and without reduction. The table says what it saves.
#[test]
fn the_search_finds_exactly_the_histories_that_there_are() {
    let mut table = String::new();
    for (name, scenario, bounds) in worlds() {
        let (all, made) = brute_force(&scenario, bounds);
        let (plain, whole) = searched(&scenario, bounds.without_reduction());
        assert!(plain == all, "{name}: {} histories instead of {}", plain.len(), all.len());
        assert_eq!((whole.runs, whole.left_out), (made, 0), "{name}");

        let (reduced, fewer) = searched(&scenario, bounds);
        assert!(reduced == all, "{name}: {} histories instead of {}", reduced.len(), all.len());
        assert!(fewer.runs <= made, "{name}: {} runs instead of {made}", fewer.runs);
        let line = format!(
            "{name:<40} {:>5} histories {made:>6} runs {:>6} reduced {:>6} cut\n",
            all.len(),
            fewer.runs,
            fewer.cut
        );
        table += &line;
    }
    insta::assert_snapshot!(table);
}

/// Whoever else chooses finds none that the search has not found.
#[test]
fn random_runs_and_those_with_priorities_find_a_part_of_it() {
    for (name, scenario, bounds) in worlds() {
        // Of cancels and orders alone.
        let scenario = scenario.with_no_faults();
        let (all, _) = searched(&scenario, bounds.with_faults(0).with_cancels(1));
        for by in [ChosenBy::Random, ChosenBy::Pct, ChosenBy::Strike, ChosenBy::Pair] {
            let keeper = Keeper::default();
            let campaign = Campaign { only: Some(by), ..Campaign::new(&scenario, 100) };
            let explored = explore(&scenario, &[], &campaign, &keeper);
            assert!(explored.found.is_empty(), "{name}");
            let runs = keeper.1.into_inner().expect("no run panics");
            let of_these = runs.iter().filter(|(tape, _)| {
                let cancels = tape.iter().filter(|(key, _)| key.kind == ChoiceKind::Cancel).count();
                let varied = |kind| matches!(kind, ChoiceKind::Next | ChoiceKind::Cancel);
                cancels <= 1 && tape.iter().all(|(key, _)| varied(key.kind))
            });
            let mut count = 0;
            for (tape, text) in of_these {
                assert!(all.contains(text), "{name}: not found, though there is {tape}");
                count += 1;
            }
            assert!(count > 5, "{name}: {count} runs of {by:?} could be compared");
        }
    }
}

#[test]
fn a_mistake_is_found_and_shrunk() {
    let exhausted = exhaust(&scenario(deaf), &[], Bounds::new(1_000), &Keeper::default());
    assert!(!exhausted.is_proof() && !exhausted.whole);
    let found = exhausted.found.unwrap();
    assert_eq!(found.minimal.outcome.findings[0].code, Code::Hang);
    assert_eq!(found.minimal.outcome.tape.to_string(), "cancel.0.0=1");
}

#[test]
fn what_is_not_whole_is_no_proof() {
    let all = exhaust(&scenario(both), &[], Bounds::new(100_000), &Keeper::default());
    assert!(all.is_proof());
    let made = all.runs + all.cut;
    for (runs, is_proof) in [(0, false), (1, false), (made - 1, false), (made, true)] {
        let some = exhaust(&scenario(both), &[], Bounds::new(runs), &Keeper::default());
        assert_eq!((some.is_proof(), some.whole), (is_proof, is_proof), "{runs}");
        assert!(some.runs + some.cut <= runs);
    }
}

/// All that is told of a search.
fn told(exhausted: &Exhausted) -> String {
    let found = exhausted.found.as_ref().map(|found| {
        let minimal = &found.minimal;
        (found.tape.to_string(), minimal.shrunk.clone(), minimal.outcome.findings.clone())
    });
    let Exhausted { runs, cut, left_out, whole, histories, longest, ended, calm, .. } = exhausted;
    format!(
        "{runs} {cut} {left_out} {whole} {histories} {longest} {ended:?} {calm:?} {:?} {:?} {found:?}",
        exhausted.replays, exhausted.baseline.findings
    )
}

/// Also where something is found on the way, and where the runs are not enough.
#[test]
fn the_result_is_the_same_for_any_number_of_threads() {
    let all = Bounds::new(100_000);
    let mut searches = worlds();
    searches.push(("a mistake", scenario(deaf), all));
    searches.extend([1, 7, 40].map(|runs| ("not all", scenario(both), Bounds::new(runs))));
    let mut whole = 0;
    for (name, scenario, bounds) in searches {
        let search = |threads| {
            told(&exhaust(&scenario, &[], bounds.with_threads(threads), &Keeper::default()))
        };
        let alone = exhaust(&scenario, &[], bounds, &Keeper::default());
        whole += usize::from(alone.whole);
        for threads in [2, 3, 8] {
            assert_eq!(search(threads), told(&alone), "{name} on {threads} threads");
        }
    }
    assert_eq!(whole, worlds().len());
}

/// Wakes up again and again, until it is canceled.
async fn for_ever(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    loop {
        ctx.sleep(secs(60)).await?;
    }
}

#[test]
fn a_run_that_never_ends_proves_nothing() {
    let bounds = Bounds::new(2_000).with_cancels(0);
    let exhausted = exhaust(&scenario(for_ever), &[], bounds, &Keeper::default());
    assert!(exhausted.found.is_none() && !exhausted.whole);
}
