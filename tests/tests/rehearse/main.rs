//! What a client waits for is rehearsed before it is answered, by the workers that are connected.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic")]

mod faults;
mod recorded;
mod unsettled;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, Failure, Report, Scenario,
    Signal, Workflow, WorkflowError, check, hours, millis, secs,
};
use rehearsal_activation::{Definition, Instance};
use rehearsal_examples::cancellation::{
    ACTIVITY_TO_BE_CANCELED, YOUR_WORKFLOW, rehearsal_of, your_workflow,
};
use rehearsal_explore::Observer;
use rehearsal_history::{EventId, EventKind, Failure as Recorded, Payloads, Timestamp};
use rehearsal_remote::{
    Activities, ActivityDone, Bell, HistoryAsk, HistoryPage, Refused, Rehearsal, Rehearse, Wall,
};
use rehearsal_service::Target;
use rehearsal_tests::outside::{Attempt, House, StoppedClock, ask};

const ORDER: Workflow<(), u32> = Workflow::new("Order");
const SHIP: Activity<(), u32> = Activity::new("Ship");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const APPROVE: Signal<String> = Signal::new("approve");

async fn order(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let approvals = ctx.signals(APPROVE);
    let outcome = async {
        ctx.wait_timeout(hours(1), || !approvals.is_empty()).await?;
        ctx.sleep(secs(2)).await?;
        ctx.execute(SHIP, ()).await
    };
    let outcome = outcome.await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    outcome
}

/// A mistake made on purpose: cleanup is started on the canceled context, so it is skipped.
async fn careless(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let shipped = ctx.execute(SHIP, ()).await;
    if ctx.is_canceled() {
        ctx.execute(REFUND, ()).await?;
    }
    shipped
}

/// Waits for a signal, for ever.
async fn patient(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let approvals = ctx.signals(APPROVE);
    let approved = ctx.wait(|| !approvals.is_empty()).await;
    if ctx.is_canceled() {
        let options = ActivityOptions::start_to_close(secs(30));
        ctx.disconnected().with_activity_options(options).execute(REFUND, ()).await?;
    }
    approved.map(|()| 1)
}

fn scenario_of<F, Fut>(code: F) -> Scenario
where
    F: Fn(Context, ()) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<u32, WorkflowError>> + 'static,
{
    Scenario::new("Order").workflow(ORDER, code)
}

/// The code of activities outside.
type Code = Box<dyn Fn(&Attempt<'_>) -> ActivityDone + Send>;

/// Each returns at once.
fn at_once() -> Code {
    Box::new(|attempt| {
        let ships = attempt.work.task.activity_type == "Ship";
        let result = if ships { Payloads::encode(&2_u32) } else { Payloads::encode(&()) };
        ActivityDone::Completed(result.unwrap())
    })
}

/// A house that rehearses, whose worker has the code of this scenario and whose activities return at once.
fn house_of(scenario: &Scenario, rehearse: Rehearse) -> House {
    let wall = Arc::new(StoppedClock::default());
    House::of(order_of(scenario), at_once(), wall, Some(rehearse))
}

fn order_of(scenario: &Scenario) -> Arc<dyn Definition> {
    Arc::clone(scenario.engine().definition("Order").unwrap())
}

/// Waits for the result; how the workflow has closed.
fn result(house: &House) -> EventKind {
    let page: Result<HistoryPage, Refused> =
        ask(|reply| drop(house.door.history(wait_for_close(), reply)));
    page.unwrap().events[0].kind.clone()
}

fn wait_for_close() -> HistoryAsk {
    let target = Target::current("order-7");
    HistoryAsk { target, from: EventId::FIRST, most: 0, wait: true, close_only: true }
}

/// What is to be rehearsed, with what must hold.
fn checked(rehearsal: &Rehearsal, activities: Activities) -> Scenario {
    Scenario::new("Order")
        .with_engine(|_| rehearsal.scenario(activities))
        .check(check::cleanup_iff_canceled(REFUND))
}

/// The sweep of what is to be rehearsed.
fn sweep(rehearsal: &Rehearsal) -> Result<Report, Failure> {
    sweep_with(rehearsal, Activities::Real)
}

fn sweep_with(rehearsal: &Rehearsal, activities: Activities) -> Result<Report, Failure> {
    checked(rehearsal, activities).try_sweep_told(&Follow(rehearsal))
}

/// Goes on as long as there are workers.
struct Follow<'a>(&'a Rehearsal);

