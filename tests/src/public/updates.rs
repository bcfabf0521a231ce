//! Updates (`test/replaytests` of temporalio/sdk-go).

use std::cell::Cell;
use std::rc::Rc;

use rehearsal::{Activity, ActivityOptions, Context, Update, Workflow, WorkflowError, secs};

use super::Case;

const ECHO: Activity<(u32, u32), u32> = Activity::new("Echo");

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
];

/// Counts a handler that runs, for as long as it does.
struct Flying(Rc<Counts>);

#[derive(Default)]
struct Counts {
    flying: Cell<u32>,
    ran: Cell<u32>,
}

impl Flying {
    fn new(counts: &Rc<Counts>) -> Self {
        counts.flying.set(counts.flying.get() + 1);
        counts.ran.set(counts.ran.get() + 1);
        Self(Rc::clone(counts))
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.0.flying.set(self.0.flying.get() - 1);
    }
}

async fn multiple(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    let counts = Rc::<Counts>::default();
    let (echo, sleep, empty) = (Rc::clone(&counts), Rc::clone(&counts), Rc::clone(&counts));
    ctx.on_update(Update::<(), ()>::new("echo"), move |ctx, ()| {
        let counts = Rc::clone(&echo);
        async move {
            let _flying = Flying::new(&counts);
            let options = ActivityOptions::start_to_close(secs(9))
                .with_schedule_to_start(secs(5))
                .with_schedule_to_close(secs(5));
            ctx.with_activity_options(options).execute(ECHO, (1, 1)).await.map(drop)
        }
    })
    .await;
    ctx.on_update(Update::<(), ()>::new("sleep"), move |ctx, ()| {
        let counts = Rc::clone(&sleep);
        async move {
            let _flying = Flying::new(&counts);
            ctx.sleep(secs(1)).await
        }
    })
    .await;
    ctx.on_update(Update::<(), ()>::new("empty"), move |ctx, ()| {
        let counts = Rc::clone(&empty);
        async move {
            let _flying = Flying::new(&counts);
            ctx.err().map_or(Ok(()), Err)
        }
    })
    .await;
    ctx.wait(|| counts.flying.get() == 0).await?;
    Ok(counts.ran.get())
}
