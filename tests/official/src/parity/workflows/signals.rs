//! A loop that waits for signals and runs an activity for each, until it has had three. Two of them come together.

use std::collections::VecDeque;
use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions as NativeActivityOptions, Context, Handle, OfficialWorld as _,
    Profile, Scenario, Signal, Stub, Takes, Workflow, WorkflowError, World, secs,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, SyncWorkflowContext, WorkflowContext, WorkflowResult,
};

const LEDGER: Workflow<u32, u32> = Workflow::new("Ledger");
pub(super) const BOOK: Activity<u32, u32> = Activity::new("Books::book");
pub(super) const PAY: Signal<u32> = Signal::new("pay");

async fn ledger(ctx: Context, payments: u32) -> Result<u32, WorkflowError> {
    let options = NativeActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    let ctx = ctx.with_activity_options(options);
    let signals = ctx.signals(PAY);
    let mut sum = 0;
    for _ in 0..payments {
        ctx.wait(|| !signals.is_empty()).await?;
        let cents = signals.try_recv().unwrap_or_default();
        sum += ctx.execute(BOOK, cents).await?;
    }
    Ok(sum)
}

#[workflow]
#[derive(Default)]
pub struct Ledger {
    payments: VecDeque<u32>,
}

#[workflow_methods]
impl Ledger {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, payments: u32) -> WorkflowResult<u32> {
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .build();
        let mut sum = 0;
        for _ in 0..payments {
            ctx.wait_condition(|ledger| !ledger.payments.is_empty()).await?;
            let cents = ctx.state_mut(|ledger| ledger.payments.pop_front()).unwrap_or_default();
            sum += ctx.execute_activity(Books::book, cents, options.clone()).await?;
        }
        Ok(sum)
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

pub(super) fn booked() -> Stub<u32, Takes<u32>> {
    Stub::computes(Ok::<u32, rehearsal::ActivityError>).after(secs(2))
}

pub(super) fn pay(world: &mut World, ledger: &Handle) {
    for (after, cents) in [(3, 10), (3, 20), (0, 30)] {
        world.advance(secs(after));
        // A ledger that was canceled before takes no signal any more.
        let _ = world.signal(ledger, PAY, cents);
    }
}

pub(crate) fn native() -> Scenario {
    Scenario::new("signals")
        .profile(Profile::Core)
        .workflow(LEDGER, ledger)
        .stub(BOOK, booked())
        .client(|world| {
            let ledger = world.start(LEDGER, "ledger-1", 3);
            pay(world, &ledger);
        })
}

pub(crate) fn official() -> Scenario {
    Scenario::new("signals")
        .official::<Ledger>()
        .activities(Books::default)
        .stub(Books::book, booked())
        .client(|world| {
            let ledger = world.start_official::<Ledger>("ledger-1", 3);
            pay(world, &ledger);
        })
}