impl Observer for Follow<'_> {
    fn goes_on(&self) -> bool {
        self.0.stopped_by().is_none()
    }
}

/// Keeps what sweeps come to, and answers what is found in place of the result.
fn kept(found: Arc<Mutex<Vec<String>>>) -> Rehearse {
    Box::new(move |rehearsal| {
        let (text, failed) = match sweep(rehearsal) {
            Ok(report) => (report.table(), None),
            Err(failure) => {
                let text = failure.to_string();
                (text.clone(), Some(Recorded::application(text, "RehearsalFailed")))
            }
        };
        found.lock().unwrap().push(text);
        failed
    })
}

/// A table without what is known of instances in the engine alone.
fn table(text: &str) -> Vec<String> {
    let lines = text.lines().take_while(|line| !line.contains("not seen in any run"));
    lines.map(ToOwned::to_owned).collect()
}

async fn ship(_: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    Ok(2)
}

async fn refund(_: ActivityContext, (): ()) -> Result<(), ActivityError> {
    Ok(())
}

/// The order in the engine, with a client that does what that of the house does.
fn order_inside() -> Scenario {
    scenario_of(order)
        .activity(SHIP, ship)
        .activity(REFUND, refund)
        .client(|world| {
            let order = world.start(ORDER, "order-7", ());
            world.advance(secs(10));
            drop(world.signal(&order, APPROVE, "Ann".to_owned()));
        })
        .check(check::cleanup_iff_canceled(REFUND))
}

/// What a client did is done again at the same times, and the connected worker is swept: with the table of the same
/// workflow in the engine. Then the client is told the result, once and again.
#[test]
fn a_result_is_rehearsed_before_it_is_told() {
    let found = Arc::new(Mutex::new(Vec::new()));
    let house = house_of(&scenario_of(order), kept(Arc::clone(&found)));
    let started = house.start();
    ask(|reply| house.door.sleep(secs(10), false, reply)).unwrap();
    house.approve(Target::run("order-7", started.run_id));
    assert!(matches!(result(&house), EventKind::WorkflowExecutionCompleted(_)));
    assert!(matches!(result(&house), EventKind::WorkflowExecutionCompleted(_)));
    assert_eq!(house.close(), rehearsal_remote::Report::default());

    let inside = order_inside().sweep().table();
    let found = found.lock().unwrap();
    assert_eq!(found.len(), 1, "what was rehearsed once is not rehearsed again");
    assert_eq!(table(&found[0]), table(&inside));
}

/// Works until it is canceled.
async fn holding(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(hours(1)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options.with_heartbeat(secs(5)));
    let shipped = ctx.execute(SHIP, ()).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    shipped
}

/// What `Ship` is seen to do from outside: two heartbeats, and more of them until it is canceled.
async fn ship_until_canceled(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    ctx.heartbeat("");
    ctx.heartbeat("");
    while !ctx.sleep_or_canceled(secs(1)).await {
        ctx.heartbeat_encoded(None);
    }
    Ok(2)
}

