//! Compensation: what a workflow has begun, it undoes in reverse order.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use temporalio_common::ActivityDefinition;
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, WorkflowCancellationToken, WorkflowContext,
};

type Compensation = Pin<Box<dyn Future<Output = Result<(), ActivityExecutionError>>>>;

/// What is to be undone if the workflow does not come to its end.
pub struct Saga<W> {
    ctx: WorkflowContext<W>,
    compensations: Vec<Compensation>,
}

impl<W> fmt::Debug for Saga<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saga")
            .field("compensations", &self.compensations.len())
            .finish_non_exhaustive()
    }
}

impl<W: 'static> Saga<W> {
    /// Nothing is to be undone yet.
    #[must_use]
    pub fn new(ctx: &WorkflowContext<W>) -> Self {
        Self { ctx: ctx.clone(), compensations: Vec::new() }
    }

    /// Says how the next step is undone. Call it before the step: one that was canceled or timed out halfway may have
    /// done its work, and nobody knows.
    ///
    /// On a canceled workflow the next step does not begin at all, so that there is nothing to remember.
    pub fn undo_with<A>(&mut self, activity: A, input: impl Into<A::Input>)
    where
        A: ActivityDefinition<Output = ()> + 'static,
        A::Input: 'static,
    {
        if self.ctx.cancellation_token().is_cancelled() {
            return;
        }
        let (ctx, input) = (self.ctx.clone(), input.into());
        self.compensations.push(Box::pin(async move {
            ctx.execute_activity(activity, input, Self::options()).await
        }));
    }

    /// Undoes everything, the last step first. One that cannot be undone does not keep the others from it.
    ///
    /// # Errors
    ///
    /// The first compensation that failed for good.
    pub async fn compensate(self) -> Result<(), ActivityExecutionError> {
        let mut outcome = Ok(());
        for compensation in self.compensations.into_iter().rev() {
            outcome = outcome.and(compensation.await);
        }
        outcome
    }

    /// A token of its own: the workflow's is canceled when it is canceled, and nothing starts on it any more.
    fn options() -> ActivityOptions {
        ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .cancellation_token(WorkflowCancellationToken::new())
            .build()
    }
}
