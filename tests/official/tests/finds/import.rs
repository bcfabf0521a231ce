//! An import that leaves its work to a child.

use rehearsal::{Code, OfficialWorld as _, Scenario, Stub, check, mins, secs};
use rehearsal_tests::finds::{Bug, Needs, Twin};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ChildWorkflowOptions, ParentClosePolicy, WorkflowCancellationToken, WorkflowContext,
    WorkflowResult, WorkflowTermination,
};

use crate::{end_of, options};

const TWIN: Twin = Twin { name: "official: import", scenario: || import(false) };

pub const BUGS: &[Bug] = &[Bug {
    name: "official: child orphaned by its close policy",
    scenario: || import(true),
    twin: TWIN,
    code: Code::ChildOrphaned,
    needs: Needs::One,
    known: None,
}];

#[derive(Debug, Default)]
pub struct Store;

#[activities]
impl Store {
    #[activity]
    pub async fn load(_ctx: ActivityContext) -> Result<(), ActivityError> {
        Ok(())
    }
}

#[workflow]
#[derive(Default)]
pub struct Import;

#[workflow_methods]
impl Import {
    /// A child is canceled with its parent and waited for. One that is let go is to go on if its parent is lost, and does so
    /// when its parent is canceled too.
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, lets_go: bool) -> WorkflowResult<()> {
        let mut options = ChildWorkflowOptions::builder()
            .workflow_id("part".to_owned())
            .parent_close_policy(ParentClosePolicy::RequestCancel)
            .build();
        if lets_go {
            options.parent_close_policy = ParentClosePolicy::Abandon;
            options.cancellation_token = Some(WorkflowCancellationToken::new());
        }
        let part = ctx.start_child_workflow(Part::run, (), options).await?;
        let imported = if lets_go {
            temporalio_sdk::workflows::select! {
                imported = part.result() => imported.map_err(WorkflowTermination::from),
                _ = ctx.cancelled() => Err(WorkflowTermination::cancelled()),
            }
        } else {
            part.result().await.map_err(WorkflowTermination::from)
        };
        end_of(ctx, imported)
    }
}

#[workflow]
#[derive(Default)]
pub struct Part;

#[workflow_methods]
impl Part {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let loaded = ctx.execute_activity(Store::load, (), options()).await;
        end_of(ctx, loaded.map_err(WorkflowTermination::from))
    }
}

fn import(lets_go: bool) -> Scenario {
    Scenario::new("finds-official-import")
        .official::<Import>()
        .official::<Part>()
        .activities(Store::default)
        .stub(Store::load, Stub::returns(()).after(secs(3)))
        .client(move |world| drop(world.start_official::<Import>("import-7", lets_go)))
        .check(check::no_child_orphaned_at_close())
        .check(check::ends_within(mins(10)))
}