/// An activity that was done once does in the sweep what it did, without being called again: it ends when it is canceled.
#[test]
fn activities_do_what_was_recorded_of_them() {
    let (tell, told) = channel();
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        let report = sweep_with(rehearsal, Activities::Recorded).unwrap();
        tell.send(report.table()).unwrap();
        None
    });
    let (beats, beaten) = channel();
    let (go, goes): (_, Receiver<()>) = channel();
    let calls = Arc::new([const { AtomicU32::new(0) }; 2]);
    let counted = Arc::clone(&calls);
    let code: Code = Box::new(move |attempt| {
        if attempt.work.task.activity_type != "Ship" {
            counted[1].fetch_add(1, Ordering::SeqCst);
            return ActivityDone::Completed(Payloads::encode(&()).unwrap());
        }
        counted[0].fetch_add(1, Ordering::SeqCst);
        let details = || Payloads::encode(&"").unwrap();
        assert_eq!(attempt.heartbeat(details()), Ok(false));
        beats.send(()).unwrap();
        goes.recv().unwrap();
        assert_eq!(attempt.heartbeat(details()), Ok(true));
        ActivityDone::Completed(Payloads::encode(&2_u32).unwrap())
    });
    let wall = Arc::new(StoppedClock::default());
    let house = House::of(order_of(&scenario_of(holding)), code, wall, Some(rehearse));
    let _started = house.start();
    beaten.recv().unwrap();
    let target = Target::current("order-7");
    ask(|reply| house.door.cancel(target, "".into(), "client".into(), reply)).unwrap();
    // The workflow has heard of it, and canceled its activity.
    let requested = HistoryAsk { from: EventId(10), close_only: false, ..wait_for_close() };
    let page = ask(|reply| drop(house.door.history(requested, reply))).unwrap();
    assert!(matches!(page.events[0].kind, EventKind::ActivityTaskCancelRequested(_)));
    go.send(()).unwrap();
    assert!(matches!(result(&house), EventKind::WorkflowExecutionCompleted(_)));
    let _report = house.close();
    let inside = scenario_of(holding)
        .activity(SHIP, ship_until_canceled)
        .activity(REFUND, refund)
        .client(|world| {
            let order = world.start(ORDER, "order-7", ());
            world.advance(Duration::ZERO);
            drop(world.cancel(&order));
        })
        .check(check::cleanup_iff_canceled(REFUND))
        .sweep()
        .table();
    assert_eq!(table(&told.recv().unwrap()), table(&inside));
    let calls = [0, 1].map(|of| calls[of].load(Ordering::SeqCst));
    assert_eq!(calls, [1, 1], "what was recorded is not done again");
}

/// What is found is told in place of the result, to whoever asks.
#[test]
fn what_is_found_is_told_in_place_of_the_result() {
    let found = Arc::new(Mutex::new(Vec::new()));
    let house = house_of(&scenario_of(careless), kept(Arc::clone(&found)));
    let _started = house.start();
    for _ in 0..2 {
        let EventKind::WorkflowExecutionFailed(failed) = result(&house) else {
            panic!("it is told that something was found")
        };
        let failure = failed.failure.unwrap();
        assert!(failure.message.starts_with("RH201"), "{}", failure.message);
        assert!(
            failure.message.contains("beside `--sweep`:  --only 'cancel."),
            "{}",
            failure.message
        );
    }
    // The history is what it was.
    let all = HistoryAsk { wait: false, close_only: false, ..wait_for_close() };
    let page = ask(|reply| drop(house.door.history(all, reply))).unwrap();
    let last = page.events.last().unwrap();
    assert!(matches!(last.kind, EventKind::WorkflowExecutionCompleted(_)));
    let _report = house.close();
    assert_eq!(found.lock().unwrap().len(), 1);
}

/// A workflow that waits for what nobody sends is rehearsed up to its horizon, and the client waits on.
#[test]
fn a_workflow_that_does_not_close_is_rehearsed_up_to_its_horizon() {
    let found = Arc::new(Mutex::new(Vec::new()));
    let (tell, told) = channel();
    let mut inner = kept(Arc::clone(&found));
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        let came = inner(rehearsal);
        tell.send(()).unwrap();
        came
    });
    let house = house_of(&scenario_of(patient), rehearse);
    let _started = house.start();
    let (answers, answer) = channel();
    let reply = Box::new(move |page: Result<HistoryPage, Refused>| answers.send(page).is_ok());
    house.door.history(wait_for_close(), reply);
    told.recv().unwrap();
    assert!(answer.try_recv().is_err(), "there is nothing to tell yet");
    house.approve(Target::current("order-7"));
    // What was asked since is rehearsed too.
    told.recv().unwrap();
    let closed = answer.recv().unwrap().unwrap();
    let kind = &closed.events[0].kind;
    assert!(matches!(kind, EventKind::WorkflowExecutionCompleted(_)), "{kind:?}");
    let _report = house.close();
    let found = found.lock().unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("then the workflow is at rest"), "{}", found[0]);
    assert!(!found[1].contains("then the workflow is at rest"), "{}", found[1]);
}

