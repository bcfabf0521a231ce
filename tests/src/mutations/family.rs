//! An import: a workflow that leaves the work to a child, and has it audited by another.

use rehearsal::{
    ChildOptions, Code, Context, ParentClosePolicy, Scenario, Workflow, WorkflowError, check, secs,
};

use super::{CALM, Mutation};

const IMPORT: Workflow<u32, u32> = Workflow::new("Import");
const PART: Workflow<u32, u32> = Workflow::new("Part");
const AUDIT: Workflow<u32, ()> = Workflow::new("Audit");

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "child orphaned by its close policy",
        scenario: || base().workflow(IMPORT, orphans),
        code: Code::ChildOrphaned,
        at: CALM,
    },
    Mutation {
        name: "child started in the task that closes",
        scenario: || base().workflow(IMPORT, closes_before_the_start),
        code: Code::WorkLost,
        at: CALM,
    },
    Mutation {
        name: "child terminated by its close policy",
        scenario: || base().workflow(IMPORT, closes_before_the_end),
        code: Code::WorkLost,
        at: CALM,
    },
];

/// The import as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(IMPORT, import)
}

/// All but the parent.
fn base() -> Scenario {
    Scenario::new("mutations-import")
        .workflow(PART, part)
        .workflow(AUDIT, audit)
        .client(|world| {
            world.start(IMPORT, "import-7", 3);
        })
        .check(check::recommended())
        .check(check::no_child_orphaned_at_close())
}

fn with_options(ctx: &Context, id: &'static str, policy: ParentClosePolicy) -> Context {
    let options = ChildOptions::new().with_id(id).with_parent_close_policy(policy);
    ctx.with_child_options(options.with_wait_for_cancellation())
}

async fn import(ctx: Context, parts: u32) -> Result<u32, WorkflowError> {
    let loaded = part_of(&ctx, parts).await?;
    let kind = ParentClosePolicy::RequestCancel;
    with_options(&ctx, "audit-7", kind).execute_child(AUDIT, loaded).await?;
    Ok(loaded)
}

async fn part_of(ctx: &Context, parts: u32) -> Result<u32, WorkflowError> {
    let ctx = with_options(ctx, "part-7", ParentClosePolicy::RequestCancel);
    ctx.execute_child(PART, parts).await
}

async fn part(ctx: Context, parts: u32) -> Result<u32, WorkflowError> {
    ctx.sleep(secs(10)).await?;
    Ok(parts)
}

async fn audit(ctx: Context, _: u32) -> Result<(), WorkflowError> {
    ctx.sleep(secs(10)).await
}

async fn orphans(ctx: Context, parts: u32) -> Result<u32, WorkflowError> {
    let loaded = part_of(&ctx, parts).await?;
    let kind = ParentClosePolicy::Abandon;
    with_options(&ctx, "audit-7", kind).execute_child(AUDIT, loaded).started().await?;
    Ok(loaded)
}

async fn closes_before_the_start(ctx: Context, parts: u32) -> Result<u32, WorkflowError> {
    let loaded = part_of(&ctx, parts).await?;
    let kind = ParentClosePolicy::Abandon;
    drop(with_options(&ctx, "audit-7", kind).execute_child(AUDIT, loaded));
    Ok(loaded)
}

async fn closes_before_the_end(ctx: Context, parts: u32) -> Result<u32, WorkflowError> {
    let loaded = part_of(&ctx, parts).await?;
    let kind = ParentClosePolicy::Terminate;
    with_options(&ctx, "audit-7", kind).execute_child(AUDIT, loaded).started().await?;
    Ok(loaded)
}
