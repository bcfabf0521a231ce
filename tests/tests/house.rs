//! A house with clients and workers in front of it: what they ask is done as it comes, and time moves by rule.

#![expect(
    clippy::unwrap_used,
    clippy::items_after_statements,
    reason = "a helper of a test may panic, and says what it needs where it needs it"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, Signal, Workflow,
    WorkflowError, hours, secs,
};
use rehearsal_activation::{Query, ServerCommand};
use rehearsal_history::{
    Event, EventId, History, Payloads, Timestamp, WorkflowIdReusePolicy, scrub,
};
use rehearsal_remote::{
    ActivityDone, Bell, Completed, Door, HistoryAsk, Options, Refused, Report, Wall, WorkerGone,
    WorkflowPoll, WorkflowWork, open,
};
use rehearsal_service::{NotFound, QueryRejectCondition, RequestError, StartWorkflow, Target};
use rehearsal_tests::outside::{Attempt, House, StoppedClock, ask};

const ORDER: Workflow<(), u64> = Workflow::new("Order");
const CHARGE: Activity<u64, u64> = Activity::new("Charge");
const PACK: Activity<(), ()> = Activity::new("Pack");
const REFUND: Activity<(), ()> = Activity::new("Refund");
const APPROVE: Signal<String> = Signal::new("approve");

async fn order(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(60)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options.with_heartbeat(secs(10)));
    let charged = ctx.execute(CHARGE, 7).await?;
    let approvals = ctx.signals(APPROVE);
    ctx.wait_timeout(hours(1), || !approvals.is_empty()).await?;
    ctx.sleep(hours(24)).await?;
    let packed = ctx.execute(PACK, ()).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(REFUND, ()).await?;
    }
    packed.map(|()| charged)
}

fn scenario() -> Scenario {
    Scenario::new("order").workflow(ORDER, order)
}

/// The code of the activities outside: `Pack` goes on until it is canceled, if its workflow says so.
fn code(cancelable: bool, beats: Sender<()>) -> impl Fn(&Attempt<'_>) -> ActivityDone {
    move |attempt| match attempt.work.task.activity_type.as_str() {
        "Charge" => ActivityDone::Completed(Payloads::encode(&14_u64).unwrap()),
        "Pack" => loop {
            if attempt.heartbeat(None) != Ok(false) {
                return ActivityDone::Canceled(None);
            }
            let _told = beats.send(());
            if !cancelable {
                return ActivityDone::Completed(None);
            }
        },
        _ => ActivityDone::Completed(None),
    }
}

/// A house, and what is told when `Pack` has heartbeated.
fn house(cancelable: bool) -> (House, Receiver<()>) {
    let (heard, beats) = channel();
    let order = Arc::clone(scenario().engine().definition("Order").unwrap());
    let wall = Arc::new(StoppedClock::default());
    (House::of(order, code(cancelable, heard), wall, None), beats)
}

fn approve(house: &House) {
    house.approve(Target::current("order-7"));
}

fn history(door: &Door, wait: bool) -> Vec<Arc<Event>> {
    let wanted = HistoryAsk {
        target: Target::current("order-7"),
        from: EventId::FIRST,
        most: 0,
        wait,
        close_only: wait,
    };
    ask(|reply| drop(door.history(wanted, reply))).unwrap().events
}

fn now(house: &House) -> Timestamp {
    ask(|reply| house.door.now(reply)).unwrap()
}

fn scrubbed(events: &[Arc<Event>]) -> String {
    let history = History::new(events.to_vec()).unwrap();
    serde_json::to_string_pretty(&scrub(&history).json).unwrap()
}

fn types(events: &[Arc<Event>]) -> Vec<&str> {
    events.iter().map(|event| event.kind.type_name()).collect()
}

/// Whoever waits for the result makes time leap: a day and more passes. The history is that of the same workflow in the
/// engine.
#[test]
fn a_client_that_waits_makes_time_leap() {
    let (house, _beats) = house(false);
    let began = now(&house);
    assert!(house.start().started);
    ask(|reply| house.door.sleep(secs(10), false, reply)).unwrap();
    approve(&house);
    let closed = history(&house.door, true);
    assert_eq!(types(&closed), ["EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED"]);
    assert!(now(&house).since(began) >= hours(24));
    let outside = scrubbed(&history(&house.door, false));
    assert_eq!(house.close(), Report::default());

    async fn charge(_: ActivityContext, amount: u64) -> Result<u64, ActivityError> {
        Ok(2 * amount)
    }
    async fn pack(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
        ctx.heartbeat(());
        Ok(())
    }
    let mut world = scenario().activity(CHARGE, charge).activity(PACK, pack).world();
    let order = world.start(ORDER, "order-7", ());
    world.advance(secs(10));
    world.signal(&order, APPROVE, "Ann".to_owned()).unwrap();
    world.wait(&order);
    let outcome = world.finish();
    assert_eq!(outside, scrubbed(&outcome.main().unwrap().history));
}

