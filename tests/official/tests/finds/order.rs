//! An order that is placed elsewhere if the first shop does not answer in time.

use std::time::Duration;

use rehearsal::{Code, OfficialWorld as _, Outcome, Scenario, Stub, check, mins, secs};
use rehearsal_tests::finds::{Bug, Needs, Twin};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, TimerOptions, WorkflowCancellationToken,
    WorkflowContext, WorkflowResult, WorkflowTermination, workflows,
};

use crate::{detached, end_of, going_on, options};

const TWIN: Twin = Twin { name: "official: order", scenario: || order(true) };

pub const BUGS: &[Bug] = &[Bug {
    name: "official: `select!` that lets go of what it does not wait for",
    scenario: || order(false),
    twin: TWIN,
    code: Code::Custom,
    needs: Needs::One,
    known: None,
}];

#[derive(Debug, Default)]
pub struct Shop;

#[activities]
impl Shop {
    #[activity]
    pub async fn place(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }

    #[activity]
    pub async fn withdraw(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }

    #[activity]
    pub async fn place_elsewhere(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
}

#[workflow]
#[derive(Default)]
pub struct Order;

#[workflow_methods]
impl Order {
    /// What the first shop may have is taken back before the second one is asked, or is left to itself.
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, withdraws: bool) -> WorkflowResult<()> {
        let shop = WorkflowCancellationToken::new();
        let placing = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .cancellation_token(shop.clone())
            .build();
        let deadline = WorkflowCancellationToken::new();
        let timer = TimerOptions::builder(Duration::from_secs(10))
            .cancellation_token(deadline.clone())
            .build();
        let placed = workflows::select! {
            placed = ctx.execute_activity(Shop::place, (), placing) => placed.is_ok(),
            _ = ctx.timer(timer) => false,
            _ = ctx.cancelled() => false,
        };
        deadline.cancel();
        if placed {
            return Ok(());
        }
        shop.cancel();
        if withdraws {
            ctx.execute_activity(Shop::withdraw, (), detached()).await?;
        }
        going_on(ctx)?;
        let placed = ctx.execute_activity(Shop::place_elsewhere, (), options()).await;
        end_of(ctx, placed.map_err(WorkflowTermination::from))
    }
}

fn order(withdraws: bool) -> Scenario {
    Scenario::new("finds-official-order")
        .official::<Order>()
        .activities(Shop::default)
        .stub(Shop::place, Stub::returns(()).after(secs(6)))
        .stub(Shop::withdraw, Stub::returns(()).after(secs(1)))
        .stub(Shop::place_elsewhere, Stub::returns(()).after(secs(1)))
        .client(move |world| drop(world.start_official::<Order>("order-7", withdraws)))
        .check(check::always("one shop has the order", |outcome: &Outcome| {
            let done = |call: &rehearsal::Call| matches!(call.result, Some(Ok(_)));
            let placed = outcome.calls(Shop::place).any(done);
            let elsewhere = outcome.calls(Shop::place_elsewhere).any(done);
            if placed && elsewhere && !outcome.calls(Shop::withdraw).any(done) {
                return Err("two shops have it".to_owned());
            }
            Ok(())
        }))
        .check(check::ends_within(mins(10)))
}
