//! The workflow: charge, wait for an approval, ship.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, ApplicationFailure, SyncWorkflowContext,
    TimerOptions, WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
    WorkflowTermination, workflows,
};

use crate::gateway::Payment;
use crate::saga::Saga;
use crate::shop::Shop;

/// An order that nobody approves within this time is given up.
pub const APPROVAL_DEADLINE: Duration = Duration::from_hours(24);

/// What a customer ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number.
    pub id: String,
    /// What is shipped.
    pub article: String,
    /// What it costs.
    pub cents: u64,
}

/// What the customer gets in writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What was paid.
    pub payment: Payment,
    /// Who approved the order.
    pub approved_by: String,
    /// The number of the parcel.
    pub parcel: String,
}

/// An order on its way.
#[workflow]
#[derive(Debug, Default)]
pub struct OrderWorkflow {
    approved_by: Option<String>,
}

#[workflow_methods]
impl OrderWorkflow {
    /// Ships the order, or undoes what was begun: on failure, after the deadline, and when the order is canceled.
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: Order) -> WorkflowResult<Receipt> {
        let mut saga = Saga::new(ctx);
        match Self::fulfill(ctx, &mut saga, &order).await {
            Ok(receipt) => Ok(receipt),
            Err(error) => {
                saga.compensate().await?;
                Err(error)
            }
        }
    }

    /// Approves the order.
    #[signal]
    pub fn approve(&mut self, _ctx: &mut SyncWorkflowContext<Self>, name: String) {
        self.approved_by = Some(name);
    }

    /// Who has approved the order, if anybody has.
    #[query]
    pub fn approved_by(&self, _ctx: &WorkflowContextView) -> Option<String> {
        self.approved_by.clone()
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

        // A cancel may come when the parcel has just been collected. It still counts: the parcel is called back.
        if ctx.cancellation_token().is_cancelled() {
            return Err(WorkflowTermination::cancelled());
        }
        Ok(Receipt { payment, approved_by, parcel })
    }

    /// Waits until somebody approves; returns who. Fails after the deadline, and when the order is canceled.
    async fn approval(ctx: &WorkflowContext<Self>) -> WorkflowResult<String> {
        // The deadline has a token of its own, which is canceled below in any case. On the workflow's token it would be
        // canceled together with the workflow, and SDK 1.1.1 panics if a worker is told of that cancel and of the end
        // of the timer in one workflow task, as after a restart. The task is then tried again for ever.
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

/// A cancel waits until it is known what became of the payment: a refund must not overtake it.
#[must_use]
pub fn charging() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .build()
}

/// The courier may take his time. The heartbeats say that somebody still waits for him, and bring a cancel.
#[must_use]
pub fn shipping() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_hours(1))
        .heartbeat_timeout(Duration::from_secs(15))
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .build()
}