/// While an activity is in hand time stands with the clock on the wall, and what clients ask is done: the cancel reaches
/// the activity with its next heartbeat, and the workflow cleans up.
#[test]
fn a_cancel_reaches_an_activity_in_hand() {
    let (house, beats) = house(true);
    let _started = house.start();
    approve(&house);
    let door = house.door.clone();
    let waits = Builder::new()
        .spawn(move || {
            let target = Target::current("order-7");
            let from = EventId::FIRST;
            let wanted = HistoryAsk { target, from, most: 0, wait: true, close_only: true };
            ask(|reply| drop(door.history(wanted, reply)))
        })
        .unwrap();
    beats.recv().unwrap();
    let target = Target::current("order-7");
    ask(|reply| house.door.cancel(target, "".into(), "client".into(), reply)).unwrap();
    let closed = waits.join().unwrap().unwrap();
    assert_eq!(types(&closed.events), ["EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED"]);
    let all = types(&history(&house.door, false)).join(" ");
    assert!(all.contains("ACTIVITY_TASK_CANCEL_REQUESTED"), "{all}");
    assert!(all.contains("ACTIVITY_TASK_CANCELED"), "{all}");
    assert_eq!(house.close(), Report::default());
}

/// Wrong calls are refused and change nothing.
#[test]
fn wrong_calls_are_refused() {
    let (house, _beats) = house(false);
    assert_eq!(ask(|reply| house.door.unlock_time(reply)), Err(Refused::Unbalanced));
    assert_eq!(ask(|reply| house.door.lock_time(reply)), Ok(()));
    assert_eq!(ask(|reply| house.door.unlock_time(reply)), Ok(()));

    let gone: Refused =
        RequestError::NotFound(NotFound::Workflow { workflow_id: "x".into() }).into();
    let target = || Target::current("x");
    let query = Query { name: "stage".into(), ..Query::default() };
    let none = QueryRejectCondition::None;
    let asked = ask(|reply| drop(house.door.query(target(), query, none, secs(10), reply)));
    assert_eq!(asked, Err(gone.clone()));
    let cancel = |reply| house.door.cancel(target(), "".into(), "client".into(), reply);
    assert_eq!(ask(cancel), Err(gone));
    let done = || ActivityDone::Completed(None);
    let said = ask(|reply| house.door.respond_activity(b"no token", done(), "w".into(), reply));
    assert_eq!(said, Err(Refused::BadToken));
    house.door.not_simulated("ListSchedules");
    let report = house.close();
    assert_eq!(report.not_simulated, [("ListSchedules".into(), 1)].into());
}

/// A sleep is over when virtual time has come there, and a poll that expires is answered with nothing.
#[test]
fn sleeps_leap_and_polls_expire() {
    let (house, _beats) = house(false);
    let began = now(&house);
    ask(|reply| house.door.sleep(hours(3), false, reply)).unwrap();
    assert_eq!(now(&house), began + hours(3));
    ask(|reply| house.door.sleep(Duration::ZERO, false, reply)).unwrap();

    let (answers, answer) = channel();
    let poll =
        WorkflowPoll { identity: "late".into(), queue: "other".into(), ..WorkflowPoll::default() };
    let reply = Box::new(move |got| answers.send(got).is_ok());
    let ticket = house.door.poll_workflow_task(poll, reply);
    ticket.expire();
    ticket.expire();
    assert_eq!(answer.recv(), Ok(Ok(None)));
    let _report = house.close();
}

/// Stands until it is let go; then whoever waits for it has waited.
#[derive(Default)]
struct Gated {
    now: Mutex<Timestamp>,
    open: AtomicBool,
}

impl Wall for Gated {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn wait(&self, bell: &Bell, at_most: Option<Duration>) {
        match at_most.filter(|_| self.open.load(Ordering::SeqCst)) {
            None => drop(bell.wait(None)),
            Some(at_most) => {
                if !bell.wait(Some(Duration::ZERO)) {
                    let mut now = self.now.lock().unwrap();
                    *now = now.saturating_add(at_most);
                }
            }
        }
    }
}

/// A house whose clock on the wall stands behind a gate, with a worker that has the first task of `order-7` in its hands.
struct InHand {
    wall: Arc<Gated>,
    door: Door,
    kept: JoinHandle<Report>,
    token: Vec<u8>,
}

impl InHand {
    fn with(task_timeout: Option<Duration>) -> Self {
        let wall = Arc::new(Gated::default());
        let clock = Arc::clone(&wall) as Arc<dyn Wall>;
        let (door, house) = open(Options::new(Timestamp::EPOCH), clock);
        let kept = Builder::new().spawn(move || house.run()).unwrap();
        let (tell, told) = channel();
        let poll =
            WorkflowPoll { identity: "w".into(), queue: "main".into(), ..WorkflowPoll::default() };
        door.poll_workflow_task(poll, Box::new(move |work| tell.send(work).is_ok()));
        let start = StartWorkflow {
            workflow_id: "order-7".into(),
            workflow_type: "Order".into(),
            task_queue: "main".into(),
            task_timeout,
            ..StartWorkflow::default()
        };
        ask(|reply| door.start_workflow(start, reply)).unwrap();
        let Ok(Some(WorkflowWork::Task { token, .. })) = told.recv().unwrap() else {
            panic!("there is a task")
        };
        Self { wall, door, kept, token }
    }
}

