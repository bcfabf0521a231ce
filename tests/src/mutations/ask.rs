//! An order that a clerk must confirm: the activity hands the question over, and the answer comes from outside.

use std::time::Duration;

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Scenario, Workflow,
    WorkflowError, check, hours, mins, secs,
};

use super::{CALM, Mutation};

const ORDER: Workflow<(), bool> = Workflow::new("Order");
const ASK: Activity<(), bool> = Activity::new("AskClerk");

/// How long the clerk takes.
const COFFEE: Duration = hours(1);

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[Mutation {
    name: "async completion after the timeout",
    scenario: || base().workflow(ORDER, impatient),
    code: Code::ResultTooLate,
    at: CALM,
}];

/// The order as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(ORDER, patient)
}

/// All but the workflow.
fn base() -> Scenario {
    Scenario::new("mutations-ask")
        .activity(ASK, ask)
        .client(|world| {
            let order = world.start(ORDER, "order-7", ());
            world.advance(COFFEE);
            // Refused when the workflow has been canceled and is closed by now.
            let _answer = world.complete_activity((&order, "ask"), true);
        })
        .check(check::recommended())
        .check(check::ends_within(COFFEE + mins(3)))
        .check(check::one_attempt_at_a_time(ASK))
}

async fn patient(ctx: Context, (): ()) -> Result<bool, WorkflowError> {
    confirmed(&ctx, COFFEE * 2).await
}

/// Gives the clerk half the time that he takes.
async fn impatient(ctx: Context, (): ()) -> Result<bool, WorkflowError> {
    confirmed(&ctx, COFFEE / 2).await
}

/// What nobody confirms in time is not confirmed.
async fn confirmed(ctx: &Context, patience: Duration) -> Result<bool, WorkflowError> {
    let options = ActivityOptions::schedule_to_close(patience).with_id("ask");
    let answer = ctx.with_activity_options(options).execute(ASK, ()).await;
    match answer {
        Err(_) if ctx.err().is_none() => Ok(false),
        answer => answer,
    }
}

async fn ask(ctx: ActivityContext, (): ()) -> Result<bool, ActivityError> {
    ctx.sleep(secs(1)).await;
    Err(ActivityError::result_pending())
}
