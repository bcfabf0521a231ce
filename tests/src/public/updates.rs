//! Updates (`test/replaytests` of temporalio/sdk-go).

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions, Context, Signal, Update, Workflow, WorkflowError, secs,
};

use super::Case;

const ECHO: Activity<(u32, u32), u32> = Activity::new("Echo");
const SHUTDOWN: Signal<()> = Signal::new("shutdown");

/// The recordings.
pub(super) const CASES: &[Case] = &[
    Case {
        file: "sdk-go/test/replaytests/multiple-updates.json",
        replay: |file| file.workflow(Workflow::new("MultipleUpdateWorkflow"), multiple),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/multiple-updates-canceled.json",
        replay: |file| file.workflow(Workflow::new("MultipleUpdateWorkflow"), multiple),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/update-reset-accepted.json",
        replay: |file| file.workflow(Workflow::new("CounterWorkflow"), counter),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/update-reset-rejected.json",
        replay: |file| file.workflow(Workflow::new("CounterWorkflow"), counter),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/update_with_protocol_message_command.json",
        replay: |file| file.workflow(Workflow::new("UpdateWorkflow"), updated),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/update_accept_and_complete_and_exit.json",
        replay: |file| file.workflow(Workflow::new("UpdateAndExit"), update_and_exit),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/update_complete_and_exit.json",
        replay: |file| file.workflow(Workflow::new("UpdateAndExit"), update_and_exit),
        replays: true,
    },
    Case {
        file: "sdk-go/test/replaytests/non_deterministic_update.json",
        replay: |file| file.workflow(Workflow::new("NonDeterministicUpdate"), changed),
        replays: false,
    },
];

/// Counts what runs until it is dropped.
struct InFlight(Rc<Cell<u32>>);

impl InFlight {
    fn new(count: &Rc<Cell<u32>>, ran: &Cell<u32>) -> Self {
        count.set(count.get() + 1);
        ran.set(ran.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

async fn multiple(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let (in_flight, ran) = (Rc::<Cell<u32>>::default(), Rc::<Cell<u32>>::default());
    let begin = {
        let (in_flight, ran) = (Rc::clone(&in_flight), Rc::clone(&ran));
        move || InFlight::new(&in_flight, &ran)
    };
    let begins = begin.clone();
    ctx.on_update(Update::new("echo"), move |ctx: Context, ()| {
        let flight = begins();
        async move {
            let options = ActivityOptions {
                schedule_to_start: Some(secs(5)),
                schedule_to_close: Some(secs(5)),
                ..ActivityOptions::start_to_close(secs(9))
            };
            let echoed = ctx.with_activity_options(options).execute(ECHO, (1, 1)).await;
            drop(flight);
            echoed.map(drop)
        }
    })
    .await;
    let begins = begin.clone();
    ctx.on_update(Update::new("sleep"), move |ctx: Context, ()| {
        let flight = begins();
        async move {
            let slept = ctx.sleep(secs(1)).await;
            drop(flight);
            slept
        }
    })
    .await;
    ctx.on_update(Update::new("empty"), move |ctx: Context, ()| {
        drop(begin());
        async move { ctx.err().map_or(Ok(()), Err) }
    })
    .await;
    ctx.wait(|| in_flight.get() == 0).await?;
    Ok(ran.get())
}

async fn counter(ctx: Context, (): ()) -> Result<i64, WorkflowError> {
    let not_negative = |n: &i64| {
        if *n < 0 {
            Err(WorkflowError::new(format_args!("addend must be non-negative ({n})")))
        } else {
            Ok(())
        }
    };
    let counter = Rc::new(Cell::new(0));
    let adding = Rc::clone(&counter);
    ctx.on_update_if(Update::new("fetch_and_add"), not_negative, move |ctx: Context, n: i64| {
        let before = adding.get();
        adding.set(before + n);
        async move {
            let _canceled = ctx.sleep(secs(1)).await;
            Ok(before)
        }
    })
    .await;
    ctx.signals(Signal::<()>::new("done")).recv().await;
    ctx.err().map_or(Ok(counter.get()), Err)
}

async fn updated(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.on_update(Update::new("update"), |ctx: Context, nanos: u64| async move {
        ctx.sleep(Duration::from_nanos(nanos)).await
    })
    .await;
    ctx.signals(SHUTDOWN).recv().await;
    Ok(())
}

async fn update_and_exit(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let over = Rc::new(Cell::new(false));
    let ending = Rc::clone(&over);
    ctx.on_update(Update::new("update"), move |ctx: Context, nanos: u64| {
        let ending = Rc::clone(&ending);
        async move {
            if nanos != 0 {
                let _canceled = ctx.sleep(Duration::from_nanos(nanos)).await;
            }
            ending.set(true);
            Ok(())
        }
    })
    .await;
    ctx.disconnected().wait(|| over.get()).await?;
    ctx.err().map_or(Ok(()), Err)
}

/// Recorded with a second of sleep in the handler.
async fn changed(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let over = Rc::new(Cell::new(false));
    let ending = Rc::clone(&over);
    ctx.on_update(Update::new("update"), move |_ctx, ()| {
        ending.set(true);
        async { Ok(()) }
    })
    .await;
    ctx.disconnected().wait(|| over.get()).await?;
    ctx.err().map_or(Ok(()), Err)
}