/// A worker that ends with a task in its hands is not waited for as long as that task may take, which is an hour: it is
/// given up, and times out when its time has come.
#[test]
fn a_worker_that_ends_holds_nobody_up() {
    let InHand { wall, door, kept, token: _ } = InHand::with(Some(hours(1)));

    wall.open.store(true, Ordering::SeqCst);
    let gone = WorkerGone { identity: "w".into(), ..WorkerGone::default() };
    ask(|reply| door.worker_gone(&gone, reply)).unwrap();
    ask(|reply| door.sleep(hours(2), false, reply)).unwrap();
    assert!(wall.now().since(Timestamp::EPOCH) < hours(1), "{:?}", wall.now());
    let events = history(&door, false);
    assert!(types(&events).contains(&"EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT"), "{events:?}");
    door.close();
    let _report = kept.join().unwrap();
}

/// A worker whose local activities have not ended asks for the next workflow task before it has done with this one. As with
/// activities, time passes with the wall clock while it has that in hand, so a timer beside them fires when it is due.
#[test]
fn time_passes_while_a_worker_runs_local_activities() {
    let InHand { wall, door, kept, token } = InHand::with(None);
    let timer =
        ServerCommand::StartTimer { timer_id: "1".into(), after: secs(2), user_metadata: None };
    let beats = Completed {
        identity: "w".into(),
        commands: vec![timer],
        force_new_task: true,
        return_new_task: true,
        ..Completed::default()
    };
    let next =
        ask(|reply| door.respond_workflow_task_completed(&token, beats, reply)).unwrap().next;
    let Some(WorkflowWork::Task { token, .. }) = next else { panic!("there is the next one") };

    let (wakes, woken) = channel();
    let gate = Arc::clone(&wall);
    let over = move |answer| {
        gate.open.store(false, Ordering::SeqCst);
        wakes.send(answer).is_ok()
    };
    door.sleep(secs(4), false, Box::new(over));
    wall.open.store(true, Ordering::SeqCst);
    // Whoever asks wakes the house.
    ask(|reply| door.now(reply)).unwrap();
    woken.recv().unwrap().unwrap();
    let passed = wall.now().since(Timestamp::EPOCH);
    assert!(passed >= secs(4) && passed < secs(5), "{passed:?}");
    let done = Completed { identity: "w".into(), ..Completed::default() };
    ask(|reply| door.respond_workflow_task_completed(&token, done, reply)).unwrap();
    let events = history(&door, false);
    assert!(types(&events).contains(&"EVENT_TYPE_TIMER_FIRED"), "{events:?}");
    door.close();
    let _report = kept.join().unwrap();
}

/// Of closed runs the last ones are kept, as many as are asked for; those that closed before are deleted, the first of all among
/// them, and their ids are free.
#[test]
fn closed_runs_are_deleted_once_there_are_too_many() {
    let options = Options { most_closed: 3, ..Options::new(Timestamp::EPOCH) };
    let (door, house) = open(options, Arc::new(StoppedClock::default()));
    let kept = Builder::new().spawn(move || house.run()).unwrap();
    let start = |id: &str, run: &str| {
        let start = StartWorkflow {
            workflow_id: id.into(),
            workflow_type: "Order".into(),
            task_queue: "main".into(),
            request_id: run.into(),
            id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate,
            ..StartWorkflow::default()
        };
        ask(|reply| door.start_workflow(start, reply))
    };
    let list = || {
        let runs = ask(|reply| door.list("".into(), reply)).unwrap();
        runs.iter().map(|run| run.view.workflow_id.to_string()).collect::<Vec<_>>()
    };
    assert!(start("open", "0").unwrap().started);
    for nth in 1..=8 {
        let id = format!("order-{nth}");
        assert!(start(&id, &nth.to_string()).unwrap().started);
        let target = Target::current(id.as_str());
        ask(|reply| door.terminate(target, "".into(), None, "client".into(), reply)).unwrap();
    }
    ask(|reply| door.sleep(Duration::ZERO, false, reply)).unwrap();
    assert_eq!(list(), ["open", "order-8", "order-7", "order-6"]);

    let gone: Refused =
        RequestError::NotFound(NotFound::Workflow { workflow_id: "order-1".into() }).into();
    assert_eq!(ask(|reply| door.describe(Target::current("order-1"), reply)), Err(gone));
    assert!(start("order-8", "again").is_err(), "the id is taken");
    assert!(start("order-1", "again").unwrap().started, "nobody knows of another");
    door.close();
    assert_eq!(kept.join().unwrap(), Report::default());
}
