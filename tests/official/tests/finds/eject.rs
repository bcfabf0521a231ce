//! A disk that is ejected after a while, or when its workflow is canceled; by old code, and by new.

use std::time::Duration;

use rehearsal::{Code, OfficialWorld as _, Scenario, Stub, secs};
use rehearsal_tests::finds::{Bug, Needs, Twin};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::{detached, waits};

const PATCHED: Twin =
    Twin { name: "official: eject", scenario: || eject().deploy_official::<Patched>() };

pub const BUGS: &[Bug] = &[Bug {
    name: "official: patch forgotten in the cleanup",
    scenario: || eject().deploy_official::<Forgetful>(),
    twin: PATCHED,
    code: Code::Nondeterminism,
    needs: Needs::More,
    known: None,
}];

#[derive(Debug, Default)]
pub struct Drive;

#[activities]
impl Drive {
    #[activity]
    pub async fn unlock(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }

    #[activity]
    pub async fn unlock_and_eject(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
}

/// The old code.
#[workflow]
#[derive(Default)]
pub struct Eject;

#[workflow_methods]
impl Eject {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let waited = waits(ctx, Duration::from_mins(5)).await;
        if waited.is_err() {
            ctx.execute_activity(Drive::unlock, (), detached()).await?;
        }
        waited
    }
}

/// New code, which forgets to ask for the patch.
#[workflow]
#[derive(Default)]
pub struct Forgetful;

#[workflow_methods]
impl Forgetful {
    #[run(name = "Eject")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let waited = waits(ctx, Duration::from_mins(5)).await;
        if waited.is_err() {
            ctx.execute_activity(Drive::unlock_and_eject, (), detached()).await?;
        }
        waited
    }
}

/// The same, and asks.
#[workflow]
#[derive(Default)]
pub struct Patched;

#[workflow_methods]
impl Patched {
    #[run(name = "Eject")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let waited = waits(ctx, Duration::from_mins(5)).await;
        if waited.is_err() {
            if ctx.patched("eject") {
                ctx.execute_activity(Drive::unlock_and_eject, (), detached()).await?;
            } else {
                ctx.execute_activity(Drive::unlock, (), detached()).await?;
            }
        }
        waited
    }
}

fn eject() -> Scenario {
    Scenario::new("finds-official-eject")
        .official::<Eject>()
        .activities(Drive::default)
        .stub(Drive::unlock, Stub::returns(()).after(secs(1)))
        .stub(Drive::unlock_and_eject, Stub::returns(()).after(secs(1)))
        .client(|world| drop(world.start_official::<Eject>("disk-7", ())))
}
