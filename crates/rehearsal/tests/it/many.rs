//! Many executions in one world: started, signaled, canceled and awaited by the client and by activities.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, EventKind, Handle,
    Injection, Scenario, Signal, Status, Tape, Workflow, WorkflowError, millis, mins, secs,
};

const ORDER: Workflow<u64, ()> = Workflow::new("Order");
const LEDGER: Workflow<(), u64> = Workflow::new("Ledger");
const PACK: Activity<u64, ()> = Activity::new("Pack");
const BOOK: Activity<u64, bool> = Activity::new("Book");
const BOOKED: Signal<u64> = Signal::new("booked");

fn options() -> ActivityOptions {
    ActivityOptions::start_to_close(mins(10)).with_wait_for_cancellation()
}

async fn order(ctx: Context, number: u64) -> Result<(), WorkflowError> {
    let ctx = ctx.with_activity_options(options().with_heartbeat(secs(5)));
    ctx.execute(PACK, number).await?;
    ctx.sleep(secs(60)).await?;
    ctx.execute(PACK, number + 1).await
}

async fn pack(ctx: ActivityContext, number: u64) -> Result<(), ActivityError> {
    for _ in 0..number % 7 {
        ctx.heartbeat(());
        if ctx.sleep_or_canceled(secs(3)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok(())
}

/// Sums up what is booked until it is told zero.
async fn ledger(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    let booked = ctx.signals(BOOKED);
    let mut sum = 0;
    loop {
        match booked.recv().await {
            0 => return Ok(sum),
            amount => sum += amount,
        }
    }
}

/// Starts the ledger, books, and waits until it is closed.
async fn book(ctx: ActivityContext, amount: u64) -> Result<bool, ActivityError> {
    let client = ctx.client();
    let ledger = client.start(LEDGER, "ledger", ()).await?;
    client.signal(&ledger, BOOKED, amount).await?;
    client.signal(&ledger, BOOKED, 0).await?;
    Ok(client.wait(&ledger).await == Status::Completed)
}

async fn booking(ctx: Context, amount: u64) -> Result<(), WorkflowError> {
    let done = ctx.with_activity_options(options()).execute(BOOK, amount).await?;
    if done { Ok(()) } else { Err(WorkflowError::new("not booked")) }
}

fn bookings() -> Scenario {
    Scenario::new("bookings")
        .workflow(ORDER, booking)
        .workflow(LEDGER, ledger)
        .activity(BOOK, book)
        .client(|world| drop(world.start(ORDER, "order-7", 30)))
}

/// Checked as every run is: well formed, replayed from everywhere, made twice.
#[test]
fn hundreds_of_executions_are_canceled_at_moments_of_their_own() {
    const EXECUTIONS: u64 = 300;
    let scenario = Scenario::new("many").workflow(ORDER, order).activity(PACK, pack);
    let scenario = scenario.client(|world| {
        let start = |number| (number, world.start(ORDER, &format!("order-{number}"), number));
        let mut orders: Vec<(u64, Handle)> = (0..EXECUTIONS).map(start).collect();
        orders.sort_by_key(|(number, _)| number * 7919 % EXECUTIONS);
        for (_, order) in orders {
            world.advance(millis(400));
            world.cancel(&order).unwrap();
        }
    });
    let outcome = scenario.try_run(&Tape::calm()).unwrap();

    let of = |status| outcome.executions.iter().filter(|run| run.status == status).count();
    assert_eq!(of(Status::Completed) + of(Status::Canceled), 300);
    assert!(of(Status::Completed) > 30 && of(Status::Canceled) > 30);
}

#[test]
fn an_activity_starts_signals_and_awaits_another_execution() {
    let outcome = bookings().try_run(&Tape::calm()).unwrap();

    let [order, ledger] = &outcome.executions[..] else { panic!("two executions") };
    assert_eq!([order.status, ledger.status], [Status::Completed; 2]);
    let EventKind::WorkflowExecutionStarted(started) = &ledger.history[0].kind else {
        panic!("it begins with its start")
    };
    assert_eq!(started.identity, "worker-1", "as the client of the worker");
    let signals: Vec<&str> = ledger
        .history
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::WorkflowExecutionSignaled(signal) => Some(&*signal.signal_name),
            _ => None,
        })
        .collect();
    assert_eq!(signals, ["booked", "booked"]);
}

/// A sweep cancels the order wherever its activity is with what it asks.
#[test]
fn what_an_activity_asks_for_is_swept_like_all_it_does() {
    let report = bookings().sweep();
    assert!(report.points() > 15, "{report}");
}

/// The ledger is closed while the activity waits for it: by force, and by its end.
#[test]
fn a_wait_ends_with_the_run_however_it_ends() {
    async fn waits(ctx: ActivityContext, _: u64) -> Result<bool, ActivityError> {
        let client = ctx.client();
        let ledger = client.start(LEDGER, "ledger", ()).await?;
        Ok(client.wait(&ledger).await == Status::Terminated)
    }
    let scenario = Scenario::new("wait")
        .workflow(ORDER, booking)
        .workflow(LEDGER, ledger)
        .activity(BOOK, waits)
        .client(|world| {
            let order = world.start(ORDER, "order-7", 30);
            world.advance(secs(5));
            world.terminate_workflow("ledger", None, "for good").unwrap();
            world.wait(&order);
        });
    assert_eq!(scenario.run().main().unwrap().status, Status::Completed);
}

#[test]
fn what_the_service_refuses_is_an_error_of_go_s_type() {
    async fn twice(ctx: ActivityContext, _: u64) -> Result<bool, ActivityError> {
        let client = ctx.client();
        let ledger = client.start(LEDGER, "ledger", ()).await?;
        let again = ActivityError::from(client.start(LEDGER, "ledger", ()).await.unwrap_err());
        assert_eq!(again.application_type(), Some("WorkflowExecutionAlreadyStarted"));
        client.terminate(&ledger, "").await?;
        let closed = ActivityError::from(client.signal(&ledger, BOOKED, 1).await.unwrap_err());
        assert_eq!(closed.application_type(), Some("NotFound"));
        client.cancel(&ledger).await?;
        Ok(client.wait(&ledger).await == Status::Terminated)
    }
    let scenario = bookings().activity(BOOK, twice);
    assert_eq!(scenario.run().main().unwrap().status, Status::Completed);
}

/// The cancel of the order does not reach the ledger, which is an execution of its own.
#[test]
fn an_execution_that_an_activity_started_is_its_own_master() {
    let tape = Tape::calm().with_cancel(12, Injection::Alone);
    let outcome = bookings().try_run(&tape).unwrap();
    let ledger = outcome.executions.get(1);
    assert!(ledger.is_none_or(|ledger| ledger.status == Status::Completed));
}
