//! How long activities outside take, as it is recorded.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use rehearsal::{ActivityOptions, Context, WorkflowError, millis, secs};
use rehearsal_engine::{Patience, Tape};
use rehearsal_history::{EventId, EventKind, Payloads};
use rehearsal_remote::{Activities, ActivityDone, HistoryAsk, Rehearse};
use rehearsal_service::Target;
use rehearsal_tests::outside::{House, StoppedClock, ask};

use super::{APPROVE, Code, SHIP, order_of, result, scenario_of, wait_for_close};

/// Ships, and hears of a signal meanwhile. Its task takes as long as this is told to.
async fn hearing(ctx: Context, works: impl Fn()) -> Result<u32, WorkflowError> {
    let options = ActivityOptions::start_to_close(secs(30));
    let ctx = ctx.with_activity_options(options);
    let shipped = ctx.execute(SHIP, ());
    let approvals = ctx.signals(APPROVE);
    ctx.wait(|| !approvals.is_empty()).await?;
    works();
    shipped.await
}

/// Virtual time stands while a worker is on a workflow task, and the code of an activity works on meanwhile: what it takes
/// is recorded by the clock on the wall.
#[test]
fn an_activity_takes_as_long_as_it_does_although_time_stands_for_a_workflow_task() {
    let wall = Arc::new(StoppedClock::default());
    let (tell, told) = channel();
    let rehearse: Rehearse = Box::new(move |rehearsal| {
        let scenario = rehearsal.scenario(Activities::Recorded);
        let outcome = scenario.run(Box::new(Tape::calm()), Patience::MustEnd);
        let order = outcome.executions.first().unwrap();
        let at = |is: fn(&EventKind) -> bool| {
            order.history.iter().find(|event| is(&event.kind)).unwrap().time
        };
        let started = at(|kind| matches!(kind, EventKind::ActivityTaskStarted(_)));
        let completed = at(|kind| matches!(kind, EventKind::ActivityTaskCompleted(_)));
        tell.send(completed.since(started)).unwrap();
        None
    });
    let slow = Arc::clone(&wall);
    let order = scenario_of(move |ctx, ()| {
        let slow = Arc::clone(&slow);
        hearing(ctx, move || slow.advance(millis(600)))
    });
    let (begun, begins) = channel();
    let (go, goes) = channel();
    let goes = Mutex::new(goes);
    let working = Arc::clone(&wall);
    let code: Code = Box::new(move |_| {
        begun.send(()).unwrap();
        goes.lock().unwrap().recv().unwrap();
        working.advance(millis(400));
        ActivityDone::Completed(Payloads::encode(&2_u32).unwrap())
    });
    let clock = Arc::clone(&wall);
    let house = House::of(order_of(&order), code, clock, Some(rehearse));
    let _started = house.start();
    // The signal must not come before the activity is on its way.
    begins.recv().unwrap();
    house.approve(Target::current("order-7"));
    // The task of the signal has been done.
    let done = HistoryAsk { from: EventId(9), close_only: false, ..wait_for_close() };
    let page = ask(|reply| drop(house.door.history(done, reply))).unwrap();
    assert!(matches!(page.events[0].kind, EventKind::WorkflowTaskCompleted(_)), "{page:?}");
    go.send(()).unwrap();
    assert!(matches!(result(&house), EventKind::WorkflowExecutionCompleted(_)));
    let _report = house.close();
    assert_eq!(told.recv().unwrap(), secs(1));
}
