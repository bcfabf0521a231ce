//! A relay: one activity hands over to another one what is too large for a result. Both wait in their slots until the other
//! one is there.

use std::sync::Mutex;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Scenario, Status,
    Stub, Timestamp, WorkerSpec, Workflow, WorkflowError, check, join, mins, secs,
};

use super::{Bug, Needs, Twin, careful, end_of};

const RELAY: Workflow<(), ()> = Workflow::new("Relay");
const PREPARE: Activity<(), ()> = Activity::new("Prepare");
const SEND: Activity<(), ()> = Activity::new("Send");
const RECEIVE: Activity<(), ()> = Activity::new("Receive");

const STORE: Twin = Twin { name: "relay over a store", scenario: twin_on_one };
const STORE_OF_TWO: Twin =
    Twin { name: "relay over a store, with two workers", scenario: twin_on_two };

/// The mistakes. In the first an attempt that hangs keeps a slot for good, in the second a worker that never comes back does.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "activities that meet need both slots of their worker",
        scenario: || meeting(on_one()),
        twin: STORE,
        code: Code::WrongStatus,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "activities that meet need both workers",
        scenario: || meeting(on_two()),
        twin: STORE_OF_TWO,
        code: Code::WrongStatus,
        needs: Needs::More,
        known: None,
    },
];

/// The relay as it should be: what is sent waits in a store, and no slot is held meanwhile.
#[must_use]
pub fn twin_on_one() -> Scenario {
    storing(on_one())
}

/// The same for two workers.
#[must_use]
pub fn twin_on_two() -> Scenario {
    storing(on_two())
}

fn on_one() -> Scenario {
    base().worker(WorkerSpec::new("main").with_activity_slots(2))
}

fn on_two() -> Scenario {
    let worker = WorkerSpec::new("main").with_activity_slots(1);
    base().worker(worker.clone()).worker(worker)
}

fn base() -> Scenario {
    Scenario::new("finds-relay")
        .stub(PREPARE, Stub::returns(()).after(secs(1)))
        .client(|world| {
            world.start(RELAY, "relay-7", ());
        })
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

fn meeting(scenario: Scenario) -> Scenario {
    scenario
        .fake(Line::default)
        .workflow(RELAY, at_once)
        .activity(SEND, |ctx: ActivityContext, ()| meets(ctx, 0))
        .activity(RECEIVE, |ctx: ActivityContext, ()| meets(ctx, 1))
}

fn storing(scenario: Scenario) -> Scenario {
    scenario
        .workflow(RELAY, one_after_another)
        .stub(SEND, Stub::returns(()).after(secs(1)))
        .stub(RECEIVE, Stub::returns(()).after(secs(1)))
}

/// The line between the two: when each end was last there, and whether all has gone over it.
#[derive(Debug, Default)]
struct Line(Mutex<([Option<Timestamp>; 2], bool)>);

impl Line {
    /// One end says that it is there; whether all has gone over.
    fn is_through(&self, end: usize, now: Timestamp) -> bool {
        let mut line = self.0.lock().expect("nobody panics with it");
        let (ends, through) = &mut *line;
        ends[end] = Some(now);
        let is_there = |at: &Option<Timestamp>| at.is_some_and(|at| now.since(at) <= secs(1));
        *through |= ends.iter().all(is_there);
        *through
    }

    /// One end gives up.
    fn leaves(&self, end: usize) {
        self.0.lock().expect("nobody panics with it").0[end] = None;
    }
}

/// Waits twenty seconds for the other end.
async fn meets(ctx: ActivityContext, end: usize) -> Result<(), ActivityError> {
    let line = ctx.fake::<Line>();
    for _second in 0..20 {
        if line.is_through(end, ctx.now()) {
            return Ok(());
        }
        ctx.sleep(secs(1)).await;
    }
    line.leaves(end);
    Err(ActivityError::from("nobody is at the other end"))
}

/// Five minutes are enough for whatever may go wrong by the way.
fn patient(ctx: &Context) -> Context {
    let options = ActivityOptions::start_to_close(secs(30)).with_schedule_to_close(mins(5));
    careful(ctx).with_activity_options(options.with_wait_for_cancellation())
}

/// Both ends at once, as they wait for each other.
async fn at_once(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = patient(&ctx);
    let prepared = ctx.execute(PREPARE, ()).await;
    let relayed = match prepared {
        Ok(()) => {
            let (sent, received) = join(ctx.execute(SEND, ()), ctx.execute(RECEIVE, ())).await;
            sent.and(received)
        }
        Err(error) => Err(error),
    };
    end_of(&ctx, relayed)
}

async fn one_after_another(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = patient(&ctx);
    let mut relayed = ctx.execute(PREPARE, ()).await;
    for end in [SEND, RECEIVE] {
        if relayed.is_ok() {
            relayed = ctx.execute(end, ()).await;
        }
    }
    end_of(&ctx, relayed)
}