/// A client that goes away while it waits keeps nobody from rehearsing, and the house goes on.
#[test]
fn a_client_may_go_away_while_it_waits() {
    let found = Arc::new(Mutex::new(Vec::new()));
    let (begun, begins) = channel();
    let (go, goes): (_, Receiver<()>) = channel();
    let mut inner = kept(Arc::clone(&found));
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        begun.send(()).unwrap();
        goes.recv().unwrap();
        inner(rehearsal)
    });
    let house = house_of(&scenario_of(order), rehearse);
    let _started = house.start();
    let ticket = house.door.history(wait_for_close(), Box::new(|_| false));
    begins.recv().unwrap();
    ticket.gone();
    go.send(()).unwrap();
    assert!(matches!(result(&house), EventKind::WorkflowExecutionCompleted(_)));
    let _report = house.close();
    assert_eq!(found.lock().unwrap().len(), 1);
}

/// A clock that stands until something has died, and then runs ahead of everybody's patience.
#[derive(Default)]
struct Impatient {
    clock: Mutex<Timestamp>,
    died: Arc<AtomicBool>,
}

impl Wall for Impatient {
    fn now(&self) -> Timestamp {
        let mut now = self.clock.lock().unwrap();
        if self.died.load(Ordering::SeqCst) {
            *now = *now + hours(1);
        }
        *now
    }

    fn wait(&self, bell: &Bell, at_most: Option<Duration>) {
        if !self.died.load(Ordering::SeqCst) {
            // Whoever dies rings no bell.
            bell.wait(Some(at_most.unwrap_or(secs(1)).min(Duration::from_millis(10))));
        }
    }
}

/// Dies after so many runs, with the process that it is in.
struct Mortal {
    code: Arc<dyn Definition>,
    runs: AtomicU32,
    died: Arc<AtomicBool>,
}

impl Definition for Mortal {
    fn workflow_type(&self) -> &str {
        self.code.workflow_type()
    }

    fn instantiate(&self) -> Box<dyn Instance> {
        if self.runs.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.died.store(true, Ordering::SeqCst);
            panic!("the process dies");
        }
        self.code.instantiate()
    }
}

/// When the worker dies, the sweep stops where it is: the report says so, and the client is told the result.
#[test]
fn a_sweep_ends_with_its_worker() {
    let code = order_of(&scenario_of(order));
    let wall = Impatient::default();
    let died = Arc::clone(&wall.died);
    let mortal = Mortal { code, runs: AtomicU32::new(12), died };
    let (tell, told) = channel();
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        let report = sweep(rehearsal).unwrap();
        tell.send((report.table(), rehearsal.stopped_by())).unwrap();
        None
    });
    let house = House::of(Arc::new(mortal), at_once(), Arc::new(wall), Some(rehearse));
    let _started = house.start();
    assert!(matches!(result(&house), EventKind::WorkflowExecutionCompleted(_)));
    let (table, stopped_by) = told.recv().unwrap();
    assert_eq!(
        stopped_by.as_deref(),
        Some("worker worker-1 does not poll queue \"main\" for workflow tasks any more")
    );
    assert!(table.contains("points, then it was stopped"), "{table}");
    let _report = house.close_without_worker();
}

/// What a server sees of `ActivityToBeCanceled` of the guide's sample in Go: it heartbeats each second, and its worker sends
/// the first heartbeat and then one every 4 s.
async fn to_be_canceled(ctx: ActivityContext, (): ()) -> Result<String, ActivityError> {
    let mut wait = secs(1);
    while !ctx.sleep_or_canceled(wait).await {
        ctx.heartbeat("");
        wait = secs(4);
    }
    Ok("I am canceled by Done".to_owned())
}

/// The guide's sample in Go, which `go test` sweeps in `examples/go`, has the table of its native port, point by point.
#[test]
fn the_guides_sample_in_go_has_the_table_of_its_port() {
    let port = rehearsal_of("cancellation")
        .workflow(YOUR_WORKFLOW, your_workflow)
        .activity(ACTIVITY_TO_BE_CANCELED, to_be_canceled)
        .client(|world| {
            let order = world.start(YOUR_WORKFLOW, "order-7", ());
            world.advance(millis(3500));
            drop(world.cancel(&order));
        });
    assert_eq!(port.sweep().table(), include_str!("../../../examples/go/table.txt"));
}
