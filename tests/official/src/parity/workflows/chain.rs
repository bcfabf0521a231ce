//! A ledger that goes on as new whenever it has booked what was there, until it has booked enough.

use std::collections::VecDeque;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions as NativeActivityOptions, Context, Handle, OfficialWorld as _,
    Profile, Scenario, Signal, Stub, Takes, Workflow, WorkflowError, World, secs,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, ContinueAsNewOptions, SyncWorkflowContext,
    WorkflowContext, WorkflowResult,
};

const LEDGER: Workflow<u32, u32> = Workflow::new("Ledger");
const BOOK: Activity<u32, u32> = Activity::new("Books::book");
const PAY: Signal<u32> = Signal::new("pay");

async fn ledger(ctx: Context, left: u32) -> Result<u32, WorkflowError> {
    let ctx = ctx.with_activity_options(
        NativeActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation(),
    );
    let signals = ctx.signals(PAY);
    let mut booked = 0;
    ctx.wait(|| !signals.is_empty()).await?;
    while let Some(cents) = signals.try_recv() {
        ctx.execute(BOOK, cents).await?;
        booked += 1;
    }
    if booked < left { Err(ctx.continue_as_new(LEDGER, left - booked)) } else { Ok(left) }
}

#[workflow]
#[derive(Default)]
pub struct Ledger {
    payments: VecDeque<u32>,
}

#[workflow_methods]
impl Ledger {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, left: u32) -> WorkflowResult<u32> {
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .build();
        let mut booked = 0;
        ctx.wait_condition(|ledger| !ledger.payments.is_empty()).await?;
        while let Some(cents) = ctx.state_mut(|ledger| ledger.payments.pop_front()) {
            ctx.execute_activity(Books::book, cents, options.clone()).await?;
            booked += 1;
        }
        if booked < left {
            ctx.continue_as_new(left - booked, ContinueAsNewOptions::default())?;
        }
        Ok(left)
    }

    #[signal]
    pub fn pay(&mut self, _ctx: &mut SyncWorkflowContext<Self>, cents: u32) {
        self.payments.push_back(cents);
    }
}

#[derive(Default)]
pub struct Books;

#[activities]
impl Books {
    #[activity]
    pub async fn book(_ctx: ActivityContext, cents: u32) -> Result<u32, ActivityError> {
        Ok(cents)
    }
}

fn booked() -> Stub<u32, Takes<u32>> {
    Stub::computes(Ok::<u32, rehearsal::ActivityError>).after(secs(2))
}

fn pay(world: &mut World, ledger: &Handle) {
    for (after, cents) in [(3, 10), (3, 20), (0, 30)] {
        world.advance(secs(after));
        // A ledger that was canceled before takes no signal any more.
        let _ = world.signal(ledger, PAY, cents);
    }
}

pub(crate) fn native() -> Scenario {
    Scenario::new("chain")
        .profile(Profile::Core)
        .workflow(LEDGER, ledger)
        .stub(BOOK, booked())
        .client(|world| {
            let ledger = world.start(LEDGER, "ledger-1", 3);
            pay(world, &ledger);
        })
}

pub(crate) fn official() -> Scenario {
    Scenario::new("chain")
        .official::<Ledger>()
        .activities(Books::default)
        .stub(Books::book, booked())
        .client(|world| {
            let ledger = world.start_official::<Ledger>("ledger-1", 3);
            pay(world, &ledger);
        })
}
