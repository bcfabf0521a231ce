//! A bakery gets a gas oven while it bakes: new code takes over runs that old code has begun.

use rehearsal::{
    Activity, Code, Context, DEFAULT_VERSION, Profile, Scenario, Stub, Workflow, WorkflowError,
    check, mins, secs,
};

use super::{Bug, Needs, Twin, careful, end_of, once};

const BAKE: Workflow<(), ()> = Workflow::new("Bake");
const WOOD: Activity<(), ()> = Activity::new("BakeWithWood");
const GAS: Activity<(), ()> = Activity::new("BakeWithGas");
const DELIVER: Activity<(), ()> = Activity::new("Deliver");
const THROW_AWAY: Activity<(), ()> = Activity::new("ThrowAway");
const GIVE_AWAY: Activity<(), ()> = Activity::new("GiveAway");

const TWIN: Twin = Twin { name: "bakery that changes its oven", scenario: twin };
const PATCHED: Twin = Twin { name: "bakery that phases a patch out", scenario: patched_twin };
const OF_LEFTOVERS: Twin =
    Twin { name: "bakery that changes its cleanup", scenario: leftovers_twin };
const OF_FALLBACK: Twin =
    Twin { name: "bakery that changes its fallback", scenario: fallback_twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "version check forgotten",
        scenario: || base().workflow(BAKE, with_wood).deploy(BAKE, with_gas),
        twin: TWIN,
        code: Code::Nondeterminism,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "version check removed too early",
        scenario: || patches().workflow(BAKE, patched).deploy(BAKE, with_gas),
        twin: PATCHED,
        code: Code::Nondeterminism,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "version check forgotten in the cleanup",
        scenario: || leftovers(|_| THROW_AWAY, |_| GIVE_AWAY),
        twin: OF_LEFTOVERS,
        code: Code::Nondeterminism,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "version check forgotten in the fallback",
        scenario: || fallback(|_| WOOD, |_| GAS),
        twin: OF_FALLBACK,
        code: Code::Nondeterminism,
        needs: Needs::More,
        known: None,
    },
];

/// The change as it should be.
#[must_use]
pub fn twin() -> Scenario {
    base().workflow(BAKE, with_wood).deploy(BAKE, with_either)
}

/// The patch as it should be phased out.
#[must_use]
pub fn patched_twin() -> Scenario {
    patches().workflow(BAKE, patched).deploy(BAKE, deprecated)
}

/// The change of the cleanup as it should be.
#[must_use]
pub fn leftovers_twin() -> Scenario {
    leftovers(|_| THROW_AWAY, |ctx| either(ctx, "leftovers", THROW_AWAY, GIVE_AWAY))
}

/// The change of the fallback as it should be.
#[must_use]
pub fn fallback_twin() -> Scenario {
    fallback(|_| WOOD, |ctx| either(ctx, "fallback", WOOD, GAS))
}

fn base() -> Scenario {
    [WOOD, GAS, DELIVER, THROW_AWAY, GIVE_AWAY]
        .into_iter()
        .fold(Scenario::new("finds-bakery"), |scenario, activity| {
            scenario.stub(activity, Stub::returns(()).after(secs(1)))
        })
        .client(|world| {
            world.start(BAKE, "bread-7", ());
        })
        .check(check::recommended())
}

fn patches() -> Scenario {
    base().profile(Profile::Core)
}

/// Bakes in this oven, waits, delivers.
async fn bake(ctx: &Context, oven: Activity<(), ()>) -> Result<(), WorkflowError> {
    let ctx = careful(ctx);
    ctx.execute(oven, ()).await?;
    ctx.sleep(mins(3)).await?;
    ctx.execute(DELIVER, ()).await
}

async fn with_wood(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake(&ctx, WOOD).await
}

async fn with_gas(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake(&ctx, GAS).await
}

async fn with_either(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    bake(&ctx, either(&ctx, "gas", WOOD, GAS)).await
}

/// The new activity, or the old one in a run that came here before the change.
fn either(
    ctx: &Context,
    change: &str,
    old: Activity<(), ()>,
    new: Activity<(), ()>,
) -> Activity<(), ()> {
    match ctx.version(change, DEFAULT_VERSION, 1) {
        DEFAULT_VERSION => old,
        _ => new,
    }
}

async fn patched(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let oven = if ctx.patched("gas") { GAS } else { WOOD };
    bake(&ctx, oven).await
}

async fn deprecated(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ctx.deprecate_patch("gas");
    bake(&ctx, GAS).await
}

/// Which activity a version of the code takes.
type Takes = fn(&Context) -> Activity<(), ()>;

/// What becomes of the bread when nobody wants it, by the old code and by the new.
fn leftovers(old: Takes, new: Takes) -> Scenario {
    base()
        .workflow(BAKE, move |ctx, ()| bakes_and_clears(ctx, old))
        .deploy(BAKE, move |ctx, ()| bakes_and_clears(ctx, new))
}

async fn bakes_and_clears(ctx: Context, clears: Takes) -> Result<(), WorkflowError> {
    let baked = bake(&ctx, WOOD).await;
    if ctx.is_canceled() {
        let ctx = careful(&ctx.disconnected());
        ctx.execute(clears(&ctx), ()).await?;
        // Somebody must come for it.
        ctx.sleep(mins(1)).await?;
    }
    end_of(&ctx, baked)
}

/// Where the bread is baked when the first oven has failed, by the old code and by the new.
fn fallback(old: Takes, new: Takes) -> Scenario {
    base()
        .workflow(BAKE, move |ctx, ()| bakes_somehow(ctx, old))
        .deploy(BAKE, move |ctx, ()| bakes_somehow(ctx, new))
}

async fn bakes_somehow(ctx: Context, second: Takes) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    let once = ctx.with_activity_options(once());
    if once.execute(WOOD, ()).await.is_err() && !ctx.is_canceled() {
        let baked = ctx.execute(second(&ctx), ()).await;
        end_of(&ctx, baked)?;
    }
    end_of(&ctx, ctx.execute(DELIVER, ()).await)
}
