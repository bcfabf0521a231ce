//! A bakery gets another oven while it bakes: new code takes over runs that old code has begun.

use rehearsal::{
    Activity, ActivityOptions, Code, Context, DEFAULT_VERSION, Memo, Profile, Scenario, Status,
    Stub, WorkerSpec, Workflow, WorkflowError, check, mins, secs,
};

use super::{CALM, Mutation, later};

const BAKE: Workflow<(), ()> = Workflow::new("Bake");
const BAKE_V2: Workflow<(), ()> = Workflow::new("Bake, second version");
const WOOD: Activity<(), ()> = Activity::new("BakeWithWood");
const GAS: Activity<(), ()> = Activity::new("BakeWithGas");
const DELIVER: Activity<(), ()> = Activity::new("Deliver");

/// The mistakes.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "version forgotten",
        scenario: || base().workflow(BAKE, old).workflow(BAKE_V2, forgotten),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "support of a version dropped too early",
        scenario: || base().workflow(BAKE, old).workflow(BAKE_V2, dropped),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "one version for all turns of a loop",
        scenario: || looping().workflow(BAKE, old_loop).workflow(BAKE_V2, one_version),
        code: Code::NeverReached,
        at: CALM,
    },
    Mutation {
        name: "patch removed too early",
        scenario: || patching().workflow(BAKE, patched).workflow(BAKE_V2, removed),
        code: Code::Nondeterminism,
        at: CALM,
    },
    Mutation {
        name: "memo upserted in a replay only",
        scenario: || base().workflow(BAKE, notes_later).workflow(BAKE_V2, notes_later),
        code: Code::Nondeterminism,
        at: CALM,
    },
];

/// The change as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(BAKE, old).workflow(BAKE_V2, new)
}

/// The change of a loop as it should be.
#[must_use]
pub fn looping_twin() -> Scenario {
    looping().workflow(BAKE, old_loop).workflow(BAKE_V2, a_version_for_each)
}

/// A patch that is phased out as it should be.
#[must_use]
pub fn patching_twin() -> Scenario {
    patching().workflow(BAKE, patched).workflow(BAKE_V2, deprecated)
}

/// All but the code; the second worker takes over in the middle of the run.
fn base() -> Scenario {
    Scenario::new("mutations-deployment")
        .worker(WorkerSpec::new("main").until(secs(90)))
        .worker(WorkerSpec::new("main").from(secs(91)).with_code(BAKE, BAKE_V2))
        .stub(WOOD, Stub::returns(()).after(secs(1)))
        .stub(GAS, Stub::returns(()).after(secs(1)))
        .stub(DELIVER, Stub::returns(()))
        .client(|world| {
            world.start(BAKE, "bread-7", ());
        })
        .check(check::recommended())
        .check(check::status_in([Status::Completed, Status::Canceled]))
}

fn looping() -> Scenario {
    base().check(check::sometimes("the new oven is used", |outcome| outcome.calls(GAS).count() > 0))
}

fn patching() -> Scenario {
    base().profile(Profile::Core)
}

fn with_options(ctx: &Context) -> Context {
    ctx.with_activity_options(ActivityOptions::start_to_close(mins(1)))
}

/// Bakes in this oven, waits, delivers.
async fn bake(ctx: &Context, oven: Activity<(), ()>) -> Result<(), WorkflowError> {
    let ctx = with_options(ctx);
    ctx.execute(oven, ()).await?;
    ctx.sleep(mins(3)).await?;
    ctx.execute(DELIVER, ()).await
}

async fn old(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake(&ctx, WOOD).await
}

async fn new(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    match ctx.version("gas", DEFAULT_VERSION, 1) {
        DEFAULT_VERSION => bake(&ctx, WOOD).await,
        _ => bake(&ctx, GAS).await,
    }
}

async fn forgotten(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake(&ctx, GAS).await
}

async fn dropped(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.version("gas", 1, 1);
    bake(&ctx, GAS).await
}

/// Bakes four times, each time in the oven that `oven` says.
async fn bake_all(
    ctx: &Context,
    oven: impl Fn(u32) -> Activity<(), ()>,
) -> Result<(), WorkflowError> {
    let ctx = with_options(ctx);
    for turn in 0..4 {
        ctx.execute(oven(turn), ()).await?;
        ctx.sleep(mins(1)).await?;
    }
    ctx.execute(DELIVER, ()).await
}

async fn old_loop(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake_all(&ctx, |_| WOOD).await
}

/// A run that has begun keeps the version that its first turn has, so it never gets to the new oven.
async fn one_version(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake_all(&ctx, |_| oven(ctx.version("gas", DEFAULT_VERSION, 1))).await
}

async fn a_version_for_each(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake_all(&ctx, |turn| oven(ctx.version(&format!("gas-{turn}"), DEFAULT_VERSION, 1))).await
}

const fn oven(version: i64) -> Activity<(), ()> {
    if version == DEFAULT_VERSION { WOOD } else { GAS }
}

async fn patched(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let oven = if ctx.patched("gas") { GAS } else { WOOD };
    bake(&ctx, oven).await
}

async fn deprecated(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.deprecate_patch("gas");
    bake(&ctx, GAS).await
}

async fn removed(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake(&ctx, GAS).await
}

async fn notes_later(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    if later(&ctx) {
        ctx.upsert_memo(Memo::new().with("stage", "baking"))?;
    }
    bake(&ctx, WOOD).await
}
