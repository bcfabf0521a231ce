//! A payment that goes back if its parcel is not wanted any more, by a local activity or by one of a worker.

use std::time::Duration;

use rehearsal::{Code, OfficialWorld as _, Outcome, Scenario, Stub, check, hours, secs};
use rehearsal_tests::finds::{Bug, Needs, Twin};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    LocalActivityOptions, WorkflowCancellationToken, WorkflowContext, WorkflowResult,
};

use crate::{detached, end_of, options, waits};

const TWIN: Twin = Twin { name: "official: payment", scenario: || payment(false) };

pub const BUGS: &[Bug] = &[Bug {
    name: "official: refund inside of a workflow task that is lost",
    scenario: || payment(true),
    twin: TWIN,
    code: Code::Custom,
    needs: Needs::More,
    known: None,
}];

#[derive(Debug, Default)]
pub struct Bank;

#[activities]
impl Bank {
    #[activity]
    pub async fn charge(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }

    /// The key under which the bank knows it again.
    #[activity]
    pub async fn key(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }

    #[activity]
    pub async fn refund(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
}

#[workflow]
#[derive(Default)]
pub struct Pay;

#[workflow_methods]
impl Pay {
    /// A refund is made under a key that the bank has given beforehand, or at once.
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, in_passing: bool) -> WorkflowResult<()> {
        let paid = Self::paid(ctx).await;
        if paid.is_err() && in_passing {
            let options = LocalActivityOptions::builder()
                .start_to_close_timeout(Duration::from_secs(5))
                .cancellation_token(WorkflowCancellationToken::new())
                .build();
            ctx.execute_local_activity(Bank::refund, (), options).await?;
        } else if paid.is_err() {
            ctx.execute_activity(Bank::key, (), detached()).await?;
        }
        end_of(ctx, paid)
    }

    async fn paid(ctx: &WorkflowContext<Self>) -> WorkflowResult<()> {
        ctx.execute_activity(Bank::charge, (), options()).await?;
        waits(ctx, Duration::from_hours(1)).await
    }
}

fn payment(in_passing: bool) -> Scenario {
    Scenario::new("finds-official-payment")
        .official::<Pay>()
        .activities(Bank::default)
        .stub(Bank::charge, Stub::returns(()).after(secs(1)))
        .stub(Bank::key, Stub::returns(()).after(secs(1)))
        .stub(Bank::refund, Stub::returns(()).after(secs(1)))
        .client(move |world| drop(world.start_official::<Pay>("payment-7", in_passing)))
        .check(check::always("money goes back once", |outcome: &Outcome| {
            let refunds = outcome.calls(Bank::refund).filter(|call| call.result.is_some());
            match refunds.count() {
                0 | 1 => Ok(()),
                times => Err(format!("it went back {times} times")),
            }
        }))
        .check(check::ends_within(hours(2)))
}
