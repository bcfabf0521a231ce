//! A ledger that goes on as new whenever it has booked what was there, until it has booked enough.

use std::collections::VecDeque;
use std::time::Duration;

use rehearsal::{
    ActivityOptions as NativeActivityOptions, Context, OfficialWorld as _, Profile, Scenario,
    Workflow, WorkflowError, secs,
};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, ContinueAsNewOptions, SyncWorkflowContext,
    WorkflowContext, WorkflowResult,
};

use super::signals::{BOOK, Books, PAY, booked, pay};

const LEDGER: Workflow<u32, u32> = Workflow::new("Ledger");

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
