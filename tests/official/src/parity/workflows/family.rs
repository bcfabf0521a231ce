//! A child that no cancel of its parent reaches, so that both sides ask for the same: natively a child can be canceled only
//! once it runs, with a token of the Rust SDK before (C-42).

use std::time::Duration;

use rehearsal::{
    Activity, ActivityOptions as NativeActivityOptions, ChildOptions, Context, OfficialWorld as _,
    Profile, Scenario, Stub, Workflow, WorkflowError, secs,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, ChildWorkflowOptions, WorkflowCancellationToken,
    WorkflowContext, WorkflowResult,
};

const SEND: Workflow<String, String> = Workflow::new("Send");
const CARRY: Workflow<String, String> = Workflow::new("Carry");
const DRIVE: Activity<String, String> = Activity::new("Road::drive");

async fn send(ctx: Context, what: String) -> Result<String, WorkflowError> {
    let options = ChildOptions::new().with_id("carry-1");
    let child = ctx.disconnected().with_child_options(options).execute_child(CARRY, what);
    child.started().await?;
    Ok(child.await.unwrap_or_else(|_| "lost".to_owned()))
}

async fn carry(ctx: Context, what: String) -> Result<String, WorkflowError> {
    let options = NativeActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
    ctx.with_activity_options(options).execute(DRIVE, what).await
}

#[workflow]
#[derive(Default)]
pub struct Send;

#[workflow_methods]
impl Send {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, what: String) -> WorkflowResult<String> {
        let options = ChildWorkflowOptions::builder()
            .workflow_id("carry-1".to_owned())
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        let child = ctx.start_child_workflow(Carry::run, what, options).await?;
        Ok(child.result().await.unwrap_or_else(|_| "lost".to_owned()))
    }
}

#[workflow]
#[derive(Default)]
pub struct Carry;

#[workflow_methods]
impl Carry {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, what: String) -> WorkflowResult<String> {
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30))
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .build();
        Ok(ctx.execute_activity(Road::drive, what, options).await?)
    }
}

#[derive(Default)]
pub struct Road;

#[activities]
impl Road {
    #[activity]
    pub async fn drive(_ctx: ActivityContext, what: String) -> Result<String, ActivityError> {
        Ok(what)
    }
}

fn driver() -> Stub<String> {
    Stub::returns("a lamp".to_owned()).after(secs(5))
}

pub(crate) fn native() -> Scenario {
    Scenario::new("family")
        .profile(Profile::Core)
        .workflow(SEND, send)
        .workflow(CARRY, carry)
        .stub(DRIVE, driver())
        .client(|world| drop(world.start(SEND, "send-1", "a lamp".to_owned())))
}

pub(crate) fn official() -> Scenario {
    Scenario::new("family")
        .official::<Send>()
        .official::<Carry>()
        .activities(Road::default)
        .stub(Road::drive, driver())
        .client(|world| drop(world.start_official::<Send>("send-1", "a lamp".to_owned())))
}
