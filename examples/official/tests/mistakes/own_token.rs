//! A mistake: compensation on the workflow's own token.
//!
//! A copy of the order with one change, which is marked.

use std::pin::Pin;
use std::time::Duration;

use rehearsal::{Code, OfficialWorld as _, Scenario, hours};
use rehearsal_example_official::order::{APPROVAL_DEADLINE, charging, shipping};
use rehearsal_example_official::{Order, Receipt, Shop};
use temporalio_common::ActivityDefinition;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, ApplicationFailure, SyncWorkflowContext, TimerOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination, workflows,
};

use crate::support::{in_shop, sample};

#[workflow]
#[derive(Debug, Default)]
pub(crate) struct OwnTokenOrder {
    approved_by: Option<String>,
}

#[workflow_methods]
impl OwnTokenOrder {
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
        saga: &mut Saga,
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
        let waited = workflows::select! {
            waited = ctx.wait_condition(|order: &Self| order.approved_by.is_some()) => waited,
            _ = ctx.timer(timer) => Ok(()),
        };
        deadline.cancel();
        waited?;
        ctx.state(|order| order.approved_by.clone()).ok_or_else(|| {
            ApplicationFailure::non_retryable("nobody approved the order in time").into()
        })
    }
}

type Compensation = Pin<Box<dyn Future<Output = Result<(), ActivityExecutionError>>>>;

struct Saga {
    ctx: WorkflowContext<OwnTokenOrder>,
    compensations: Vec<Compensation>,
}

impl Saga {
    fn new(ctx: &WorkflowContext<OwnTokenOrder>) -> Self {
        Self { ctx: ctx.clone(), compensations: Vec::new() }
    }

    fn undo_with<A>(&mut self, activity: A, order: Order)
    where
        A: ActivityDefinition<Input = Order, Output = ()> + 'static,
    {
        if self.ctx.cancellation_token().is_cancelled() {
            return;
        }
        let ctx = self.ctx.clone();
        self.compensations.push(Box::pin(async move {
            ctx.execute_activity(activity, order, Self::options()).await
        }));
    }

    async fn compensate(self) -> Result<(), ActivityExecutionError> {
        let mut outcome = Ok(());
        for compensation in self.compensations.into_iter().rev() {
            outcome = outcome.and(compensation.await);
        }
        outcome
    }

    fn options() -> ActivityOptions {
        // MISTAKE: no token of its own. The workflow's is canceled, so nothing starts.
        ActivityOptions::start_to_close_timeout(Duration::from_secs(30))
    }
}

#[test]
fn compensation_on_the_workflows_own_token_is_found() {
    let scenario = in_shop(Scenario::new("order-own-token").official::<OwnTokenOrder>());
    let failure = scenario
        .client(|world| {
            let order = world.start_official::<OwnTokenOrder>("order-7", sample());
            world.advance(hours(1));
            let _ = world.signal_official(&order, OwnTokenOrder::approve, "ada".to_owned());
        })
        .try_sweep()
        .unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::CompensationMissing);
    insta::assert_snapshot!(failure.report());
}
