//! What the controls rehearse besides the cancellation sample, and what they break.

pub mod defect;

use rehearsal::{
    Activity, ActivityError, ActivityOptions, Context, RetryPolicy, Scenario, Stub, Workflow,
    WorkflowError, secs,
};

const ORDER: Workflow<(), bool> = Workflow::new("Order");
const CHARGE: Activity<(), ()> = Activity::new("Charge");

/// An activity that would succeed at its third attempt, and has two.
async fn order(ctx: Context, (): ()) -> Result<bool, WorkflowError> {
    let twice = RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() };
    let options = ActivityOptions::start_to_close(secs(10)).with_retry_policy(twice);
    Ok(ctx.with_activity_options(options).execute(CHARGE, ()).await.is_ok())
}

/// The scenario of a workflow that lives with the failure of its only activity.
#[must_use]
pub fn retried() -> Scenario {
    let busy = || Stub::fails(ActivityError::from("busy"));
    Scenario::new("retried")
        .workflow(ORDER, order)
        .stub(CHARGE, busy().then(busy()).then(Stub::returns(())))
        .client(|world| {
            world.start(ORDER, "order-7", ());
        })
}
