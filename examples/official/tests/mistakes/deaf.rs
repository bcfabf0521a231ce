//! A mistake: the approval is awaited without the workflow's token.
//!
//! A copy of the order with one change, which is marked.

use rehearsal::{Code, OfficialWorld as _, Scenario, hours};
use rehearsal_example_official::order::{APPROVAL_DEADLINE, charging, shipping};
use rehearsal_example_official::saga::Saga;
use rehearsal_example_official::{Order, Receipt, Shop};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ApplicationFailure, SyncWorkflowContext, TimerOptions, WaitConditionOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination, workflows,
};

use crate::support::{in_shop, sample};

#[workflow]
#[derive(Debug, Default)]
pub(crate) struct DeafOrder {
    approved_by: Option<String>,
}

#[workflow_methods]
impl DeafOrder {
    #[run]
    pub(crate) async fn run(
        ctx: &mut WorkflowContext<Self>,
        order: Order,
    ) -> WorkflowResult<Receipt> {
        let mut saga = Saga::new(ctx);
        match Self::fulfill(ctx, &mut saga, &order).await {
            Ok(receipt) => Ok(receipt),
            Err(error) => {
                saga.compensate().await?;
                Err(error)
            }
        }
    }

    #[signal]
    pub(crate) fn approve(&mut self, _ctx: &mut SyncWorkflowContext<Self>, name: String) {
        self.approved_by = Some(name);
    }

    async fn fulfill(
        ctx: &WorkflowContext<Self>,
        saga: &mut Saga<Self>,
        order: &Order,
    ) -> WorkflowResult<Receipt> {
        saga.undo_with(Shop::refund, order.clone());
        let payment = ctx.execute_activity(Shop::charge, order.clone(), charging()).await?;

        let approved_by = Self::approval(ctx).await?;

        saga.undo_with(Shop::cancel_shipment, order.clone());
        let parcel = ctx.execute_activity(Shop::ship, order.clone(), shipping()).await?;

        if ctx.cancellation_token().is_cancelled() {
            return Err(WorkflowTermination::cancelled());
        }
        Ok(Receipt { payment, approved_by, parcel })
    }

    async fn approval(ctx: &WorkflowContext<Self>) -> WorkflowResult<String> {
        let deadline = WorkflowCancellationToken::new();
        let timer =
            TimerOptions::builder(APPROVAL_DEADLINE).cancellation_token(deadline.clone()).build();
        // MISTAKE: a token of its own, which nobody cancels.
        let options = WaitConditionOptions::builder()
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        let waited = workflows::select! {
            waited = ctx.wait_condition_with_options(|order: &Self| order.approved_by.is_some(), options) => waited,
            _ = ctx.timer(timer) => Ok(()),
        };
        deadline.cancel();
        waited?;
        ctx.state(|order| order.approved_by.clone()).ok_or_else(|| {
            ApplicationFailure::non_retryable("nobody approved the order in time").into()
        })
    }
}

#[test]
fn a_wait_that_no_cancel_ends_is_found() {
    let scenario = in_shop(Scenario::new("order-deaf").official::<DeafOrder>());
    let failure = scenario
        .client(|world| {
            let order = world.start_official::<DeafOrder>("order-7", sample());
            world.advance(hours(1));
            let _ = world.signal_official(&order, DeafOrder::approve, "ada".to_owned());
        })
        .try_sweep()
        .unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::Custom);
    insta::assert_snapshot!(failure.report());
}
